"""Entries: the routes as one controller holds them, ready to be matched."""

from dataclasses import dataclass

from labsupport.rules.ingress.decision import Fault
from labsupport.rules.ingress.pattern import PathPattern
from labsupport.rules.ingress.route import Backend, Route

HTTP: frozenset[str] = frozenset({"http"})
HTTPS: frozenset[str] = frozenset({"https"})
BOTH = HTTP | HTTPS


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why a controller leaves a route out, though it serves the Ingress."""

    verdict: Fault
    reason: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One route as a controller reads it.

    `schemes` are those it answers on, `redirected` those of them that it answers with a 308.
    `priority` counts for controllers that have one: the higher goes first. `unsure` says why it may
    not have the requests that it takes, "" when it surely has.
    """

    route: Route
    path: PathPattern
    priority: int = 0
    schemes: frozenset[str] = BOTH
    redirected: frozenset[str] = frozenset()
    unusable: Unusable | None = None
    unsure: str = ""


@dataclass(frozen=True, slots=True)
class Default:
    """A default backend, for requests that no rule takes."""

    ingress: str  # namespace/name
    created: str
    backend: Backend
    schemes: frozenset[str] = BOTH
    redirected: frozenset[str] = frozenset()
