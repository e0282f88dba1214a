"""The control loop: level-triggered, one key at a time, failures backed off."""

import asyncio
import logging
from collections.abc import Iterable
from typing import ClassVar

from labsupport.minicluster.reconcile.cache import Change
from labsupport.minicluster.reconcile.cluster import Cluster
from labsupport.minicluster.reconcile.queue import WorkQueue
from labsupport.minicluster.store import Key
from labsupport.rules.status import StatusError

log = logging.getLogger(__name__)


class Controller:
    """Brings objects of one kind to what their specs ask for.

    A subclass says in `keys` which of its objects a change concerns, and in `reconcile` compares
    wish and reality for one of them. `reconcile` must be idempotent: it may be called at any time,
    any number of times.
    """

    name: ClassVar[str]

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.cache = cluster.cache
        self.queue = WorkQueue()
        self._subscribed = False

    def keys(self, change: Change) -> Iterable[Key]:
        """The keys to look at because of `change`."""
        raise NotImplementedError

    async def reconcile(self, key: Key) -> float | None:
        """Act on `key`; gives the seconds after which to look again, None for "when it changes"."""
        raise NotImplementedError

    async def run(self) -> None:
        """Work until cancelled."""
        if not self._subscribed:
            self._subscribed = True
            self.cache.subscribe(self._on_change)
        try:
            while True:
                await self._work(await self.queue.get())
        except asyncio.CancelledError:
            self.queue.close()
            raise

    def _on_change(self, change: Change) -> None:
        for key in self.keys(change):
            self.queue.add(key)

    async def _work(self, key: Key) -> None:
        try:
            again = await self.reconcile(key)
        except StatusError as error:
            delay = self.queue.retry(key)
            if error.code not in (404, 409):  # the object moved on: no news, just look again
                log.warning("%s: %s: %s; next try in %.1f s", self.name, key, error, delay)
        except Exception:
            delay = self.queue.retry(key)
            log.exception("%s: %s failed; next try in %.1f s", self.name, key, delay)
        else:
            self.queue.forget(key)
            if again is not None:
                self.queue.add_after(key, again)
