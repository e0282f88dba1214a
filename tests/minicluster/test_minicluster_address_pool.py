"""The pool of load balancer addresses: too small, wrong, grown again."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from labsupport.base.types import Json
from labsupport.minicluster.controllers.addresses import POOL, LoadBalancerController
from labsupport.minicluster.reconcile import Cluster
from labsupport.minicluster.store import Key

NETWORK = "127.77"


@pytest.fixture
async def working(cluster: Cluster) -> AsyncIterator[Cluster]:
    running = asyncio.create_task(LoadBalancerController(cluster, NETWORK).run())
    yield cluster
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def until(holds: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


async def create(cluster: Cluster, name: str, **spec: Any) -> None:
    meta = {"name": name, "namespace": "default"}
    spec = {"type": "LoadBalancer", "ports": [{"port": 80}], **spec}
    service: Json = {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec}
    await cluster.create("services", service)


async def set_pool(cluster: Cluster, addresses: str) -> None:
    meta = {"name": POOL.name, "namespace": POOL.namespace}
    config_map: Json = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta}
    data = {"addresses": addresses}
    if cluster.cache.find(POOL) is None:
        await cluster.create("configmaps", {**config_map, "data": data})
    else:
        await cluster.mutate(POOL, lambda held: {**held, "data": data})


def address(cluster: Cluster, name: str) -> str:
    status = cluster.registry.get("services", "default", name)["status"]
    return str((status["loadBalancer"].get("ingress") or [{}])[0].get("ip", ""))


def events(cluster: Cluster, name: str) -> list[tuple[str, str]]:
    return [
        (event["reason"], event["message"])
        for event in cluster.registry.list("events", "default")
        if event["involvedObject"]["name"] == name
    ]


async def test_an_empty_pool_leaves_a_service_pending_and_says_so(working: Cluster) -> None:
    await set_pool(working, "127.77.192.1")
    await create(working, "first")
    await until(lambda: address(working, "first"))
    await create(working, "second")
    await until(lambda: events(working, "second"))
    assert events(working, "first") == [("IPAllocated", 'Assigned IP ["127.77.192.1"]')]
    message = 'Failed to allocate IP for "default/second": no available IPs'
    assert events(working, "second") == [("AllocationFailed", message)]
    assert not address(working, "second")


async def test_who_waits_is_served_when_the_pool_grows(working: Cluster) -> None:
    await set_pool(working, "")
    await create(working, "web")
    await until(lambda: events(working, "web"))
    await set_pool(working, "127.77.192.7")
    await until(lambda: address(working, "web") == "127.77.192.7")


async def test_who_waits_is_served_when_another_gives_its_address_back(working: Cluster) -> None:
    await set_pool(working, "127.77.192.1")
    await create(working, "first")
    await until(lambda: address(working, "first"))
    await create(working, "second")
    await until(lambda: events(working, "second"))

    def plain(found: Json) -> Json:
        return {**found, "spec": {**found["spec"], "type": "ClusterIP"}}

    await working.mutate(Key("services", "default", "first"), plain)
    await until(lambda: address(working, "second") == "127.77.192.1")


async def test_a_pool_that_shrinks_takes_nothing_back(working: Cluster) -> None:
    await create(working, "web")
    await until(lambda: address(working, "web"))
    await set_pool(working, "")
    await create(working, "late")
    await until(lambda: events(working, "late"))
    assert address(working, "web") == "127.77.192.1"


async def test_a_pool_that_is_none_is_told_to_whoever_waits(working: Cluster) -> None:
    await set_pool(working, "127.77.64.1")
    await create(working, "web")
    await until(lambda: events(working, "web"))
    assert "'127.77.64.1' is outside 127.77.192.0/19" in events(working, "web")[0][1]


async def test_an_address_asked_for_must_be_in_the_pool(working: Cluster) -> None:
    await set_pool(working, "127.77.192.1")
    await create(working, "web", loadBalancerIP="127.77.192.9")
    await until(lambda: events(working, "web"))
    assert '"127.77.192.9" is not allowed in config' in events(working, "web")[0][1]
