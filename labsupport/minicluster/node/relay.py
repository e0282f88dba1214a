"""A TCP relay: bytes from one connection to another and back, each side at its own pace."""

import asyncio
import socket
import time
from collections.abc import Callable, Sequence

from labsupport.minicluster.node.journal import Address, Journal, Relayed
from labsupport.rules.wire import is_enough

Choose = Callable[[str], Sequence[Address]]
"""A client's address to the backends to try, best first."""

_BIND_ADDRESS_NO_PORT = 24  # <linux/in.h>; the port is picked at connect, so none is used up


_received = memoryview(bytearray(64 * 1024))
"""What a socket has just received, of whichever connection: it is passed on at once."""


class _Side(asyncio.BufferedProtocol):
    """One end of a relayed connection: what it receives goes to its peer."""

    def __init__(self) -> None:
        self.peer: _Side | None = None
        self.transport: asyncio.Transport | None = None
        self.ended = False
        self.record: Relayed | None = None  # once there is a peer
        self.first_bytes: bytearray | None = None  # while more of them are wanted

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def get_buffer(self, sizehint: int) -> memoryview:
        return _received

    def buffer_updated(self, nbytes: int) -> None:
        self.received(bytes(_received[:nbytes]))

    def received(self, data: bytes) -> None:
        """Pass on what came."""
        if self.record is not None:
            self.record.used = time.time()
        if self.first_bytes is not None and is_enough(self.first_bytes, data):
            self.first_bytes = None
        if self.peer and self.peer.transport:
            self.peer.transport.write(data)

    def eof_received(self) -> bool:
        """Half-close: the other direction stays open until it ends too."""
        self.ended = True
        if self.peer and self.peer.transport:
            if self.peer.ended:
                self.peer.transport.close()
                return False
            self.peer.transport.write_eof()
        return True

    def pause_writing(self) -> None:
        """Too much is waiting to be sent here: let the peer receive no more for now."""
        if self.peer and self.peer.transport:
            self.peer.transport.pause_reading()

    def resume_writing(self) -> None:
        """There is room again."""
        if self.peer and self.peer.transport:
            self.peer.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        peer, self.peer, self.transport = self.peer, None, None
        if peer and peer.transport:
            if exc is None:
                peer.transport.close()
            else:
                peer.transport.abort()


class _ClientSide(_Side):
    """The end towards the client, which waits until a backend is connected."""

    def __init__(self, relay: "Relay") -> None:
        super().__init__()
        self._relay = relay
        self.backend: Address | None = None
        self._early = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        assert self.transport is not None
        self.transport.pause_reading()
        self._relay.opened(self)

    def received(self, data: bytes) -> None:
        """Before Python 3.11.3, pausing in `connection_made` comes too early to have an effect."""
        if self.peer is None:
            self._early += data
        else:
            super().received(data)

    def join(self, side: _Side, backend: Address, record: Relayed) -> None:
        """Let `side`, connected to `backend`, have what came and what comes."""
        assert self.transport is not None
        assert side.transport is not None
        self.peer, side.peer, self.backend = side, self, backend
        self.record = side.record = record
        side.first_bytes = record.received
        self.first_bytes = None if is_enough(record.sent, self._early) else record.sent
        side.transport.write(self._early)
        if self.ended:
            side.transport.write_eof()
        else:
            self.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._relay.closed(self)


class Relay:
    """The connections that arrive at one address and port, each relayed to one backend.

    Backends see them come from `source` ("" for any address of this machine), or from the
    client's own address while `keeps_client` is set. `service` is what the journal has them under.
    """

    def __init__(
        self, choose: Choose, *, source: str = "", service: str = "", journal: Journal | None = None
    ) -> None:
        self.keeps_client = False
        self._choose = choose
        self._source = source
        self._service = service
        self._journal = journal or Journal()
        self._open: set[_ClientSide] = set()
        self._connecting: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def listen(self, address: Address) -> None:
        """Accept connections at `address`; OSError when it is taken or not to be had."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _ClientSide(self), *address)

    def stop_listening(self) -> None:
        """Accept nothing more; what is open stays open."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def drop(self, keep: Callable[[Address], bool]) -> None:
        """Cut the connections to backends that `keep` doesn't want."""
        for side in list(self._open):
            if side.backend and side.transport and not keep(side.backend):
                side.transport.abort()

    async def close(self) -> None:
        """Accept nothing more and cut everything."""
        self.stop_listening()
        connecting = list(self._connecting)
        for task in connecting:
            task.cancel()
        await asyncio.gather(*connecting, return_exceptions=True)
        self.drop(lambda _: False)

    def opened(self, side: _ClientSide) -> None:
        """A client connected: find it a backend."""
        self._open.add(side)
        task = asyncio.ensure_future(self._connect(side))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    def closed(self, side: _ClientSide) -> None:
        """A client is gone."""
        self._open.discard(side)

    async def _connect(self, client: _ClientSide) -> None:
        assert client.transport is not None
        peer = client.transport.get_extra_info("peername")
        listener = client.transport.get_extra_info("sockname")
        for backend in self._choose(peer[0]):
            try:
                side = await self._dial(backend, peer[0] if self.keeps_client else self._source)
            except OSError:
                continue
            if client.transport is None:  # the client did not wait
                if side.transport:
                    side.transport.abort()
                return
            if side.transport is None:  # the backend hung up at once
                continue
            record = Relayed(self._service, peer, listener, backend)
            self._journal.add(record)
            client.join(side, backend, record)
            return
        if client.transport is not None:
            client.transport.abort()

    async def _dial(self, backend: Address, source: str) -> _Side:
        loop = asyncio.get_running_loop()
        dialled = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            dialled.setblocking(False)
            dialled.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if source:
                if hasattr(socket, "SO_BINDTODEVICE"):  # Linux
                    dialled.setsockopt(socket.IPPROTO_IP, _BIND_ADDRESS_NO_PORT, 1)
                dialled.bind((source, 0))
            await loop.sock_connect(dialled, backend)
            _, side = await loop.create_connection(_Side, sock=dialled)
        except BaseException:
            dialled.close()
            raise
        return side
