"""The work queue and the informer cache, which all controllers stand on."""

import asyncio

from labsupport.base.types import Json
from labsupport.minicluster.api.registry import Registry
from labsupport.minicluster.reconcile import Cache, Change, Cluster, Controller
from labsupport.minicluster.reconcile.cache import WHOLE
from labsupport.minicluster.reconcile.queue import FIRST_RETRY, LAST_RETRY, WorkQueue
from labsupport.minicluster.store import Key

A, B = Key("pods", "default", "a"), Key("pods", "default", "b")


async def test_a_key_that_waits_already_waits_once() -> None:
    queue = WorkQueue()
    for key in (A, B, A):
        queue.add(key)
    assert [await queue.get(), await queue.get()] == [A, B]


async def test_retries_back_off_until_the_key_went_well() -> None:
    queue = WorkQueue()
    delays = [queue.retry(A) for _ in range(20)]
    assert delays[:3] == [FIRST_RETRY, FIRST_RETRY * 2, FIRST_RETRY * 4]
    assert delays[-1] == LAST_RETRY
    queue.forget(A)
    assert queue.retry(A) == FIRST_RETRY
    queue.close()


async def test_a_key_that_is_due_sooner_keeps_its_time() -> None:
    queue = WorkQueue()
    queue.add_after(A, 0.01)
    queue.add_after(A, 60)
    assert await asyncio.wait_for(queue.get(), 2) == A
    queue.close()


def config_map(name: str) -> Json:
    meta = {"name": name, "namespace": "default"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"k": "v"}}


async def test_a_write_returns_when_the_cache_has_seen_it(cluster: Cluster) -> None:
    await cluster.create("configmaps", config_map("a"))
    key = Key("configmaps", "default", "a")
    assert cluster.cache.find(key) is not None
    await cluster.mutate(key, lambda found: {**found, "data": {}})
    found = cluster.cache.find(key)
    assert found is not None
    assert found["data"] == {}
    await cluster.delete(key)
    assert cluster.cache.find(key) is None


async def test_deleting_what_is_gone_is_no_error(cluster: Cluster) -> None:
    await cluster.delete(Key("configmaps", "default", "nope"))


async def test_kinds_nobody_reads_are_kept_as_metadata_only(cluster: Cluster) -> None:
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
    meta = {"name": "r", "namespace": "default"}
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": meta}
    await cluster.create("roles.rbac.authorization.k8s.io", {**role, "rules": rules})
    found = cluster.cache.get("roles.rbac.authorization.k8s.io", "default", "r")
    assert found is not None
    assert "rules" not in found


async def test_a_cache_that_fell_behind_lists_anew(registry: Registry) -> None:
    cache = Cache(registry, whole=WHOLE)
    await cache.fill()
    seen: list[tuple[str, str]] = []
    cache.subscribe(lambda change: seen.append((change.type, change.key.name)))
    seen.clear()
    await registry.create("configmaps", config_map("a"), namespace="default")
    await cache.fill()
    await registry.delete("configmaps", "default", "a")
    await cache.fill()
    assert [entry for entry in seen if entry[1] == "a"] == [("ADDED", "a"), ("DELETED", "a")]


class Stumbling(Controller):
    """Fails the first time it looks at a key."""

    name = "stumbling"

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster)
        self.tries: list[str] = []
        self.went_well = asyncio.Event()

    def keys(self, change: Change) -> list[Key]:
        return [change.key] if change.key.name == "a" else []

    async def reconcile(self, key: Key) -> float | None:
        self.tries.append(key.name)
        if len(self.tries) == 1:
            raise RuntimeError("stumbled")
        self.went_well.set()
        return None


async def test_a_controller_that_fails_tries_again(cluster: Cluster) -> None:
    controller = Stumbling(cluster)
    running = asyncio.create_task(controller.run())
    await asyncio.sleep(0)
    await cluster.create("configmaps", config_map("a"))
    await asyncio.wait_for(controller.went_well.wait(), 5)
    assert controller.tries == ["a", "a"]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
