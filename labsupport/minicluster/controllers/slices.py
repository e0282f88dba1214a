"""Which endpoints a Service has. Pure: a Service and its pods in, specs of slices out."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from ipaddress import ip_address

from labsupport.base.types import Json
from labsupport.minicluster.controllers.conditions import has_ended, is_ready, is_terminating

SERVICE_NAME = "kubernetes.io/service-name"
MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
MANAGER = "endpointslice-controller.k8s.io"
HEADLESS = "service.kubernetes.io/headless"
PER_SLICE = 100  # endpoints; kube-controller-manager's --max-endpoints-per-slice

Slice = tuple[list[Json], list[Json]]
"""`ports` and `endpoints` of one EndpointSlice."""


def selected(service: Json, pods: Iterable[Json]) -> list[Json]:
    """The pods behind a Service that have an address and have not ended, by address."""
    wanted = (service["spec"].get("selector") or {}).items()
    behind = [
        pod
        for pod in pods
        if wanted <= (pod["metadata"].get("labels") or {}).items()
        and pod.get("status", {}).get("podIP")
        and not has_ended(pod)
    ]
    return sorted(behind, key=lambda pod: int(ip_address(pod["status"]["podIP"])))


def resolved_ports(service: Json, pod: Json) -> list[Json]:
    """The Service's ports as this pod offers them: a named targetPort is looked up in the pod.

    A name the pod does not have leaves that port out (podutil.FindPort).
    """
    ports = []
    for port in service["spec"].get("ports") or ():
        number = _target_number(port, pod)
        if number is not None:
            entry = {"name": port.get("name", ""), "port": number}
            entry["protocol"] = port.get("protocol", "TCP")
            if "appProtocol" in port:
                entry["appProtocol"] = port["appProtocol"]
            ports.append(entry)
    return ports


def _target_number(port: Json, pod: Json) -> int | None:
    target = port.get("targetPort") or port["port"]
    if isinstance(target, int):
        return target
    protocol = port.get("protocol", "TCP")
    for container in pod["spec"]["containers"]:
        for offered in container.get("ports") or ():
            same_protocol = offered.get("protocol", "TCP") == protocol
            if offered.get("name") == target and same_protocol:
                return int(offered["containerPort"])
    return None


def endpoint(service: Json, pod: Json) -> Json:
    """The pod as `discovery.k8s.io/v1 Endpoint`.

    serving is the pod's readiness, terminating whether it is being deleted, ready both together;
    `publishNotReadyAddresses` makes it ready whatever it says itself.
    """
    serving, terminating = is_ready(pod), is_terminating(pod)
    published = bool(service["spec"].get("publishNotReadyAddresses"))
    meta = pod["metadata"]
    result: Json = {
        "addresses": [pod["status"]["podIP"]],
        "conditions": {
            "ready": published or (serving and not terminating),
            "serving": published or serving,
            "terminating": terminating,
        },
        "targetRef": {
            "kind": "Pod",
            "namespace": meta["namespace"],
            "name": meta["name"],
            "uid": meta["uid"],
        },
    }
    if pod["spec"].get("nodeName"):
        result["nodeName"] = pod["spec"]["nodeName"]
    if pod["spec"].get("hostname") and pod["spec"].get("subdomain") == service["metadata"]["name"]:
        result["hostname"] = pod["spec"]["hostname"]
    return result


def slices(service: Json, pods: Iterable[Json]) -> list[Slice]:
    """Ports and endpoints of the EndpointSlices the Service should have; never none at all.

    Pods for which a named port means different numbers go to different slices.
    """
    groups: dict[str, Slice] = {}
    for pod in selected(service, pods):
        ports = resolved_ports(service, pod)
        group = groups.setdefault(repr(ports), (ports, []))
        group[1].append(endpoint(service, pod))
    if not groups:
        return [([], [])]
    return [
        (ports, list(part))
        for ports, endpoints in groups.values()
        for part in _parts(endpoints, PER_SLICE)
    ]


def _parts(items: Sequence[Json], size: int) -> Iterable[Sequence[Json]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def subsets(service: Json, pods: Iterable[Json]) -> list[Json]:
    """`subsets` of the Service's v1 Endpoints; pods being deleted are in none."""
    groups: dict[str, Json] = {}
    parted: dict[str, dict[str, list[Json]]] = defaultdict(lambda: defaultdict(list))
    for pod in selected(service, pods):
        if is_terminating(pod):
            continue
        ports = resolved_ports(service, pod)
        entry = endpoint(service, pod)
        address = {"ip": entry["addresses"][0], "targetRef": entry["targetRef"]}
        address |= {field: entry[field] for field in ("nodeName", "hostname") if field in entry}
        where = "addresses" if entry["conditions"]["ready"] else "notReadyAddresses"
        parted[repr(ports)][where].append(address)
        groups[repr(ports)] = {"ports": ports} if ports else {}
    return [{**parted[group], **ports} for group, ports in groups.items()]


def slice_labels(service: Json) -> dict[str, str]:
    """The labels of a Service's EndpointSlices: the Service's own, and who manages them."""
    labels = dict(service["metadata"].get("labels") or {})
    if service["spec"].get("clusterIP") == "None":
        labels[HEADLESS] = ""
    return {**labels, SERVICE_NAME: service["metadata"]["name"], MANAGED_BY: MANAGER}
