"""One word for what a pod is doing, and its readiness and restarts, as `kubectl get pods` has them.

The precedence is that of `printPod` in pkg/printers/internalversion/printers.go.
"""

from datetime import datetime

from labsupport.base.types import Json
from labsupport.minicluster.api.tables.columns import listing, part
from labsupport.minicluster.api.tables.durations import age


def pod_status(pod: Json) -> str:
    """The pod's phase, or the reason that says more: `CrashLoopBackOff`, `Terminating`, …"""
    status = part(pod, "status")
    phase = status.get("phase", "")
    shown = str(status.get("reason") or phase)
    if any(
        each.get("type") == "PodScheduled" and each.get("reason") == "SchedulingGated"
        for each in listing(status, "conditions")
    ):
        shown = "SchedulingGated"
    initializing = _initializing(pod)
    shown = initializing or shown
    if not initializing or _is_true(pod, "Initialized"):
        shown = _containers_status(pod) or shown
    if "deletionTimestamp" in pod["metadata"]:
        if status.get("reason") == "NodeLost":
            return "Unknown"
        if phase not in ("Succeeded", "Failed"):
            return "Terminating"
    return shown


def ready_containers(pod: Json) -> str:
    """`ready/all`, sidecars (init containers that are restarted always) counted in."""
    sidecars = _sidecars(pod)
    ready = sum(
        bool(each.get("ready") and each.get("started"))
        for each in listing(pod, "status", "initContainerStatuses")
        if each.get("name") in sidecars
    )
    ready += sum(
        bool(each.get("ready") and "running" in part(each, "state"))
        for each in listing(pod, "status", "containerStatuses")
    )
    return f"{ready}/{len(listing(pod, 'spec', 'containers')) + len(sidecars)}"


def restarts_text(pod: Json, now: datetime) -> str:
    """How often containers were restarted, and when last: `2 (5m ago)`."""
    statuses = listing(pod, "status", "containerStatuses")
    init_statuses = listing(pod, "status", "initContainerStatuses")
    if _initializing(pod) and not _is_true(pod, "Initialized"):
        counted = init_statuses
    else:
        sidecars = _sidecars(pod)
        counted = statuses + [each for each in init_statuses if each.get("name") in sidecars]
    restarts = sum(each.get("restartCount", 0) for each in counted)
    ends = [part(each, "lastState", "terminated").get("finishedAt") for each in counted]
    last = max(filter(None, ends), default="")
    return f"{restarts} ({age(last, now)} ago)" if restarts and last else str(restarts)


def _initializing(pod: Json) -> str:
    """What the first unfinished init container is doing; `""` when all are done."""
    sidecars = _sidecars(pod)
    for index, container in enumerate(listing(pod, "status", "initContainerStatuses")):
        state = part(container, "state")
        terminated, waiting = state.get("terminated"), part(state, "waiting")
        if terminated and terminated.get("exitCode", 0) == 0:
            continue
        if container.get("name") in sidecars and container.get("started"):
            continue
        if terminated:
            return f"Init:{_ending(terminated)}"
        if waiting.get("reason") and waiting["reason"] != "PodInitializing":
            return f"Init:{waiting['reason']}"
        return f"Init:{index}/{len(listing(pod, 'spec', 'initContainers'))}"
    return ""


def _containers_status(pod: Json) -> str:
    """The reason of the first container that gives one; `""` when all just run."""
    shown = ""
    has_running = False
    for container in reversed(listing(pod, "status", "containerStatuses")):
        state = part(container, "state")
        if part(state, "waiting").get("reason"):
            shown = state["waiting"]["reason"]
        elif state.get("terminated"):
            shown = _ending(state["terminated"])
        elif container.get("ready") and "running" in state:
            has_running = True
    if shown == "Completed" and has_running:
        return "Running" if _is_true(pod, "Ready") else "NotReady"
    return shown


def _ending(terminated: Json) -> str:
    if terminated.get("reason"):
        return str(terminated["reason"])
    if terminated.get("signal"):
        return f"Signal:{terminated['signal']}"
    return f"ExitCode:{terminated.get('exitCode', 0)}"


def _sidecars(pod: Json) -> set[str]:
    return {
        each.get("name", "")
        for each in listing(pod, "spec", "initContainers")
        if each.get("restartPolicy") == "Always"
    }


def _is_true(pod: Json, condition: str) -> bool:
    return any(
        each.get("type") == condition and each.get("status") == "True"
        for each in listing(pod, "status", "conditions")
    )
