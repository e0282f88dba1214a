"""Why a URL goes where it goes: words for a hint, from the rules as the cluster has them."""

from dataclasses import replace
from difflib import get_close_matches

from labsupport.http.exchange import Exchange
from labsupport.rules.ingress import SPEC, Candidate, Decision, profile_named
from labsupport.session import Lab
from labsupport.session.controller import Controller
from labsupport.session.explaining import asked, live_rules

Place = tuple[str, str]
"""Where to look, and the hint."""

_NEARNESS = ("tie", "lost", "no backend", "disabled", "path", "scheme", "host", "class")
"""The verdicts of rules that did not win, the nearest to winning first."""

_ALMOST = 0.95
"""How alike two hosts are, from 0 to 1, when one is the other with a typing error."""

_FIELDS = {"class": "spec.ingressClassName", "path": "path and pathType"}


class Reasons:
    """What Kubernetes' words, and what a controller makes of a GET of `url`.

    The lab's first controller; with another `controller`, by the Ingresses that it serves.
    """

    def __init__(self, lab: Lab, url: str, controller: Controller | None = None) -> None:
        own, spec = profile_named(lab.controller.profile), SPEC
        if controller:
            own = controller.rules_profile
            spec = replace(SPEC, refusal=own.refusal, controller=own.controller)
        request = asked(lab, url)
        self._spec = live_rules(lab, spec).decide(request)
        self._own = live_rules(lab, own).decide(request)

    @property
    def left_to_chance(self) -> bool:
        """Whether the controller takes now one rule and now another."""
        return self._own.outcome == "undetermined"

    def foresee(self, answer: Exchange) -> bool:
        """Whether the answer is the one that the controller gives by the rules as they are."""
        if self.left_to_chance:
            return True
        pods = {endpoint.pod for endpoint in self._own.endpoints}
        return answer.pod in pods if pods else not answer.pod

    def of_chance(self) -> Place:
        """Why nobody can say who takes the request."""
        tied = [str(each.route) for each in self._own.candidates if each.verdict == "tie"]
        return (
            "rules that say the same",
            f"Which of them counts is left to chance: {' and '.join(tied)}.",
        )

    def of_refusal(self, app: str) -> Place:
        """Why nobody took the request that `app` should answer: what is wrong with the rule that
        fits, or with the nearest one."""
        own, spec = self._own, self._spec
        if spec.backend is not None and spec.status != 200:
            missing = "; ".join(each.message for each in spec.warnings)
            place = f"the backend in the Ingress {spec.ingress}, and the Service that it names"
            return place, f"The rule fits, but {missing}."
        if own.backend is not None:
            return f"the Ingress {own.ingress}", "The controller does not follow it yet. Try again."
        if _named(spec) == app:
            return self._departure(spec)
        about = [each for each in spec.candidates if each.route.host == spec.request.host]
        about = about or [each for each in spec.candidates if each.verdict == "path"]
        if about:
            nearest = min(about, key=lambda each: (_service(each) != app, nearness(each)))
            return _place(nearest), f"{_sentence(nearest.reason)}."
        mine = [each for each in spec.candidates if _service(each) == app]
        return self._mistyped(mine) or self._no_host()

    def of_welcome(self) -> Place:
        """Why somebody took a request that nobody should take."""
        winner = self._own.winner
        if winner is None:
            look = f"spec.defaultBackend of the Ingress {self._own.ingress}"
            return look, "The default backend takes what no rule takes, so nothing is refused."
        return _place(winner), f"Nobody should, but a rule takes it: {winner.reason}."

    def of_other(self, app: str) -> Place:
        """Why another app than `app` took the request."""
        own, spec = self._own, self._spec
        if _named(spec) == app:
            return self._departure(spec)
        mine = [each for each in own.candidates if _service(each) == app]
        if typed := self._mistyped(mine):
            return typed
        near = [each for each in mine if each.verdict in ("lost", "path")]
        if near and own.winner:
            rule = min(near, key=nearness)
            why = f"Your rule for {app} ({rule.route}) does not take it: {rule.reason}."
            return _place(rule), why
        if own.winner is None:
            look = f"spec.defaultBackend of the Ingress {own.ingress}"
            return look, f"No rule takes it, so the default backend does: {own.backend}."
        return f"backend.service.name in the Ingress {own.ingress}", (
            f"Its rule leads to {own.backend}: {own.winner.reason}. No rule for this host leads "
            f"to {app}. Add one that fits better, or let this one name the Service {app}."
        )

    def _departure(self, spec: Decision) -> Place:
        """The controller does otherwise than Kubernetes' words say."""
        own = self._own
        lost = next(
            (e for e in own.candidates if spec.winner and e.route == spec.winner.route), None
        )
        if lost and lost.verdict == "disabled":
            return _place(lost), f"The rule fits, but this controller leaves it out: {lost.reason}."
        foreseen = spec.winner.route if spec.winner else f"the default backend of {spec.ingress}"
        instead = f"takes {own.winner.route}" if own.winner else "has no route"
        if spec.winner is None:
            why = ": it heeds a default backend only in an Ingress without rules"
        else:
            why = f": {lost.reason.rpartition(' goes first: ')[2]}" if lost else ""
        return (
            f"the Ingress {spec.ingress}, and what the lesson says of your controller",
            f"By Kubernetes' words {foreseen} goes first, but this controller {instead}{why}. "
            "Word it so that both agree.",
        )

    def _mistyped(self, mine: list[Candidate]) -> Place | None:
        """A rule for the right app whose host is almost the request's, which no rule names."""
        asked = self._own.request.host
        if any(each.route.host == asked for each in self._own.candidates):
            return None
        near = get_close_matches(asked, {each.route.host for each in mine}, 1, _ALMOST)
        if not near:
            return None
        rule = next(each for each in mine if each.route.host == near[0])
        return _place(rule), f"That rule is for the host {near[0]}; asked was {asked}."

    def _no_host(self) -> Place:
        host = self._spec.request.host
        wild = [
            each
            for each in self._spec.candidates
            if each.route.host.startswith("*.") and host.endswith(each.route.host[2:])
        ]
        if wild:
            return _place(wild[0]), f"{_sentence(wild[0].reason)}."
        hosts = sorted({each.route.host or "any host" for each in self._spec.candidates})
        return (
            'the hosts of your Ingresses: lab.table("ingresses")',
            f"No Ingress names the host {host}. There are: {', '.join(hosts)}.",
        )


def _named(decision: Decision) -> str:
    """The Service that takes the request, "" when none does."""
    return decision.backend.service if decision.backend else ""


def _service(candidate: Candidate) -> str:
    return candidate.route.backend.service if candidate.route.backend else ""


def nearness(candidate: Candidate) -> int:
    """How far the rule was from winning: the lower, the nearer."""
    return _NEARNESS.index(candidate.verdict)


def _place(candidate: Candidate) -> str:
    """Where in the Ingress the candidate's verdict comes from."""
    field = _FIELDS.get(candidate.verdict, "spec.rules")
    return f"{field} of the Ingress {candidate.route.ingress}"


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
