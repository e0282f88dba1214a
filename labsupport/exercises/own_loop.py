"""Is a learner's function a controller? It is run as one, on the live cluster and a real Caddy."""

import contextlib
from dataclasses import dataclass

from labsupport.base.errors import LabError
from labsupport.exercises.exercise import NOBODY, Exercise
from labsupport.exercises.reach import answer_at, way
from labsupport.exercises.verdict import Verdict
from labsupport.http.exchange import Exchange
from labsupport.kube.wait import settled
from labsupport.session import Lab
from labsupport.session.bare_proxy import UNTOLD

_LIVE_SECONDS = 2.0
"""How long the loop may take to follow a change."""

_FUNCTION = "your function reconcile"


@dataclass(frozen=True)
class Ask:
    """One GET at the bare proxy: a pod of `app` should take it, or `NOBODY`.

    What the app makes of the path does not count. `missed` is the hint when another one takes it.
    """

    url: str
    app: str
    missed: str

    def satisfied(self, answer: Exchange | None) -> bool:
        """Whether the right one took it."""
        if answer is None:
            return False
        if self.app == NOBODY:
            return answer.status == 404 and not answer.pod
        return (answer.pod or "").startswith(f"{self.app}-")


@dataclass(frozen=True)
class Controls:
    """A check of a function: followed by the bare proxy, it leads requests as it should.

    The Ingresses are those of the exercise's start: `served` should get the proxy's address as its
    status. All are then deleted for a moment, and `afterwards` is asked. The proxy goes on
    following the function.
    """

    asks: tuple[Ask, ...]
    served: str
    afterwards: Ask

    def __call__(self, exercise: Exercise, lab: Lab, /, *answer: object) -> Verdict:
        expected = "; ".join(way(each.url, each.app) for each in self.asks)
        expected += f"; and {way(self.afterwards.url, self.afterwards.app)} without its Ingress"
        if not answer or not callable(answer[0]):
            hint = f'Hand your function over: check("{exercise.name}", lab, reconcile)'
            return Verdict(exercise.name, expected, "no function", _FUNCTION, hint)
        try:
            address = lab.bare_proxy.address
        except LabError as error:
            look, hint = "the cell that installs it", f"Install it: {error.remedy}"
            return Verdict(exercise.name, expected, error.what, look, hint)
        with contextlib.redirect_stdout(None):
            lab.apply(exercise.start.manifest)
            lab.bare_proxy.follow(answer[0])  # what it fails with stands in the verdict
        missed = self._missed(exercise, lab, address)
        if missed and (failure := lab.bare_proxy.failure):
            hint = "It did not come to its end, so the proxy goes on with what it was told before."
            return Verdict(exercise.name, expected, f"it ended with {failure}", _FUNCTION, hint)
        got, hint = missed or ("just that", "")
        return Verdict(exercise.name, expected, got, _FUNCTION if hint else "", hint)

    def _missed(self, exercise: Exercise, lab: Lab, address: str) -> tuple[str, str] | None:
        """The first that is otherwise than it should be, and the hint; None if nothing is."""
        for ask in self.asks:
            if missed := _asked(lab, ask, address):
                return missed
        if not _has_address(lab, self.served, address):
            hint = (
                "Report what you serve: proxy.report writes the address into an Ingress's status."
            )
            return f"the Ingress {self.served} has not the proxy's address", hint
        with contextlib.redirect_stdout(None):
            try:
                lab.delete(exercise.start.manifest)
                return _asked(lab, self.afterwards, address)
            finally:  # also when somebody interrupts
                lab.apply(exercise.start.manifest)


def _asked(lab: Lab, ask: Ask, address: str) -> tuple[str, str] | None:
    """Who took the request in place of the right one, and the hint; None when that one did."""
    met = settled(lambda: answer_at(lab, ask.url, address), ask.satisfied, timeout=_LIVE_SECONDS)
    if ask.satisfied(met):
        return None
    if met is None:
        return f"no answer to {ask.url}", "See whether Caddy runs: ./lab logs bare-proxy"
    missed = "proxy.configure was never called." if UNTOLD in met.text else ask.missed
    return f"{ask.url}: {met.status} from {met.pod or 'the proxy itself'}", missed


def _has_address(lab: Lab, ingress: str, address: str) -> bool:
    with contextlib.suppress(LabError):
        return lab.address_of("ingress", ingress) == address
    return False
