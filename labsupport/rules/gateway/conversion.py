"""Ingresses as HTTPRoutes: the same requests to the same Services, and notes on what is lost.

An HTTPRoute for each host of an Ingress (Gateway API v1.6). Its precedence gives what an Ingress's
does, but for what the notes say. For `spec.tls`, a Gateway of HTTPS listeners is made beside it,
in the Ingress's namespace, where the Secrets are.
"""

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace

from labsupport.base.types import Json
from labsupport.rules.gateway import annotations as wishes
from labsupport.rules.gateway.notes import Note
from labsupport.rules.gateway.paths import path_fault, path_match, taken_by_others
from labsupport.rules.ingress.models import plain
from labsupport.rules.ingress.route import (
    Backend,
    Route,
    default_backend,
    name_of,
    namespace_of,
    routes_of,
)

API_VERSION = "gateway.networking.k8s.io/v1"
_MOST_RULES = 16  # of one HTTPRoute
_MOST_HOSTS = 16  # the same
_LONGEST_NAME = 253

Services = Mapping[tuple[str, str], Json]


@dataclass(frozen=True)
class Target:
    """The Gateway that plain HTTP comes by, its class, and the port of HTTPS listeners."""

    name: str
    namespace: str
    class_name: str
    https_port: int = 443


LAB_GATEWAY = Target("lab", "gateway", "traefik", https_port=8443)
"""The Gateway that `lab install gateway` makes. Traefik's entry points give the port."""


@dataclass(frozen=True)
class Conversion:
    """What to apply, Gateways first, and what is lost or changed by it."""

    objects: tuple[Json, ...]
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class _Rule:
    """One rule to be of an HTTPRoute."""

    host: str
    path: Json
    backends: tuple[Json, ...]
    headers: tuple[Json, ...] = ()


@dataclass
class _Work:
    """What one conversion knows and has found so far."""

    services: Services
    target: Target
    notes: list[Note] = field(default_factory=list)

    def note(self, ingress: Json, *messages: str) -> None:
        self.notes += [Note(name_of(ingress), each) for each in messages]


def converted(
    ingresses: Iterable[Json], services: Iterable[Json] = (), target: Target = LAB_GATEWAY
) -> Conversion:
    """Gateways and HTTPRoutes that do what the Ingresses do.

    `services` tell the numbers of ports that an Ingress names; an HTTPRoute knows numbers only.
    """
    known = {(namespace_of(each), each["metadata"]["name"]): each for each in map(plain, services)}
    work = _Work(known, target)
    every = [plain(each) for each in ingresses]
    canaries = [each for each in every if wishes.is_canary(each)]
    objects: list[Json] = []
    for ingress in every:
        if not wishes.is_canary(ingress):
            objects += _converted(ingress, canaries, work)
    for canary in canaries:
        work.note(canary, *_canary_losses(canary, every))
    objects.sort(key=lambda each: each["kind"] != "Gateway")
    return Conversion(tuple(objects), tuple(work.notes))


def _converted(ingress: Json, canaries: list[Json], work: _Work) -> list[Json]:
    """The objects for one Ingress, each host's rules in the order in which it lists them."""
    rules = list(_rules(ingress, work))
    for canary in canaries:
        if namespace_of(canary) == namespace_of(ingress):
            rules = _with_canary(rules, canary, list(_rules(canary, work)))
    filters, lost = wishes.filters(ingress)
    work.note(ingress, *lost, *wishes.unconverted(ingress), *_host_notes(rules))
    gateway = _gateway(ingress, work)
    redirects = gateway is not None and wishes.redirects_to_https(ingress)
    parents = _parents(gateway, work.target, plain_http=not redirects)
    if gateway is None and wishes.redirects_to_https(ingress):
        work.note(ingress, "the redirect to HTTPS is left out: HTTPS would not be answered here")
    elif gateway is not None and wishes.https_only(ingress):
        parents = parents[-1:]
    routes = list(_http_routes(ingress, rules, filters, parents))
    redirect = [_redirect(ingress, rules, work.target)] if redirects and rules else []
    return [*([gateway] if gateway else []), *routes, *redirect]


