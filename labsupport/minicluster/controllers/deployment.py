"""Deployments: one ReplicaSet per pod template, rolled out step by step."""

from collections.abc import Iterable, Sequence

from labsupport.base.types import Json
from labsupport.minicluster.controllers import rollout
from labsupport.minicluster.controllers.conditions import has_ended, is_terminating
from labsupport.minicluster.controllers.ownership import (
    controller_of,
    controller_reference,
    is_controlled_by,
    selects,
    with_controller,
)
from labsupport.minicluster.controllers.rollout_status import deployment_status, seconds_to_deadline
from labsupport.minicluster.reconcile import Change, Controller
from labsupport.minicluster.store import Key

COMPONENT = "deployment-controller"
REPLICA_SETS = "replicasets.apps"
DEPLOYMENTS = "deployments.apps"


class DeploymentController(Controller):
    """Makes a ReplicaSet for the current template and moves the replicas over to it."""

    name = COMPONENT

    def keys(self, change: Change) -> Iterable[Key]:
        """A Deployment itself; a ReplicaSet's owner; a deleted pod's Deployment (for Recreate)."""
        resource, namespace = change.key.resource, change.key.namespace
        if resource == DEPLOYMENTS:
            yield change.key
        elif resource == REPLICA_SETS:
            owner = controller_of(change.object)
            if owner and owner["kind"] == "Deployment":
                yield Key(DEPLOYMENTS, namespace, owner["name"])
        elif resource == "pods" and change.type == "DELETED":
            for deployment in self.cache.list(DEPLOYMENTS, namespace):
                if selects(deployment, change.object):
                    yield Key(DEPLOYMENTS, namespace, deployment["metadata"]["name"])

    async def reconcile(self, key: Key) -> float | None:
        """Take the next step of one Deployment's rollout and write its status."""
        deployment = self.cache.find(key)
        if deployment is None:
            return None
        new, old = await self._replica_sets(deployment)
        if not is_terminating(deployment):
            if deployment["spec"].get("paused"):
                await self._scale_paused(deployment, new, old)
            elif self._is_recreate(deployment):
                new = await self._recreate(deployment, new, old)
            else:
                new = await self._roll(deployment, new, old)
        new, old = self._sorted(deployment)
        status = deployment_status(deployment, new, old)
        await self.cluster.set_status(key, status, uid=deployment["metadata"]["uid"])
        if rollout.is_complete(deployment, status) and not is_terminating(deployment):
            for expired in rollout.expired_history(deployment, old):
                await self.cluster.delete(_key(expired), uid=expired["metadata"]["uid"])
        return seconds_to_deadline(deployment, status)

    def _sorted(self, deployment: Json) -> tuple[Json | None, list[Json]]:
        """The ReplicaSet of the current template, if any, and all others, oldest first."""
        namespace = deployment["metadata"]["namespace"]
        owned = sorted(
            (
                rs
                for rs in self.cache.list(REPLICA_SETS, namespace)
                if is_controlled_by(rs, deployment) and not is_terminating(rs)
            ),
            key=lambda rs: (rs["metadata"]["creationTimestamp"], rs["metadata"]["name"]),
        )
        template = deployment["spec"]["template"]
        new = next(
            (rs for rs in owned if rollout.same_template(rs["spec"]["template"], template)), None
        )
        return new, [rs for rs in owned if rs is not new]

    async def _replica_sets(self, deployment: Json) -> tuple[Json | None, list[Json]]:
        """As `_sorted`, after adopting matching ReplicaSets that nobody controls."""
        for rs in self.cache.list(REPLICA_SETS, deployment["metadata"]["namespace"]):
            orphan = controller_of(rs) is None and selects(deployment, rs)
            if orphan and not is_terminating(rs) and not is_terminating(deployment):
                await self.cluster.mutate(_key(rs), lambda rs: with_controller(rs, deployment))
        return self._sorted(deployment)

    async def _roll(self, deployment: Json, new: Json | None, old: Sequence[Json]) -> Json:
        new = await self._current(deployment, new, old)
        new = await self._scale(deployment, new, rollout.new_size(deployment, new, [new, *old]))
        sizes = rollout.old_sizes(deployment, new, old)
        for rs in old:
            await self._scale(deployment, rs, sizes[rs["metadata"]["name"]])
        return new

    async def _recreate(
        self, deployment: Json, new: Json | None, old: Sequence[Json]
    ) -> Json | None:
        for rs in old:
            await self._scale(deployment, rs, 0)
        if any(self._runs_pods_of(rs) for rs in old):
            return new
        new = await self._current(deployment, new, old)
        return await self._scale(deployment, new, rollout.replicas(deployment))

    def _runs_pods_of(self, replica_set: Json) -> bool:
        pods = self.cache.list("pods", replica_set["metadata"]["namespace"])
        return any(is_controlled_by(pod, replica_set) and not has_ended(pod) for pod in pods)

    async def _scale_paused(self, deployment: Json, new: Json | None, old: Sequence[Json]) -> None:
        """A paused Deployment rolls nothing out, but its active ReplicaSet follows `replicas`."""
        active = [rs for rs in ([new] if new else []) + list(old) if rollout.replicas(rs)]
        target = active[0] if len(active) == 1 else new if not active else None
        if target is not None:
            await self._scale(deployment, target, rollout.replicas(deployment))

    async def _current(self, deployment: Json, new: Json | None, old: Sequence[Json]) -> Json:
        """The ReplicaSet of the current template, made if need be, at the highest revision."""
        newest = max(map(rollout.revision, old), default=0)
        if new is None:
            new = await self._create(deployment, newest + 1, old)
        elif rollout.revision(new) <= newest:
            new = await self._annotate(_key(new), {rollout.REVISION: str(newest + 1)})
        inherited = rollout.handed_down(deployment)
        if not inherited.items() <= (new["metadata"].get("annotations") or {}).items():
            new = await self._annotate(_key(new), inherited)
        if rollout.revision(deployment) != rollout.revision(new):
            meta = deployment["metadata"]
            await self._annotate(
                Key(DEPLOYMENTS, meta["namespace"], meta["name"]),
                {rollout.REVISION: str(rollout.revision(new))},
            )
        return new

    async def _create(self, deployment: Json, revision: int, old: Sequence[Json]) -> Json:
        spec, meta = deployment["spec"], deployment["metadata"]
        fingerprint = rollout.template_hash(spec["template"])
        mark = {rollout.HASH_LABEL: fingerprint}
        template_meta = spec["template"].get("metadata") or {}
        labels = {**(template_meta.get("labels") or {}), **mark}
        selector = spec["selector"]
        new: Json = {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": {
                "name": f"{meta['name']}-{fingerprint}",
                "namespace": meta["namespace"],
                "labels": labels,
                "annotations": {
                    **rollout.handed_down(deployment),
                    **self._size_notes(deployment),
                    rollout.REVISION: str(revision),
                },
                "ownerReferences": [controller_reference(deployment)],
            },
            "spec": {
                "replicas": 0,
                "minReadySeconds": spec.get("minReadySeconds", 0),
                "selector": {
                    **selector,
                    "matchLabels": {**(selector.get("matchLabels") or {}), **mark},
                },
                "template": {**spec["template"], "metadata": {**template_meta, "labels": labels}},
            },
        }
        size = rollout.new_size(deployment, new, [new, *old])
        new["spec"]["replicas"] = size
        created = await self.cluster.create(REPLICA_SETS, new)
        if size:
            self._note_scaled(deployment, created, 0, size)
        return created

    async def _scale(self, deployment: Json, replica_set: Json, size: int) -> Json:
        before, notes = rollout.replicas(replica_set), self._size_notes(deployment)
        noted = notes.items() <= (replica_set["metadata"].get("annotations") or {}).items()
        if before == size and (noted or size == 0):
            return replica_set

        def change(rs: Json) -> Json:
            annotations = {**(rs["metadata"].get("annotations") or {}), **notes}
            return {
                **rs,
                "metadata": {**rs["metadata"], "annotations": annotations},
                "spec": {**rs["spec"], "replicas": size},
            }

        scaled = await self.cluster.mutate(_key(replica_set), change)
        if before != size:
            self._note_scaled(deployment, replica_set, before, size)
        return scaled

    async def _annotate(self, key: Key, annotations: dict[str, str]) -> Json:
        def change(obj: Json) -> Json:
            merged = {**(obj["metadata"].get("annotations") or {}), **annotations}
            return {**obj, "metadata": {**obj["metadata"], "annotations": merged}}

        return await self.cluster.mutate(key, change)

    def _note_scaled(self, deployment: Json, replica_set: Json, before: int, after: int) -> None:
        direction = "up" if after > before else "down"
        name = replica_set["metadata"]["name"]
        message = f"Scaled {direction} replica set {name} from {before} to {after}"
        self.cluster.recorder.normal(deployment, "ScalingReplicaSet", message, COMPONENT)

    @staticmethod
    def _size_notes(deployment: Json) -> dict[str, str]:
        return {
            rollout.DESIRED: str(rollout.replicas(deployment)),
            rollout.MAXIMUM: str(rollout.bounds(deployment).maximum),
        }

    @staticmethod
    def _is_recreate(deployment: Json) -> bool:
        return (deployment["spec"].get("strategy") or {}).get("type") == "Recreate"


def _key(replica_set: Json) -> Key:
    meta = replica_set["metadata"]
    return Key(REPLICA_SETS, meta["namespace"], meta["name"])
