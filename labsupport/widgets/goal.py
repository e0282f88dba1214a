"""What a request ends at: as somebody expects it, and as it really was."""

from collections.abc import Iterable
from dataclasses import dataclass

from labsupport.http.exchange import Exchange
from labsupport.rules.ingress import Decision
from labsupport.rules.ingress.route import Backend, default_backend, routes_of
from labsupport.rules.ingress.targets import Directory
from labsupport.widgets.rule_source import Objects

CHANCE = "chance decides among equal rules"
NOBODY = "404: no rule takes it"
UNREACHED = "503: nobody behind the Service can answer"
_HOME = "default"


@dataclass(frozen=True)
class Goal:
    """An end of a request's way: `words` name it, `status` is the answer where no pod gives one.

    `pods` are those that can answer there, None where that is not known. One answer can't gainsay
    who expects that chance decides.
    """

    words: str
    status: int = 200
    pods: frozenset[str] | None = None

    def met_by(self, exchange: Exchange) -> bool:
        """Whether the answer came from here."""
        if self.words == CHANCE:
            return True
        if exchange.pod and self.pods is not None:
            return exchange.pod in self.pods
        return not exchange.pod and exchange.status == self.status


def goal_of(decision: Decision) -> Goal:
    """Where a decision sends the request."""
    backend = decision.backend
    if decision.outcome == "undetermined":
        return Goal(CHANCE, 0)
    if backend is None:
        return Goal(NOBODY if decision.status == 404 else str(decision.status), decision.status)
    if decision.status != 200:
        return Goal(UNREACHED, decision.status)
    return Goal(words_of(backend), 200, frozenset(each.pod for each in decision.endpoints))


def goals(objects: Objects, *, chance: bool = False) -> list[Goal]:
    """Everything that a request can end at by these objects: backends by name, then nobody.

    `chance` is for controllers that leave the choice among equal rules to it.
    """
    directory = Directory(objects.services, objects.slices)
    backends = {
        backend
        for ingress in objects.ingresses
        for backend in (default_backend(ingress), *(each.backend for each in routes_of(ingress)))
        if backend is not None
    }
    found = [
        Goal(
            words_of(backend),
            pods=frozenset(each.pod for each in directory.targets(backend).endpoints),
        )
        for backend in backends
    ]
    found.sort(key=lambda goal: goal.words)
    found += [Goal(NOBODY, 404), Goal(UNREACHED, 503)]
    return [*found, Goal(CHANCE, 0)] if chance else found


def words_of(backend: Backend) -> str:
    """The backend, with its namespace where it is not the usual one."""
    place = "" if backend.namespace == _HOME else f" in {backend.namespace}"
    return f"{backend}{place}"


def answered(exchange: Exchange, known: Iterable[Goal]) -> str:
    """Who answered, in the words of the goals that are known."""
    if not exchange.pod:
        return f"{exchange.status} {exchange.reason}, by the proxy itself"
    met = [goal.words for goal in known if goal.words != CHANCE and goal.met_by(exchange)]
    who = f"pod {exchange.pod}"
    return f"{' or '.join(met)} ({who})" if met else who
