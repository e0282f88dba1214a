"""Rule sets: all Ingresses as one controller sees them, ready to decide requests."""

from collections.abc import Iterable

from labsupport.base.types import Json
from labsupport.rules.admission import CLASS_ANNOTATION
from labsupport.rules.ingress.decision import Candidate, Decision, Outcome, RuleWarning
from labsupport.rules.ingress.profile import SPEC, Profile
from labsupport.rules.ingress.request import Request
from labsupport.rules.ingress.route import (
    Backend,
    Route,
    default_backend,
    namespace_of,
    routes_of,
)
from labsupport.rules.ingress.targets import Directory, Targets


class RuleSet:
    """Ingresses in order of precedence.

    `classes`, `services` and `slices` (EndpointSlices) may be None: then classes are not looked
    at and backends are taken on trust. With `controller` only classes of that
    `spec.controller` are served; without, those of any controller.
    """

    def __init__(
        self,
        ingresses: Iterable[Json],
        *,
        classes: Iterable[Json] | None = None,
        services: Iterable[Json] | None = None,
        slices: Iterable[Json] | None = None,
        profile: Profile = SPEC,
        controller: str = "",
    ) -> None:
        self.profile = profile
        self._directory = Directory(services, slices)
        known = None if classes is None else {each["metadata"]["name"]: each for each in classes}
        self._routes: list[Route] = []
        self._defaults: list[tuple[str, str, Backend]] = []  # created, ingress, backend
        self._unserved: list[tuple[list[Route], RuleWarning]] = []
        for ingress in ingresses:
            refusal = None if known is None else self._class_refusal(ingress, known, controller)
            self._add(ingress, refusal)
        self._routes.sort(key=profile.order)
        self._defaults.sort(key=lambda each: each[:2])

    def decide(self, request: Request) -> Decision:
        """What happens to the request, with the reason for every candidate."""
        candidates, winner = self._considered(request)
        backend = winner.backend if winner else None
        ingress = winner.ingress if winner else ""
        outcome: Outcome = "none"
        warnings = [*self._unserved_warnings(request), *self._doubles(candidates, winner)]
        if winner is None and self._defaults:
            ingress, backend = self._default_for(request)
            outcome = "default"
            if len(self._defaults) > 1:
                every = ", ".join(each[1] for each in self._defaults)
                why = f"several Ingresses have a default backend ({every}): which counts is open"
                warnings.append(RuleWarning("several-defaults", why))
        elif backend is not None:
            outcome = "resource" if backend.resource else "service"
        targets = self._directory.targets(backend) if backend else Targets()
        status = 404 if backend is None else 200
        if targets.missing:
            status = 503
            warnings.append(RuleWarning(*targets.missing))
        return Decision(
            request,
            self.profile.name,
            outcome,
            status,
            ingress,
            backend,
            tuple(candidates),
            targets.endpoints,
            tuple(warnings),
        )

    def _add(self, ingress: Json, refusal: RuleWarning | None) -> None:
        if refusal:
            self._unserved.append((list(routes_of(ingress)), refusal))
            return
        self._routes += routes_of(ingress)
        backend = default_backend(ingress)
        if backend is not None:
            metadata = ingress["metadata"]
            name = f"{namespace_of(ingress)}/{metadata.get('name') or ''}"
            created = str(metadata.get("creationTimestamp") or "")
            self._defaults.append((created, name, backend))

    def _class_refusal(
        self, ingress: Json, classes: dict[str, Json], controller: str
    ) -> RuleWarning | None:
        """Why the Ingress is not served, by its class; None when it is."""
        metadata = ingress["metadata"]
        place = f"Ingress {namespace_of(ingress)}/{metadata.get('name') or ''}"
        name = (ingress.get("spec") or {}).get("ingressClassName")
        name = name or (metadata.get("annotations") or {}).get(CLASS_ANNOTATION)
        if not name:
            if self.profile.serves_classless:
                return None
            return RuleWarning("class-unset", f"{place} names no class, so nobody serves it")
        if name not in classes:
            why = f"{place} names the class {name}, which does not exist, so nobody serves it"
            return RuleWarning("class-missing", why)
        served_by = (classes[name].get("spec") or {}).get("controller") or ""
        if controller and served_by != controller:
            why = f"{place} has the class {name}, which belongs to {served_by}, not {controller}"
            return RuleWarning("class-other", why)
        return None

    def _considered(self, request: Request) -> tuple[list[Candidate], Route | None]:
        candidates: list[Candidate] = []
        winner: Route | None = None
        for route in self._routes:
            candidate = self._judged(route, request, winner)
            if candidate.verdict == "won":
                winner = route
            candidates.append(candidate)
        candidates += [
            Candidate(route, "class", warning.message)
            for routes, warning in self._unserved
            for route in routes
        ]
        return candidates, winner

    def _unserved_warnings(self, request: Request) -> list[RuleWarning]:
        """Why Ingresses that speak of the request's host, or of every host, are not served."""
        return [
            warning
            for routes, warning in self._unserved
            if not routes
            or any(self.profile.host(route.host, request.host).matched for route in routes)
        ]

    def _judged(self, route: Route, request: Request, winner: Route | None) -> Candidate:
        """One route in its turn; `winner` is the match that came before it, if any."""
        host = self.profile.host(route.host, request.host)
        if not host.matched:
            return Candidate(route, "host", host.reason)
        path = self.profile.path(route.path_type, route.path, request.path)
        if not path.matched:
            return Candidate(route, "path", path.reason)
        if route.backend is None:
            why = "it matches, but lists no paths, and its Ingress has no default backend"
            return Candidate(route, "no backend", why)
        if winner is None:
            return Candidate(route, "won", f"{host.reason}, and {path.reason}")
        why = self.profile.deciding(winner, route).words
        return Candidate(route, "lost", f"it matches, but {winner} goes first: {why}")

    def _doubles(self, candidates: list[Candidate], winner: Route | None) -> list[RuleWarning]:
        """Matches that lost only by an order that Kubernetes leaves open."""
        return [
            RuleWarning(
                "same-rule-twice",
                f"{winner} and {each.route} say the same: which of them counts is open",
            )
            for each in candidates
            if winner and each.verdict == "lost"
            if not self.profile.deciding(winner, each.route).specified
        ]

    def _default_for(self, request: Request) -> tuple[str, Backend]:
        """The default backend: of an Ingress with a rule for this host first, then the oldest."""
        about_host = {
            route.ingress
            for route in self._routes
            if route.host and self.profile.host(route.host, request.host).matched
        }
        _, ingress, backend = min(
            self._defaults, key=lambda each: (each[1] not in about_host, each[:2])
        )
        return ingress, backend


def decide(
    request: Request,
    ingresses: Iterable[Json],
    *,
    classes: Iterable[Json] | None = None,
    services: Iterable[Json] | None = None,
    slices: Iterable[Json] | None = None,
    profile: Profile = SPEC,
    controller: str = "",
) -> Decision:
    """What happens to one request; see `RuleSet` for what the arguments mean."""
    rules = RuleSet(
        ingresses,
        classes=classes,
        services=services,
        slices=slices,
        profile=profile,
        controller=controller,
    )
    return rules.decide(request)
