"""Following the history: a watch is a cursor, not a queue, so a slow reader costs no memory."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection

from labsupport.minicluster.store.records import Event

Read = tuple[list[Event], int]
"""Events, and the position after them."""
ReadAfter = Callable[[int, Collection[str] | None], Read]


class Watch:
    """Events after a resource version, in order, each once; iterate it, or take it in groups.

    `resource_version` is how far this watch has seen: what a bookmark says. A reader so slow
    that the history moved on without it gets `StatusError` 410.
    """

    def __init__(
        self, read: ReadAfter, resources: Collection[str] | None, resource_version: int
    ) -> None:
        self._read = read
        self._changed = asyncio.Event()
        self.resources = None if resources is None else frozenset(resources)
        self.resource_version = resource_version

    async def group(self) -> list[Event]:
        """The next events, at least one. Cancelling it loses none."""
        while True:
            self._changed.clear()
            events, self.resource_version = self._read(self.resource_version, self.resources)
            if events:
                return events
            await self._changed.wait()

    async def __aiter__(self) -> AsyncIterator[Event]:
        while True:
            for event in await self.group():
                yield event

    def committed(self, before: int, head: int, resources: Collection[str]) -> None:
        """Told by the store after each commit: wake up, or step over what is not ours."""
        if self.resources is None or not self.resources.isdisjoint(resources):
            self._changed.set()
        elif self.resource_version == before:
            # Otherwise a watch on a quiet kind would fall out of the history while it sleeps.
            self.resource_version = head
