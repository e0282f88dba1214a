"""Conditions of a status, and what a pod's conditions say."""

from labsupport.base.types import Json
from labsupport.minicluster.reconcile.times import now, seconds_since


def condition(obj: Json, kind: str) -> Json | None:
    """The condition of this type in the object's status, or None."""
    conditions: list[Json] = obj.get("status", {}).get("conditions") or []
    return next((entry for entry in conditions if entry["type"] == kind), None)


def updated_condition(old: Json | None, kind: str, status: str, reason: str, message: str) -> Json:
    """A condition whose times move only as its content does (apps/v1 DeploymentCondition)."""
    same_status = old is not None and old["status"] == status
    if old is not None and same_status and (old["reason"], old["message"]) == (reason, message):
        return old
    moment = now()
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastUpdateTime": moment,
        "lastTransitionTime": old["lastTransitionTime"] if old and same_status else moment,
    }


def is_ready(pod: Json) -> bool:
    """Whether the pod's Ready condition is True."""
    ready = condition(pod, "Ready")
    return ready is not None and ready["status"] == "True"


def is_available(pod: Json, min_ready_seconds: int) -> bool:
    """Whether the pod has been ready for `min_ready_seconds`."""
    ready = condition(pod, "Ready")
    if ready is None or ready["status"] != "True":
        return False
    return min_ready_seconds == 0 or (
        seconds_since(ready["lastTransitionTime"]) >= min_ready_seconds
    )


def is_terminating(obj: Json) -> bool:
    """Whether the object is being deleted."""
    return bool(obj["metadata"].get("deletionTimestamp"))


def has_ended(pod: Json) -> bool:
    """Whether the pod ran to its end (Succeeded or Failed)."""
    return pod.get("status", {}).get("phase") in ("Succeeded", "Failed")


def is_active(pod: Json) -> bool:
    """Whether the pod counts as a replica: neither ended nor being deleted."""
    return not has_ended(pod) and not is_terminating(pod)
