"""What matching and precedence mean: in the specification's words, or as one controller does it.

Sources: the comments of `networking/v1` types.go (v0.36) and the concept page on Ingress. Where
both are silent this profile decides, and says so: `ImplementationSpecific` is read as Prefix; a
rule of a less specific host takes a request that no path of a more specific host matches; of two
equal rules the older Ingress wins, then the lower name.
"""

from collections.abc import Callable
from dataclasses import dataclass

from labsupport.rules.ingress.route import Route


@dataclass(frozen=True)
class Match:
    """Whether a host or path pattern takes a request's, and why (not)."""

    matched: bool
    reason: str


@dataclass(frozen=True)
class Criterion:
    """One step in comparing two matching routes: the lower `key` goes first.

    `words` say why the other one went first. What is not `specified` was left open by Kubernetes.
    """

    words: str
    key: Callable[[Route], object]
    specified: bool = True


@dataclass(frozen=True)
class Profile:
    """How one controller reads Ingress rules.

    `criteria` are compared in turn. `serves_classless` says whether Ingresses that name no class
    are served.
    """

    name: str
    host: Callable[[str, str], Match]
    path: Callable[[str, str, str], Match]
    criteria: tuple[Criterion, ...]
    serves_classless: bool

    def order(self, route: Route) -> tuple[object, ...]:
        """The sort key that puts routes into order of precedence."""
        return tuple(criterion.key(route) for criterion in self.criteria)

    def deciding(self, first: Route, second: Route) -> Criterion:
        """The criterion by which `first` goes before `second`."""
        for criterion in self.criteria:
            if criterion.key(first) != criterion.key(second):
                return criterion
        return self.criteria[-1]


def host_match(pattern: str, host: str) -> Match:
    """A rule's host against a request's: equal, or a wildcard for the first label only."""
    if not pattern:
        return Match(True, "the rule names no host, so it takes every host")
    if pattern == host:
        return Match(True, f"the host is exactly {pattern}")
    if not pattern.startswith("*."):
        return Match(False, f"the rule is for {pattern}; {_difference(pattern, host)}")
    suffix = pattern[1:]
    if host == suffix[1:]:
        return Match(False, f"{pattern} needs one label in place of the *; {host} has none there")
    if not host.endswith(suffix):
        return Match(False, f"the rule is for {pattern}; {host} does not end in {suffix}")
    label = host.removesuffix(suffix)
    if not label or "." in label:
        return Match(False, f"the * of {pattern} spans one label only; {label!r} is not one label")
    return Match(True, f"the * of {pattern} stands for {label!r}")


def _difference(pattern: str, host: str) -> str:
    wanted, found = pattern.split("."), host.split(".")
    if len(wanted) != len(found):
        return f"the request asks for {host or 'no host'}"
    for number, (one, other) in enumerate(zip(wanted, found, strict=True), start=1):
        if one != other:
            return f"label {number} of the request's host is {other!r}, not {one!r}"
    return f"the request asks for {host}"


def path_match(path_type: str, pattern: str, path: str) -> Match:
    """A rule's path against a request's: equal (Exact), or element by element (Prefix)."""
    if not path_type and not pattern:
        return Match(True, "the rule lists no paths, so it takes every path")
    if path_type == "Exact":
        return _exact_match(pattern, path)
    prefix = pattern.removesuffix("/")
    if path == prefix or path.startswith(f"{prefix}/"):
        read_as = " (ImplementationSpecific is read as Prefix)" if path_type != "Prefix" else ""
        if not prefix:
            return Match(True, f"/ is a prefix of every path{read_as}")
        return Match(True, f"{path} begins with the elements of {pattern}{read_as}")
    return Match(False, _prefix_difference(prefix, pattern, path))


def _exact_match(pattern: str, path: str) -> Match:
    if path == pattern:
        return Match(True, f"the path is exactly {pattern}")
    if path.rstrip("/") == pattern.rstrip("/"):
        return Match(False, f"Exact {pattern} differs from {path} by a trailing slash")
    if path.lower() == pattern.lower():
        return Match(False, f"Exact {pattern} differs from {path} in upper and lower case")
    return Match(False, f"Exact takes {pattern} only, not {path}")


def _prefix_difference(prefix: str, pattern: str, path: str) -> str:
    if path.startswith(prefix):
        element = path[prefix.rfind("/") + 1 :].split("/")[0]
        last = prefix.rpartition("/")[2]
        return f"{pattern} ends inside the element {element!r}: {last!r} is not that whole element"
    if path.lower().startswith(prefix.lower()):
        return f"{path} differs from {pattern} in upper and lower case"
    return f"{path} does not begin with {pattern}"


def _host_rank(route: Route) -> tuple[int, str]:
    # Two hosts of one rank never match the same request; their text only keeps them together.
    if not route.host:
        return 2, ""
    return (1 if route.host.startswith("*.") else 0), route.host


SPEC = Profile(
    name="spec",
    host=host_match,
    path=path_match,
    criteria=(
        Criterion("its host is more specific", _host_rank),
        Criterion("its path is longer", lambda route: -len(route.path)),
        Criterion("Exact goes before Prefix", lambda route: route.path_type != "Exact"),
        Criterion("its Ingress is older", lambda route: route.created, specified=False),
        Criterion("its Ingress's name comes first", lambda route: route.ingress, specified=False),
        Criterion("it stands first in the Ingress", lambda route: route.position, specified=False),
    ),
    serves_classless=False,
)
"""Kubernetes' own words: host first, exact over wildcard, longest path, Exact over Prefix."""
