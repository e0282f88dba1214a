"""The store: reads in the event loop's thread, writes in the writer's, watches over both."""

import asyncio
from collections import deque
from collections.abc import Callable, Collection
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Self, TypeVar
from weakref import WeakSet

from labsupport.base.types import Json
from labsupport.minicluster.store.database import opened, storage_errors
from labsupport.minicluster.store.records import Event, Key, parsed
from labsupport.minicluster.store.transaction import Transaction, bodies, body_of
from labsupport.minicluster.store.watches import Read, Watch
from labsupport.minicluster.store.writer import Commit, Job, Writer
from labsupport.rules.status import Cause, StatusError, expired

T = TypeVar("T")

HISTORY = 2000
"""Changes kept for watches to resume from."""
RECENT = 128
"""Changes kept in memory, parsed once for all watches that are up to date."""
READ_AT_ONCE = 200
"""Events a lagging watch reads from the file at a time."""


@dataclass(frozen=True)
class Snapshot:
    """The texts of a list, and the resource version at which they were true."""

    resource_version: int
    bodies: list[str]


class Store:
    """Every object of the cluster, durable. Use it from one event loop.

    Resource versions are one counter for all kinds: it goes on where it was after a restart.
    """

    def __init__(self, path: Path, *, history: int = HISTORY) -> None:
        self.path = path
        with storage_errors(path):
            self._reader = opened(path)
            self._reader.execute("PRAGMA query_only = ON")
            first, last = self._reader.execute(
                "SELECT min(resource_version), max(resource_version) FROM history"
            ).fetchone()
            connection = opened(path)
        # An empty store stands at 1, because "0" means "any version" to Kubernetes' clients.
        self._head: int = last or 1
        self._compacted: int = first - 1 if first else self._head
        self._recent: deque[Event] = deque(maxlen=RECENT)
        self._watches: WeakSet[Watch] = WeakSet()
        self._writer = Writer(
            path, connection, self._head, self._compacted, history=history, committed=self._publish
        )

    @classmethod
    def open(cls, path: Path) -> Self:
        """The store in the file at `path`, made when there is none."""
        return cls(path)

    def close(self) -> None:
        """Finishes the writes that wait and closes the file."""
        self._writer.close()
        self._reader.close()

    async def write(self, change: Callable[[Transaction], T]) -> T:
        """Runs `change` in the writer's thread; returns its result once that is durable.

        What `change` raises comes back, and undoes that change alone. `StorageError`: it could
        not be written, and nothing of it is there.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._writer.submit(Job(change, loop, future))
        return await future

    @property
    def resource_version(self) -> int:
        """The version of the last committed change."""
        with storage_errors(self.path):
            return self._committed_head()

    def get(self, key: Key) -> Json | None:
        """The committed object at `key`, or None."""
        body = self.body(key)
        return None if body is None else parsed(body)

    def body(self, key: Key) -> str | None:
        """The committed JSON text at `key`, or None."""
        with storage_errors(self.path):
            return body_of(self._reader, key)

    def list(self, resource: str, namespace: str | None = None) -> list[Json]:
        """The committed objects of a resource, ordered by namespace and name."""
        return [parsed(body) for body in self.snapshot(resource, namespace).bodies]

    def snapshot(self, resource: str, namespace: str | None = None) -> Snapshot:
        """The committed texts of a resource with the version they belong to."""
        with storage_errors(self.path):
            self._reader.execute("BEGIN")
            try:
                found = bodies(self._reader, resource, namespace)
                return Snapshot(self._committed_head(), found)
            finally:
                self._reader.execute("COMMIT")

    def watch(self, resources: Collection[str] | None = None, since: int | None = None) -> Watch:
        """The changes after version `since` (None: from now), of some resources or of all.

        `StatusError` 410 when the history does not reach back to `since`, 504 when `since` has
        not happened yet.
        """
        head = self.resource_version
        if since is not None and since > head:
            raise too_large_version(since, head)
        if since is not None and since < self._compacted:
            raise _too_old(since, self._compacted)
        watch = Watch(self._events_after, resources, head if since is None else since)
        self._watches.add(watch)
        return watch

    def _committed_head(self) -> int:
        head = self._reader.execute("SELECT max(resource_version) FROM history").fetchone()[0]
        return head or self._head

    def _events_after(self, position: int, resources: Collection[str] | None) -> Read:
        """The next events after `position`, and the position after them."""
        if position >= self._head:
            return [], position
        if position < self._compacted:
            raise _too_old(position, self._compacted)
        if self._recent and self._recent[0].resource_version <= position + 1:
            start = position + 1 - self._recent[0].resource_version
            events = [
                event
                for event in islice(self._recent, start, None)
                if resources is None or event.key.resource in resources
            ]
            return events, self._head
        return self._events_on_disk(position, resources)

    def _events_on_disk(self, position: int, resources: Collection[str] | None) -> Read:
        query = (
            "SELECT resource_version, type, resource, namespace, name, body, previous"
            " FROM history WHERE resource_version > ? AND resource_version <= ?"
        )
        if resources is not None:
            query += f" AND resource IN ({','.join('?' * len(resources))})"
        query += f" ORDER BY resource_version LIMIT {READ_AT_ONCE}"
        with storage_errors(self.path), closing(self._reader.cursor()) as cursor:
            rows = cursor.execute(query, (position, self._head, *(resources or ()))).fetchall()
        events = [
            Event(version, kind, Key(*key), body, previous)
            for version, kind, *key, body, previous in rows
        ]
        return events, events[-1].resource_version if len(rows) == READ_AT_ONCE else self._head

    def _publish(self, commit: Commit) -> None:
        """Runs in the event loop after each commit: first those who watch, then those who wait."""
        before = self._head
        self._compacted = commit.compacted
        if commit.events:
            self._recent.extend(commit.events)
            self._head = commit.events[-1].resource_version
            touched = {event.key.resource for event in commit.events}
            for watch in list(self._watches):
                watch.committed(before, self._head, touched)
        for job in commit.jobs:
            job.settle()


def _too_old(since: int, compacted: int) -> StatusError:
    return expired(f"too old resource version: {since} ({compacted + 1})")


def too_large_version(since: int, head: int) -> StatusError:
    """504: the version asked for has not happened yet; the cause is what client-go looks for."""
    message = f"Too large resource version: {since}, current: {head}"
    causes = (Cause("ResourceVersionTooLarge", "Too large resource version"),)
    return StatusError(504, "Timeout", message, causes=causes, retry_after_seconds=1)
