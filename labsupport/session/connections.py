"""What went over the wire: the first bytes of the connections to a Service's addresses."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

from labsupport.base.errors import ClusterError
from labsupport.base.types import Json
from labsupport.http.tap import Tap
from labsupport.kube.api import Api
from labsupport.rules.diagnosis.case import addresses
from labsupport.rules.status import StatusError
from labsupport.rules.wire import ClientHello, client_hello, hexdump, in_words, is_tls

_SHOWN = 64  # bytes of each direction in the hexdump


@dataclass(frozen=True)
class RelayedConnection:
    """One connection that the cluster's service proxy (L4) relayed; prints as a hexdump.

    `time` it was made and last `used` are RFC 3339, `service` NAMESPACE/NAME, the addresses are
    IP:PORT. `sent` holds the client's first bytes and `received` the backend's: 64, of TLS
    handshakes up to 2048. `backend` is "" where only this lab's own client could tell.
    """

    time: str
    service: str
    client: str
    listener: str
    backend: str
    sent: bytes
    received: bytes
    used: str = ""

    @property
    def is_tls(self) -> bool:
        """Whether the client spoke TLS; if not, everybody on the way could read it."""
        return is_tls(self.sent)

    @property
    def hello(self) -> ClientHello | None:
        """The client's ClientHello, with the server name it asked for (SNI); None without TLS."""
        return client_hello(self.sent)

    @property
    def said(self) -> str:
        """What the client said first, in words; the same each time, as bytes and ports are not."""
        return in_words(self.sent)

    def __str__(self) -> str:
        onward = f", on to {self.backend}" if self.backend else ""
        lines = [f"{self.client} to {self.listener} (Service {self.service}){onward}"]
        for who, data in (("client", self.sent), ("server", self.received)):
            lines.append(f"  {who} says first: {in_words(data)}")
            lines += [f"    {row}" for row in hexdump(data[:_SHOWN]).splitlines()]
        return "\n".join(lines)


class Connections(Sequence[RelayedConnection]):
    """Relayed connections, newest last; prints all of them."""

    def __init__(self, items: Sequence[RelayedConnection], title: str) -> None:
        self._items = tuple(items)
        self._title = title

    @overload
    def __getitem__(self, index: int) -> RelayedConnection: ...

    @overload
    def __getitem__(self, index: slice) -> "Connections": ...

    def __getitem__(self, index: int | slice) -> "RelayedConnection | Connections":
        if isinstance(index, slice):
            return Connections(self._items[index], self._title)
        return self._items[index]

    def __len__(self) -> int:
        return len(self._items)

    def __str__(self) -> str:
        return "\n\n".join(map(str, self._items)) or f"no connections to {self._title} yet"

    def __repr__(self) -> str:
        return str(self)


def connections_to(api: Api, service: str, namespace: str, limit: int) -> Connections:
    """The last connections to a Service's addresses; ClusterError where nobody keeps them.

    Only the embedded cluster does. An ingress controller calls pods directly, so what it sends
    them is not among these: the pod says what it saw.
    """
    namespace = api.access.tenancy.place(namespace) or namespace
    params = {"service": f"{namespace}/{service}", "limit": str(limit)}
    try:
        path = f"{api.kind('nodes').path('', _any_node(api))}/proxy/connections"
        items = api.call("GET", path, params)["items"]
    except StatusError as error:
        raise ClusterError(
            "this cluster does not remember the first bytes of connections",
            found=error.message.strip(),
            remedy=f"look yourself: kubectl -n {namespace} debug -it POD --image=nicolaka/netshoot "
            "-- tcpdump -X port 8443; the embedded cluster does: ./lab up --provider embedded",
        ) from error
    return Connections([_connection(item) for item in items], f"Service {namespace}/{service}")


def own_connections_to(api: Api, tap: Tap, service: str, namespace: str, limit: int) -> Connections:
    """The last connections that this lab's own client made to a Service's addresses.

    What the client sent and got is the same there and here. Who was called behind the Service is
    not seen: `backend` is "".
    """
    namespace = api.access.tenancy.place(namespace) or namespace
    reached_at = addresses(api.get("services", service, namespace))
    title = f"Service {namespace}/{service}"
    found = [
        RelayedConnection(
            time=each.opened,
            service=f"{namespace}/{service}",
            client=each.client,
            listener=each.meant,
            backend="",
            sent=bytes(each.sent),
            received=bytes(each.received),
            used=each.used,
        )
        for each in tap.connections()
        if each.meant.rpartition(":")[0].strip("[]") in reached_at
    ]
    return Connections(found[-limit:], title)


def _any_node(api: Api) -> str:
    return str(api.list("nodes")[0]["metadata"]["name"])


def _connection(item: Json) -> RelayedConnection:
    sent, received = (base64.b64decode(item[key]) for key in ("sent", "received"))
    return RelayedConnection(**{**item, "sent": sent, "received": received})
