"""The first bytes of the connections that a client makes, kept at the client's own end.

Where the cluster remembers none, this tells as much of what went over the wire: the same bytes as
anybody on the way could read, TLS and all. A connection is carried through a pair of sockets, by a
thread that ends with it.
"""

import contextlib
import selectors
import socket
import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime

from labsupport.rules.wire import is_enough

CONNECTIONS = 200
"""How many are remembered, as in the embedded cluster's journal."""

_PIECE = 65536  # bytes


@dataclass
class Tapped:
    """One connection: our own address, the one meant (`IP:PORT`), and the first bytes each way.

    `opened` and last `used` are RFC 3339. Of TLS handshakes up to 2048 bytes are kept, else 64.
    """

    client: str
    meant: str
    opened: str = field(default_factory=lambda: _now())
    used: str = field(default_factory=lambda: _now())
    sent: bytearray = field(default_factory=bytearray)
    received: bytearray = field(default_factory=bytearray)

    def keep(self, kept: bytearray, data: bytes) -> None:
        """Note bytes that passed in one direction."""
        self.used = _now()
        is_enough(kept, data)


class Tap:
    """Remembers the last connections of one client."""

    def __init__(self) -> None:
        self._connections: deque[Tapped] = deque(maxlen=CONNECTIONS)

    def connections(self) -> list[Tapped]:
        """Those remembered, oldest first."""
        return list(self._connections)

    def around(self, connection: socket.socket, meant: str) -> socket.socket:
        """A socket that stands for `connection`, which has just been made to the address meant."""
        tapped = Tapped(_text(connection), meant)
        self._connections.append(tapped)
        ours, theirs = socket.socketpair()
        ours.settimeout(connection.gettimeout())
        connection.settimeout(None)
        threading.Thread(
            target=_carry, args=(theirs, connection, tapped), daemon=True, name="tap"
        ).start()
        return ours


def _carry(inside: socket.socket, outside: socket.socket, tapped: Tapped) -> None:
    """Carry bytes both ways until the client has ended, which never ends one way only."""
    with inside, outside, selectors.DefaultSelector() as ready, contextlib.suppress(OSError):
        ready.register(inside, selectors.EVENT_READ, (inside, outside, tapped.sent))
        ready.register(outside, selectors.EVENT_READ, (outside, inside, tapped.received))
        while True:
            for key, _ in ready.select():
                source, target, kept = key.data
                if data := source.recv(_PIECE):
                    tapped.keep(kept, data)
                    target.sendall(data)
                elif source is inside:
                    return
                else:
                    ready.unregister(outside)
                    inside.shutdown(socket.SHUT_WR)


def _text(connection: socket.socket) -> str:
    host, port = connection.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
