"""What a Traefik holds, by its own API: routers, services and certificates.

A router's `observability.metadata.ingress` names the object it was made of, a service's
`observability.metadata.kubernetes` the Service. A certificate is known by its fingerprint only,
so Secrets are searched for it.
"""

import contextlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from labsupport.base.errors import LabError
from labsupport.base.types import Json
from labsupport.kube.api import Api
from labsupport.rules.ingress.certificates import tls_entries
from labsupport.rules.ingress.classes import class_annotation
from labsupport.rules.ingress.route import name_of
from labsupport.session.controller import FIRST, Controller
from labsupport.session.controller_view_objects import (
    certificates_of,
    named_by,
    pod_names,
    served,
    wanted,
)
from labsupport.session.controller_view_state import (
    HeldCertificate,
    Holdings,
    Router,
    Server,
    Service,
    Source,
)

_DEFAULT = -(2**31)  # the priority that Traefik gives a default backend's router


def holdings(api: Api, controller: Controller) -> Holdings:
    """What the Traefik holds now. LabError when it or the cluster can't be asked."""
    routers = _http(controller.routers().objects) + _tcp(controller.ask("/api/tcp/routers"))
    ingresses = served(api, controller)
    wants = {f"Ingress {name_of(each)}": wanted(each) for each in ingresses}
    if controller.installation.custom_kinds:
        wants |= _ingress_routes(api, controller.ingress_class)
    made: dict[str, list[Router]] = defaultdict(list)
    for place, router in routers:
        made[place].append(router)
    sources = [
        Source(place, wants.get(place, ()), tuple(_joined(made[place])))
        for place in sorted({*wants, *made}, key=lambda place: (place.startswith("router"), place))
    ]
    pods = pod_names(api)
    services = [*controller.servers().objects, *controller.ask("/api/tcp/services")]
    return Holdings(
        tuple(sources),
        tuple(_service(each, pods) for each in services if _tells(each)),
        tuple(_certificates(api, controller, ingresses)),
    )


def _ingress_routes(api: Api, class_name: str) -> dict[str, tuple[str, ...]]:
    """The IngressRoutes that a class has, each with what it asks for; none where the kind is gone.

    Those without a class annotation are the lab's first Traefik's.
    """
    with contextlib.suppress(LabError):
        return {
            f"IngressRoute {name_of(each)}": tuple(
                str(route.get("match", "")) for route in each["spec"].get("routes", ())
            )
            for each in api.list("ingressroutes")
            if (class_annotation(each) or FIRST.ingress_class) == class_name
        }
    return {}


# Routers


def _http(routers: Sequence[Json]) -> list[tuple[str, Router]]:
    return [(_origin(each), _router(each, "http", "https")) for each in routers]


def _tcp(routers: Sequence[Json]) -> list[tuple[str, Router]]:
    """Those of TCP, which names no object that it was made of."""
    return [
        (f"router {each['name']}", _router(each, "tcp", "tls"))
        for each in routers
        if each.get("provider") != "internal"
    ]


def _origin(router: Json) -> str:
    metadata = (router.get("observability") or {}).get("metadata") or {}
    found = metadata.get("ingress") or {}
    if not found:
        return f"router {router['name']}"
    return f"{found.get('kind')} {found.get('namespace')}/{found.get('name')}"


def _router(router: Json, plain: str, encrypted: str) -> Router:
    scheme = encrypted if router.get("tls") else plain
    priority = router.get("priority", 0)
    errors = tuple(router.get("error") or ())
    if router.get("status") == "disabled" and not errors:
        errors = ("disabled; Traefik does not say why",)
    return Router(
        rule=router.get("rule", ""),
        precedence="the lowest priority" if priority == _DEFAULT else f"priority {priority}",
        service=router.get("service", ""),
        entries=tuple(f"{scheme} on {each}" for each in router.get("entryPoints") or ()),
        middlewares=tuple(router.get("middlewares") or ()),
        errors=errors,
        names=(router["name"],),
    )


def _joined(routers: Sequence[Router]) -> Iterator[Router]:
    """Routers that differ by nothing but their entry points, as one: HTTP and HTTPS have each."""
    found: dict[tuple[object, ...], Router] = {}
    for each in routers:
        key = (each.rule, each.precedence, each.service, each.middlewares, bool(each.errors))
        before = found.get(key)
        if before is None:
            found[key] = each
            continue
        found[key] = replace(
            before,
            entries=tuple(dict.fromkeys(before.entries + each.entries)),
            errors=tuple(dict.fromkeys(before.errors + each.errors)),
            names=before.names + each.names,
        )
    yield from found.values()


# Services


def _tells(service: Json) -> bool:
    """Whether a service is of the cluster, and used or filled."""
    if service.get("provider") == "internal":
        return False
    return bool(service.get("usedBy") or service.get("serverStatus"))


def _service(service: Json, pods: dict[str, str]) -> Service:
    found = ((service.get("observability") or {}).get("metadata") or {}).get("kubernetes") or {}
    made_of = (
        f"Service {found.get('namespace')}/{found.get('name')}, port {found.get('port')}"
        if found
        else ""
    )
    name = str(service["name"]).rpartition("@")[0]
    return Service(name, made_of, tuple(sorted(_servers(service, pods), key=str)))


def _servers(service: Json, pods: dict[str, str]) -> Iterator[Server]:
    """The addresses of a service, or the services among which another divides its requests."""
    status = service.get("serverStatus") or {}
    for each in (service.get("loadBalancer") or {}).get("servers") or ():
        address = str(each.get("url") or each.get("address") or "")
        host = address.rpartition("://")[2].rpartition(":")[0]
        yield Server(address, pods.get(host, ""), status.get(address, ""))
    for each in (service.get("weighted") or {}).get("services") or ():
        yield Server(each["name"], status=f"weight {each.get('weight', 1)}")


# Certificates


def _certificates(
    api: Api, controller: Controller, ingresses: Sequence[Json]
) -> Iterator[HeldCertificate]:
    """Those that Traefik holds, then those that Ingresses name and it does not hold."""
    secrets = certificates_of(api)
    by_fingerprint = {facts.fingerprint: name for name, facts in secrets.items()}
    entries = [entry for each in ingresses for entry in tls_entries(each) if entry.secret]
    held = set()
    for each in controller.ask("/api/certificates?per_page=100000"):
        secret = by_fingerprint.get(_with_colons(each.get("certFingerprint", "")), "")
        held.add(secret)
        yield HeldCertificate(
            tuple(each.get("sans") or ()) or (each.get("commonName", ""),),
            str(each.get("notAfter", ""))[:10],
            each.get("issuerCN", ""),
            secret,
            named_by(secret, entries),
        )
    for secret in sorted({entry.secret for entry in entries} - held):
        hosts = {host for entry in entries if entry.secret == secret for host in entry.hosts}
        problem = "it does not hold it" if secret in secrets else "there is no such Secret"
        yield HeldCertificate(
            tuple(sorted(hosts)), "", "", secret, named_by(secret, entries), problem
        )


def _with_colons(digest: str) -> str:
    upper = digest.upper()
    return ":".join(upper[at : at + 2] for at in range(0, len(upper), 2))
