"""Starts, finds and stops the instance's embedded cluster."""

import time
from typing import TYPE_CHECKING

from labsupport.base.errors import ClusterError, ClusterNotRunning
from labsupport.base.paths import Instance
from labsupport.kube.access import Access, answers, write_kubeconfig
from labsupport.providers.daemon.control import locked, stop_daemons
from labsupport.providers.daemon.network import (
    API_PORT,
    DNS_PORT,
    Network,
    own_network,
    port_offset,
)
from labsupport.providers.daemon.record import Record, last_record, running
from labsupport.providers.daemon.spawning import READY_WITHIN, Daemon, Settings, daemons_of
from labsupport.providers.protocol import (
    OWN_CLUSTER,
    ClusterStatus,
    Connection,
    Progress,
    quiet,
)
from labsupport.providers.state import delete_state, state_of
from labsupport.trust import ensure_credentials

if TYPE_CHECKING:
    import psutil

_ENDS_WITHIN = 3.0
_RENEWAL = " (this forgets its objects): ./lab down --delete && ./lab up"
PROGRAM = "labsupport.providers.embedded.daemon"
"""The module whose `main` the daemon runs."""


class Embedded:
    """The embedded cluster of one instance."""

    farewell = OWN_CLUSTER

    def __init__(self, instance: Instance) -> None:
        self.instance = instance

    def up(self, progress: Progress) -> Connection:
        """Start the daemon, or find it running; state from an earlier run is taken up again."""
        if record := self._answering():
            return self._connection(record)
        with locked(self.instance, READY_WITHIN) as lock:
            if record := self._answering():
                return self._connection(record)
            with progress("starting the cluster"):
                record = self._start(lock)
        return self._connection(record)

    def down(self, progress: Progress = quiet, *, delete: bool = False) -> bool:
        """Stop the daemon and every process of its pods; with `delete`, remove its state."""
        if not self.instance.home.exists() and not daemons_of(self.instance):
            return False
        with progress("stopping the cluster"):
            return self._down(delete)

    def belongings(self) -> list[str]:
        """The files of the cluster's state, its names and its trust."""
        return [str(path) for path in state_of(self.instance)]

    def _down(self, delete: bool) -> bool:
        # Imported here: it is the cluster's own code, and starting does not need it.
        from labsupport.minicluster.node.leftovers import end_leftovers

        with locked(self.instance, READY_WITHIN):
            ran = stop_daemons(self.instance)
            # A daemon that ended well leaves no pod behind; a killed one leaves them all.
            end_leftovers(str(self.instance.home))
            if delete:
                delete_state(self.instance)
        return ran

    def connection(self) -> Connection:
        """How to reach the running daemon; ClusterNotRunning when there is none."""
        if record := self._answering():
            return self._connection(record)
        raise ClusterNotRunning(
            "no cluster of this lab is running",
            found=f"no daemon for {self.instance.home}",
            remedy="./lab up",
        )

    def status(self) -> ClusterStatus:
        """What runs, its addresses, and its memory."""
        record = running(self.instance)
        network = Network(record.network) if record else None
        return ClusterStatus(
            provider="embedded",
            running=record is not None,
            about=f"running as process {record.pid}" if record else "not running",
            pid=record.pid if record else None,
            kubeconfig=str(self.instance.kubeconfig),
            addresses=network.addresses() if network else {},
            ports=_ports(record) if record else {},
            memory=_memory(record) if record else {},
        )

    def _answering(self) -> Record | None:
        """The record of the daemon, if it runs and its API server answers.

        A daemon that was just killed may still be there for a moment: then it is waited for.
        """
        deadline = time.monotonic() + _ENDS_WITHIN
        while record := running(self.instance):
            if answers(self._access(Network(record.network))):
                return record
            if time.monotonic() > deadline:
                raise ClusterError(
                    "the cluster's daemon runs, but its API server does not answer",
                    found=f"process {record.pid}",
                    remedy=f"./lab down && ./lab up   (its log: {self.instance.daemon_log})",
                )
            time.sleep(0.01)
        return None

    def _start(self, lock: int) -> Record:
        network = own_network(self.instance, _RENEWAL)
        with Daemon(self.instance, lock, PROGRAM) as daemon:
            # While the daemon loads its modules.
            settings = Settings(network.number, port_offset(network))
            ensure_credentials(self.instance, network.number)
            write_kubeconfig(self.instance.kubeconfig, self._access(network))
            daemon.start(settings)
        record = last_record(self.instance)
        if record is None:
            raise ClusterError("the daemon said it is ready, but left no daemon.json")
        return record

    def _connection(self, record: Record) -> Connection:
        network = Network(record.network)
        port = DNS_PORT + record.port_offset
        return Connection(
            self._access(network),
            network.prefix,
            record.port_offset,
            dns=(network.dns, port),
            cache=(network.cache, port),
        )

    def _access(self, network: Network) -> Access:
        token = self.instance.token.read_text()
        return Access(f"https://{network.api}:{API_PORT}", self.instance.ca_certificate, token)


def _ports(record: Record) -> dict[str, str]:
    offset = record.port_offset
    below = f"80 is really {80 + offset}, and so all below 1024" if offset else "as they are"
    return {
        "API server": str(API_PORT),
        "DNS server": str(DNS_PORT + offset),
        "Services": below,
    }


def _memory(record: Record) -> dict[str, float]:
    """The daemon's and its pods' memory, in MB."""
    process = record.process()
    if process is None:
        return {}
    daemon = _megabytes(process)
    pods = sum(_megabytes(child) for child in process.children(recursive=True))
    return {"daemon": round(daemon, 1), "pods": round(pods, 1), "total": round(daemon + pods, 1)}


def _megabytes(process: "psutil.Process") -> float:
    import psutil

    try:
        about = process.memory_full_info()
    except psutil.NoSuchProcess:
        return 0.0
    # Pages shared by several processes count in parts (PSS) where the system says so: Linux.
    size: int = getattr(about, "pss", 0) or about.rss
    return size / 1e6
