"""Why a request ended where it did: the rule engine by the controller's profile and by the spec."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from labsupport.rules.conformance import INVALID_CLASS, Scenario
from labsupport.rules.ingress import SPEC, Decision, Request, RuleSet
from labsupport.session.explaining import live_rules

if TYPE_CHECKING:
    from labsupport.session.controller import Controller
    from labsupport.session.lab import Lab

_REDIRECT = 308


@dataclass(frozen=True)
class Answer:
    """What came: a status, and the Service that answered, "" when the proxy did itself."""

    status: int
    service: str = ""

    def __str__(self) -> str:
        return f"{self.status} from {self.service}" if self.service else str(self.status)


class Reasons:
    """The Ingresses of a controller's class as they stand now, read in two ways."""

    def __init__(self, lab: "Lab", controller: "Controller", *, invalid_class: bool = False):
        name = INVALID_CLASS if invalid_class else controller.ingress_class
        self._own = live_rules(lab, controller.rules_profile, ingress_class=name)
        self._spec = live_rules(lab, SPEC, ingress_class=name)

    def passed(self, scenario: Scenario, answer: Answer) -> tuple[str, bool]:
        """Why the answer that was wanted came, and whether the rule engine foresaw it."""
        own = decided(self._own, scenario.request)
        if answer_of(own) == answer:
            return f"{_words(own)}.", True
        return f"{answer}. {_engine(own, foreseen=False)}", False

    def failed(self, scenario: Scenario, answer: Answer) -> tuple[str, bool]:
        """Why another answer came than wanted, and whether the rule engine foresaw it."""
        own, spec = (decided(rules, scenario.request) for rules in (self._own, self._spec))
        foreseen = answer_of(own) == answer
        lines = [_engine(own, foreseen=foreseen)]
        if foreseen and (lost := _lost(own, scenario)):
            lines.append(f"{lost}.")
        lines.append(f"By Kubernetes' own words: {_words(spec)}.")
        return "\n".join(lines), foreseen

    def unserved(self) -> str:
        """Why nobody serves the Ingress of the class that does not exist."""
        return "; ".join(dict.fromkeys(each.message for _, each in self._own.unserved))


def decided(rules: RuleSet, request: Request) -> Decision:
    """The decision; where that is a redirect to HTTPS, the one at its end."""
    decision = rules.decide(request)
    if decision.status == _REDIRECT:
        return rules.decide(replace(request, scheme="https", port=443))
    return decision


def answer_of(decision: Decision) -> Answer:
    """The answer that the decision foresees."""
    backend = decision.backend
    return Answer(decision.status, backend.service if backend and decision.status == 200 else "")


def _engine(own: Decision, *, foreseen: bool) -> str:
    said = "foresaw it" if foreseen else "did not foresee it"
    return f"The rule engine {said}, by profile {own.profile}: {_words(own)}."


def _words(decision: Decision) -> str:
    """Where it leads and the rule's own reason: the summary without its URL."""
    return decision.summary.removeprefix(f"{decision.request.url}: ")


def _lost(decision: Decision, scenario: Scenario) -> str:
    """What kept the rule that was to have the request from getting it."""
    for each in decision.candidates:
        backend = each.route.backend
        wanted = backend is not None and backend.service == scenario.service
        if wanted and each.verdict not in ("won", "host"):
            return f"{each.route}: {each.reason}"
    return ""