def _rules(ingress: Json, work: _Work) -> Iterator[_Rule]:
    """The rules of an Ingress that an HTTPRoute can have, and its default backend the last.

    A rule without paths takes what those with paths leave: it goes behind a `/` of its host.
    """
    routes = sorted(routes_of(ingress), key=lambda route: not route.path)
    fallback = default_backend(ingress)
    if fallback is not None:
        last = Route(namespace_of(ingress), "", "", (len(routes), 0), "", "", "", fallback)
        routes.append(last)
        if len(routes) > 1:
            work.note(ingress, "its default backend now takes whatever no route of the Gateway has")
    found: list[_Rule] = []
    for route in routes:
        where = f"{route.host or 'any host'}, {route.path or 'every path'}"
        backend = _backend(route.backend, work)
        match = path_match(route, wishes.annotations_of(ingress))
        fault = path_fault(match["value"]) if match["type"] != "RegularExpression" else ""
        if isinstance(backend, str):
            work.note(ingress, f"{where}: left out: {backend}")
        elif fault:
            work.note(ingress, f"{where}: left out: an HTTPRoute can't have the path, {fault}")
        else:
            found.append(_Rule(route.host, match, (backend,)))
    for host in dict.fromkeys(rule.host for rule in found):
        own = [rule for rule in found if rule.host == host]
        dropped = set(taken_by_others([rule.path for rule in own]))
        yield from (rule for at, rule in enumerate(own) if at not in dropped)


def _backend(backend: Backend | None, work: _Work) -> Json | str:
    """The `backendRef`; or in words why there is none."""
    if backend is None:
        return "it lists no paths, and there is no default backend"
    if backend.resource is not None:
        return f"{backend} is no Service; most controllers take only these"
    if isinstance(backend.port, int):
        return {"name": backend.service, "port": backend.port}
    service = work.services.get((backend.namespace, backend.service), {})
    for port in (service.get("spec") or {}).get("ports") or []:
        if port.get("name") == backend.port:
            return {"name": backend.service, "port": port["port"]}
    return (
        f"a backendRef needs the number of port {backend.port!r}, and Service "
        f"{backend.service} with that port is not at hand"
    )


def _with_canary(rules: list[_Rule], canary: Json, its_rules: list[_Rule]) -> list[_Rule]:
    """The rules, those that the canary has too with a share, or a header's match, for it."""
    header, weight = wishes.canary_header(canary), wishes.canary_weight(canary)
    found: list[_Rule] = []
    for rule in rules:
        other = next((e for e in its_rules if (e.host, e.path) == (rule.host, rule.path)), None)
        if other is None or rule.headers:
            found.append(rule)
            continue
        if header:
            found.append(replace(other, headers=(header,)))
            if weight:
                found.append(replace(rule, headers=({**header, "value": "never"},)))
        if weight:
            shares = ({**rule.backends[0], "weight": 100 - weight}, *rule.backends[1:])
            rule = replace(rule, backends=(*shares, {**other.backends[0], "weight": weight}))
        found.append(rule)
    return found


def _canary_losses(canary: Json, every: list[Json]) -> Iterator[str]:
    """What of a canary's annotations is lost, and that it takes nothing of nobody."""
    yield from wishes.unconverted(canary)
    hosts = {route.host for route in routes_of(canary)}
    if not any(
        route.host in hosts
        for each in every
        if not wishes.is_canary(each) and namespace_of(each) == namespace_of(canary)
        for route in routes_of(each)
    ):
        yield "a canary without the Ingress it is for: convert both together"


def _host_notes(rules: list[_Rule]) -> Iterator[str]:
    """How hosts are matched otherwise."""
    hosts = dict.fromkeys(rule.host for rule in rules)
    for host in hosts:
        if host.startswith("*."):
            yield (
                f"{host} of an Ingress takes one label in place of the *; that of an HTTPRoute "
                f"takes several: a.b{host[1:]} too"
            )
    wide = [host for host in hosts if not host or host.startswith("*.")]
    if wide and len(hosts) > 1:
        yield (
            "several of its hosts can fit one request: Gateway API lets the more specific host "
            "decide, as Ingress does, but Traefik 3.7 the longer path"
        )


