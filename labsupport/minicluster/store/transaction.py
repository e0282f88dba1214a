"""A view of the store from inside the writer: it sees its own writes, and numbers them."""

import sqlite3

from labsupport.base.types import Json
from labsupport.minicluster.store.records import Event, EventType, Key, parsed, text


class Transaction:
    """Reads and writes that become visible together, or not at all.

    Made by the writer for each group of changes; a change must not keep it.
    """

    def __init__(self, connection: sqlite3.Connection, head: int) -> None:
        self._connection = connection
        self.head = head
        self.events: list[Event] = []

    def get(self, key: Key) -> Json | None:
        """The object at `key`, freshly parsed, so it may be changed and put; or None."""
        body = self._body(key)
        return None if body is None else parsed(body)

    def list(self, resource: str, namespace: str | None = None) -> list[Json]:
        """All objects of a resource, ordered by namespace and name."""
        return [parsed(body) for body in bodies(self._connection, resource, namespace)]

    def put(self, key: Key, obj: Json) -> Json:
        """Stores `obj` under a new resource version and returns it as stored.

        An object that is equal to what is there is left alone: a write that changes nothing
        wakes nobody.
        """
        previous = self._body(key)
        metadata = obj.get("metadata") or {}
        if previous is not None:
            before = parsed(previous)
            version = before["metadata"].get("resourceVersion")
            if before == {**obj, "metadata": {**metadata, "resourceVersion": version}}:
                return before
        stored = self._versioned(obj)
        body = text(stored)
        self._connection.execute(
            "INSERT INTO objects (resource, namespace, name, body) VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET body = excluded.body",
            (key.resource, key.namespace, key.name, body),
        )
        self._record("ADDED" if previous is None else "MODIFIED", key, body, previous)
        return stored

    def delete(self, key: Key) -> Json:
        """Removes the object at `key` and returns its last state; `KeyError` if absent."""
        previous = self._body(key)
        if previous is None:
            raise KeyError(key)
        last = self._versioned(parsed(previous))
        self._connection.execute(
            "DELETE FROM objects WHERE resource = ? AND namespace = ? AND name = ?",
            (key.resource, key.namespace, key.name),
        )
        self._record("DELETED", key, text(last), previous)
        return last

    def _versioned(self, obj: Json) -> Json:
        metadata = {**(obj.get("metadata") or {}), "resourceVersion": str(self.head + 1)}
        return {**obj, "metadata": metadata}

    def _body(self, key: Key) -> str | None:
        return body_of(self._connection, key)

    def _record(self, kind: EventType, key: Key, body: str, previous: str | None) -> None:
        self.head += 1
        self._connection.execute(
            "INSERT INTO history VALUES (?, ?, ?, ?, ?, ?, ?)",
            (self.head, kind, key.resource, key.namespace, key.name, body, previous),
        )
        self.events.append(Event(self.head, kind, key, body, previous))


def body_of(connection: sqlite3.Connection, key: Key) -> str | None:
    """The stored text at `key`, or None."""
    row = connection.execute(
        "SELECT body FROM objects WHERE resource = ? AND namespace = ? AND name = ?",
        (key.resource, key.namespace, key.name),
    ).fetchone()
    return None if row is None else str(row[0])


def bodies(connection: sqlite3.Connection, resource: str, namespace: str | None) -> list[str]:
    """The stored texts of a resource, ordered by namespace and name."""
    query, parameters = "SELECT body FROM objects WHERE resource = ?", [resource]
    if namespace is not None:
        query, parameters = f"{query} AND namespace = ?", [resource, namespace]
    return [row[0] for row in connection.execute(f"{query} ORDER BY namespace, name", parameters)]
