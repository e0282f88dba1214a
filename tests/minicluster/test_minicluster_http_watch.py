"""Watches over HTTPS, as client-go's reflectors and `kubectl get -w` use them."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from minicluster_api import Api

from labsupport.base.types import Json
from labsupport.minicluster.api.logs import LogOptions
from labsupport.rules.status import bad_request

PATH = "/api/v1/namespaces/default/configmaps"
INITIAL = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"


def watched(api: Api, query: str, path: str = PATH, accept: str = "*/*") -> list[Json]:
    """All events of a watch that ends by itself (blocks)."""
    reply = api.request("GET", f"{path}?watch=true&{query}", accept=accept)
    assert reply.status == 200, reply.text
    return [json.loads(line) for line in reply.text.splitlines()]


async def events_of(api: Api, query: str, *args: Any, **kwargs: Any) -> list[Json]:
    return await asyncio.to_thread(watched, api, query, *args, **kwargs)


async def put(api: Api, name: str, namespace: str = "default", **labels: str) -> Json:
    obj = {"metadata": {"name": name, "labels": labels}}
    return await api.registry.create("configmaps", obj, namespace=namespace)


def summary(events: list[Json]) -> list[tuple[str, str]]:
    return [(each["type"], each["object"]["metadata"].get("name", "")) for each in events]


async def test_initial_events_end_with_an_annotated_bookmark(api: Api) -> None:
    await put(api, "a")
    events = await events_of(api, f"{INITIAL}&timeoutSeconds=1")
    assert summary(events)[:2] == [("ADDED", "a"), ("BOOKMARK", "")]
    assert events[1]["object"] == {
        "kind": "ConfigMap",
        "apiVersion": "v1",
        "metadata": {
            "resourceVersion": str(api.registry.store.resource_version),
            "creationTimestamp": None,
            "annotations": {"k8s.io/initial-events-end": "true"},
        },
    }


async def test_every_object_says_its_kind(api: Api) -> None:
    await put(api, "a")
    events = await events_of(api, f"{INITIAL}&timeoutSeconds=1")
    assert {each["object"]["kind"] for each in events} == {"ConfigMap"}
    assert {each["object"]["apiVersion"] for each in events} == {"v1"}


async def test_live_events_follow_on_the_same_connection(api: Api) -> None:
    watching = asyncio.create_task(events_of(api, f"{INITIAL}&timeoutSeconds=1"))
    await asyncio.sleep(0.3)
    await put(api, "a")
    await put(api, "elsewhere", namespace="kube-system")
    await api.registry.mutate("configmaps", "default", "a", lambda obj: {**obj, "data": {"x": "1"}})
    await api.registry.delete("configmaps", "default", "a")
    events = [each for each in await watching if each["type"] != "BOOKMARK"]
    assert summary(events) == [("ADDED", "a"), ("MODIFIED", "a"), ("DELETED", "a")]


async def test_a_watch_goes_on_from_a_version(api: Api) -> None:
    first = await put(api, "a")
    await put(api, "b")
    version = first["metadata"]["resourceVersion"]
    events = await events_of(api, f"resourceVersion={version}&timeoutSeconds=1")
    assert summary(events) == [("ADDED", "b")]


async def test_a_watch_without_a_version_begins_with_what_is_there(api: Api) -> None:
    await put(api, "a")
    assert summary(await events_of(api, "timeoutSeconds=1")) == [("ADDED", "a")]


async def test_a_watch_that_ends_says_how_far_it_came(api: Api) -> None:
    await put(api, "a")
    events = await events_of(api, f"{INITIAL}&timeoutSeconds=1")
    assert events[-1]["type"] == "BOOKMARK"
    assert "annotations" not in events[-1]["object"]["metadata"]


async def test_too_old_a_version_is_an_error_event(api: Api) -> None:
    for n in range(20):
        await put(api, f"m{n}")
    api.registry.store._compacted = 10
    events = await events_of(api, "resourceVersion=2&timeoutSeconds=1")
    assert events[0]["type"] == "ERROR"
    assert (events[0]["object"]["code"], events[0]["object"]["reason"]) == (410, "Expired")


async def test_a_version_from_the_future_is_a_timeout(api: Api) -> None:
    reply = await asyncio.to_thread(
        api.request, "GET", f"{PATH}?watch=true&resourceVersion=9999999"
    )
    assert reply.status == 504
    assert reply.json["details"]["causes"][0]["reason"] == "ResourceVersionTooLarge"


async def test_labels_turn_changes_into_additions_and_deletions(api: Api) -> None:
    version = api.registry.store.resource_version
    await put(api, "a")

    def labelled(value: str) -> Any:
        return lambda obj: {**obj, "metadata": {**obj["metadata"], "labels": {"tier": value}}}

    for value in ("web", "db", "web"):
        await api.registry.mutate("configmaps", "default", "a", labelled(value))
    await api.registry.delete("configmaps", "default", "a")
    query = f"resourceVersion={version}&labelSelector=tier%3Dweb&timeoutSeconds=1"
    events = await events_of(api, query)
    assert summary(events) == [("ADDED", "a"), ("DELETED", "a"), ("ADDED", "a"), ("DELETED", "a")]
    # What left the selection is shown as it was last selected, under the version of its leaving.
    assert events[1]["object"]["metadata"]["labels"] == {"tier": "web"}
    versions = [int(each["object"]["metadata"]["resourceVersion"]) for each in events]
    assert versions == sorted(set(versions))


async def test_a_watch_can_be_a_table(api: Api) -> None:
    await put(api, "a")
    accept = "application/json;as=Table;v=v1;g=meta.k8s.io"
    events = await events_of(api, "timeoutSeconds=1", accept=accept)
    assert events[0]["object"]["kind"] == "Table"
    assert events[0]["object"]["rows"][0]["cells"][0] == "a"


async def test_a_watch_on_one_name_sees_only_that(api: Api) -> None:
    await put(api, "a")
    await put(api, "b")
    events = await events_of(api, "timeoutSeconds=1", path=f"{PATH}/b")
    assert summary(events) == [("ADDED", "b")]


async def test_a_client_that_leaves_is_forgotten(api: Api) -> None:
    def open_and_leave() -> None:
        connection = api.connection()
        headers = {"Authorization": f"Bearer {api.token}"}
        connection.request("GET", f"{PATH}?watch=true", headers=headers)
        connection.getresponse()
        connection.close()

    before = len(asyncio.all_tasks())
    await asyncio.to_thread(open_and_leave)
    for _ in range(250):
        if len(asyncio.all_tasks()) == before:
            break
        await asyncio.sleep(0.02)
    assert len(asyncio.all_tasks()) == before


async def test_a_server_that_stops_ends_its_watches(api: Api) -> None:
    watching = asyncio.create_task(events_of(api, INITIAL))
    await asyncio.sleep(0.3)
    async with asyncio.timeout(2):
        await api.server.stop()
        events = await watching
    assert summary(events) == [("BOOKMARK", "")]


async def test_a_server_that_stops_ends_the_logs_that_are_followed(api: Api) -> None:
    async def source(*_: Any) -> AsyncIterator[bytes]:
        yield b"one\n"
        await asyncio.sleep(60)

    api.app.log_source = source
    path = await pod_with(api, "main")
    following = asyncio.create_task(asyncio.to_thread(api.request, "GET", f"{path}?follow=true"))
    await asyncio.sleep(0.3)
    async with asyncio.timeout(2):
        await api.server.stop()
        reply = await following
    assert reply.text == "one\n"


# Logs


async def pod_with(api: Api, *containers: str) -> str:
    spec = {"containers": [{"name": name, "image": "python:3"} for name in containers]}
    await api.registry.create(
        "pods", {"metadata": {"name": "p"}, "spec": spec}, namespace="default"
    )
    return "/api/v1/namespaces/default/pods/p/log"


async def test_a_log_is_the_bytes_of_the_node(api: Api) -> None:
    asked: list[tuple[str, str, str, LogOptions]] = []

    async def source(
        namespace: str, pod: str, container: str, options: LogOptions
    ) -> AsyncIterator[bytes]:
        asked.append((namespace, pod, container, options))
        yield b"one\n"
        yield b"two\n"

    api.app.log_source = source
    path = await pod_with(api, "main")
    query = "follow=true&tailLines=5&timestamps=true&previous=true"
    reply = await asyncio.to_thread(api.request, "GET", f"{path}?{query}")
    assert reply.text == "one\ntwo\n"
    assert reply.headers["content-type"] == "text/plain"
    options = LogOptions(follow=True, previous=True, timestamps=True, tail_lines=5)
    assert asked == [("default", "p", "main", options)]


async def test_a_refusal_of_the_node_is_a_status(api: Api) -> None:
    async def source(*_: Any) -> AsyncIterator[bytes]:
        raise bad_request("container main is waiting to start")
        yield b""

    api.app.log_source = source
    path = await pod_with(api, "main")
    reply = await asyncio.to_thread(api.request, "GET", path)
    assert (reply.status, reply.json["message"]) == (400, "container main is waiting to start")


async def test_one_of_several_containers_has_to_be_named(api: Api) -> None:
    path = await pod_with(api, "web", "side")
    reply = await asyncio.to_thread(api.request, "GET", path)
    assert reply.json["message"] == (
        "a container name must be specified for pod p, choose one of: [web side]"
    )
