"""The API server as its neighbours in the process use it: cached reads, writes, events."""

from collections.abc import Callable
from typing import Literal

from labsupport.base.types import Json
from labsupport.minicluster.api.registry import Registry
from labsupport.minicluster.reconcile.cache import Cache
from labsupport.minicluster.reconcile.events import EventRecorder
from labsupport.minicluster.store import Key
from labsupport.rules.status import StatusError

Propagation = Literal["Background", "Foreground", "Orphan"]


class Cluster:
    """Reads come from the cache; a write returns when the cache has seen it.

    So a control loop always sees what it did itself, and needs no bookkeeping of expectations.
    """

    def __init__(self, registry: Registry, cache: Cache, recorder: EventRecorder) -> None:
        self.registry = registry
        self.cache = cache
        self.recorder = recorder

    async def create(self, resource: str, obj: Json) -> Json:
        """Create `obj` in the namespace its metadata names; StatusError when refused."""
        namespace = obj["metadata"].get("namespace")
        return await self._seen(await self.registry.create(resource, obj, namespace=namespace))

    async def create_unless_there(self, resource: str, obj: Json) -> None:
        """Create `obj`; if one of its name is there, leave that as it is."""
        try:
            await self.create(resource, obj)
        except StatusError as error:
            if error.reason != "AlreadyExists":
                raise

    async def mutate(
        self, key: Key, change: Callable[[Json], Json | None], subresource: str = ""
    ) -> Json:
        """Read, change and write back in one transaction; `change` gives None to leave it."""
        changed = await self.registry.mutate(
            key.resource, key.namespace, key.name, change, subresource=subresource
        )
        return await self._seen(changed)

    async def set_status(self, key: Key, status: Json, *, uid: str = "") -> None:
        """Make `status` the object's status, without a write when it is so already.

        With `uid`, an object of another uid (deleted and created anew meanwhile) is left alone.
        """

        def change(obj: Json) -> Json | None:
            other = uid and obj["metadata"]["uid"] != uid
            if other or obj.get("status") == status:
                return None
            return {**obj, "status": status}

        await self.mutate(key, change, subresource="status")

    async def delete(
        self,
        key: Key,
        *,
        uid: str | None = None,
        propagation: Propagation = "Background",
        grace_period: int | None = None,
    ) -> None:
        """Delete the object; one that is gone already, or replaced by another uid, is no error."""
        try:
            deleted = await self.registry.delete(
                key.resource,
                key.namespace,
                key.name,
                uid=uid,
                propagation=propagation,
                grace_period=grace_period,
            )
        except StatusError as error:
            if error.code not in (404, 409):
                raise
        else:
            await self._seen(deleted)

    async def _seen(self, obj: Json) -> Json:
        await self.cache.reached(obj["metadata"]["resourceVersion"])
        return obj
