"""Which HTTPRoute takes a request: a small reading of Gateway API's precedence.

Source: the comments of gateway-api v1 httproute_types.go (Hostnames, HTTPRouteRule.Matches).
Routes are taken to be attached to the listener that the request came by. A GET without a query.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from labsupport.base.errors import UsageError
from labsupport.base.types import Json
from labsupport.rules.ingress import PathPattern, Request
from labsupport.rules.ingress.route import created_at, name_of

_READINGS = {"Exact": "exact", "PathPrefix": "elements", "RegularExpression": "regex"}
_ROOT = {"type": "PathPrefix", "value": "/"}


@dataclass(frozen=True)
class Matched:
    """A rule that takes the request, by one of its matches and one hostname ("" for any host)."""

    route: Json
    index: int  # of the rule in the route
    match: Json
    hostname: str

    @property
    def rule(self) -> Json:
        """The HTTPRouteRule."""
        found: Json = self.route["spec"]["rules"][self.index]
        return found

    @property
    def path(self) -> tuple[str, str]:
        """Type and value of the path match, defaults filled in."""
        path = {**_ROOT, **(self.match.get("path") or {})}
        return path["type"], path["value"]

    @property
    def backends(self) -> tuple[tuple[str, int], ...]:
        """(Service, port) of each backend with a share of the requests."""
        references = self.rule.get("backendRefs") or []
        return tuple((each["name"], each["port"]) for each in references if each.get("weight", 1))

    def __str__(self) -> str:
        kind, value = self.path
        headers = [f"{e['name']}: {e['value']}" for e in self.match.get("headers") or []]
        wanted = f", {', '.join(headers)}" if headers else ""
        return f"{name_of(self.route)}: {self.hostname or 'any host'}, {kind} {value}{wanted}"


@dataclass(frozen=True)
class Choice:
    """Who takes the request, and why; `candidates` all that could, the one taken first.

    Without candidates the proxy answers 404 itself. With `by_chance` the first two are equals, and
    which one it is may change whenever the proxy is configured anew.
    """

    request: Request
    precedence: str
    candidates: tuple[Matched, ...]
    reason: str
    by_chance: bool = False

    @property
    def taken(self) -> Matched | None:
        """The rule that takes the request."""
        return self.candidates[0] if self.candidates else None

    def __str__(self) -> str:
        goal = f"{self.taken}: {self.reason}" if self.taken else self.reason
        others = [f"  not {each}" for each in self.candidates[1:]]
        return "\n".join([f"{self.request.url}: {goal}", *others])


Criterion = tuple[str, Callable[[Matched], Any]]
"""What decides, in words, and a key of which the smaller goes first."""


def _specified_host(one: Matched) -> tuple[int, int]:
    exact = 0 if one.hostname.startswith("*") else len(one.hostname)
    return -exact, -len(one.hostname)


def _is_not_exact(one: Matched) -> bool:
    return one.path[0] != "Exact"


def _path_length(one: Matched) -> int:
    return -len(one.path[1])


def _headers(one: Matched) -> int:
    return -len(one.match.get("headers") or [])


def _traefik_priority(one: Matched) -> int:
    """Traefik's sum (httproute.go): the path's kind and length, then headers, then the host."""
    kind, value = one.path
    base = {"Exact": 100_000, "PathPrefix": 10_000 + 100 * len(value)}
    path = 1 if (kind, value) == ("PathPrefix", "/") else base.get(kind, 1_000 + 100 * len(value))
    headers = one.match.get("headers") or []
    pairs = sum(10 if each.get("type") == "RegularExpression" else 100 for each in headers)
    host = max((len(each) for each in one.route["spec"].get("hostnames") or []), default=0)
    return -(path + pairs + host + len(one.route["spec"]["rules"]) - one.index)


_TIES: tuple[Criterion, ...] = (
    ("its route is older", lambda one: created_at(one.route)),
    ("its route's name comes first", lambda one: name_of(one.route)),
    ("it stands before the other in its route", lambda one: one.index),
)
PRECEDENCES: dict[str, tuple[Criterion, ...]] = {
    "spec": (
        ("its host is more specific", _specified_host),
        ("Exact goes before PathPrefix", _is_not_exact),
        ("its path is longer", _path_length),
        ("it wants a method", lambda one: not one.match.get("method")),
        ("it wants more headers", _headers),
        *_TIES,
    ),
    "traefik": (("its sum of path, headers and host is greater", _traefik_priority),),
}
"""The criteria in their order, as Gateway API has them, and as Traefik 3.7.15 does it: there the
path counts before the host, and chance decides between equal sums."""


_CHANCE = "chance, since its equals could take it as well"


def chosen(request: Request, routes: Iterable[Json], precedence: str = "spec") -> Choice:
    """The rule that takes the request; UsageError for a precedence that is not known."""
    if precedence not in PRECEDENCES:
        raise UsageError(
            f"there is no precedence {precedence!r}", found=f"known: {', '.join(PRECEDENCES)}"
        )
    criteria = PRECEDENCES[precedence]
    found = [each for route in routes for each in _matched(request, route)]
    found.sort(key=lambda each: tuple(key(each) for _, key in criteria))
    if len(found) < 2:
        reason = "no other route takes it" if found else "no route takes it: 404"
        return Choice(request, precedence, tuple(found), reason)
    first, second = found[:2]
    reason = next((words for words, key in criteria if key(first) != key(second)), "")
    by_chance = not reason
    return Choice(request, precedence, tuple(found), reason or _CHANCE, by_chance)


def _matched(request: Request, route: Json) -> Iterator[Matched]:
    spec = route["spec"]
    hostnames = [each for each in spec.get("hostnames") or [""] if _takes(each, request.host)]
    if not hostnames:
        return
    best = max(hostnames, key=lambda each: (not each.startswith("*"), len(each)))
    for index, rule in enumerate(spec.get("rules") or [{}]):
        for match in rule.get("matches") or [{}]:
            one = Matched(route, index, match, best)
            kind, value = one.path
            path_fits = PathPattern(_READINGS[kind], value).takes(request.path)  # type: ignore[arg-type]
            if path_fits and _wants_met(request, match):
                yield one


def _takes(hostname: str, host: str) -> bool:
    """Whether a hostname takes the host; a `*` stands for one label or several."""
    if hostname.startswith("*."):
        return host.endswith(hostname[1:]) and len(host) >= len(hostname)
    return not hostname or hostname == host


def _wants_met(request: Request, match: Json) -> bool:
    if match.get("queryParams") or match.get("method", "GET") != "GET":
        return False
    return all(_header_fits(request, each) for each in match.get("headers") or [])


def _header_fits(request: Request, wanted: Json) -> bool:
    value = request.header(wanted["name"])
    if value is None:
        return False
    if wanted.get("type") == "RegularExpression":
        return re.search(wanted["value"], value) is not None
    return value == str(wanted["value"])
