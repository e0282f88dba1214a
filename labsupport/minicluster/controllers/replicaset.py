"""ReplicaSets: as many pods of a template as asked for."""

import asyncio
from collections.abc import Iterable, Sequence

from labsupport.base.types import Json
from labsupport.minicluster.controllers.conditions import (
    condition,
    is_active,
    is_available,
    is_ready,
    is_terminating,
    updated_condition,
)
from labsupport.minicluster.controllers.ownership import (
    controller_of,
    controller_reference,
    is_controlled_by,
    selects,
    with_controller,
    without_controller,
)
from labsupport.minicluster.reconcile import Change, Controller
from labsupport.minicluster.store import Key
from labsupport.rules.status import StatusError

COMPONENT = "replicaset-controller"
BURST = 500  # pods created or deleted in one go, as kube-controller-manager's burstReplicas


def deletion_order(pods: Iterable[Json]) -> list[Json]:
    """The pods, those that are missed least first.

    Not assigned before assigned, Pending before Running, not ready before ready, more restarts
    before fewer, newer before older.
    """

    def rank(pod: Json) -> tuple[object, ...]:
        status = pod.get("status", {})
        restarts = sum(c.get("restartCount", 0) for c in status.get("containerStatuses") or ())
        return (
            bool(pod["spec"].get("nodeName")),
            {"Pending": 0, "Unknown": 1}.get(status.get("phase", "Pending"), 2),
            is_ready(pod),
            -restarts,
        )

    newest_first = sorted(pods, key=lambda pod: pod["metadata"]["creationTimestamp"], reverse=True)
    return sorted(newest_first, key=rank)


def replica_set_status(replica_set: Json, pods: Sequence[Json], failure: str = "") -> Json:
    """`apps/v1 ReplicaSetStatus` for the active `pods`; `failure` says why one was refused."""
    wanted_labels = (replica_set["spec"]["template"]["metadata"].get("labels") or {}).items()
    min_ready = replica_set["spec"].get("minReadySeconds", 0)
    status: Json = {
        "replicas": len(pods),
        "fullyLabeledReplicas": sum(
            wanted_labels <= (pod["metadata"].get("labels") or {}).items() for pod in pods
        ),
        "readyReplicas": sum(map(is_ready, pods)),
        "availableReplicas": sum(is_available(pod, min_ready) for pod in pods),
        "observedGeneration": replica_set["metadata"].get("generation", 1),
    }
    if failure:
        old = condition(replica_set, "ReplicaFailure")
        failed = updated_condition(old, "ReplicaFailure", "True", "FailedCreate", failure)
        failed.pop("lastUpdateTime", None)
        status["conditions"] = [failed]
    return {name: value for name, value in status.items() if value or name == "replicas"}


class ReplicaSetController(Controller):
    """Creates, adopts, releases and deletes pods until their number is `spec.replicas`."""

    name = COMPONENT

    def keys(self, change: Change) -> Iterable[Key]:
        """A ReplicaSet itself; a pod's owner, old and new; for an orphan, who selects it."""
        if change.key.resource == "replicasets.apps":
            yield change.key
        elif change.key.resource == "pods":
            namespace = change.key.namespace
            states = [state for state in (change.object, change.previous) if state]
            owners = [owner for state in states if (owner := controller_of(state))]
            for owner in owners:
                if owner["kind"] == "ReplicaSet":
                    yield Key("replicasets.apps", namespace, owner["name"])
            if not owners:
                for candidate in self.cache.list("replicasets.apps", namespace):
                    if selects(candidate, change.object):
                        yield Key("replicasets.apps", namespace, candidate["metadata"]["name"])

    async def reconcile(self, key: Key) -> float | None:
        """Bring one ReplicaSet's pods to the number asked for and write its status."""
        replica_set = self.cache.find(key)
        if replica_set is None:
            return None
        pods = [pod for pod in await self._claimed(replica_set) if is_active(pod)]
        failure = ""
        if not is_terminating(replica_set):
            failure = await self._scale(replica_set, pods)
            pods = [pod for pod in self._owned(replica_set) if is_active(pod)]
        status = replica_set_status(replica_set, pods, failure)
        await self.cluster.set_status(key, status, uid=replica_set["metadata"]["uid"])
        if failure:
            return 1.0
        waits_for_availability = status.get("readyReplicas", 0) > status.get("availableReplicas", 0)
        return 1.0 if waits_for_availability else None

    def _owned(self, replica_set: Json) -> list[Json]:
        pods = self.cache.list("pods", replica_set["metadata"]["namespace"])
        return [pod for pod in pods if is_controlled_by(pod, replica_set)]

    async def _claimed(self, replica_set: Json) -> list[Json]:
        """The set's pods, after adopting matching orphans and releasing what matches no more."""
        uid = replica_set["metadata"]["uid"]
        namespace = replica_set["metadata"]["namespace"]
        adopting = not is_terminating(replica_set)
        for pod in self.cache.list("pods", namespace):
            key = Key("pods", namespace, pod["metadata"]["name"])
            owned, matching = is_controlled_by(pod, replica_set), selects(replica_set, pod)
            if owned and not matching:
                await self.cluster.mutate(key, lambda pod: without_controller(pod, uid))
            elif matching and is_active(pod) and adopting and controller_of(pod) is None:
                await self.cluster.mutate(key, lambda pod: with_controller(pod, replica_set))
        return self._owned(replica_set)

    async def _scale(self, replica_set: Json, pods: Sequence[Json]) -> str:
        """Create or delete what is missing or too much; gives why a pod was refused, or ""."""
        missing = replica_set["spec"].get("replicas", 1) - len(pods)
        if missing > 0:
            results = await asyncio.gather(
                *(self._create_pod(replica_set) for _ in range(min(missing, BURST)))
            )
            return next(filter(None, results), "")
        surplus = deletion_order(pods)[: min(-missing, BURST)]
        await asyncio.gather(*(self._delete_pod(replica_set, pod) for pod in surplus))
        return ""

    async def _create_pod(self, replica_set: Json) -> str:
        template, meta = replica_set["spec"]["template"], replica_set["metadata"]
        metadata = {
            "generateName": f"{meta['name']}-",
            "namespace": meta["namespace"],
            "ownerReferences": [controller_reference(replica_set)],
        }
        for field in ("labels", "annotations", "finalizers"):
            if field in template.get("metadata", {}):
                metadata[field] = template["metadata"][field]
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
        recorder = self.cluster.recorder
        try:
            created = await self.cluster.create("pods", pod)
        except StatusError as error:
            message = f"Error creating: {error.message}"
            recorder.warning(replica_set, "FailedCreate", message, COMPONENT)
            return error.message
        message = f"Created pod: {created['metadata']['name']}"
        recorder.normal(replica_set, "SuccessfulCreate", message, COMPONENT)
        return ""

    async def _delete_pod(self, replica_set: Json, pod: Json) -> None:
        meta = pod["metadata"]
        await self.cluster.delete(Key("pods", meta["namespace"], meta["name"]), uid=meta["uid"])
        message = f"Deleted pod: {meta['name']}"
        self.cluster.recorder.normal(replica_set, "SuccessfulDelete", message, COMPONENT)
