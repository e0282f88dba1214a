"""The profile `traefik-nginx`: Traefik 3.7.15's provider for Ingresses written for ingress-nginx.

Rules and priorities are Traefik's, the translation is nginx's: prefixes by elements, regular
expressions for all paths of a host where one Ingress asks for them, a default backend for each
host, 503 for missing Services, a redirect to HTTPS where there is a TLS section. Of canary
Ingresses it is only known that they share another rule's requests. Read from the source of v3.7.9.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from labsupport.base.types import Json
from labsupport.rules.ingress.certificates import by_names
from labsupport.rules.ingress.classes import (
    Classes,
    class_annotation,
    class_field,
    class_refusal,
    other_annotation,
    unset,
)
from labsupport.rules.ingress.decision import RuleWarning
from labsupport.rules.ingress.entry import BOTH, HTTP, Default, Entry, Unusable
from labsupport.rules.ingress.pattern import PathPattern
from labsupport.rules.ingress.profile import BY_NAME, Criterion, Profile
from labsupport.rules.ingress.route import (
    Backend,
    Route,
    created_at,
    default_backend,
    name_of,
    routes_of,
)
from labsupport.rules.ingress.routing_path import routing_path
from labsupport.rules.ingress.targets import Directory
from labsupport.rules.ingress.traefik import normalized, priority_words, router_rule, without_rivals

CONTROLLER = "k8s.io/ingress-nginx"
PREFIX = "nginx.ingress.kubernetes.io/"

_PLAIN_PATH = re.compile(r"/[A-Za-z0-9._\-/]*")  # strictValidatePathType


def refusal(ingress: Json, classes: Classes, controller: str) -> RuleWarning | None:
    """The field names a class of ingress-nginx's, or the annotation says `nginx`."""
    name = class_field(ingress)
    if name is not None:
        return None if classes is None else class_refusal(ingress, name, classes, controller)
    annotation = class_annotation(ingress)
    if annotation == "nginx" or (classes is None and not annotation):
        return None
    return other_annotation(ingress, "nginx") if annotation else unset(ingress)


def entries(ingresses: Sequence[Json], directory: Directory) -> list[Entry]:
    """The routers that the provider makes of the Ingresses, and the routes it leaves out."""
    expressions = {
        (rule.get("host") or "").lower()
        for ingress in ingresses
        if not _fault(ingress) and (_flag(ingress, "use-regex") or _said(ingress, "rewrite-target"))
        for rule in ingress["spec"].get("rules") or []
    }
    found = [pair for ingress in ingresses for pair in _entries(ingress, expressions)]
    return _with_canaries(without_rivals(found), ingresses)


def _with_canaries(entries: list[Entry], ingresses: Sequence[Json]) -> list[Entry]:
    """The entries; those of a backend that a canary shares requests with are unsure."""
    shared = {
        (route.namespace, route.host, route.path, route.path_type): route.ingress
        for ingress in ingresses
        if _flag(ingress, "canary") and _takes_part(ingress)
        for route in _with_paths(ingress)
    }
    if not shared:
        return entries
    canaries: dict[Backend | None, str] = {}
    for entry in entries:
        route = entry.route
        key = (route.namespace, route.host, route.path, route.path_type)
        if entry.unusable is None and key in shared:
            canaries[route.backend] = f"a part of its requests goes to the canary {shared[key]}"
    return [
        replace(entry, unsure=canaries[entry.route.backend])
        if entry.unusable is None and entry.route.backend in canaries
        else entry
        for entry in entries
    ]


def shares_only(ingress: Json, profile: str) -> bool:
    """Whether the Ingress is a canary to the controller of that profile: no rule of its own."""
    return profile == "traefik-nginx" and _flag(ingress, "canary")


def _takes_part(canary: Json) -> bool:
    """Whether the canary takes any request: by weight, by header or by cookie."""
    weight = _said(canary, "canary-weight")
    by_weight = weight.isdigit() and int(weight) > 0
    return by_weight or any(_said(canary, f"canary-by-{what}") for what in ("header", "cookie"))


