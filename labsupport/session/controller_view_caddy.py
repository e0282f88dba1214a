"""What the lab's own controller has Caddy do.

Caddy has no routers, and its admin API obeys only the controller beside it. But the controller
plans by the lab's rule engine, and says in Events what came of it: these two are told here.
"""

from collections import defaultdict
from collections.abc import Iterator

from labsupport.kube.api import Api
from labsupport.rules.ingress import Backend, RuleSet
from labsupport.rules.ingress.entry import Entry
from labsupport.rules.ingress.route import name_of
from labsupport.session.controller import Controller
from labsupport.session.controller_events import by_object, in_words
from labsupport.session.controller_view_objects import certificates_of, named_by, served, wanted
from labsupport.session.controller_view_state import (
    HeldCertificate,
    Holdings,
    Router,
    Server,
    Service,
    Source,
)

_NOTE = (
    "Caddy has no routers, and tells its configuration to its controller only. Shown are the rules "
    "in the order in which the controller has Caddy try them, and its Events about each Ingress"
)


def holdings(api: Api, controller: Controller) -> Holdings:
    """What Caddy is to do, and what the controller says of it; LabError if nobody can be asked."""
    ingresses = served(api, controller)
    rules = RuleSet(
        ingresses,
        services=api.list("services"),
        slices=api.list("endpointslices"),
        profile=controller.rules_profile,
    )
    routers = _routers(rules)
    events = by_object(api, controller)
    sources = []
    for each in ingresses:
        event = events.get(each["metadata"]["uid"])
        sources.append(
            Source(
                f"Ingress {name_of(each)}",
                wanted(each),
                tuple(routers[name_of(each)]),
                in_words(event),
                event is not None and event.get("type") == "Warning",
            )
        )
    return Holdings(
        tuple(sources), tuple(_services(rules)), tuple(_certificates(api, rules)), _NOTE
    )


def _routers(rules: RuleSet) -> dict[str, list[Router]]:
    """By the name of the Ingress: its rules, then its default backend."""
    found: dict[str, list[Router]] = defaultdict(list)
    place = 0
    for entry in rules.entries:
        place += entry.unusable is None
        found[entry.route.ingress].append(_router(rules, entry, place))
    for rank, default in enumerate(rules.defaults):
        found[default.ingress].append(
            Router(
                "every other request" if rank == 0 else "every other request of its hosts",
                "tried last",
                str(default.backend),
                errors=_missing(rules, default.backend),
            )
        )
    return found


def _router(rules: RuleSet, entry: Entry, place: int) -> Router:
    route = entry.route
    precedence, errors = f"tried as number {place}", _missing(rules, route.backend)
    if entry.unusable is not None:
        precedence, errors = "left out", (entry.unusable.reason,)
    rule = str(route).removeprefix(f"{route.ingress}: ")
    return Router(rule, precedence, str(route.backend or "nothing"), errors=errors)


def _missing(rules: RuleSet, backend: Backend | None) -> tuple[str, ...]:
    """Why nobody can answer; a resource is no Service, and the controller's Event tells of it."""
    if backend is None or backend.resource is not None:
        return ()
    missing = rules.directory.targets(backend).missing
    return (f"{missing[1]}: it answers 503",) if missing else ()


def _services(rules: RuleSet) -> Iterator[Service]:
    """The pods behind each backend: Caddy is told of these, not of the Service's IP."""
    backends = [entry.route.backend for entry in rules.entries]
    backends += [default.backend for default in rules.defaults]
    for backend in dict.fromkeys(backends):
        if backend is not None and backend.resource is None:
            endpoints = rules.directory.targets(backend).endpoints
            servers = [Server(f"{each.address}:{each.port}", each.pod) for each in endpoints]
            name = f"Service {backend.namespace}/{backend.service}, port {backend.port}"
            yield Service(name, "", tuple(sorted(servers, key=str)))


def _certificates(api: Api, rules: RuleSet) -> Iterator[HeldCertificate]:
    """Those in the Secrets that Ingresses name."""
    known = certificates_of(api)
    entries = [each for each in rules.tls if each.secret]
    for secret in dict.fromkeys(each.secret for each in entries):
        ingresses = named_by(secret, entries)
        if (facts := known.get(secret)) is None:
            hosts = {host for each in entries if each.secret == secret for host in each.hosts}
            problem = "there is no such Secret with a certificate"
            yield HeldCertificate(
                tuple(sorted(hosts)), secret=secret, ingresses=ingresses, problem=problem
            )
        else:
            until, issuer = facts.not_after.date().isoformat(), facts.issued_by
            yield HeldCertificate(facts.all_names, until, issuer, secret, ingresses)
