"""The daemon's process: the mini-cluster, the lab's DNS servers and external-dns, in one loop."""

from labsupport.base.paths import Instance
from labsupport.kube.access import Access
from labsupport.minicluster.daemon import DaemonConfig, serve
from labsupport.providers.daemon.network import API_PORT, Network
from labsupport.providers.daemon.process import Ready, serve_instance, serving_names
from labsupport.providers.daemon.spawning import Settings


def main(home: str) -> None:
    """Serve the instance at `home` until SIGTERM."""
    serve_instance(home, _serve)


async def _serve(instance: Instance, settings: Settings, ready: Ready) -> None:
    server = f"https://{Network(settings.network).api}:{API_PORT}"
    access = Access(server, instance.ca_certificate, instance.token.read_text().strip())
    async with serving_names(instance, settings, access):
        await serve(_configuration(instance, settings), ready)


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
