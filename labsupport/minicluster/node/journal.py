"""The connections that were relayed last, with the first bytes that went each way."""

import base64
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime

from labsupport.base.types import Json

Address = tuple[str, int]

CONNECTIONS = 200
"""How many are remembered."""


@dataclass(slots=True)
class Relayed:
    """One connection: who came to which address of which Service, and which backend it got.

    `service` is `NAMESPACE/NAME`, `opened` and `used`, when bytes last passed, seconds since 1970.
    `sent` holds the client's first bytes, `received` the backend's.
    """

    service: str
    client: Address
    listener: Address
    backend: Address
    opened: float = field(default_factory=time.time)
    used: float = field(default_factory=time.time)
    sent: bytearray = field(default_factory=bytearray)
    received: bytearray = field(default_factory=bytearray)

    def to_json(self) -> Json:
        """Addresses as `IP:PORT`, the bytes in base64, times as RFC 3339."""
        return {
            "time": _rfc_3339(self.opened),
            "used": _rfc_3339(self.used),
            "service": self.service,
            "client": "{}:{}".format(*self.client),
            "listener": "{}:{}".format(*self.listener),
            "backend": "{}:{}".format(*self.backend),
            "sent": base64.b64encode(self.sent).decode(),
            "received": base64.b64encode(self.received).decode(),
        }


class Journal:
    """Remembers the last connections; the oldest makes room for the newest."""

    def __init__(self) -> None:
        self._connections: deque[Relayed] = deque(maxlen=CONNECTIONS)

    def add(self, connection: Relayed) -> None:
        """Remember one more."""
        self._connections.append(connection)

    def last(self, service: str = "", limit: int | None = None) -> list[Relayed]:
        """The last ones, newest last; of one Service (`NAMESPACE/NAME`) or of all."""
        fitting = [each for each in self._connections if service in ("", each.service)]
        return fitting if limit is None else fitting[max(0, len(fitting) - max(0, limit)) :]


def _rfc_3339(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")
