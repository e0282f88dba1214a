"""The store: versions, transactions, what survives, and what a watch sees."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labsupport.base.errors import StorageError
from labsupport.base.types import Json
from labsupport.minicluster.store import Event, Key, Store, Transaction, Watch
from labsupport.rules.status import StatusError


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = Store.open(tmp_path / "cluster.db")
    yield store
    store.close()


def config_map(name: str, value: str = "1") -> Json:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "default"},
        "data": {"value": value},
    }


def key(name: str, resource: str = "configmaps") -> Key:
    return Key(resource, "default", name)


def put(name: str, value: str = "1", resource: str = "configmaps") -> Callable[[Transaction], Json]:
    return lambda tx: tx.put(key(name, resource), config_map(name, value))


async def next_event(watch: Watch) -> Event:
    async for event in watch:
        return event
    raise AssertionError("a watch has no end")


async def test_a_write_returns_the_object_with_its_version(store: Store) -> None:
    stored = await store.write(put("a"))
    assert stored["metadata"]["resourceVersion"] == str(store.resource_version)
    assert store.get(key("a")) == stored


async def test_versions_are_one_counter_for_all_kinds(store: Store) -> None:
    first = await store.write(put("a"))
    second = await store.write(put("b", resource="secrets"))
    assert int(second["metadata"]["resourceVersion"]) == (
        int(first["metadata"]["resourceVersion"]) + 1
    )


async def test_a_write_that_changes_nothing_makes_no_version(store: Store) -> None:
    before = await store.write(put("a"))
    assert await store.write(put("a")) == before
    assert store.resource_version == int(before["metadata"]["resourceVersion"])


async def test_what_a_change_raises_comes_back_and_undoes_that_change_alone(store: Store) -> None:
    def refused(tx: Transaction) -> None:
        tx.put(key("refused"), config_map("refused"))
        raise StatusError(422, "Invalid", "no")

    results = await asyncio.gather(
        store.write(put("a")), store.write(refused), store.write(put("b")), return_exceptions=True
    )
    assert isinstance(results[1], StatusError)
    assert [obj["metadata"]["name"] for obj in store.list("configmaps")] == ["a", "b"]
    assert int(results[2]["metadata"]["resourceVersion"]) == store.resource_version  # type: ignore[index]


async def test_a_transaction_reads_its_own_writes(store: Store) -> None:
    def change(tx: Transaction) -> tuple[Json | None, int]:
        tx.put(key("a"), config_map("a"))
        return tx.get(key("a")), len(tx.list("configmaps", "default"))

    found, count = await store.write(change)
    assert found is not None
    assert count == 1


async def test_a_deleted_object_is_returned_with_the_version_of_its_deletion(store: Store) -> None:
    await store.write(put("a"))
    last = await store.write(lambda tx: tx.delete(key("a")))
    assert last["metadata"]["resourceVersion"] == str(store.resource_version)
    assert store.get(key("a")) is None


async def test_objects_and_versions_survive_a_restart(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "cluster.db")
    await store.write(put("a"))
    await store.write(lambda tx: tx.delete(key("a")))
    version = store.resource_version
    store.close()
    store = Store.open(tmp_path / "cluster.db")
    assert store.resource_version == version
    stored = await store.write(put("b"))
    assert int(stored["metadata"]["resourceVersion"]) == version + 1
    store.close()


async def test_only_the_owner_can_read_the_file(store: Store) -> None:
    assert store.path.stat().st_mode & 0o077 == 0


async def test_a_watch_sees_each_change_once_and_in_order(store: Store) -> None:
    watch = store.watch(["configmaps"])
    await store.write(put("a"))
    await store.write(put("other", resource="secrets"))
    await store.write(put("a", "2"))
    await store.write(lambda tx: tx.delete(key("a")))
    seen: list[Event] = []
    async for event in watch:
        seen.append(event)
        if event.type == "DELETED":
            break
    assert [event.type for event in seen] == ["ADDED", "MODIFIED", "DELETED"]
    assert seen[1].previous is not None
    assert seen[1].previous["data"] == {"value": "1"}
    assert seen[2].object["metadata"]["resourceVersion"] == str(seen[2].resource_version)


async def test_a_watch_resumes_after_a_restart(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "cluster.db")
    await store.write(put("a"))
    since = store.resource_version
    await store.write(put("b"))
    store.close()
    store = Store.open(tmp_path / "cluster.db")
    event = await next_event(store.watch(["configmaps"], since))
    assert event.key.name == "b"
    store.close()


async def test_a_watch_reads_far_back_history_from_the_file(store: Store) -> None:
    since = store.resource_version
    await asyncio.gather(*(store.write(put(f"m{n}")) for n in range(500)))
    seen: list[int] = []
    async for event in store.watch(["configmaps"], since):
        seen.append(event.resource_version)
        if len(seen) == 500:
            break
    assert seen == list(range(since + 1, since + 501))


async def test_a_watch_from_before_the_kept_history_is_expired(tmp_path: Path) -> None:
    store = Store(tmp_path / "cluster.db", history=10)
    await asyncio.gather(*(store.write(put(f"m{n}")) for n in range(50)))
    with pytest.raises(StatusError, match="too old resource version: 1 ") as refusal:
        store.watch(["configmaps"], 1)
    assert (refusal.value.code, refusal.value.reason) == (410, "Expired")
    store.close()


async def test_a_watch_too_slow_for_the_history_is_dropped(tmp_path: Path) -> None:
    store = Store(tmp_path / "cluster.db", history=10)
    watch = store.watch(["configmaps"])
    for n in range(200):
        await store.write(put(f"m{n}"))
    with pytest.raises(StatusError, match="too old resource version"):
        await watch.group()
    store.close()


async def test_a_watch_on_a_quiet_kind_does_not_expire(tmp_path: Path) -> None:
    store = Store(tmp_path / "cluster.db", history=10)
    watch = store.watch(["secrets"])
    for n in range(200):
        await store.write(put(f"m{n}"))
    await store.write(put("quiet", resource="secrets"))
    assert (await next_event(watch)).key.name == "quiet"
    store.close()


async def test_a_version_from_the_future_is_refused(store: Store) -> None:
    with pytest.raises(StatusError, match="Too large resource version: 99, current: 1") as refusal:
        store.watch(None, 99)
    assert refusal.value.causes[0].reason == "ResourceVersionTooLarge"


async def test_a_full_disk_acknowledges_nothing_and_the_store_goes_on_later(store: Store) -> None:
    await store.write(put("kept"))
    version = store.resource_version

    def limit(pages: int) -> Callable[[Transaction], object]:
        return lambda tx: tx._connection.execute(f"PRAGMA max_page_count = {pages}").fetchone()

    await store.write(limit(12))
    with pytest.raises(StorageError, match="nothing acknowledged earlier is lost") as failure:
        await store.write(put("big", "x" * 200_000))
    assert "make room" in failure.value.remedy
    assert store.resource_version == version
    assert [obj["metadata"]["name"] for obj in store.list("configmaps")] == ["kept"]
    await store.write(limit(1_000_000))
    await store.write(put("later", "x" * 200_000))
    assert len(store.list("configmaps")) == 2


async def test_a_file_that_is_no_database_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "cluster.db").write_text("not a database, not at all" * 100)
    with pytest.raises(StorageError) as failure:
        Store.open(tmp_path / "cluster.db")
    assert "lab down --delete" in failure.value.remedy


async def test_a_folder_that_is_missing_says_where(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"nowhere/cluster\.db"):
        Store.open(tmp_path / "nowhere" / "cluster.db")


WRITER = """
import asyncio, sys
from pathlib import Path
from labsupport.minicluster.store import Key, Store

