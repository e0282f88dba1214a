"""What a diagnosis looks at beside the request: names, and the objects of the cluster."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from labsupport.base.errors import CertificateError, LabError, UsageError
from labsupport.base.types import Json
from labsupport.rules.certificates.names import as_address
from labsupport.rules.diagnosis.facts import (
    Cluster,
    ControllerFacts,
    Lookup,
    Naming,
    Objects,
    SecretFacts,
)
from labsupport.rules.ingress.route import namespace_of
from labsupport.rules.rbac import Policy
from labsupport.rules.status import StatusError
from labsupport.session.controller import Controller

if TYPE_CHECKING:
    from labsupport.session.lab import Lab

_FORBIDDEN, _NOT_FOUND = 403, 404


def naming(lab: "Lab", name: str, given: str = "") -> Naming:
    """How `name` becomes an address; `given` is the address that the caller wants used instead."""
    if given:
        return Naming(given, "given", f"{given}, as the caller says")
    if as_address(name):
        return Naming(as_address(name), "address", f"{name} is an IP address")
    steps = lab.resolver.steps(name, every=True)
    lookups = tuple(Lookup(e.source, e.asked, e.said, e.address, e.code) for e in steps)
    chosen = next((each for each in steps if each.chosen), None)
    if chosen is None:
        return Naming(lookups=lookups, others=tuple(_other_names(lab)))
    return Naming(chosen.address, chosen.source, chosen.said, lookups)


def _other_names(lab: "Lab") -> Iterator[tuple[str, str]]:
    """The names that the hosts file and lab DNS do know, the hosts file's last."""
    try:
        for record in lab.dns.list():
            if record.type in ("A", "AAAA", "CNAME"):
                yield record.name.rstrip(".").lower(), "dns"
    except LabError:
        pass  # a zone that can't be read is not what is asked here
    for entry in lab.hosts.list():
        for other in entry.names:
            yield other, "hosts"


def controller_at(lab: "Lab", address: str) -> ControllerFacts:
    """The controller whose proxy is reached at an address; the lab's first where none is."""
    for each in lab.controllers.values():
        reached_at = each.addresses()
        if address in reached_at:
            return _controller_facts(each, reached_at)
    first = lab.controller
    return ControllerFacts() if first.is_ours else _controller_facts(first, first.addresses())


def _controller_facts(controller: Controller, reached_at: tuple[str, ...]) -> ControllerFacts:
    return ControllerFacts(
        title=controller.title,
        namespace=controller.namespace,
        name=controller.name,
        account=controller.name,
        role="traefik" if controller.proxy == "Traefik" else controller.name,
        controller=controller.installation.controller,
        ingress_class="" if controller.installation.every_class else controller.ingress_class,
        profile=controller.rules_profile,
        addresses=reached_at,
    )


def cluster(lab: "Lab", *, secrets: bool) -> Cluster:
    """The objects of all namespaces; Secrets only where they matter, for each is looked into."""
    return Cluster(
        ingresses=_objects(lab, "ingresses"),
        classes=_objects(lab, "ingressclasses"),
        services=_objects(lab, "services"),
        slices=_objects(lab, "endpointslices"),
        pods=_objects(lab, "pods"),
        deployments=_objects(lab, "deployments"),
        events=_objects(lab, "events"),
        middlewares=_objects(lab, "middlewares"),
        tcp_routes=_objects(lab, "ingressroutetcps"),
        secrets=_secrets(lab) if secrets else None,
        policy=_policy(lab),
    )


def _objects(lab: "Lab", kind: str) -> Objects:
    """The objects of a kind; none where the cluster does not know it, None if they are secret."""
    try:
        return tuple(lab.objects(kind, namespace=None))
    except UsageError:
        return ()
    except StatusError as error:
        if error.code == _FORBIDDEN:
            return None
        if error.code == _NOT_FOUND:
            return ()
        raise


def _secrets(lab: "Lab") -> tuple[SecretFacts, ...] | None:
    found = _objects(lab, "secrets")
    return None if found is None else tuple(_secret_facts(each) for each in found)


def _secret_facts(secret: Json) -> SecretFacts:
    from labsupport.trust.secrets import chain_in

    keys = tuple(sorted(secret.get("data") or {}))
    certificate, fault = None, ""
    if "tls.crt" in keys:
        try:
            certificate = chain_in(secret)[0]
        except CertificateError as error:
            fault = error.found or error.what
    return SecretFacts(
        namespace_of(secret),
        str(secret["metadata"]["name"]),
        str(secret.get("type") or "Opaque"),
        keys,
        certificate,
        fault,
    )


def _policy(lab: "Lab") -> Policy | None:
    kinds = ("clusterroles", "roles", "clusterrolebindings", "rolebindings")
    found = [_objects(lab, kind) for kind in kinds]
    if any(each is None for each in found):
        return None
    return Policy(*(each or () for each in found))
