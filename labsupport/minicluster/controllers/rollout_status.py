"""What a Deployment's status says of its rollout (apps/v1 DeploymentStatus)."""

from collections.abc import Sequence

from labsupport.base.types import Json
from labsupport.minicluster.controllers import rollout
from labsupport.minicluster.controllers.conditions import condition, updated_condition
from labsupport.minicluster.reconcile.times import now, seconds_since


def deployment_status(deployment: Json, new: Json | None, old: Sequence[Json]) -> Json:
    """The status for the ReplicaSet of the current template (if made yet) and all others."""
    everyone = [*([new] if new else []), *old]
    available = rollout.current(everyone, "availableReplicas")
    numbers = {
        "replicas": rollout.current(everyone),
        "updatedReplicas": rollout.current([new]) if new else 0,
        "readyReplicas": rollout.current(everyone, "readyReplicas"),
        "availableReplicas": available,
        "unavailableReplicas": max(0, rollout.replicas(deployment) - available),
    }
    status: Json = {"observedGeneration": deployment["metadata"].get("generation", 1)}
    status |= {name: number for name, number in numbers.items() if number}
    conditions = [_available(deployment, available)]
    progressing = _progressing(deployment, new, status)
    status["conditions"] = [*conditions, progressing] if progressing else conditions
    return status


def _available(deployment: Json, available: int) -> Json:
    enough = available >= rollout.bounds(deployment).minimum_available
    old = condition(deployment, "Available")
    if enough:
        message = "Deployment has minimum availability."
        reason = "MinimumReplicasAvailable"
        return updated_condition(old, "Available", "True", reason, message)
    message = "Deployment does not have minimum availability."
    return updated_condition(old, "Available", "False", "MinimumReplicasUnavailable", message)


def _progressing(deployment: Json, new: Json | None, status: Json) -> Json | None:
    old = condition(deployment, "Progressing")
    subject = (
        f'ReplicaSet "{new["metadata"]["name"]}"'
        if new
        else f'Deployment "{deployment["metadata"]["name"]}"'
    )
    if deployment["spec"].get("paused"):
        message = "Deployment is paused"
        return updated_condition(old, "Progressing", "Unknown", "DeploymentPaused", message)
    if new and rollout.is_complete(deployment, status):
        message = f"{subject} has successfully progressed."
        return updated_condition(old, "Progressing", "True", "NewReplicaSetAvailable", message)
    if old is None:
        message = f"Created new replica set {subject.removeprefix('ReplicaSet ')}"
        return updated_condition(None, "Progressing", "True", "NewReplicaSetCreated", message)
    if _has_moved(deployment, status):
        message = f"{subject} is progressing."
        moved = updated_condition(old, "Progressing", "True", "ReplicaSetUpdated", message)
        return {**moved, "lastUpdateTime": now()}
    if old["reason"] != "NewReplicaSetAvailable" and _is_overdue(deployment, old):
        message = f"{subject} has timed out progressing."
        reason = "ProgressDeadlineExceeded"
        return updated_condition(old, "Progressing", "False", reason, message)
    return old


def _has_moved(deployment: Json, status: Json) -> bool:
    """Whether more is updated, ready or available than before, or less is old."""
    before = deployment.get("status") or {}

    def old_replicas(of: Json) -> int:
        return int(of.get("replicas", 0)) - int(of.get("updatedReplicas", 0))

    gained = any(
        status.get(field, 0) > before.get(field, 0)
        for field in ("updatedReplicas", "readyReplicas", "availableReplicas")
    )
    return gained or old_replicas(status) < old_replicas(before)


def _is_overdue(deployment: Json, progressing: Json) -> bool:
    return seconds_since(progressing["lastUpdateTime"]) > _deadline(deployment)


def _deadline(deployment: Json) -> int:
    return int(deployment["spec"].get("progressDeadlineSeconds", 600))


def seconds_to_deadline(deployment: Json, status: Json) -> float | None:
    """When to look whether the rollout is overdue; None when it is done, paused or failed."""
    progressing = condition({"status": status}, "Progressing")
    if progressing is None or progressing["status"] != "True":
        return None
    if progressing["reason"] == "NewReplicaSetAvailable":
        return None
    return max(1.0, _deadline(deployment) + 1 - seconds_since(progressing["lastUpdateTime"]))
