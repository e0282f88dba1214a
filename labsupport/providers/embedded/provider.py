"""Starts, finds and stops the instance's embedded cluster."""

import contextlib
import fcntl
import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from labsupport.base.errors import ClusterError, ClusterNotRunning
from labsupport.base.files import storage_error
from labsupport.base.paths import Instance
from labsupport.kube.access import Access, answers, write_kubeconfig
from labsupport.providers.embedded.network import (
    API_PORT,
    DNS_PORT,
    Network,
    own_network,
    port_offset,
)
from labsupport.providers.embedded.record import Record, is_alive, last_record, running
from labsupport.providers.embedded.spawning import READY_WITHIN, Daemon, Settings, daemons_of
from labsupport.providers.protocol import ClusterStatus, Connection, Progress
from labsupport.trust import ensure_credentials

if TYPE_CHECKING:
    import psutil

_ENDS_WITHIN = 3.0
_GRACE = 10.0  # seconds; pods get 3 of them


class Embedded:
    """The embedded cluster of one instance."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance

    def up(self, progress: Progress) -> Connection:
        """Start the daemon, or find it running; state from an earlier run is taken up again."""
        if record := self._answering():
            return self._connection(record)
        with self._locked() as lock:
            if record := self._answering():
                return self._connection(record)
            with progress("starting the cluster"):
                record = self._start(lock)
        return self._connection(record)

    def down(self, *, delete: bool = False) -> bool:
        """Stop the daemon and every process of its pods; with `delete`, remove its state."""
        if not self.instance.home.exists() and not daemons_of(self.instance):
            return False
        # Imported here: it is the cluster's own code, and starting does not need it.
        from labsupport.minicluster.node.leftovers import end_leftovers

        with self._locked():
            daemons = daemons_of(self.instance)
            for daemon in daemons:
                _stop(daemon)
            # A daemon that ended well leaves no pod behind; a killed one leaves them all.
            end_leftovers(str(self.instance.home))
            self.instance.daemon.unlink(missing_ok=True)
            if delete:
                self._delete()
        return bool(daemons)

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
        network = own_network(self.instance)
        with Daemon(self.instance, lock) as daemon:
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

    @contextlib.contextmanager
    def _locked(self) -> Iterator[int]:
        """Hold the instance's lock: one start or stop at a time. The daemon keeps it on starting.

        So when a start is interrupted, the next one waits until that daemon is up, or dead.
        """
        try:
            self.instance.make()
            lock = os.open(self.instance.lock, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise storage_error(self.instance.lock, error) from error
        try:
            deadline = time.monotonic() + READY_WITHIN
            while not _try_lock(lock):
                if time.monotonic() > deadline:
                    raise ClusterError(
                        "another command is starting or stopping this lab",
                        found=f"{self.instance.lock} is held for more than {READY_WITHIN:g} s",
                        remedy=f"see which: fuser -v {self.instance.lock}",
                    )
                time.sleep(0.02)
            yield lock
        finally:
            os.close(lock)

    def _delete(self) -> None:
        """Remove what the lab made, by name: the folder may hold other things of the user's."""
        for path in _state(self.instance):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def _state(instance: Instance) -> list[Path]:
    """All that the cluster, its names and its trust leave in the instance's folder."""
    return [
        *instance.home.glob(f"{instance.database.name}*"),
        *(instance.ca_certificate, instance.ca_key, instance.token),
        *(instance.server_certificate, instance.server_key),
        *(instance.kubeconfig, instance.network, instance.daemon, instance.daemon_log),
        *instance.home.glob(f"{instance.hosts.name}*"),  # and its backups
        *(instance.zones, instance.pods, instance.resolver),
        *instance.clinic.glob("*.json"),  # what is broken; a learner's work beside it stays
        *instance.home.glob(f"{instance.external_dns.name}*"),
        *(instance.home / name for name in ("serviceaccount.key", "daemon.lock")),
    ]


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _stop(daemon: "psutil.Process") -> None:
    """SIGTERM, and SIGKILL when that does not help within the grace."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + _GRACE
        with contextlib.suppress(ProcessLookupError):
            os.kill(daemon.pid, number)
        while is_alive(daemon):
            if time.monotonic() > deadline:
                break
            time.sleep(0.01)
        else:
            return
    raise ClusterError(
        "the daemon did not end",
        found=f"process {daemon.pid} runs on, even after SIGKILL",
        remedy=f"see what it waits for: ps -o pid,stat,wchan,args -p {daemon.pid}",
    )


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
