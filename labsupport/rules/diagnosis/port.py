"""Hop 8: the Service has the port that the rule names."""

from labsupport.base.types import Json
from labsupport.rules.diagnosis.case import Case
from labsupport.rules.diagnosis.findings import Broken, Finding, Fine, Remedy, Unused, patch
from labsupport.rules.diagnosis.service import backend_pointer
from labsupport.rules.ingress import Backend, Route


def judge(case: Case) -> Finding:
    """Whether the Service has the port, by its number or name."""
    backend = case.backend
    service = case.service(backend.namespace, backend.service) if backend else None
    if backend is None or service is None:
        return Unused("no Service is asked")
    code, message = case.rules.directory.targets(backend).missing or ("", "")
    place = f"Service {backend.namespace}/{backend.service}"
    if code == "port-missing":
        return _missing(case, backend, message)
    if code == "service-external":
        name = service["spec"].get("externalName")
        saw = f"{place} stands for {name}, a name outside (ExternalName)"
        see = Remedy("give the Service a selector", "kubectl explain service.spec.selector")
        return Broken("rule-disabled", saw, "a Service with endpoints", message, (see,))
    return Fine(f"{place} has port {backend.port}")


def _missing(case: Case, backend: Backend, message: str) -> Broken:
    service = case.service(backend.namespace, backend.service) or {}
    ports = (service.get("spec") or {}).get("ports") or []
    expected = f"a port {backend.port} in Service {backend.namespace}/{backend.service}"
    why = f"the rule asks for port {backend.port}, which the Service does not have"
    mends = [_corrected(case.meant, ports[0])] if ports and case.meant else []
    look = f"kubectl -n {backend.namespace} get service {backend.service} -o yaml"
    mends.append(Remedy("see the Service's ports", look))
    return Broken("port-missing", message, expected, why, tuple(mends))


def _corrected(route: Route, port: Json) -> Remedy:
    number = port["port"]
    pointer = f"{backend_pointer(route)}/service/port"
    command = patch("ingress", route.namespace, route.name, pointer, {"number": number})
    words = f"in Ingress {route.ingress}, write backend.service.port.number: {number}"
    return Remedy(words, command)
