"""external-dns for the lab's zones: its switch heeded, objects followed, records kept in step."""

import asyncio
import contextlib
import logging
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

from labsupport.base.errors import LabError
from labsupport.kube.access import Access
from labsupport.names.external import ExternalDnsSwitch, ExternalStatus

if TYPE_CHECKING:
    from labsupport.kube.follow import Follower

log = logging.getLogger(__name__)

_LOOKS_EVERY = 0.2  # seconds; at the switch, and until the API answers


class ExternalDns:
    """Keeps the zones in `zones` in step with a cluster's Ingresses and Services.

    `server` is the DNS server's IPv4 address, for the zones' editor. Calls block: use threads.
    """

    def __init__(self, access: Access, switch: ExternalDnsSwitch, zones: Path, server: str) -> None:
        self.switch = switch
        self._access = access
        self._zones = zones
        self._server = server
        self._follower: Follower | None = None
        self._busy = threading.Lock()

    def begin(self) -> None:
        """Follow the objects, and change records from now on."""
        from labsupport.kube.follow import Follower

        places = dict.fromkeys(("ingresses", "services"))
        self._follower = Follower(self._access, places, self._keep)
        self._keep()

    def end(self) -> None:
        """Stop following; records stay as they are."""
        follower, self._follower = self._follower, None
        if follower is not None:
            follower.close()
        with self._busy:
            self.switch.report(ExternalStatus())

    def _keep(self) -> None:
        """Make what changes the plan says, and report."""
        with self._busy:
            follower = self._follower
            if follower is None:
                return
            try:
                names, problems = self._changed(follower)
            except LabError as error:
                names, problems = (), (f"nothing changed: {error.what} ({error.found})",)
            self.switch.report(ExternalStatus(True, True, names, problems))

    def _changed(self, follower: "Follower") -> tuple[tuple[str, ...], tuple[str, ...]]:
        from labsupport.names.zone_files import ZoneFiles
        from labsupport.rules.external_dns import Wanted, planned

        files = ZoneFiles(self._zones, self._server)
        held = [Wanted(r.name, r.type, r.value, r.ttl) for r in files.list()]
        objects = (follower.objects("ingresses"), follower.objects("services"))
        plan = planned(*objects, held, files.origins())
        for each in plan.remove:
            files.remove(each.name, each.type, each.value)
        for each in plan.add:
            files.add(each.name, each.value, each.type, ttl=each.ttl, also=True)
        if not plan.is_done:
            log.info("external-dns: %d records gone, %d new.", len(plan.remove), len(plan.add))
        return plan.names, plan.problems


@contextlib.asynccontextmanager
async def keeping_records(external: ExternalDns) -> AsyncIterator[None]:
    """Heed the switch of `external` while the block runs."""
    task = asyncio.create_task(_heed(external), name="external-dns")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _heed(external: ExternalDns) -> None:
    runs = False
    if external.switch.status().running:
        external.switch.report(ExternalStatus())  # of a daemon that was killed
    try:
        while True:
            if external.switch.wanted and not runs:
                try:
                    await asyncio.to_thread(external.begin)
                    runs = True
                except LabError as error:  # at the daemon's start the API is not there yet
                    external.switch.report(ExternalStatus(True, problems=(error.what,)))
            elif runs and not external.switch.wanted:
                await asyncio.to_thread(external.end)
                runs = False
            await asyncio.sleep(_LOOKS_EVERY)
    finally:
        if runs:
            external.end()
