"""Do requests that come by the Gateway get the answers they should? And if not, why?"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from labsupport.base.errors import UsageError
from labsupport.base.types import Json
from labsupport.exercises.exercise import Exercise
from labsupport.exercises.verdict import Verdict
from labsupport.kube.wait import settled
from labsupport.rules.gateway import Choice, Matched
from labsupport.session import Lab
from labsupport.session.gateway import answer_in_words

_LIVE_SECONDS = 2.0
"""How long a change may take until the controller has it live."""

_ROUTES = "what the controller says: lab.gateway.routes()"
_REDIRECT = "RequestRedirect"


@dataclass(frozen=True)
class Call:
    """A GET at the Gateway's address, and its answer as `lab.gateway.compare` words it.

    `200 from kiada`; `404 from kiada` when the app has no such page; `301 https://…`.
    """

    url: str
    wanted: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        carried = ", ".join(f"{name}: {value}" for name, value in self.headers.items())
        return f"{self.url} with {carried}" if carried else self.url


@dataclass(frozen=True)
class Answers:
    """A check: the first call that is answered otherwise decides."""

    calls: tuple[Call, ...]

    def __call__(self, exercise: Exercise, lab: Lab, /, *answer: object) -> Verdict:
        """Looks at answers only; whatever leads to them is right."""
        expected = "; ".join(f"{each}: {each.wanted}" for each in self.calls)
        if missing := _not_installed(exercise, lab, expected):
            return missing
        for call in self.calls:
            got = _settled(lab, call)
            if got != call.wanted:
                look, hint = _why(lab, call)
                return Verdict(exercise.name, expected, f"{call}: {got}", look, hint)
        return Verdict(exercise.name, expected, "just that")


@dataclass(frozen=True)
class Shares:
    """A check: of so many GETs of `url`, one after the other, each app answers its number."""

    url: str
    wanted: Mapping[str, int]

    def __call__(self, exercise: Exercise, lab: Lab, /, *answer: object) -> Verdict:
        """Traefik deals requests out evenly by weight, so the numbers are exact."""
        expected = f"of {sum(self.wanted.values())} requests {_counted(self.wanted)}"
        if missing := _not_installed(exercise, lab, expected):
            return missing
        found = self._settled(lab)
        if found == self.wanted:
            return Verdict(exercise.name, expected, "just that")
        look, hint = _why(lab, Call(self.url, ""))
        return Verdict(exercise.name, expected, _counted(found), look, hint)

    def _settled(self, lab: Lab) -> Mapping[str, int]:
        """How many answers each app gave, once that is what is wanted twice, or stays otherwise.

        Once may be chance: a change that becomes live amid the requests mixes old shares with new.
        """
        found: list[Mapping[str, int]] = []
        address, number = lab.gateway.address, sum(self.wanted.values())

        def look() -> Mapping[str, int]:
            with lab.connect(self.url, resolve=address) as connection:
                pods = [connection.get(self.url).pod or "the proxy" for _ in range(number)]
            found.append(Counter(pod.partition("-")[0] for pod in pods))
            return found[-1]

        def is_wanted_twice(_: Mapping[str, int]) -> bool:
            return found[-2:] == [self.wanted] * 2

        return settled(look, is_wanted_twice, timeout=2 * _LIVE_SECONDS)


def _counted(found: Mapping[str, int]) -> str:
    return " and ".join(f"{number} by {app}" for app, number in sorted(found.items()))


def _not_installed(exercise: Exercise, lab: Lab, expected: str) -> Verdict | None:
    try:
        lab.gateway.routes()
    except UsageError as error:
        look = "the set-up cell of the lesson"
        return Verdict(exercise.name, expected, error.what, look, f"Install it: {error.remedy}")
    return None


def _settled(lab: Lab, call: Call) -> str:
    """The answer in words, once it is the one that is wanted, or stays another."""
    address = lab.gateway.address

    def answer() -> str:
        met = lab.client.get(call.url, resolve=address, headers=dict(call.headers))
        return answer_in_words(met)

    return settled(answer, lambda words: words == call.wanted, timeout=_LIVE_SECONDS)


def _why(lab: Lab, call: Call) -> tuple[str, str]:
    """Where to look, and what is in the way: what the controller has against the routes of the
    host, or how it reads them."""
    host = lab.tenancy.host(urlsplit(call.url).hostname or "")
    table = lab.gateway.routes()
    rows = [row for row in table.rows if host in row[2].split(", ")]
    if not rows:
        known = sorted({name for row in table.rows for name in row[2].split(", ")})
        there = f"There are: {', '.join(known)}." if known else "There is no HTTPRoute at all."
        return "hostnames of your HTTPRoute", f"No HTTPRoute has the hostname {host}. {there}"
    for row in rows:
        if row[6]:
            return _ROUTES, _complaint(lab, row)
    choice = lab.gateway.explain(call.url, headers=call.headers)
    if choice.taken is None:
        routes = [each for each in table.objects if host in (each["spec"].get("hostnames") or [])]
        fit = "; ".join(str(each) for route in routes for each in _matches(route, host))
        return (
            "matches of your HTTPRoute",
            f"No rule takes it, so the proxy says 404. Rules: {fit}.",
        )
    return "the rules of your HTTPRoute", _reading(choice)


def _complaint(lab: Lab, row: Sequence[str]) -> str:
    """What the controller has against a route, with what there is instead."""
    namespace, name, _, gateway, *_, why = row
    place = gateway.partition(",")[0]
    known = {f"{e['namespace']}/{e['name']}" for e in _metadata(lab, "gateways")}
    if place not in known:
        return (
            f"HTTPRoute {namespace}/{name} asks for the Gateway {place}, and there is none. "
            f"There are: {', '.join(sorted(known))}."
        )
    grants = "".join(f" {each}" for each in _grants(lab)) if "RefNotPermitted" in why else ""
    return f"HTTPRoute {namespace}/{name}: {why}.{grants}"


def _metadata(lab: Lab, kind: str) -> list[Json]:
    return [each["metadata"] for each in lab.objects(kind, namespace=None)]


def _grants(lab: Lab) -> Iterator[str]:
    """Each ReferenceGrant in words."""
    for grant in lab.objects("referencegrants", namespace=None):
        metadata, spec = grant["metadata"], grant["spec"]
        asking = ", ".join(
            f"{each['kind']}s of namespace {each['namespace']}" for each in spec["from"]
        )
        given = ", ".join(f"{each['kind']} {each.get('name', '(any)')}" for each in spec["to"])
        yield (
            f"The ReferenceGrant {metadata['name']} lets {asking} use, "
            f"in its own namespace {metadata['namespace']}, {given}."
        )


def _matches(route: Json, host: str) -> Iterator[Matched]:
    """Each match of each rule of the route."""
    for index, rule in enumerate(route["spec"].get("rules") or [{}]):
        for match in rule.get("matches") or [{}]:
            yield Matched(route, index, match, host)


def _reading(choice: Choice) -> str:
    """Which rule takes the request, why that one, and what it does with it."""
    taken = choice.candidates[0]
    others = [each for each in choice.candidates[1:] if (each.route, each.index) != _rule(taken)]
    behind = f"Behind it stands {others[0]}, which gets nothing of this." if others else ""
    redirects = [
        each[_filter_field(each)]
        for each in taken.rule.get("filters") or []
        if each["type"] == _REDIRECT
    ]
    done = f"redirects ({_redirect(redirects[0])})" if redirects else f"leads to {_backends(taken)}"
    return f"The rule {taken} takes it: {choice.reason}. It {done}. {behind}".rstrip()


def _rule(one: Matched) -> tuple[Json, int]:
    return one.route, one.index


def _filter_field(one: Json) -> str:
    """The field that holds a filter's settings: its type with a small letter."""
    return f"{one['type'][0].lower()}{one['type'][1:]}"


def _redirect(redirect: Json) -> str:
    status = redirect.get("statusCode", 302)
    lasting = "for now, not for good" if status == 302 else "for good"
    path = "to a path of its own" if redirect.get("path") else "the visitor's path is kept"
    return f"status {status}, {lasting}; {path}"


def _backends(taken: Matched) -> str:
    """The Services, with their weights where there are several."""
    found = taken.rule.get("backendRefs") or []
    if len(found) == 1:
        return str(found[0]["name"])
    total = sum(each.get("weight", 1) for each in found)
    return " and ".join(f"{each['name']} ({each.get('weight', 1)} of {total})" for each in found)