def _gateway(ingress: Json, work: _Work) -> Json | None:
    """A Gateway with a listener for each TLS host; None without any."""
    listeners: list[Json] = []
    for tls in (ingress.get("spec") or {}).get("tls") or []:
        if not tls.get("secretName"):
            work.note(ingress, "tls without a secretName is left out: a listener needs a Secret")
            continue
        for host in tls.get("hosts") or [""]:
            listeners.append(
                {
                    "name": f"https-{len(listeners) + 1}",
                    "port": work.target.https_port,
                    "protocol": "HTTPS",
                    **({"hostname": host.lower()} if host else {}),
                    "tls": {"certificateRefs": [{"name": tls["secretName"]}]},
                }
            )
    if not listeners:
        work.note(ingress, "it names no certificate: the routes answer plain HTTP only")
        return None
    spec = {"gatewayClassName": work.target.class_name, "listeners": listeners}
    return _object("Gateway", ingress, ingress["metadata"]["name"], spec)


def _parents(gateway: Json | None, target: Target, *, plain_http: bool) -> list[Json]:
    """What the routes attach to: the Gateway of plain HTTP, if that is wanted, and that of TLS."""
    own = [{"name": gateway["metadata"]["name"]}] if gateway else []
    return [*([_parent(target)] if plain_http else []), *own]


def _parent(target: Target) -> Json:
    return {"name": target.name, "namespace": target.namespace}


def _http_routes(
    ingress: Json, rules: list[_Rule], filters: list[Json], parents: list[Json]
) -> Iterator[Json]:
    """An HTTPRoute for each host, and a further one for each 16 rules."""
    hosts = list(dict.fromkeys(rule.host for rule in rules))
    for host in hosts:
        name = ingress["metadata"]["name"]
        if len(hosts) > 1:
            name = f"{name}-{host.replace('*', 'wildcard') or 'any-host'}"
        own = [_http_rule(rule, filters) for rule in rules if rule.host == host]
        for start in range(0, len(own), _MOST_RULES):
            suffix = f"-{start // _MOST_RULES + 1}" if start else ""
            spec = {
                "parentRefs": parents,
                **({"hostnames": [host]} if host else {}),
                "rules": own[start : start + _MOST_RULES],
            }
            short = name[: _LONGEST_NAME - len(suffix)].rstrip("-.")
            yield _object("HTTPRoute", ingress, f"{short}{suffix}", spec)


def _http_rule(rule: _Rule, filters: list[Json]) -> Json:
    headers = {"headers": list(rule.headers)} if rule.headers else {}
    found = {
        "matches": [{"path": rule.path, **headers}],
        **({"filters": filters} if filters else {}),
        "backendRefs": list(rule.backends),
    }
    return deepcopy(found)  # YAML would write what rules share as anchors


def _redirect(ingress: Json, rules: list[_Rule], target: Target) -> Json:
    """The HTTPRoute that sends plain HTTP to HTTPS, as ingress-nginx does: with a 308."""
    hosts = list(dict.fromkeys(rule.host for rule in rules))
    redirect = {"scheme": "https", "statusCode": 308}
    spec = {
        "parentRefs": [_parent(target)],
        **({"hostnames": hosts} if all(hosts) and len(hosts) <= _MOST_HOSTS else {}),
        "rules": [{"filters": [{"type": "RequestRedirect", "requestRedirect": redirect}]}],
    }
    return _object("HTTPRoute", ingress, f"{ingress['metadata']['name']}-to-https", spec)


def _object(kind: str, ingress: Json, name: str, spec: Json) -> Json:
    metadata = ingress["metadata"]
    labels = {"labels": metadata["labels"]} if metadata.get("labels") else {}
    return {
        "apiVersion": API_VERSION,
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace_of(ingress), **labels},
        "spec": spec,
    }
