"""Kubernetes Events: what happened to an object, repetitions counted instead of repeated."""

import asyncio
import contextlib
import logging
from collections import OrderedDict
from dataclasses import dataclass
from time import time_ns
from typing import Literal

from labsupport.base.errors import StorageError
from labsupport.base.types import Json
from labsupport.minicluster.api.registry import Registry
from labsupport.minicluster.reconcile.times import now, seconds_since
from labsupport.rules.status import StatusError

log = logging.getLogger(__name__)

KEPT_SECONDS = 3600.0  # kube-apiserver's --event-ttl
PRUNE_EVERY = 600.0
REMEMBERED = 1024


@dataclass(frozen=True)
class _Note:
    involved: tuple[tuple[str, str], ...]
    type: str
    reason: str
    message: str
    component: str
    at: str

    @property
    def identity(self) -> tuple[object, ...]:
        """What two occurrences of the same thing share."""
        return (self.involved, self.type, self.reason, self.message, self.component)


class EventRecorder:
    """Writes Events in the background; a failure to write one is logged, never raised."""

    def __init__(self, registry: Registry, *, host: str = "") -> None:
        self._registry = registry
        self._host = host
        self._notes: asyncio.Queue[_Note] = asyncio.Queue()
        self._known: OrderedDict[tuple[object, ...], tuple[str, str]] = OrderedDict()

    def normal(self, obj: Json, reason: str, message: str, component: str) -> None:
        """Note that something went as it should."""
        self._note(obj, "Normal", reason, message, component)

    def warning(self, obj: Json, reason: str, message: str, component: str) -> None:
        """Note that something went wrong."""
        self._note(obj, "Warning", reason, message, component)

    async def run(self) -> None:
        """Write what is noted, and forget what is older than an hour, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._write_all())
            tasks.create_task(self._prune())

    async def flush(self) -> None:
        """Wait until everything noted so far is written."""
        await self._notes.join()

    def _note(
        self, obj: Json, kind: Literal["Normal", "Warning"], reason: str, message: str, source: str
    ) -> None:
        meta = obj["metadata"]
        involved = {
            "apiVersion": obj["apiVersion"],
            "kind": obj["kind"],
            "name": meta["name"],
            "namespace": meta.get("namespace", ""),
            "uid": meta.get("uid", ""),
        }
        filled = tuple((k, v) for k, v in involved.items() if v)
        self._notes.put_nowait(_Note(filled, kind, reason, message, source, now()))

    async def _write_all(self) -> None:
        while True:
            notes = [await self._notes.get()]
            while not self._notes.empty():
                notes.append(self._notes.get_nowait())
            try:
                # Side by side, so that the store commits them together.
                await asyncio.gather(*(self._write(note) for note in notes))
            finally:
                for _ in notes:
                    self._notes.task_done()

    async def _write(self, note: _Note) -> None:
        try:
            if not await self._counted(note):
                await self._created(note)
        except StatusError as error:
            if error.code not in (403, 404):  # the namespace is going or gone
                log.warning("An event could not be written: %s", error)
        except StorageError as error:
            log.warning("An event could not be written: %s", error)

    async def _counted(self, note: _Note) -> bool:
        where = self._known.get(note.identity)
        if where is None:
            return False

        def count(event: Json) -> Json:
            return {**event, "count": event.get("count", 1) + 1, "lastTimestamp": note.at}

        try:
            await self._registry.mutate("events", *where, count)
        except StatusError as error:
            if error.code != 404:
                raise
            self._known.pop(note.identity, None)
            return False
        self._known.move_to_end(note.identity)
        return True

    async def _created(self, note: _Note) -> None:
        involved = dict(note.involved)
        namespace = involved.get("namespace", "default")
        name = f"{involved['name']}.{time_ns():x}"
        self._known[note.identity] = (namespace, name)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        event: Json = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": name, "namespace": namespace},
            "involvedObject": involved,
            "type": note.type,
            "reason": note.reason,
            "message": note.message,
            "source": {"component": note.component},
            "reportingComponent": note.component,
            "reportingInstance": self._host,
            "firstTimestamp": note.at,
            "lastTimestamp": note.at,
            "eventTime": None,
            "count": 1,
        }
        if self._host:
            event["source"]["host"] = self._host
        await self._registry.create("events", event, namespace=namespace)

    async def _prune(self) -> None:
        while True:
            for event in self._registry.list("events"):
                last = event.get("lastTimestamp") or event["metadata"]["creationTimestamp"]
                if seconds_since(last) > KEPT_SECONDS:
                    meta = event["metadata"]
                    with contextlib.suppress(StatusError):
                        await self._registry.delete("events", meta["namespace"], meta["name"])
            await asyncio.sleep(PRUNE_EVERY)
