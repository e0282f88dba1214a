"""The daemon of a lab whose cluster runs elsewhere: the lab's names, and nothing else."""

import asyncio
import signal
from shlex import join

from labsupport.base.errors import ClusterError
from labsupport.base.paths import Instance
from labsupport.kube.access import CONTEXT, Access
from labsupport.kube.kubeconfig import access_by, context_in
from labsupport.providers.chosen import tenancy_of
from labsupport.providers.daemon.control import locked, stop_daemons
from labsupport.providers.daemon.network import DNS_PORT, Network, own_network, port_offset
from labsupport.providers.daemon.process import Ready, serve_instance, serving_names
from labsupport.providers.daemon.record import Record, running
from labsupport.providers.daemon.spawning import READY_WITHIN, Daemon, Settings, daemons_of
from labsupport.providers.protocol import Connection
from labsupport.rules.tenancy import WHOLE, Tenancy
from labsupport.trust import ensure_credentials

PROGRAM = "labsupport.providers.names_only"
"""The module whose `main` the daemon runs: this one."""


def main(home: str) -> None:
    """Serve the names of the instance at `home` until SIGTERM."""
    serve_instance(home, _serve)


async def _serve(instance: Instance, settings: Settings, ready: Ready) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    async with serving_names(instance, settings, own_access(instance, tenancy_of(instance))):
        ready()
        await ended.wait()


def own_access(instance: Instance, tenancy: Tenancy = WHOLE) -> Access:
    """Access by the instance's own kubeconfig, which `up` wrote, to that part of the cluster."""
    return access_by(context_in([instance.kubeconfig], CONTEXT), instance, tenancy)


def ensure_names(instance: Instance) -> Record:
    """The daemon of this instance, found running or started; the kubeconfig must be there."""
    if record := running(instance):
        return record
    with locked(instance, READY_WITHIN) as lock:
        if record := running(instance):
            return record
        network = own_network(instance, _renewal(instance))
        ensure_credentials(instance, network.number)
        with Daemon(instance, lock, PROGRAM) as daemon:
            daemon.start(Settings(network.number, port_offset(network)))
        record = running(instance)
    if record is None:
        raise ClusterError(
            "the lab's DNS ended as soon as it had started", remedy=f"less {instance.daemon_log}"
        )
    return record


def _renewal(instance: Instance) -> str:
    """New addresses, and the cluster elsewhere stays; who is asked for names may be an old one."""
    return f": {join(['rm', '-f', str(instance.network), str(instance.resolver)])} && ./lab up"


def stop_names(instance: Instance) -> bool:
    """End the daemon; whether there was one."""
    if not instance.home.exists() and not daemons_of(instance):
        return False
    with locked(instance, READY_WITHIN):
        return stop_daemons(instance)


def connection_by(access: Access, record: Record) -> Connection:
    """A cluster elsewhere, with this daemon's names."""
    network = Network(record.network)
    port = DNS_PORT + record.port_offset
    return Connection(
        access, network="", port_offset=0, dns=(network.dns, port), cache=(network.cache, port)
    )


def names_addresses(record: Record) -> dict[str, str]:
    """Who has which address of the lab's own network, for people."""
    network = Network(record.network)
    return {"DNS server": network.dns, "DNS cache": network.cache}
