"""HTTP load: a number of connections kept open, each with one request under way at any time."""

import re
import selectors
import socket
import statistics
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import cycle

from labsupport.base.errors import ClusterError

Address = tuple[str, int]

_WAITS = 10.0  # seconds for any answer
_OK = b"HTTP/1.1 200 "
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)


@dataclass(frozen=True)
class Load:
    """What came of it: answers a second, and the median time to an answer in microseconds."""

    rate: float
    p50: float


@dataclass
class _Exchange:
    """The request under way on one connection."""

    socket: socket.socket
    sent: float = 0.0
    received: bytes = field(default=b"", repr=False)

    def ask(self, request: bytes) -> None:
        self.received, self.sent = b"", time.perf_counter()
        self.socket.sendall(request)

    def is_answered(self) -> bool:
        """Take what came; ClusterError when it is anything but a 200 of known length."""
        data = self.socket.recv(65536)
        self.received += data
        head, end, body = self.received.partition(b"\r\n\r\n")
        if data and not end:
            return False
        length = _LENGTH.search(head + b"\r\n")
        if not head.startswith(_OK) or length is None:
            found = head.partition(b"\r\n")[0].decode(errors="replace") or "no more bytes"
            raise ClusterError("not every answer under load was a 200", found=found)
        return len(body) >= int(length[1])


def load(address: Address, hosts: Iterable[str], connections: int, seconds: float) -> Load:
    """Ask for `/` of the hosts in turn, as fast as the answers come."""
    requests = cycle([f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode() for host in hosts])
    times: list[float] = []
    with ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        for _ in range(connections):
            connection = stack.enter_context(socket.create_connection(address, _WAITS))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            exchange = _Exchange(connection)
            selector.register(connection, selectors.EVENT_READ, exchange)
            exchange.ask(next(requests))
        started = time.perf_counter()
        while (spent := time.perf_counter() - started) < seconds or not times:
            for exchange in _readable(selector):
                if exchange.is_answered():
                    times.append(time.perf_counter() - exchange.sent)
                    exchange.ask(next(requests))
    return Load(len(times) / spent, 1e6 * statistics.median(times))


def side_by_side(
    ways: Sequence[tuple[Address, list[str]]], connections: int, slices: int, seconds: float
) -> list[Load]:
    """The same load on each of several ways, by short turns: what else the machine does hits all.

    `ways` are addresses with the hosts to ask for; medians over the slices.
    """
    found: list[list[Load]] = [[] for _ in ways]
    for _ in range(slices):
        for loads, (address, hosts) in zip(found, ways, strict=True):
            loads.append(load(address, hosts, connections, seconds))
    return [_middle(loads) for loads in found]


def _readable(selector: selectors.BaseSelector) -> Iterator[_Exchange]:
    events = selector.select(_WAITS)
    if not events:
        raise ClusterError("no answer came under load", found=f"silence for {_WAITS:g} s")
    return (key.data for key, _ in events)


def _middle(loads: list[Load]) -> Load:
    rate = statistics.median(each.rate for each in loads)
    return Load(rate, statistics.median(each.p50 for each in loads))