def _entries(ingress: Json, expressions: set[str]) -> Iterator[tuple[str, Entry]]:
    """The entries of one Ingress, each with its router's name.

    The default backend has one name for all hosts: of several the provider keeps any one.
    """
    fault, redirected = _fault(ingress), _redirected(ingress)
    for route in [*_with_paths(ingress), *_host_defaults(ingress)]:
        pattern = _pattern(route, route.host in expressions)
        rule = router_rule(route, pattern)
        unusable = Unusable("disabled", fault) if fault else _route_fault(route, rule)
        which = f"rule-{route.position[0]}-path-{route.position[1]}"
        if not route.path_type and not route.path:
            which = "default-backend"
        name = normalized(f"{route.namespace}-{route.name}-{which}")
        yield name, Entry(route, pattern, len(rule.encode()), BOTH, redirected, unusable)


def _with_paths(ingress: Json) -> Iterator[Route]:
    return (route for route in routes_of(ingress) if route.path_type or route.path)


def _host_defaults(ingress: Json) -> Iterator[Route]:
    """The default backend as a route of every host that the rules name."""
    fallback = default_backend(ingress)
    if fallback is None or fallback.resource:
        return
    namespace, _, name = name_of(ingress).partition("/")
    hosts = [(rule.get("host") or "").lower() for rule in ingress["spec"].get("rules") or []]
    for index, host in enumerate(dict.fromkeys(hosts)):
        position = (len(hosts) + index, 0)
        yield Route(namespace, name, created_at(ingress), position, host, "", "", fallback)


def _pattern(route: Route, as_expression: bool) -> PathPattern:
    if not route.path:
        return PathPattern("every")
    if route.path_type == "Exact":
        return PathPattern("exact", route.path)
    if as_expression:
        return PathPattern("regex", f"(?i)^{route.path}")
    return PathPattern("elements", route.path)


def _route_fault(route: Route, rule: str) -> Unusable | None:
    if route.backend is None or route.backend.resource is not None:
        return Unusable("no backend", "its backend is no Service: the path is left out")
    if not rule:
        return Unusable(
            "disabled", "it has neither host nor path: Traefik can't read an empty rule"
        )
    return None


def _fault(ingress: Json) -> str:
    """Why the whole Ingress is left out; "" when it isn't."""
    if _flag(ingress, "canary"):
        return "it is a canary: it only shares the requests of another Ingress's rule"
    for route in _with_paths(ingress):
        strict = route.path_type in ("Exact", "Prefix")
        if strict and route.path and not _PLAIN_PATH.fullmatch(route.path):
            return f"{route.path} has characters that {route.path_type} may not have"
    return ""


def _redirected(ingress: Json) -> frozenset[str]:
    """Plain HTTP is redirected where there is a TLS section, or by annotation."""
    by_tls = bool(ingress["spec"].get("tls")) and _said(ingress, "ssl-redirect") != "false"
    return HTTP if by_tls or _flag(ingress, "force-ssl-redirect") else frozenset()


def _said(ingress: Json, annotation: str) -> str:
    return str((ingress["metadata"].get("annotations") or {}).get(PREFIX + annotation) or "")


def _flag(ingress: Json, annotation: str) -> bool:
    return _said(ingress, annotation).lower() == "true"


def defaults(ingresses: Sequence[Json], directory: Directory) -> list[Default]:
    """The default backend of the oldest Ingress without rules; of equals the last by name."""
    found = [
        Default(name_of(ingress), created_at(ingress), backend, redirected=_redirected(ingress))
        for ingress in ingresses
        if not ingress["spec"].get("rules") and not _fault(ingress)
        if (backend := default_backend(ingress)) is not None and not backend.resource
    ]
    by_name = sorted(found, key=lambda each: each.ingress, reverse=True)
    return sorted(by_name, key=lambda each: each.created)[:1]


TRAEFIK_NGINX = Profile(
    name="traefik-nginx",
    about="Traefik 3.7.15 reading Ingresses that were written for ingress-nginx",
    refusal=refusal,
    controller=CONTROLLER,
    entries=entries,
    defaults=defaults,
    criteria=(Criterion(priority_words, lambda entry: -entry.priority), *BY_NAME),
    certificate=by_names,
    path=routing_path,
    condition="serving",
    random_ties=True,
)
