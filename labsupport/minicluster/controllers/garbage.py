"""Garbage collection: what goes when its owner goes (ownerReferences)."""

from collections.abc import Iterable

from labsupport.base.types import Json
from labsupport.minicluster.controllers.conditions import is_terminating
from labsupport.minicluster.controllers.ownership import without_controller
from labsupport.minicluster.reconcile import Change, Controller
from labsupport.minicluster.store import Key
from labsupport.rules.status import StatusError

FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"


class GarbageCollector(Controller):
    """Deletes objects whose owners are all gone, and serves the two deletion finalizers."""

    name = "garbage-collector"

    def keys(self, change: Change) -> Iterable[Key]:
        """An object with owners or deletion finalizers; of a deleted one, owners and owned."""
        meta = change.object["metadata"]
        owners = meta.get("ownerReferences") or ()
        if change.type != "DELETED":
            finalizers = meta.get("finalizers") or ()
            if owners or FOREGROUND in finalizers or ORPHAN in finalizers:
                yield change.key
            return
        yield from self.cache.owned_by(meta["uid"])
        for owner in owners:
            if key := self.cache.by_uid(owner["uid"]):
                yield key

    async def reconcile(self, key: Key) -> float | None:
        """Act on one object: its finalizers when it is being deleted, else its owners."""
        obj = self.cache.find(key)
        if obj is None:
            return None
        finalizers = obj["metadata"].get("finalizers") or ()
        if is_terminating(obj):
            if ORPHAN in finalizers:
                await self._orphan_dependents(key, obj)
            elif FOREGROUND in finalizers:
                return await self._delete_dependents_first(key, obj)
        elif obj["metadata"].get("ownerReferences"):
            await self._delete_if_abandoned(key, obj)
        return None

    async def _delete_if_abandoned(self, key: Key, obj: Json) -> None:
        owners = obj["metadata"]["ownerReferences"]
        if not any(self._exists(owner, key.namespace) for owner in owners):
            await self.cluster.delete(key, uid=obj["metadata"]["uid"])

    def _exists(self, owner: Json, namespace: str) -> bool:
        """Whether the owner is there: same uid, and in the dependent's namespace or in none."""
        key = self.cache.by_uid(owner["uid"])
        return key is not None and key.namespace in ("", namespace)

    async def _delete_dependents_first(self, key: Key, obj: Json) -> float | None:
        uid = obj["metadata"]["uid"]
        for dependent in self.cache.owned_by(uid):
            found = self.cache.find(dependent)
            if found is not None and not is_terminating(found):
                await self.cluster.delete(
                    dependent, uid=found["metadata"]["uid"], propagation="Foreground"
                )
        if self._blocking(uid):
            return 1.0
        await self._remove_finalizer(key, FOREGROUND)
        return None

    def _blocking(self, uid: str) -> bool:
        for dependent in self.cache.owned_by(uid):
            found = self.cache.find(dependent)
            references = found["metadata"]["ownerReferences"] if found else ()
            if any(r["uid"] == uid and r.get("blockOwnerDeletion") for r in references):
                return True
        return False

    async def _orphan_dependents(self, key: Key, obj: Json) -> None:
        uid = obj["metadata"]["uid"]
        for dependent in self.cache.owned_by(uid):
            try:
                await self.cluster.mutate(dependent, lambda held: without_controller(held, uid))
            except StatusError as error:
                if error.code != 404:
                    raise
        await self._remove_finalizer(key, ORPHAN)

    async def _remove_finalizer(self, key: Key, finalizer: str) -> None:
        def change(obj: Json) -> Json:
            finalizers = obj["metadata"].get("finalizers") or ()
            kept = [entry for entry in finalizers if entry != finalizer]
            return {**obj, "metadata": {**obj["metadata"], "finalizers": kept}}

        await self.cluster.mutate(key, change)
