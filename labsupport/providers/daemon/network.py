"""The instance's own loopback network 127.N.0.0/16: who has which address, and which N is free."""

import errno
import os
import socket
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from labsupport.base.errors import AddressInUse, ClusterError
from labsupport.base.files import write_atomically
from labsupport.base.paths import Instance

FIRST, LAST = 16, 250
OFFSET = 8000
OFFSET_VARIABLE = "INGRESS_LAB_PORT_OFFSET"
API_PORT = 6443
_LET_GO_WITHIN = 0.5  # seconds; how long the sockets of a daemon that was killed may stay
DNS_PORT = 53


@dataclass(frozen=True)
class Network:
    """The addresses of 127.N.0.0/16."""

    number: int

    @property
    def prefix(self) -> str:
        """`127.42.`"""
        return f"127.{self.number}."

    @property
    def api(self) -> str:
        """Where the API server listens, at `API_PORT`."""
        return f"{self.prefix}0.1"

    @property
    def dns(self) -> str:
        """Where the lab's DNS server listens, at `DNS_PORT` (and the offset)."""
        return f"{self.prefix}0.53"

    @property
    def cache(self) -> str:
        """Where the lab's caching resolver listens, at the same port."""
        return f"{self.prefix}0.54"

    def addresses(self) -> dict[str, str]:
        """Who has which address, for people."""
        return {
            "network": f"{self.prefix}0.0/16",
            "API server": f"https://{self.api}:{API_PORT}",
            "node": f"{self.prefix}0.2",
            "DNS server": self.dns,
            "DNS cache": self.cache,
            "pods": f"{self.prefix}64.1 to {self.prefix}127.254",
            "Services": f"{self.prefix}128.1 to {self.prefix}191.254",
            "load balancers": f"{self.prefix}192.1 to {self.prefix}223.254",
        }


def own_network(instance: Instance, renewal: str) -> Network:
    """The instance's network: the one it has, or a free one that it has from now on.

    AddressInUse when something else listens on the one it has, or on all of them; `renewal` says
    for it how this lab gets new addresses.
    """
    try:
        network = Network(int(instance.network.read_text()))
    except (FileNotFoundError, ValueError):
        network = _free_network(instance)
        write_atomically(instance.network, f"{network.number}\n")
        return network
    deadline = time.monotonic() + _LET_GO_WITHIN
    while held := _holder(network):
        if time.monotonic() > deadline:
            raise _taken(*held, renewal)
        time.sleep(0.02)
    return network


def port_offset(network: Network) -> int:
    """What to add to ports below 1024: 0 where this process may bind them, else 8000.

    $INGRESS_LAB_PORT_OFFSET (0 or 8000) decides instead where it is set.
    """
    if chosen := os.environ.get(OFFSET_VARIABLE):
        return OFFSET if chosen == str(OFFSET) else 0
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((network.dns, DNS_PORT))
        except OSError as error:
            # In use is for the daemon to tell; here it only means: allowed.
            return OFFSET if isinstance(error, PermissionError) else 0
    return 0


def _free_network(instance: Instance) -> Network:
    for network in _candidates(instance):
        if _holder(network) is None:
            return network
    raise AddressInUse(
        f"no free loopback network between 127.{FIRST}.0.0/16 and 127.{LAST}.0.0/16",
        found=f"every 127.N.0.1:{API_PORT} is in use",
        remedy="stop a lab that nobody needs: ./lab down",
    )


def _candidates(instance: Instance) -> Iterator[Network]:
    """All networks, beginning where this user and home fall: so instances rarely meet."""
    count = LAST - FIRST + 1
    start = zlib.crc32(f"{os.getuid()}:{instance.home}".encode())
    return (Network(FIRST + (start + step) % count) for step in range(count))


def _holder(network: Network) -> tuple[str, int] | None:
    """An address and port of the network that something listens at: an API server, or a DNS."""
    # A lab whose cluster runs elsewhere has a DNS server only.
    for address, port in (
        (network.api, API_PORT),
        (network.dns, DNS_PORT),
        (network.dns, DNS_PORT + OFFSET),
    ):
        with socket.socket() as probe:
            # As servers do: a connection that lingers from the last run is no obstacle.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except PermissionError:
                continue  # then nobody of this user listens there either
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    return address, port
                raise ClusterError(
                    f"this machine has no loopback address {network.api}",
                    found=error.strerror or str(error),
                    remedy="see what to do: ./lab doctor",
                ) from error
    return None


def _taken(address: str, port: int, renewal: str) -> AddressInUse:
    holder = _listener(address, port)
    another_lab = "labsupport" in holder
    server = "API server" if port == API_PORT else "DNS server"
    return AddressInUse(
        f"the lab's {server} needs {address}:{port}",
        found=f"taken by {'another lab, ' if another_lab else ''}{holder}",
        remedy=f"stop that one, or give this lab new addresses{renewal}",
    )


def _listener(address: str, port: int) -> str:
    """The process that listens there, as far as this user may know."""
    import psutil

    try:
        holders = [
            connection.pid
            for connection in psutil.net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN and connection.laddr[:2] == (address, port)
        ]
        if holders and holders[0]:
            command = " ".join(psutil.Process(holders[0]).cmdline())
            return f"process {holders[0]} ({command[:120]})"
    except psutil.Error:
        pass  # this system tells it to root only, or the process has just ended
    return "a process of another user"
