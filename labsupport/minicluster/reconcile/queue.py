"""A work queue of keys: no key twice, failing keys backed off one by one."""

import asyncio

from labsupport.minicluster.store import Key

FIRST_RETRY = 0.01
LAST_RETRY = 30.0


class WorkQueue:
    """Keys waiting to be reconciled, in the order they came (client-go's util/workqueue)."""

    def __init__(self) -> None:
        self._ready: dict[Key, None] = {}
        self._filled = asyncio.Event()
        self._later: dict[Key, asyncio.TimerHandle] = {}
        self._failures: dict[Key, int] = {}

    def add(self, key: Key) -> None:
        """Have `key` looked at as soon as possible."""
        if timer := self._later.pop(key, None):
            timer.cancel()
        self._ready[key] = None
        self._filled.set()

    def add_after(self, key: Key, seconds: float) -> None:
        """Have `key` looked at in `seconds`, unless it is due sooner anyway."""
        loop = asyncio.get_running_loop()
        due = loop.time() + seconds
        timer = self._later.get(key)
        if key in self._ready or (timer and timer.when() <= due):
            return
        if timer:
            timer.cancel()
        self._later[key] = loop.call_at(due, self.add, key)

    def retry(self, key: Key) -> float:
        """Have a failed `key` looked at again; gives the delay in seconds, doubling each time."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        delay = min(FIRST_RETRY * 2.0 ** min(failures, 16), LAST_RETRY)
        self.add_after(key, delay)
        return delay

    def forget(self, key: Key) -> None:
        """The key went well: its next failure starts from the shortest delay again."""
        self._failures.pop(key, None)

    async def get(self) -> Key:
        """The key that has waited longest."""
        while not self._ready:
            self._filled.clear()
            await self._filled.wait()
        key = next(iter(self._ready))
        del self._ready[key]
        return key

    def close(self) -> None:
        """Drop everything that waits for its time."""
        for timer in self._later.values():
            timer.cancel()
        self._later.clear()
