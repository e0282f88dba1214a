"""Hop 2: somebody listens at the address and port."""

from dataclasses import replace

from labsupport.base.types import Json
from labsupport.rules.diagnosis import controller, endpoints, pods
from labsupport.rules.diagnosis.case import Case
from labsupport.rules.diagnosis.findings import Broken, Finding, Fine, Remedy
from labsupport.rules.diagnosis.name import no_address
from labsupport.rules.diagnosis.words import listed
from labsupport.rules.ingress.route import name_of, namespace_of


def judge(case: Case) -> Finding:
    """Whether a connection came about."""
    sent = case.facts.sent
    address = sent.address or case.facts.naming.address
    where = f"[{address}]" if ":" in address else address
    where += f":{sent.port or case.request.port}"
    if sent.tcp == "open":
        return Fine(f"{where} accepts the connection")
    saw = f"{where}: {sent.detail or _WORDS.get(sent.tcp, sent.tcp)}"
    destination = case.destination
    if destination.kind == "service" and destination.service is not None:
        return _service_silent(case, destination.service, saw)
    meant_for_proxy = destination.kind == "proxy" or case.claiming
    if meant_for_proxy and case.cluster.services is not None:
        if fault := controller.fault(case, saw):
            return fault
        if not case.controller_addresses:
            return no_address(case, saw)
        if destination.service is not None and not _has_port(case, destination.service):
            return _closed(case, destination.service, saw)
    expected = "a process that listens there"
    mends = (
        Remedy("see which addresses the lab has", "./lab status"),
        Remedy("see which Services have which addresses and ports", "kubectl get services -A"),
    )
    why = "no Service of the cluster has this address"
    if destination.kind != "unknown":
        why = "nothing listens at this address and port"
    return Broken("port-closed", saw, expected, why, mends, sure=sent.tcp == "refused")


_WORDS = {
    "refused": "connection refused",
    "timeout": "no answer in time",
    "unreachable": "there is no way to this address",
    "untried": "no connection was made",
}


def _service_silent(case: Case, service: Json, saw: str) -> Broken:
    """The address is a Service's, and its relay refuses."""
    if not _has_port(case, service):
        return _closed(case, service, saw)
    for judge_next in (endpoints.judge, pods.judge):
        found = judge_next(case)
        if isinstance(found, Broken):
            return replace(found, saw=f"{saw}; {found.saw}")
    place = f"Service {name_of(service)}"
    look = f"kubectl -n {namespace_of(service)} describe service"
    return Broken(
        "port-closed",
        saw,
        f"a ready Pod behind {place}",
        f"{place} has this address, but the connection does not come about",
        (Remedy("look at the Service", f"{look} {service['metadata']['name']}"),),
        sure=False,
    )


def _ports(service: Json) -> list[int]:
    return [each["port"] for each in (service.get("spec") or {}).get("ports") or ()]


def _has_port(case: Case, service: Json) -> bool:
    return (case.facts.sent.port or case.request.port) in _ports(service)


def _closed(case: Case, service: Json, saw: str) -> Broken:
    ports = _ports(service)
    place = f"Service {name_of(service)}"
    offered = listed(str(each) for each in ports)
    mend = Remedy(f"ask for a port that {place} has: {offered}", "kubectl get services -A")
    why = f"{place} has this address, but not this port; its ports: {offered}"
    return Broken("port-closed", saw, f"one of the ports {offered}", why, (mend,))
