"""Tables of Pods, ReplicaSets, Deployments and Nodes."""

from datetime import datetime
from typing import Any

from labsupport.base.types import Json
from labsupport.minicluster.api.tables.columns import (
    AGE,
    NAME,
    NONE,
    Column,
    Printer,
    age_of,
    containers_and_images,
    joined,
    listing,
    name_of,
    part,
    selector_text,
    wide,
)
from labsupport.minicluster.api.tables.pod_status import (
    pod_status,
    ready_containers,
    restarts_text,
)

_ROLE_LABEL = "node-role.kubernetes.io/"
_UNKNOWN = "<unknown>"


def _pod(obj: Json, now: datetime) -> list[Any]:
    spec, status = part(obj, "spec"), part(obj, "status")
    pod_ips = [each.get("ip", "") for each in listing(status, "podIPs")] or [status.get("podIP")]
    return [
        name_of(obj),
        ready_containers(obj),
        pod_status(obj),
        restarts_text(obj, now),
        age_of(obj, now),
        pod_ips[0] or NONE,
        spec.get("nodeName") or NONE,
        status.get("nominatedNodeName") or NONE,
        _readiness_gates(obj),
    ]


def _readiness_gates(pod: Json) -> str:
    gates = [gate["conditionType"] for gate in listing(pod, "spec", "readinessGates")]
    conditions = listing(pod, "status", "conditions")
    true = {each.get("type") for each in conditions if each.get("status") == "True"}
    return f"{sum(gate in true for gate in gates)}/{len(gates)}" if gates else NONE


def _pod_conditions(pod: Json) -> list[Json]:
    """`kubectl get` and its kin hide completed pods by this."""
    phase = part(pod, "status").get("phase")
    if phase not in ("Succeeded", "Failed"):
        return []
    succeeded = phase == "Succeeded"
    message = "The pod has completed successfully." if succeeded else "The pod failed."
    return [{"type": "Completed", "status": "True", "reason": phase, "message": message}]


def _deployment(obj: Json, now: datetime) -> list[Any]:
    spec, status = part(obj, "spec"), part(obj, "status")
    return [
        name_of(obj),
        f"{status.get('readyReplicas', 0)}/{spec.get('replicas', 0)}",
        status.get("updatedReplicas", 0),
        status.get("availableReplicas", 0),
        age_of(obj, now),
        *containers_and_images(part(spec, "template", "spec")),
        selector_text(part(spec, "selector")),
    ]


def _replica_set(obj: Json, now: datetime) -> list[Any]:
    spec, status = part(obj, "spec"), part(obj, "status")
    return [
        name_of(obj),
        spec.get("replicas", 0),
        status.get("replicas", 0),
        status.get("readyReplicas", 0),
        age_of(obj, now),
        *containers_and_images(part(spec, "template", "spec")),
        selector_text(part(spec, "selector")),
    ]


def _node(obj: Json, now: datetime) -> list[Any]:
    info = part(obj, "status", "nodeInfo")
    return [
        name_of(obj),
        _node_status(obj),
        joined(_roles(part(obj, "metadata", "labels"))),
        age_of(obj, now),
        info.get("kubeletVersion", ""),
        _node_address(obj, "InternalIP"),
        _node_address(obj, "ExternalIP"),
        info.get("osImage") or _UNKNOWN,
        info.get("kernelVersion") or _UNKNOWN,
        info.get("containerRuntimeVersion") or _UNKNOWN,
    ]


def _node_status(node: Json) -> str:
    conditions = listing(node, "status", "conditions")
    ready = [each.get("status") == "True" for each in conditions if each.get("type") == "Ready"]
    shown = "Unknown" if not ready else "Ready" if ready[0] else "NotReady"
    return f"{shown},SchedulingDisabled" if part(node, "spec", "unschedulable") else shown


def _roles(labels: Json) -> list[str]:
    roles = {key.removeprefix(_ROLE_LABEL) for key in labels if key.startswith(_ROLE_LABEL)}
    roles.add(labels.get("kubernetes.io/role", ""))
    return sorted(filter(None, roles))


def _node_address(node: Json, type_: str) -> str:
    addresses = listing(node, "status", "addresses")
    return next((each.get("address", "") for each in addresses if each.get("type") == type_), NONE)


_TEMPLATE_COLUMNS = (
    wide("Containers", description="Names of the containers in the template"),
    wide("Images", description="Images of the containers in the template"),
    wide("Selector", description="Labels of the pods it owns"),
)

PRINTERS = {
    "pods": Printer(
        (
            NAME,
            Column("Ready", description="Containers ready, and containers in all"),
            Column("Status", description="What the pod is doing, or what keeps it from it"),
            Column("Restarts", description="Times containers were restarted, and when last"),
            AGE,
            wide("IP", description="Address of the pod"),
            wide("Node", description="Node that the pod runs on"),
            wide("Nominated Node", description="Node that the pod waits for"),
            wide("Readiness Gates", description="Extra conditions met, and asked for"),
        ),
        _pod,
        _pod_conditions,
    ),
    "deployments.apps": Printer(
        (
            NAME,
            Column("Ready", description="Pods ready, and pods wanted"),
            Column("Up-to-date", "string", "Pods that have the newest template"),
            Column("Available", "string", "Pods ready for at least minReadySeconds"),
            AGE,
            *_TEMPLATE_COLUMNS,
        ),
        _deployment,
    ),
    "replicasets.apps": Printer(
        (
            NAME,
            Column("Desired", "integer", "Pods wanted"),
            Column("Current", "integer", "Pods there are"),
            Column("Ready", "integer", "Pods ready"),
            AGE,
            *_TEMPLATE_COLUMNS,
        ),
        _replica_set,
    ),
    "nodes": Printer(
        (
            NAME,
            Column("Status", description="Whether the node takes pods"),
            Column("Roles", description="Roles that its labels give it"),
            AGE,
            Column("Version", description="Version of the node's agent"),
            wide("Internal-IP", description="Address inside the cluster"),
            wide("External-IP", description="Address from outside"),
            wide("OS-Image", description="Operating system"),
            wide("Kernel-Version", description="Kernel"),
            wide("Container-Runtime", description="What runs the containers"),
        ),
        _node,
    ),
}
