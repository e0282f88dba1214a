"""A DNS server over UDP and TCP, in asyncio; `answering` says what it answers."""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator
from typing import cast

from labsupport.base.errors import AddressInUse
from labsupport.names.answering import Respond

_IDLE_SECONDS = 5.0


@contextlib.asynccontextmanager
async def serving(respond: Respond, address: str, port: int) -> AsyncIterator[None]:
    """Answer at `address`:`port` while the block runs. AddressInUse when somebody else does."""
    loop = asyncio.get_running_loop()
    try:
        transport, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(respond), local_addr=(address, port)
        )
    except OSError as error:
        raise _in_use(address, port, "UDP", error) from error
    streams = _Streams(respond)
    try:
        server = await asyncio.start_server(streams.serve, address, port)
    except OSError as error:
        transport.close()
        raise _in_use(address, port, "TCP", error) from error
    try:
        yield
    finally:
        transport.close()
        server.close()
        await streams.end()
        await server.wait_closed()


def _in_use(address: str, port: int, protocol: str, error: OSError) -> AddressInUse:
    return AddressInUse(
        f"the lab's DNS server needs {protocol} {address}:{port}",
        found=error.strerror or str(error),
        remedy="end the program that listens there (ss -lnp | grep :53), then: ./lab up",
    )


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, respond: Respond) -> None:
        self._respond = respond
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = self._respond(data, True)
        if answer is not None and self._transport is not None:
            self._transport.sendto(answer, addr)


class _Streams:
    """DNS over TCP (RFC 7766): each message after its length in two bytes; idle ones are cut."""

    def __init__(self, respond: Respond) -> None:
        self._respond = respond
        self._open: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            while True:
                async with asyncio.timeout(_IDLE_SECONDS):
                    (length,) = struct.unpack("!H", await reader.readexactly(2))
                    packet = await reader.readexactly(length)
                answer = self._respond(packet, False)
                if answer is None:
                    break
                writer.write(struct.pack("!H", len(answer)) + answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, TimeoutError, ConnectionError):
            pass  # the client is done
        finally:
            self._open.discard(task)
            writer.close()

    async def end(self) -> None:
        tasks = list(self._open)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
