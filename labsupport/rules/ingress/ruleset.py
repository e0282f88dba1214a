"""Rule sets: all Ingresses as one controller sees them, ready to decide requests."""

from collections.abc import Iterable, Sequence

from labsupport.base.types import Json
from labsupport.rules.ingress.certificates import Certificates, TlsEntry, tls_entries
from labsupport.rules.ingress.decision import (
    Candidate,
    Certificate,
    Decision,
    Goal,
    Outcome,
    RuleWarning,
)
from labsupport.rules.ingress.elsewhere import Elsewhere
from labsupport.rules.ingress.entry import Default, Entry
from labsupport.rules.ingress.index import Index
from labsupport.rules.ingress.judging import considered
from labsupport.rules.ingress.models import plain
from labsupport.rules.ingress.pattern import host_takes
from labsupport.rules.ingress.profile import Profile
from labsupport.rules.ingress.request import Request
from labsupport.rules.ingress.route import Route, routes_of
from labsupport.rules.ingress.spec import SPEC
from labsupport.rules.ingress.targets import Directory
from labsupport.rules.ingress.warnings import decision_warnings, set_warnings


class RuleSet:
    """Ingresses in order of precedence.

    Objects are JSON, or models of the official client. `classes`, `services`, `slices`
    (EndpointSlices) and `certificates` (TLS Secrets as `namespace/name`, each with the names its
    certificate is for) may be None: then they are not known, and what names them is taken on
    trust. With `controller` only classes of that `spec.controller` are served; without, those of
    the profile's, or of any controller where it has none.

    `entries` stand in order of precedence.
    """

    def __init__(
        self,
        ingresses: Iterable[object],
        *,
        classes: Iterable[object] | None = None,
        services: Iterable[object] | None = None,
        slices: Iterable[object] | None = None,
        certificates: Certificates = None,
        profile: Profile = SPEC,
        controller: str = "",
    ) -> None:
        self.profile = profile
        self.certificates = certificates
        self.directory = Directory(
            None if services is None else map(plain, services),
            None if slices is None else map(plain, slices),
            condition=profile.condition,
            external_names=profile.external_names,
        )
        known = None
        if classes is not None:
            known = {each["metadata"]["name"]: each for each in map(plain, classes)}
        served: list[Json] = []
        self.unserved: list[tuple[list[Route], RuleWarning]] = []
        for ingress in map(plain, ingresses):
            refusal = profile.refusal(ingress, known, controller or profile.controller)
            if refusal is None:
                served.append(ingress)
            else:
                self.unserved.append((list(routes_of(ingress)), refusal))
        self._read(served)

    def _read(self, served: Sequence[Json]) -> None:
        """Translate the Ingresses, put what comes of them into order, and make the index."""
        profile = self.profile
        found = profile.entries(served, self.directory)
        self.entries: list[Entry] = sorted(found, key=profile.order)
        self.defaults: list[Default] = profile.defaults(served, self.directory)
        self.tls: list[TlsEntry] = [entry for each in served for entry in tls_entries(each)]
        self._certificate_for = profile.certificate(self.tls, self.certificates)
        self._index = Index(
            (rank, entry) for rank, entry in enumerate(self.entries) if entry.unusable is None
        )
        self.hosts = {entry.route.host for entry in self.entries}
        self.elsewhere = Elsewhere([entry.route for entry in self.entries])
        self.unserved_candidates = [
            Candidate(route, "class", warning.message)
            for routes, warning in self.unserved
            for route in routes
        ]

    def match(self, request: Request) -> tuple[Route, ...]:
        """The routes that take the request: one or none, or several where chance decides."""
        takers, _ = self._takers(self.matching(request))
        return tuple(entry.route for entry in takers)

    def matching(self, request: Request) -> list[Entry]:
        """All usable entries that match, the first in precedence first."""
        entries = self.entries
        ranks = self._index.ranks(request.host, self.profile.path(request.path))
        scheme = request.scheme
        return [entries[rank] for rank in ranks if scheme in entries[rank].schemes]

    def around(self, host: str, path: str) -> list[Entry]:
        """All usable entries that take a rule's own host and path, on any scheme, in order."""
        return [self.entries[rank] for rank in self._index.ranks(host, path)]

    def warnings(self) -> list[RuleWarning]:
        """Everything that will surprise somebody, whatever is requested."""
        return list(set_warnings(self))

    def decide(self, request: Request) -> Decision:
        """What happens to the request, with the reason for every candidate."""
        takers, sure = self._takers(self.matching(request))
        defaults = self._defaults_for(request)
        goals = [self._goal(entry, request) for entry in takers]
        if not sure or not takers:
            goals += [self._default_goal(each, request) for each in defaults] or [Goal()]
        determined = len({(each.backend, each.status) for each in goals}) == 1
        goal = goals[0] if determined else _left_to_chance(goals)
        certificate = self._certificate(request)
        usable = [each for each in defaults if request.scheme in each.schemes]
        fallback = usable[0] if len(defaults) == 1 and usable else None
        candidates, fitting = considered(self, request, takers, won=determined)
        warnings = decision_warnings(self, request, fitting, goal, defaults, certificate)
        return Decision(
            request,
            self.profile.name,
            goal.outcome,
            goal.status,
            goal.ingress,
            goal.backend,
            tuple(candidates),
            goal.endpoints,
            tuple(warnings),
            (fallback.ingress, fallback.backend) if fallback else None,
            certificate,
        )

    def _takers(self, matching: list[Entry]) -> tuple[list[Entry], bool]:
        """Who may take the request, one but for ties; and whether any of them surely does."""
        if not self.profile.random_ties:
            return matching[:1], True
        takers: list[Entry] = []
        first: Entry | None = None
        for entry in matching:
            if first is not None and self.profile.deciding(first, entry).specified:
                break
            takers.append(entry)
            if first is None and not entry.unsure:
                first = entry
        return takers, first is not None

    def _goal(self, entry: Entry, request: Request) -> Goal:
        """Where the entry leads; only entries with a backend match."""
        assert entry.route.backend is not None
        backend, ingress = entry.route.backend, entry.route.ingress
        targets = self.directory.targets(backend)
        status = 503 if targets.missing else 200
        if request.scheme in entry.redirected:
            status = 308
        outcome: Outcome = "resource" if backend.resource else "service"
        return Goal(outcome, status, ingress, backend, targets.endpoints)

    def _default_goal(self, default: Default, request: Request) -> Goal:
        if request.scheme not in default.schemes:
            return Goal()
        targets = self.directory.targets(default.backend)
        status = 503 if targets.missing else 200
        if request.scheme in default.redirected:
            status = 308
        return Goal("default", status, default.ingress, default.backend, targets.endpoints)

    def _defaults_for(self, request: Request) -> list[Default]:
        """The default backends that may count: one but for chance.

        One of an Ingress with a rule for this host goes first.
        """
        found = self.defaults
        if self.profile.random_ties or len(found) < 2:
            return found
        about_host = {
            entry.route.ingress
            for entry in self.entries
            if entry.route.host and host_takes(entry.route.host, request.host)
        }
        return sorted(found, key=lambda each: each.ingress not in about_host)[:1]

    def _certificate(self, request: Request) -> Certificate | None:
        if request.scheme != "https":
            return None
        return self._certificate_for(request.server_name)


def _left_to_chance(goals: Sequence[Goal]) -> Goal:
    """Several goals as one: what they agree in."""
    statuses = {goal.status for goal in goals}
    return Goal("undetermined", statuses.pop() if len(statuses) == 1 else 0)


def decide(
    request: Request,
    ingresses: Iterable[object],
    *,
    classes: Iterable[object] | None = None,
    services: Iterable[object] | None = None,
    slices: Iterable[object] | None = None,
    certificates: Certificates = None,
    profile: Profile = SPEC,
    controller: str = "",
) -> Decision:
    """What happens to one request; see `RuleSet` for what the arguments mean."""
    rules = RuleSet(
        ingresses,
        classes=classes,
        services=services,
        slices=slices,
        certificates=certificates,
        profile=profile,
        controller=controller,
    )
    return rules.decide(request)
