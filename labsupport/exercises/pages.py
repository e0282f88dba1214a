"""Does the lab's own controller answer with the pages that it should? And if not, why?"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from labsupport.base.types import Json
from labsupport.exercises.exercise import Exercise
from labsupport.exercises.reach import answer_at, way
from labsupport.exercises.verdict import Verdict
from labsupport.http.exchange import Exchange
from labsupport.kube.wait import settled
from labsupport.rules.ingress.route import name_of
from labsupport.session import Lab
from labsupport.session.controller import Controller
from labsupport.session.explaining import asked, live_rules

_CLASS = "lab"
_REJECTED = "Rejected: "
_LIVE_SECONDS = 2.0
"""How long a change may take until the controller has it live."""

Place = tuple[str, str]
"""Where to look, and the hint."""


@dataclass(frozen=True)
class Page:
    """One GET at the controller's address: a pod of the app answers it, or files with the words."""

    url: str
    app: str = ""
    words: str = ""

    @property
    def expected(self) -> str:
        """What should come of it."""
        return way(self.url, self.app) if self.app else f"{self.url} shows the words {self.words}"

    def satisfied(self, answer: Exchange | None) -> bool:
        """Whether it is the right page."""
        if answer is None or answer.status != 200:
            return False
        if self.app:
            return (answer.pod or "").startswith(f"{self.app}-")
        return not answer.pod and self.words in answer.text


@dataclass(frozen=True)
class Pages:
    """A check by a few pages: the first that is another decides."""

    pages: tuple[Page, ...]

    def __call__(self, exercise: Exercise, lab: Lab, /, *answer: object) -> Verdict:
        """Looks at answers only; whatever leads to them is right."""
        expected = "; ".join(each.expected for each in self.pages)
        controller = lab.controllers.get(_CLASS)
        if controller is None:
            look, hint = 'lab.table("ingressclasses")', 'Install it: lab.install("lab-controller")'
            got = f"no controller here serves the class {_CLASS}"
            return Verdict(exercise.name, expected, got, look, hint)
        for page in self.pages:
            met = _settled(lab, page, controller)
            if not page.satisfied(met):
                look, hint = _why(lab, page, controller)
                return Verdict(exercise.name, expected, _in_words(page, met), look, hint)
        return Verdict(exercise.name, expected, "just that")


def _settled(lab: Lab, page: Page, controller: Controller) -> Exchange | None:
    """The answer, once it is the one that is wanted, or stays another; None for none."""
    return settled(
        lambda: answer_at(lab, page.url, controller.address), page.satisfied, timeout=_LIVE_SECONDS
    )


def _in_words(page: Page, met: Exchange | None) -> str:
    if met is None:
        return f"no answer to {page.url}"
    who = met.pod or ("files" if met.status == 200 else "the proxy itself")
    return f"{page.url}: {met.status} from {who}"


def _why(lab: Lab, page: Page, controller: Controller) -> Place:
    """What is in the way: the class, the controller's own complaint, or the rule that took it."""
    host = lab.tenancy.host(urlsplit(page.url).hostname or "")
    mine = [each for each in lab.objects("ingresses") if host in json.dumps(each["spec"])]
    classes = {each["metadata"]["name"]: each for each in lab.objects("ingressclasses")}
    profile = controller.rules_profile
    for each in mine:
        if refusal := profile.refusal(each, classes, profile.controller):
            look = f"spec.ingressClassName of the Ingress {name_of(each)}"
            return look, f"{refusal.message}. Only the lab's controller can read a StaticSite."
    for each in mine or lab.objects("ingresses"):
        if (said := controller.told(each["metadata"]["name"])).startswith(_REJECTED):
            look = f"the backends of the Ingress {name_of(each)}, and the objects that they name"
            return look, f"The controller says of it: {said.removeprefix(_REJECTED)}."
    decision = live_rules(lab, profile).decide(asked(lab, page.url))
    if decision.backend is None:
        return _of_nobody(host, mine)
    taken = decision.winner.route if decision.winner else "the default backend"
    return (
        f"the backends of the Ingress {decision.ingress}",
        f"{taken} takes it, and leads to {decision.backend}.",
    )


def _of_nobody(host: str, mine: Sequence[Json]) -> Place:
    if mine:
        names = " and ".join(name_of(each) for each in mine)
        return f"the paths of the Ingress {names}", "No rule for this host has a path that fits."
    return (
        'the hosts of your Ingresses: lab.table("ingresses")',
        f"No rule is for the host {host}, and no Ingress of the class {_CLASS} has a default "
        "backend, which takes what no rule takes.",
    )
