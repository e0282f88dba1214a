"""The one thread that writes: it groups the changes that wait into one SQLite commit."""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labsupport.base.errors import StorageError
from labsupport.minicluster.store.database import storage_error
from labsupport.minicluster.store.records import Event
from labsupport.minicluster.store.transaction import Transaction

BATCH = 64
"""Changes in one commit at most, so that the first of them does not wait for a crowd."""


@dataclass(eq=False)
class Job:
    """One change that waits, and then how it ended."""

    change: Callable[[Transaction], Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None

    def settle(self) -> None:
        """Tells the one who waits (in the event loop's thread)."""
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


@dataclass
class Commit:
    """What one group of changes came to: told to the event loop once it is durable."""

    jobs: list[Job]
    events: list[Event] = field(default_factory=list)
    compacted: int = 0


class Writer:
    """Runs changes one after the other in a thread of its own.

    `history` is how many changes are kept for watches to resume from; `committed` is called in
    the event loop's thread after each commit, in order.
    """

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        head: int,
        compacted: int,
        *,
        history: int,
        committed: Callable[[Commit], None],
    ) -> None:
        self._path = path
        self._connection = connection
        self._head = head
        self._compacted = compacted
        self._history = history
        self._told = committed
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, job: Job) -> None:
        """Puts a change in the queue."""
        self._jobs.put(job)

    def close(self) -> None:
        """Ends the thread after the changes that wait, and closes its connection."""
        self._jobs.put(None)
        self._thread.join()
        self._connection.close()

    def _run(self) -> None:
        running = True
        while running:
            group, running = self._next_group()
            if group:
                commit = self._commit(group)
                try:
                    group[0].loop.call_soon_threadsafe(self._told, commit)
                except RuntimeError:  # the loop is closed: nobody waits any more
                    continue

    def _next_group(self) -> tuple[list[Job], bool]:
        """The changes that wait now (at least one), and whether to go on after them."""
        group: list[Job] = []
        job = self._jobs.get()
        while job is not None:
            group.append(job)
            if len(group) == BATCH:
                return group, True
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return group, True
        return group, False

    def _commit(self, group: list[Job]) -> Commit:
        transaction = Transaction(self._connection, self._head)
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for job in group:
                self._attempt(transaction, job)
            compacted = self._compact(transaction.head)
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            return self._failed(group, storage_error(self._path, error))
        self._head, self._compacted = transaction.head, compacted
        return Commit(group, transaction.events, compacted)

    def _attempt(self, transaction: Transaction, job: Job) -> None:
        """Runs one change in a savepoint: a refusal undoes that change and no other."""
        head, events = transaction.head, len(transaction.events)
        self._connection.execute("SAVEPOINT change")
        try:
            job.result = job.change(transaction)
        except sqlite3.Error:
            raise
        except Exception as refusal:
            job.error = refusal
            self._connection.execute("ROLLBACK TO change")
            transaction.head = head
            del transaction.events[events:]
        self._connection.execute("RELEASE change")

    def _compact(self, head: int) -> int:
        """Drops the oldest history, a quarter at a time; returns the newest dropped version."""
        if head - self._compacted <= self._history * 5 // 4:
            return self._compacted
        compacted = head - self._history
        self._connection.execute("DELETE FROM history WHERE resource_version <= ?", (compacted,))
        return compacted

    def _failed(self, group: list[Job], error: StorageError) -> Commit:
        """The whole group is undone: a commit that did not happen acknowledges nobody."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        for job in group:
            job.result, job.error = None, error
        return Commit(group, compacted=self._compacted)