async def main():
    store = Store.open(Path(sys.argv[1]))
    async def fill(worker):
        for n in range(100_000):
            name = f"w{worker}-{n}"
            obj = {"metadata": {"name": name}}
            await store.write(lambda tx: tx.put(Key("configmaps", "", name), obj))
            sys.stdout.write(name + "\\n")
            sys.stdout.flush()
    await asyncio.gather(*(fill(worker) for worker in range(4)))

asyncio.run(main())
"""


def acknowledged_before_kill(path: Path) -> set[str]:
    """Runs a writer, kills it mid-load, and returns the names it was told are durable."""
    command = [sys.executable, "-c", WRITER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        lines = [writer.stdout.readline() for _ in range(300)]
        writer.kill()
        lines += writer.stdout.readlines()
    return {line.strip() for line in lines if line.endswith("\n")}


async def test_everything_acknowledged_survives_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "cluster.db"
    acknowledged = acknowledged_before_kill(path)
    store = Store.open(path)
    assert acknowledged <= {obj["metadata"]["name"] for obj in store.list("configmaps")}
    assert len(acknowledged) >= 300
    store.close()


OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from("abc"), st.sampled_from("123")),
        st.tuples(st.just("delete"), st.sampled_from("abc"), st.just("")),
        st.tuples(st.just("restart"), st.just(""), st.just("")),
    ),
    max_size=25,
)


@settings(max_examples=30)
@given(OPERATIONS)
def test_the_history_told_to_a_watch_leads_to_what_is_stored(
    operations: list[tuple[str, str, str]],
) -> None:
    """Whatever happens, restarts included: who follows the events knows the objects."""

    async def story(path: Path) -> None:
        store = Store.open(path)
        model: dict[str, str] = {}
        for operation, name, value in operations:
            if operation == "put":
                await store.write(put(name, value))
                model[name] = value
            elif operation == "restart":
                store.close()
                store = Store.open(path)
            elif model.pop(name, None):
                await store.write(lambda tx, name=name: tx.delete(key(name)))  # type: ignore[misc]
        stored = store.list("configmaps")
        assert {obj["metadata"]["name"]: obj["data"]["value"] for obj in stored} == model
        followed: dict[str, str] = {}
        if store.resource_version > 1:
            for event in await store.watch(None, 1).group():
                if event.type == "DELETED":
                    del followed[event.key.name]
                else:
                    followed[event.key.name] = event.object["data"]["value"]
        assert followed == model
        store.close()

    with TemporaryDirectory() as folder:
        asyncio.run(story(Path(folder) / "cluster.db"))
