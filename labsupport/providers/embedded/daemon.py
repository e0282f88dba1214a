"""The daemon's process: the mini-cluster, the lab's DNS servers and external-dns, in one loop."""

import asyncio
import contextlib
import json
import os
import sys
from pathlib import Path

from labsupport.base.errors import ClusterError, LabError
from labsupport.base.paths import Instance
from labsupport.kube.access import Access
from labsupport.minicluster.daemon import DaemonConfig, serve
from labsupport.names.answering import authoritative, caching
from labsupport.names.cache import Cache
from labsupport.names.external import ExternalDnsSwitch
from labsupport.names.server import serving
from labsupport.names.zones import Zones
from labsupport.providers.embedded.network import API_PORT, DNS_PORT, Network
from labsupport.providers.embedded.record import Record
from labsupport.providers.embedded.spawning import Settings, error_line
from labsupport.providers.external_dns import ExternalDns, keeping_records


def main(home: str) -> None:
    """Serve the instance at `home` as the settings on stdin say, until SIGTERM."""
    line = sys.stdin.readline()
    if not line:
        return  # whoever started us is gone
    try:
        asyncio.run(_serve(Instance(Path(home)), Settings(**json.loads(line))))
    except LabError as error:
        _tell(error_line(error))
        sys.exit(f"The daemon ends: {error}")
    except OSError as error:
        _tell(error_line(ClusterError("the embedded cluster failed", found=str(error))))
        raise


async def _serve(instance: Instance, settings: Settings) -> None:
    network = Network(settings.network)

    def ready() -> None:
        Record.of_this_process(settings.network, settings.port_offset).write(instance)
        os.close(int(os.environ.pop("INGRESS_LAB_LOCK")))
        _tell('{"ready": true}')

    port = DNS_PORT + settings.port_offset
    zones = Zones(instance.zones)
    cache = Cache(zones.answer)
    async with (
        serving(authoritative(zones), network.dns, port),
        serving(caching(cache), network.cache, port),
        keeping_records(_external_dns(instance, network)),
    ):
        await serve(_configuration(instance, settings), ready)
    instance.daemon.unlink(missing_ok=True)


def _external_dns(instance: Instance, network: Network) -> ExternalDns:
    server = f"https://{network.api}:{API_PORT}"
    access = Access(server, instance.ca_certificate, instance.token.read_text().strip())
    switch = ExternalDnsSwitch(instance.external_dns)
    return ExternalDns(access, switch, instance.zones, network.dns)


def _configuration(instance: Instance, settings: Settings) -> DaemonConfig:
    return DaemonConfig(
        home=instance.home,
        network=settings.network,
        port_offset=settings.port_offset,
        token=instance.token.read_text(),
        certificate=instance.server_certificate,
        key=instance.server_key,
        ca_certificate=instance.ca_certificate,
    )


def _tell(line: str) -> None:
    """Say one line to whoever started us; from then on stdout is the log."""
    # Should nobody listen any more, the cluster runs all the same.
    with contextlib.suppress(BrokenPipeError):
        os.write(1, line.encode() + b"\n")
    os.dup2(2, 1)
