"""Finding the few entries that take a request among many, without trying each."""

from collections import defaultdict
from collections.abc import Iterable

from labsupport.rules.ingress.entry import Entry
from labsupport.rules.ingress.pattern import PathPattern, wildcard_of


class Index:
    """Entries by host and path; each is known by its rank, its place in the order of precedence.

    A host is looked up as it is, as its wildcard and as none; a path as it is and by each of its
    prefixes. So the time of an answer grows with the length of the path, not with the entries.
    """

    def __init__(self, ranked: Iterable[tuple[int, Entry]]) -> None:
        self._by_host: dict[str, _Paths] = defaultdict(_Paths)
        for rank, entry in ranked:
            self._by_host[entry.route.host].add(rank, entry.path)

    def ranks(self, host: str, path: str) -> list[int]:
        """The ranks of all entries that take the host and path, the first in precedence first."""
        found: list[int] = []
        wildcard = wildcard_of(host)  # the host itself, when asked about a rule's wildcard
        for key in (host, wildcard, "") if host != wildcard else (host, ""):
            paths = self._by_host.get(key)
            if paths is not None:
                paths.collect(path, found)
        found.sort()
        return found


class _Paths:
    """The paths of one host."""

    __slots__ = ("_characters", "_elements", "_exact", "_lengths", "_others")

    def __init__(self) -> None:
        self._exact: dict[str, list[int]] = {}
        self._elements: dict[str, list[int]] = {}  # by prefix without its last slash
        self._characters: dict[str, list[int]] = {}
        self._lengths: list[int] = []  # of the keys of _characters
        self._others: list[tuple[int, PathPattern]] = []  # to be tried one by one

    def add(self, rank: int, pattern: PathPattern) -> None:
        if pattern.reading == "exact":
            self._exact.setdefault(pattern.text, []).append(rank)
        elif pattern.reading == "elements":
            self._elements.setdefault(pattern.prefix, []).append(rank)
        elif pattern.reading == "characters":
            self._characters.setdefault(pattern.text, []).append(rank)
            if len(pattern.text) not in self._lengths:
                self._lengths = sorted([*self._lengths, len(pattern.text)])
        else:
            self._others.append((rank, pattern))

    def collect(self, path: str, found: list[int]) -> None:
        if self._exact:
            found += self._exact.get(path, ())
        if self._elements:
            found += self._elements.get(path, ())
            end = path.find("/")
            while end >= 0:
                found += self._elements.get(path[:end], ())
                end = path.find("/", end + 1)
        for length in self._lengths:
            if length > len(path):
                break
            found += self._characters.get(path[:length], ())
        found += [rank for rank, pattern in self._others if pattern.takes(path)]
