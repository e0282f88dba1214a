"""The API without HTTP: what the controllers, the node and the HTTP server all write through."""

from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Any, NoReturn, TypeVar

from labsupport.base.types import Json
from labsupport.minicluster.api.admission import Admission
from labsupport.minicluster.api.allocation import ServiceAddresses
from labsupport.minicluster.api.catalog import CRDS, ResourceTable
from labsupport.minicluster.api.deletion import (
    DeleteOptions,
    Propagation,
    deleted,
    is_finished,
    removed,
)
from labsupport.minicluster.api.resources import Resource
from labsupport.minicluster.api.strategies import (
    changed_object,
    check_preconditions,
    new_object,
    with_next_generation,
)
from labsupport.minicluster.store import Key, Snapshot, Store, Transaction, Watch
from labsupport.rules.status import already_exists, not_found

Change = Callable[[Json], Json | None]
Objects = list[Json]
T = TypeVar("T")


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Registry:
    """All objects of the cluster, under the rules of their kinds.

    Resources are named by key (`ingresses.networking.k8s.io`, `pods`). Objects are plain dicts
    with apiVersion and kind; treat what is returned as read-only. Refusals are `StatusError`s.
    `network` is the instance's `127.N`; `now` the clock.
    """

    def __init__(
        self, store: Store, *, network: str = "127.16", now: Callable[[], datetime] = _utc_now
    ) -> None:
        self.store = store
        self.network = network
        self.resources = ResourceTable()
        self.now = now
        self._admission = Admission(ServiceAddresses(network))
        self._serve_custom_kinds()

    # Reading

    def get(self, resource_key: str, namespace: str, name: str) -> Json:
        """The object; 404 when it is not there."""
        resource = self.resources.by_key(resource_key)
        obj = self.store.get(Key(resource_key, namespace, name))
        if obj is None:
            raise not_found(resource.plural, resource.group, name)
        return obj

    def body(self, resource_key: str, namespace: str, name: str) -> str:
        """The object's JSON text; 404 when it is not there."""
        resource = self.resources.by_key(resource_key)
        body = self.store.body(Key(resource_key, namespace, name))
        if body is None:
            raise not_found(resource.plural, resource.group, name)
        return body

    def list(self, resource_key: str, namespace: str | None = None) -> Objects:
        """The objects of a resource, ordered by namespace and name; None means everywhere."""
        return self.store.list(self.resources.by_key(resource_key).key, namespace)

    def snapshot(self, resource_key: str, namespace: str | None = None) -> Snapshot:
        """The JSON texts of a list, with the resource version to watch from."""
        return self.store.snapshot(self.resources.by_key(resource_key).key, namespace)

    def watch(self, resources: Collection[str] | None = None, since: int | None = None) -> Watch:
        """Changes after a resource version (None: from now); see `Store.watch`."""
        return self.store.watch(resources, since)

    # Writing

    async def create(
        self,
        resource_key: str,
        obj: Json,
        *,
        namespace: str | None = None,
        dry_run: bool = False,
    ) -> Json:
        """Stores a new object and returns it; 409 when the name is taken."""
        resource = self.resources.by_key(resource_key)
        draft = new_object(resource, obj, namespace, self.now())

        def change(tx: Transaction) -> Json:
            admitted = self._admission.for_creation(tx, resource, draft)
            key = _key(resource, admitted)
            if tx.get(key) is not None:
                raise already_exists(resource.plural, resource.group, key.name)
            return tx.put(key, admitted)

        created = await self._write(resource, change, dry_run=dry_run)
        if dry_run:
            del created["metadata"]["resourceVersion"]  # it never had one
        return created

    async def update(
        self, resource_key: str, obj: Json, *, subresource: str = "", dry_run: bool = False
    ) -> Json:
        """Replaces an object; 409 when `metadata.resourceVersion` is given and out of date.

        With `subresource="status"` only the status is taken; without one it stays as it was.
        """
        metadata = obj["metadata"]
        return await self.mutate(
            resource_key,
            metadata.get("namespace", ""),
            metadata["name"],
            lambda _: obj,
            subresource=subresource,
            dry_run=dry_run,
        )

    async def mutate(
        self,
        resource_key: str,
        namespace: str,
        name: str,
        change: Change,
        *,
        subresource: str = "",
        dry_run: bool = False,
    ) -> Json:
        """Reads, changes and writes an object in one transaction, so it can't conflict.

        `change` gets a copy it may alter, and returns what to store, or None to leave it alone.
        """
        resource = self.resources.by_key(resource_key)
        key = Key(resource_key, namespace, name)

        def write(tx: Transaction) -> Json:
            old, copy = tx.get(key), tx.get(key)
            if old is None or copy is None:
                raise not_found(resource.plural, resource.group, name)
            sent = change(copy)
            return (
                old if sent is None else self._replaced(tx, resource, key, sent, old, subresource)
            )

        return await self._write(resource, write, dry_run=dry_run)

    async def delete(
        self,
        resource_key: str,
        namespace: str,
        name: str,
        *,
        uid: str | None = None,
        propagation: Propagation = "Background",
        grace_period: int | None = None,
        resource_version: str | None = None,
        dry_run: bool = False,
    ) -> Json:
        """Deletes an object, or marks it (`deletionTimestamp`) when it has to end first.

        `grace_period` in seconds is for pods: 0 removes at once. `uid` and `resource_version`
        are preconditions (409). Returns the last state.
        """
        resource = self.resources.by_key(resource_key)
        key = Key(resource_key, namespace, name)
        options = DeleteOptions(uid, resource_version, propagation, grace_period)
        return await self._write(
            resource,
            lambda tx: deleted(tx, resource, key, options, self.now()),
            dry_run=dry_run,
        )

    async def delete_collection(
        self,
        resource_key: str,
        namespace: str | None,
        selected: Callable[[Json], bool],
        options: DeleteOptions,
        *,
        dry_run: bool = False,
    ) -> Objects:
        """Deletes all objects that `selected` says, as `delete` does, in one transaction."""
        resource = self.resources.by_key(resource_key)

        def change(tx: Transaction) -> Objects:
            found = filter(selected, tx.list(resource_key, namespace))
            return [
                deleted(tx, resource, _key(resource, obj), options, self.now()) for obj in found
            ]

        return await self._write(resource, change, dry_run=dry_run)

    def _replaced(
        self,
        tx: Transaction,
        resource: Resource,
        key: Key,
        sent: Json,
        old: Json,
        subresource: str,
    ) -> Json:
        """Stores what `sent` makes of `old`; the last finalizer gone, the object goes."""
        metadata = sent.get("metadata") or {}
        check_preconditions(
            resource,
            old,
            uid=metadata.get("uid"),
            resource_version=metadata.get("resourceVersion"),
        )
        draft = changed_object(resource, sent, old, subresource)
        new = self._admission.for_update(tx, resource, draft, old, subresource)
        if not subresource:
            new = with_next_generation(resource, new, old)
        stored = tx.put(key, new)
        # Removal follows the write, so that a watch sees the last change and then the deletion.
        return removed(tx, resource, key) if is_finished(new) else stored

    async def _write(
        self, resource: Resource, change: Callable[[Transaction], T], *, dry_run: bool
    ) -> T:
        if dry_run:
            return await self._tried(change)
        result = await self.store.write(change)
        if resource.key == CRDS:
            self._serve_custom_kinds()
        return result

    async def _tried(self, change: Callable[[Transaction], T]) -> T:
        """What the change would have returned: it is run, and undone."""

        def undone(tx: Transaction) -> NoReturn:
            raise _DryRunDone(change(tx))

        try:
            await self.store.write(undone)
        except _DryRunDone as done:
            result: T = done.result
            return result
        raise AssertionError("a dry run always ends by an exception")

    def _serve_custom_kinds(self) -> None:
        self.resources.replace_custom(self.store.list(CRDS))


class _DryRunDone(Exception):
    def __init__(self, result: Any) -> None:
        self.result = result


def _key(resource: Resource, obj: Json) -> Key:
    metadata = obj["metadata"]
    return Key(resource.key, metadata.get("namespace", ""), metadata["name"])
