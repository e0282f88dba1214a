"""Do requests get the answers they should, with the headers and passwords that they bring?"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from labsupport.base.errors import NameNotFound, RequestFailed
from labsupport.exercises.exercise import Exercise
from labsupport.exercises.verdict import Verdict
from labsupport.http.exchange import Exchange
from labsupport.kube.wait import settled
from labsupport.session import Lab

_LIVE_SECONDS = 3.0
"""How long a change may take until the controller has it live."""


@dataclass(frozen=True)
class Visit:
    """One GET, and who should answer it: an app, with 200; or the proxy itself, with a status.

    `who` calls the visitor in words. `missed` is the hint for somebody else's answer, unless the
    controller itself complains.
    """

    who: str
    url: str
    wanted: str | int
    missed: str
    headers: Mapping[str, str] = field(default_factory=dict)
    auth: tuple[str, str] | None = None

    @property
    def expected(self) -> str:
        """What should come of it, in words."""
        if isinstance(self.wanted, int):
            return f"{self.who} gets {self.wanted} from the proxy"
        return f"{self.who} is answered by {self.wanted}"

    def satisfied(self, answer: Exchange) -> bool:
        """Whether the answer is the one it should get."""
        if isinstance(self.wanted, int):
            return answer.status == self.wanted and not answer.pod
        return answer.status == 200 and (answer.pod or "").startswith(f"{self.wanted}-")


@dataclass(frozen=True)
class Visits:
    """A check by a few visits: the first one that is answered otherwise decides."""

    visits: tuple[Visit, ...]

    def __call__(self, exercise: Exercise, lab: Lab, /, *answer: object) -> Verdict:
        expected = "; ".join(each.expected for each in self.visits)
        for visit in self.visits:
            try:
                met = _settled(lab, visit)
            except (NameNotFound, RequestFailed) as error:
                look = "the address that the name has: print(lab.hosts)"
                hint = "The name should lead to the proxy that serves the class of your Ingress."
                return Verdict(exercise.name, expected, error.found or error.what, look, hint)
            if not visit.satisfied(met):
                got = f"{visit.who} gets {met.status} from {met.pod or 'the proxy'}"
                look, hint = in_the_way(lab, visit.url, visit.missed)
                return Verdict(exercise.name, expected, got, look, hint)
        return Verdict(exercise.name, expected, "just that")


def _settled(lab: Lab, visit: Visit) -> Exchange:
    """The answer, once it is the one that is wanted, or stays another."""
    return settled(
        lambda: lab.client.get(visit.url, headers=visit.headers, auth=visit.auth),
        visit.satisfied,
        timeout=_LIVE_SECONDS,
    )


def in_the_way(lab: Lab, url: str, missed: str) -> tuple[str, str]:
    """Where to look, and what is in the way: the controllers' own complaint, an annotation that
    does nothing, or else the hint `missed`."""
    routes = _routes(lab, lab.tenancy.host(urlsplit(url).hostname or ""))
    home = re.escape(lab.tenancy.namespace)
    for problem in lab.problems():
        if any(re.search(rf"{home}/{re.escape(name)}(?![-\w])", problem) for _, name in routes):
            return "lab.problems()", f"{problem}."
    for kind, name in routes:
        for each in lab.understood("ingress", name).objects if kind == "Ingress" else ():
            if each["verdict"] != "understood":
                look = f'lab.understood("ingress", "{name}")'
                return look, f"{each['key']} is {each['verdict']}: {each['why']}."
    there = " and ".join(f"the {kind} {name}" for kind, name in routes)
    return there or "your routes: there is none for this host", missed


def _routes(lab: Lab, host: str) -> list[tuple[str, str]]:
    """Kind and name of the Ingresses and IngressRoutes, in default, that speak of the host."""
    kinds = {"Ingress": "ingresses", "IngressRoute": "ingressroutes"}
    return [
        (kind, str(each["metadata"]["name"]))
        for kind, plural in kinds.items()
        for each in lab.objects(plural)
        if host in json.dumps(each["spec"])
    ]
