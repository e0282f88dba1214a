"""Hop 9: the Service has endpoints: it selects Pods, and its targetPort is one of theirs."""

from collections.abc import Mapping

from labsupport.base.types import Json
from labsupport.rules.diagnosis.case import Case
from labsupport.rules.diagnosis.findings import Broken, Finding, Fine, Remedy, Unused, patch
from labsupport.rules.diagnosis.words import counted, listed, nearest
from labsupport.rules.diagnosis.workloads import labels_of, offered_ports, selected
from labsupport.rules.ingress import Backend
from labsupport.rules.ingress.route import namespace_of


def judge(case: Case) -> Finding:
    """Whether the Service has any endpoints, ready or not."""
    backend = case.backend
    service = case.service(backend.namespace, backend.service) if backend else None
    if backend is None or service is None or case.cluster.slices is None:
        return Unused("no Service is asked")
    place = f"Service {backend.namespace}/{backend.service}"
    ready = len(case.rules.directory.targets(backend).endpoints)
    if ready:
        return Fine(f"{place} has {counted(ready, 'ready endpoint')}")
    selector = (service.get("spec") or {}).get("selector") or {}
    if not selector:
        saw = f"{place} has no ready endpoint and no selector"
        why = "without a selector nobody makes endpoints but you"
        return Broken("selector-mismatch", saw, _EXPECTED, why, (_see(backend),))
    if case.cluster.pods is None:
        return Fine(f"{place} has no ready endpoint; its Pods may not be read")
    pods = selected(case.cluster.pods, backend.namespace, selector)
    if not pods:
        return _nobody(case, backend, selector)
    if broken := _unnamed_port(backend, service, pods):
        return broken
    return Fine(f"{place} selects {counted(len(pods), 'Pod')}, of which none is ready")


_EXPECTED = "at least one ready endpoint"


def _see(backend: Backend) -> Remedy:
    look = f"kubectl -n {backend.namespace} get endpointslices -l "
    return Remedy("see its endpoints", f"{look}kubernetes.io/service-name={backend.service}")


def _nobody(case: Case, backend: Backend, selector: Mapping[str, str]) -> Broken:
    """No Pod carries the labels: none is meant to run, or the labels differ."""
    wanted = _words(selector)
    place = f"Service {backend.namespace}/{backend.service}"
    saw = f"{place} selects {wanted}: no Pod of the namespace carries that"
    templates = _templates(case, backend.namespace)
    for name, labels, replicas in templates:
        if selector.items() <= labels.items():
            return _no_replicas(backend, name, replicas, saw)
    near = _nearest(case, backend, selector, [(name, labels) for name, labels, _ in templates])
    if near is None:
        look = f"kubectl -n {backend.namespace} get pods --show-labels"
        mend = Remedy("see which labels the Pods carry", look)
        why = f"nothing in the namespace {backend.namespace} makes Pods with these labels"
        return Broken("selector-mismatch", saw, _EXPECTED, why, (mend, _see(backend)))
    name, labels = near
    why = f"the Pods of {name} carry {_words(labels)}"
    fitting = {key: labels[key] for key in selector if key in labels} or labels
    command = patch("service", backend.namespace, backend.service, "/spec/selector", fitting)
    mend = Remedy(f"in {place}, write selector: {_words(fitting)}", command)
    return Broken("selector-mismatch", saw, _EXPECTED, why, (mend, _see(backend)))


def _nearest(
    case: Case,
    backend: Backend,
    selector: Mapping[str, str],
    templates: list[tuple[str, dict[str, str]]],
) -> tuple[str, dict[str, str]] | None:
    """Whose Pods are most likely meant, and their labels; None where nothing speaks for any."""
    known = templates + [
        (str(each["metadata"]["name"]), labels_of(each))
        for each in case.cluster.pods or ()
        if namespace_of(each) == backend.namespace
    ]
    ranked = [(_alike(selector, backend.service, *each), each) for each in known]
    best = max(ranked, key=lambda each: each[0], default=None)
    if best is None or not (any(best[0]) or len(templates) == 1):
        return None
    name, labels = best[1]
    return name, {key: value for key, value in labels.items() if key != "pod-template-hash"}


def _no_replicas(backend: Backend, name: str, replicas: int, saw: str) -> Broken:
    scale = f"kubectl -n {backend.namespace} scale deployment {name} --replicas=1"
    if replicas == 0:
        why = f"Deployment {name}, whose Pods carry that, is scaled to 0"
        return Broken("scaled-to-zero", saw, _EXPECTED, why, (Remedy("scale it up", scale),))
    why = f"Deployment {name} should have {counted(replicas, 'Pod')}, but has made none"
    look = Remedy("see why", f"kubectl -n {backend.namespace} describe deployment {name}")
    return Broken("not-ready", saw, _EXPECTED, why, (look,), sure=False)


def _templates(case: Case, namespace: str) -> list[tuple[str, dict[str, str], int]]:
    """The namespace's Deployments: name, labels of their Pods, replicas wanted."""
    found = []
    for each in case.cluster.deployments or ():
        spec = each.get("spec") or {}
        labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels") or {}
        if namespace_of(each) == namespace:
            found.append((str(each["metadata"]["name"]), labels, spec.get("replicas", 1)))
    return found


def _alike(
    selector: Mapping[str, str], service: str, name: str, labels: Mapping[str, str]
) -> tuple[int, int, bool]:
    """What speaks for labels to be meant: equal ones, ones nearly so, and a name in common."""
    equal = sum(labels.get(key) == value for key, value in selector.items())
    near = sum(bool(nearest(value, labels.values())) for value in selector.values())
    return equal, near, name.startswith(service)


def _unnamed_port(backend: Backend, service: Json, pods: list[Json]) -> Broken | None:
    """Whether the targetPort is a name that no container gives to a port."""
    offered = offered_ports(pods)
    for port in (service.get("spec") or {}).get("ports") or ():
        target = port.get("targetPort")
        named = isinstance(target, str) and backend.port in (port.get("port"), port.get("name"))
        if not named or target in {name for _, name in offered}:
            continue
        place = f"Service {backend.namespace}/{backend.service}"
        saw = f"{place} has targetPort {target}, a name that no container gives to a port"
        names = listed(f"{name or 'no name'} ({number})" for number, name in offered)
        expected = f"a containerPort of that name; there are: {names}"
        return Broken(
            "target-port-wrong",
            saw,
            expected,
            "the name differs",
            retarget(backend, service, offered),
        )
    return None


def retarget(backend: Backend, service: Json, offered: list[tuple[int, str]]) -> tuple[Remedy, ...]:
    """Giving the Service's port a targetPort that the Pods have."""
    look = Remedy(
        "see where the application listens", f"kubectl -n {backend.namespace} describe pods"
    )
    if not offered:
        return (look,)
    number, name = offered[0]
    ports = (service.get("spec") or {}).get("ports") or []
    place = next(
        (
            index
            for index, each in enumerate(ports)
            if backend.port in (each.get("port"), each.get("name"))
        ),
        0,
    )
    pointer = f"/spec/ports/{place}/targetPort"
    command = patch("service", backend.namespace, backend.service, pointer, name or number)
    words = f"in Service {backend.namespace}/{backend.service}, write targetPort: {name or number}"
    return (Remedy(words, command), look)


def _words(labels: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in labels.items()) or "nothing"
