"""A pod's status from the states of its containers (kubelet's generateAPIPodStatus). Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from labsupport.base.types import Json
from labsupport.minicluster.reconcile.times import now


@dataclass(frozen=True)
class Observed:
    """What the node sees of a pod: `v1.ContainerStatus` of each container, and the addresses."""

    init: Sequence[Json]
    containers: Sequence[Json]
    pod_ip: str
    host_ip: str
    started_at: str


def pod_status(pod: Json, seen: Observed) -> Json:
    """`v1.PodStatus` for what is observed; condition times move only with their status."""
    before: Json = pod.get("status") or {}
    phase = pod_phase(pod, seen)
    status: Json = {
        "phase": phase,
        "conditions": _conditions(pod, seen, phase),
        "hostIP": seen.host_ip,
        "hostIPs": [{"ip": seen.host_ip}],
        "startTime": before.get("startTime") or seen.started_at,
        "qosClass": before.get("qosClass") or qos_class(pod),
        "containerStatuses": list(seen.containers),
    }
    if seen.init:
        status["initContainerStatuses"] = list(seen.init)
    if seen.pod_ip:
        status |= {"podIP": seen.pod_ip, "podIPs": [{"ip": seen.pod_ip}]}
    return status


def pod_phase(pod: Json, seen: Observed) -> str:
    """Pending, Running, Succeeded or Failed."""
    policy = pod["spec"].get("restartPolicy", "Always")
    if policy == "Never" and any(_exit_code(status) not in (None, 0) for status in seen.init):
        return "Failed"
    if any(_exit_code(status) != 0 for status in seen.init):
        return "Pending"
    codes = [_exit_code(status) for status in seen.containers]
    if policy != "Always" and None not in codes:
        if not any(codes):
            return "Succeeded"
        if policy == "Never":
            return "Failed"
    came_up = ("running" in s["state"] or s["lastState"] or "terminated" in s["state"]
               for s in seen.containers)  # fmt: skip
    return "Running" if any(came_up) else "Pending"


def qos_class(pod: Json) -> str:
    """Guaranteed, Burstable or BestEffort, by the containers' requests and limits."""
    containers = pod["spec"]["containers"]
    resources = [container.get("resources") or {} for container in containers]
    if not any(each.get("requests") or each.get("limits") for each in resources):
        return "BestEffort"
    guaranteed = all(
        {"cpu", "memory"} <= (limits := each.get("limits") or {}).keys()
        and (each.get("requests") or limits) == limits
        for each in resources
    )
    return "Guaranteed" if guaranteed else "Burstable"


def _exit_code(status: Json) -> int | None:
    ended = status["state"].get("terminated")
    return None if ended is None else int(ended["exitCode"])


def _conditions(pod: Json, seen: Observed, phase: str) -> list[Json]:
    incomplete = [s["name"] for s in seen.init if _exit_code(s) != 0]
    unready = [s["name"] for s in seen.containers if not s["ready"]]
    ended = phase in ("Succeeded", "Failed")
    initialized = ("", "") if not incomplete else (
        "ContainersNotInitialized", f"containers with incomplete status: {_names(incomplete)}"
    )  # fmt: skip
    if phase == "Succeeded":
        initialized = ("", "")
    if not unready and not incomplete:
        ready = ("", "")
    elif ended:
        ready = ("PodCompleted" if phase == "Succeeded" else "PodFailed", "")
    else:
        ready = ("ContainersNotReady", f"containers with unready status: {_names(unready)}")
    wanted = {
        "PodReadyToStartContainers": (bool(seen.pod_ip) and not ended, "", ""),
        "Initialized": (not initialized[0], *initialized),
        "Ready": (not ready[0], *ready),
        "ContainersReady": (not ready[0], *ready),
        "PodScheduled": (True, "", ""),
    }
    before = {c["type"]: c for c in (pod.get("status") or {}).get("conditions") or ()}
    return [_condition(kind, *what, before.get(kind)) for kind, what in wanted.items()]


def _names(names: Sequence[str]) -> str:
    return f"[{' '.join(names)}]"


def _condition(kind: str, true: bool, reason: str, message: str, before: Json | None) -> Json:
    status = "True" if true else "False"
    same = before is not None and before["status"] == status
    moment = before["lastTransitionTime"] if before is not None and same else now()
    condition: Json = {
        "type": kind,
        "status": status,
        "lastProbeTime": None,
        "lastTransitionTime": moment,
    }
    if reason:
        condition["reason"] = reason
    if message:
        condition["message"] = message
    return condition
