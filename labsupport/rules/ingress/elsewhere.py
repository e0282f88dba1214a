"""The verdict on rules for other hosts, fast: it depends on the request by little.

Which label of a request's host is the first that differs from a rule's is the same for all rules
that begin alike. So the verdicts are worded once for each such beginning, and kept.
"""

from collections import defaultdict
from collections.abc import Sequence

from labsupport.rules.ingress.decision import Candidate
from labsupport.rules.ingress.pattern import host_match, other_host
from labsupport.rules.ingress.route import Route


class Elsewhere:
    """The verdict "host" on each of the `routes`, in their order, for any request's host."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = routes
        self._places: dict[str, list[int]] = defaultdict(list)  # of each host, in routes
        self._beginnings: dict[str, list[str]] = defaultdict(list)  # the hosts that begin so
        self._worded: dict[str, list[tuple[int, Candidate]]] = {}
        for place, route in enumerate(routes):
            self._places[route.host].append(place)
        for host in self._places:
            for beginning in [] if host.startswith("*.") else _beginnings(host):
                self._beginnings[beginning].append(host)
        self._base = [Candidate(route, "host", other_host(route.host, 0)) for route in routes]

    def verdicts(self, host: str) -> tuple[list[Candidate], list[int]]:
        """A new list with the verdict "host" everywhere, and the places where it is wrong: those
        of routes whose host takes this one."""
        verdicts = list(self._base)
        for beginning in _beginnings(host):
            for place, candidate in self._beginning_alike(beginning):
                verdicts[place] = candidate
        taking: list[int] = []
        for pattern in _related(host):
            places = self._places.get(pattern)
            if places is None:
                continue
            match = host_match(pattern, host)
            if match.matched:
                taking += places
                continue
            for place in places:
                verdicts[place] = Candidate(self._routes[place], "host", match.reason)
        return verdicts, sorted(taking)

    def _beginning_alike(self, beginning: str) -> list[tuple[int, Candidate]]:
        """The verdicts on routes whose first labels are these, and whose next one differs."""
        if beginning not in self._beginnings:
            return []
        if beginning not in self._worded:
            alike = beginning.count(".") + 1
            self._worded[beginning] = [
                (place, Candidate(self._routes[place], "host", other_host(host, alike)))
                for host in self._beginnings[beginning]
                for place in self._places[host]
            ]
        return self._worded[beginning]


def _beginnings(host: str) -> list[str]:
    """The host's first label, its first two, and so on to all."""
    labels = host.split(".")
    return [".".join(labels[:count]) for count in range(1, len(labels) + 1)]


def _related(host: str) -> list[str]:
    """The patterns that take the host, and the wildcards that nearly do."""
    labels = host.split(".")
    wildcards = [f"*.{'.'.join(labels[count:])}" for count in range(len(labels))]
    return ["", host, *wildcards]
