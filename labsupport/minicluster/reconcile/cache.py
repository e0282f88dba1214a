"""The informer cache: every object, parsed once, kept current by one watch."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from labsupport.base.types import Json
from labsupport.minicluster.api.registry import Registry
from labsupport.minicluster.store import Key
from labsupport.rules.status import StatusError

log = logging.getLogger(__name__)

WHOLE = (
    "configmaps",
    "customresourcedefinitions.apiextensions.k8s.io",
    "deployments.apps",
    "endpoints",
    "endpointslices.discovery.k8s.io",
    "leases.coordination.k8s.io",
    "namespaces",
    "nodes",
    "pods",
    "replicasets.apps",
    "secrets",
    "serviceaccounts",
    "services",
)
"""The resources whose objects somebody beside the API reads in full."""


@dataclass(frozen=True)
class Change:
    """What happened to an object: its new state (the last one when DELETED) and the one before.

    `previous` is None for an object that was not known. Both are shared: read-only.
    """

    type: Literal["ADDED", "MODIFIED", "DELETED"]
    key: Key
    object: Json
    previous: Json | None = None


Handler = Callable[[Change], None]


class Cache:
    """A read-only mirror of the API server for everything that runs beside it.

    Objects of the resources in `whole` are kept in full; of all others (events, custom objects,
    ...) only kind and metadata, which is what garbage collection needs. Objects are shared: treat
    them as read-only.
    """

    def __init__(self, registry: Registry, *, whole: Collection[str]) -> None:
        self._registry = registry
        self._whole = frozenset(whole)
        self._objects: dict[str, dict[tuple[str, str], Json]] = defaultdict(dict)
        self._owned: dict[str, set[Key]] = defaultdict(set)
        self._by_uid: dict[str, Key] = {}
        self._handlers: list[Handler] = []
        self._version = 0
        self._moved = asyncio.Condition()

    def get(self, resource: str, namespace: str, name: str) -> Json | None:
        """The object, or None."""
        return self._objects[resource].get((namespace, name))

    def list(self, resource: str, namespace: str | None = None) -> list[Json]:
        """All objects of a resource, in one namespace or (None) in all."""
        objects = self._objects[resource]
        return [obj for (ns, _), obj in objects.items() if namespace is None or ns == namespace]

    def find(self, key: Key) -> Json | None:
        """The object at `key`, or None."""
        return self.get(key.resource, key.namespace, key.name)

    def by_uid(self, uid: str) -> Key | None:
        """Where the object with this uid is, or None when there is none (any more)."""
        return self._by_uid.get(uid)

    def owned_by(self, uid: str) -> set[Key]:
        """The objects that name this uid in their ownerReferences."""
        return set(self._owned.get(uid, ()))

    def keys_in_namespace(self, namespace: str) -> Iterator[Key]:
        """Every object in a namespace, whatever its resource."""
        for resource, objects in list(self._objects.items()):
            for ns, name in list(objects):
                if ns == namespace:
                    yield Key(resource, ns, name)

    def subscribe(self, handler: Handler) -> None:
        """Call `handler` for every object there is (as ADDED) and every change from now on."""
        self._handlers.append(handler)
        for resource, objects in list(self._objects.items()):
            for (namespace, name), obj in list(objects.items()):
                handler(Change("ADDED", Key(resource, namespace, name), obj))

    async def reached(self, resource_version: str | int) -> None:
        """Wait until the cache holds the state of `resource_version`; 10 seconds at most."""
        wanted = int(resource_version)
        if self._version >= wanted:
            return
        async with asyncio.timeout(10), self._moved:
            await self._moved.wait_for(lambda: self._version >= wanted)

    async def fill(self) -> None:
        """List everything once; afterwards `follow` keeps it current."""
        version = self._registry.store.resource_version
        seen: set[Key] = set()
        for resource in list(self._registry.resources):
            for obj in self._registry.list(resource.key):
                meta = obj["metadata"]
                key = Key(resource.key, meta.get("namespace", ""), meta["name"])
                seen.add(key)
                self._take("ADDED", key, obj)
        for resource_key, objects in list(self._objects.items()):
            for (namespace, name), obj in list(objects.items()):
                key = Key(resource_key, namespace, name)
                if key not in seen:
                    self._take("DELETED", key, obj)
        await self._advance(version)

    async def follow(self) -> None:
        """Follow the registry's watch until cancelled; lists anew when it fell too far behind."""
        while True:
            try:
                async for event in self._registry.watch(None, since=self._version):
                    self._take(event.type, event.key, event.object)
                    await self._advance(event.resource_version)
            except StatusError as error:
                if error.code != 410:
                    raise
                log.warning("The informer cache fell behind and lists everything anew: %s", error)
            await self.fill()

    async def _advance(self, version: int) -> None:
        self._version = max(self._version, version)
        async with self._moved:
            self._moved.notify_all()

    def _take(self, kind: Literal["ADDED", "MODIFIED", "DELETED"], key: Key, obj: Json) -> None:
        objects, slot = self._objects[key.resource], (key.namespace, key.name)
        kept = self._kept(key.resource, obj)
        previous = objects.get(slot)
        if previous is not None:
            self._unindex(key, previous)
        if kind == "DELETED":
            objects.pop(slot, None)
        else:
            objects[slot] = kept
            self._index(key, kept)
        change = Change(kind, key, kept, previous)
        for handler in self._handlers:
            try:
                handler(change)
            except Exception:  # one that fails must not keep the others from hearing of it
                log.exception("A handler failed on %s %s", kind, key)

    def _index(self, key: Key, obj: Json) -> None:
        meta = obj["metadata"]
        self._by_uid[meta["uid"]] = key
        for owner in meta.get("ownerReferences") or ():
            self._owned[owner["uid"]].add(key)

    def _unindex(self, key: Key, obj: Json) -> None:
        meta = obj["metadata"]
        self._by_uid.pop(meta["uid"], None)
        for owner in meta.get("ownerReferences") or ():
            self._owned[owner["uid"]].discard(key)
            if not self._owned[owner["uid"]]:
                del self._owned[owner["uid"]]

    def _kept(self, resource: str, obj: Json) -> Json:
        if resource in self._whole:
            return obj
        return {k: obj[k] for k in ("apiVersion", "kind", "metadata") if k in obj}
