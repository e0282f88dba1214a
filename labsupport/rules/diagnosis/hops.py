"""The hops in their order, and the walk along them."""

from collections.abc import Callable

from labsupport.rules.diagnosis import (
    application,
    endpoints,
    host,
    ingress_class,
    name,
    path,
    pods,
    port,
    service,
    tcp,
    tls,
)
from labsupport.rules.diagnosis.case import Case
from labsupport.rules.diagnosis.diagnosis import Diagnosis, HopFinding
from labsupport.rules.diagnosis.facts import Facts
from labsupport.rules.diagnosis.findings import Broken, Finding, Fine

HOPS: dict[str, Callable[[Case], Finding]] = {
    "name": name.judge,
    "tcp": tcp.judge,
    "tls": tls.judge,
    "host": host.judge,
    "path": path.judge,
    "class": ingress_class.judge,
    "service": service.judge,
    "port": port.judge,
    "endpoints": endpoints.judge,
    "pod": pods.judge,
    "application": application.judge,
}
"""Each hop, in the order in which a request takes them, with its judge."""


def diagnose(facts: Facts) -> Diagnosis:
    """The first broken hop, and what was seen at those before it."""
    case = Case(facts)
    hops: list[HopFinding] = []
    notes = _redirects(facts)
    broken: Broken | None = None
    for hop, judge in HOPS.items():
        if broken is not None:
            hops.append(HopFinding(hop, "unreached", ""))
            continue
        finding = judge(case)
        if isinstance(finding, Broken):
            broken = finding
            hops.append(HopFinding(hop, "broken", finding.saw))
        elif isinstance(finding, Fine):
            notes += finding.notes
            hops.append(HopFinding(hop, "fine", finding.saw))
        else:
            hops.append(HopFinding(hop, "unused", finding.saw))
    return Diagnosis(facts.url, tuple(hops), broken, tuple(dict.fromkeys(notes)))


def _redirects(facts: Facts) -> list[str]:
    """That it is not the URL asked for which was diagnosed, but where that led."""
    if not facts.redirected:
        return []
    return [f"redirects led here: {' → '.join((*facts.redirected, facts.request.url))}"]
