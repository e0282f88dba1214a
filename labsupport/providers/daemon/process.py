"""Inside the daemon: how it starts, says that it is ready, and serves the lab's names."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from labsupport.base.errors import ClusterError, LabError
from labsupport.base.paths import Instance
from labsupport.kube.access import Access
from labsupport.names.answering import authoritative, caching
from labsupport.names.cache import Cache
from labsupport.names.external import ExternalDnsSwitch
from labsupport.names.server import serving
from labsupport.names.zones import Zones
from labsupport.providers.daemon.network import DNS_PORT, Network
from labsupport.providers.daemon.record import Record
from labsupport.providers.daemon.spawning import Settings, error_line
from labsupport.providers.external_dns import ExternalDns, keeping_records

Ready = Callable[[], None]
"""What the daemon calls once it serves: whoever started it goes on then."""


def serve_instance(
    home: str, serve: Callable[[Instance, Settings, Ready], Awaitable[None]]
) -> None:
    """Run `serve` for the instance at `home`, as the settings on stdin say, to its end."""
    line = sys.stdin.readline()
    if not line:
        return  # whoever started us is gone
    instance = Instance(Path(home))
    settings = Settings(**json.loads(line))

    def ready() -> None:
        Record.of_this_process(settings.network, settings.port_offset).write(instance)
        os.close(int(os.environ.pop("INGRESS_LAB_LOCK")))
        _tell('{"ready": true}')

    async def whole() -> None:
        await serve(instance, settings, ready)

    try:
        asyncio.run(whole())
    except LabError as error:
        _tell(error_line(error))
        sys.exit(f"The daemon ends: {error}")
    except OSError as error:
        _tell(error_line(ClusterError("the lab's daemon failed", found=str(error))))
        raise
    instance.daemon.unlink(missing_ok=True)


@contextlib.asynccontextmanager
async def serving_names(
    instance: Instance, settings: Settings, access: Access
) -> AsyncIterator[None]:
    """Serve the instance's zones and its caching resolver, and heed external-dns's switch.

    `access` is to the cluster whose Ingresses external-dns follows.
    """
    network = Network(settings.network)
    port = DNS_PORT + settings.port_offset
    zones = Zones(instance.zones)
    switch = ExternalDnsSwitch(instance.external_dns)
    async with (
        serving(authoritative(zones), network.dns, port),
        serving(caching(Cache(zones.answer)), network.cache, port),
        keeping_records(ExternalDns(access, switch, instance.zones, network.dns)),
    ):
        yield


def _tell(line: str) -> None:
    """Say one line to whoever started us; from then on stdout is the log."""
    # Should nobody listen any more, the lab runs all the same.
    with contextlib.suppress(BrokenPipeError):
        os.write(1, line.encode() + b"\n")
    os.dup2(2, 1)
