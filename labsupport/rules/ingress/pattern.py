"""Hosts and paths of rules against those of requests: does it take it, and why (not)?"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Reading = Literal["exact", "elements", "characters", "regex", "every"]
"""How a path is read: equal; a prefix element by element, or letter by letter; a regular
expression; or none, which takes every path."""


@dataclass(frozen=True)
class Match:
    """Whether a host or path pattern takes a request's, and why (not)."""

    matched: bool
    reason: str


@dataclass(frozen=True, slots=True)
class PathPattern:
    """A rule's path as one controller reads it; `text` is as in the rule."""

    reading: Reading
    text: str = ""

    @property
    def prefix(self) -> str:
        """The elements of the text without a slash at the end: "" for all paths."""
        return self.text.removesuffix("/")

    @property
    def example(self) -> str:
        """The shortest path that it takes; "/" where the text does not tell."""
        if self.reading in ("exact", "characters"):
            return self.text
        return (self.prefix if self.reading == "elements" else "") or "/"

    def takes(self, path: str) -> bool:
        """Whether a request's path matches."""
        if self.reading == "exact":
            return path == self.text
        if self.reading == "elements":
            return path == self.prefix or path.startswith(f"{self.prefix}/")
        if self.reading == "characters":
            return path.startswith(self.text)
        return self.reading == "every" or expression(self.text).search(path) is not None

    def covers(self, other: "PathPattern") -> bool:
        """Whether it takes every path that `other` takes; False where that can't be told."""
        if self == other or self.reading == "every":
            return True
        if self.reading in ("elements", "characters") and self.text == "/":
            return True
        if "regex" in (self.reading, other.reading) or other.reading == "every":
            return False
        if self.reading == "exact":
            return False
        if self.reading == "elements" and other.reading == "characters":
            return other.text.startswith(f"{self.prefix}/")
        if self.reading == "characters" and other.reading == "elements":
            return other.prefix.startswith(self.text)
        return self.takes(other.text)


@lru_cache(maxsize=4096)
def expression(text: str) -> re.Pattern[str]:
    """A regular expression, compiled once. Go's and Python's agree on what paths need."""
    return re.compile(text)


def host_takes(pattern: str, host: str) -> bool:
    """Whether a rule's host takes a request's; `host` may itself be a wildcard."""
    return not pattern or pattern == host or (pattern[0] == "*" and pattern == wildcard_of(host))


def wildcard_of(host: str) -> str:
    """The only wildcard that takes the host: its first label replaced by `*`."""
    return f"*.{host.partition('.')[2]}"


def host_match(pattern: str, host: str) -> Match:
    """A rule's host against a request's: equal, or a wildcard for the first label only."""
    if not pattern:
        return Match(True, "the rule names no host, so it takes every host")
    if pattern == host:
        return Match(True, f"the host is exactly {pattern}")
    if not pattern.startswith("*."):
        pairs = zip(pattern.split("."), host.split("."), strict=False)
        alike = next((place for place, (one, other) in enumerate(pairs) if one != other), None)
        if alike is None:
            alike = min(pattern.count("."), host.count(".")) + 1
        return Match(False, other_host(pattern, alike))
    suffix = pattern[1:]
    if host == suffix[1:]:
        return Match(False, f"{pattern} needs one label in place of the *; {host} has none there")
    if not host.endswith(suffix):
        return Match(False, other_host(pattern, 0))
    label = host.removesuffix(suffix)
    if not label or "." in label:
        return Match(False, f"the * of {pattern} spans one label only; {label!r} is not one label")
    return Match(True, f"the * of {pattern} stands for {label!r}")


def other_host(pattern: str, alike: int) -> str:
    """Why a rule for `pattern` does not take a host of which the first `alike` labels agree."""
    if pattern.startswith("*."):
        return f"the rule is for {pattern}; the request's host does not end in {pattern[1:]}"
    labels = pattern.split(".")
    if alike >= len(labels):
        return f"the rule is for {pattern}; the request's host has more labels"
    number, label = alike + 1, labels[alike]
    return f"the rule is for {pattern}; label {number} of the request's host is not {label!r}"


def path_match(pattern: PathPattern, path: str, path_type: str = "Prefix") -> Match:
    """A rule's path against a request's, in words; `path_type` is as written in the rule."""
    matched, text = pattern.takes(path), pattern.text
    if pattern.reading == "every":
        return Match(True, "the rule lists no paths, so it takes every path")
    if pattern.reading == "exact":
        return Match(matched, f"the path is exactly {text}" if matched else _exact(text, path))
    if pattern.reading == "regex":
        verb = "matches" if matched else "does not match"
        return Match(matched, f"{path} {verb} the regular expression {text}")
    if not matched:
        return Match(False, _prefix_difference(pattern, path))
    if pattern.reading == "characters":
        return Match(True, f"{path} begins with {text}, letter by letter")
    read_as = " (ImplementationSpecific is read as Prefix)" if path_type != "Prefix" else ""
    if not pattern.prefix:
        return Match(True, f"/ is a prefix of every path{read_as}")
    return Match(True, f"{path} begins with the elements of {text}{read_as}")


def _exact(text: str, path: str) -> str:
    if path.rstrip("/") == text.rstrip("/"):
        return f"Exact {text} differs from {path} by a trailing slash"
    if path.lower() == text.lower():
        return f"Exact {text} differs from {path} in upper and lower case"
    return f"Exact takes {text} only, not {path}"


def _prefix_difference(pattern: PathPattern, path: str) -> str:
    text, prefix = pattern.text, pattern.prefix
    if pattern.reading == "elements" and path.startswith(prefix):
        element = path[prefix.rfind("/") + 1 :].split("/")[0]
        last = prefix.rpartition("/")[2]
        return f"{text} ends inside the element {element!r}: {last!r} is not that whole element"
    if path == prefix:
        return f"{path} lacks the slash at the end of {text}, which is read letter by letter"
    if path.lower().startswith(prefix.lower()):
        return f"{path} differs from {text} in upper and lower case"
    return f"{path} does not begin with {text}"
