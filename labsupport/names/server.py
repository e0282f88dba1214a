"""The lab's DNS server: authoritative for the lab's zones, over UDP and TCP, in asyncio."""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator
from typing import cast

from dnslib import CLASS, OPCODE, QTYPE, RCODE, DNSError, DNSRecord

from labsupport.base.errors import AddressInUse
from labsupport.names.zones import Zones, name_of

_UDP_WITHOUT_EDNS = 512
_IDLE_SECONDS = 5.0


def response(zones: Zones, packet: bytes, *, udp: bool = True) -> bytes | None:
    """The server's answer to one query packet, or None where silence is the answer."""
    try:
        query = DNSRecord.parse(packet)
    except DNSError:
        return None
    if query.header.qr:
        return None
    reply = query.reply(ra=0)
    question = query.questions[0] if len(query.questions) == 1 else None
    if query.header.opcode != OPCODE.QUERY:
        reply.header.aa, reply.header.rcode = 0, RCODE.NOTIMP
    elif question is None:
        reply.header.aa, reply.header.rcode = 0, RCODE.FORMERR
    elif question.qclass != CLASS.IN:
        reply.header.aa, reply.header.rcode = 0, RCODE.REFUSED
    else:
        answer = zones.answer(name_of(question.qname), question.qtype)
        reply.header.rcode = answer.code
        reply.header.aa = int(answer.code not in (RCODE.REFUSED, RCODE.SERVFAIL))
        reply.add_answer(*answer.records)
        if answer.authority:
            reply.add_auth(answer.authority)
    packed: bytes = reply.pack()
    if udp and len(packed) > _udp_limit(query):
        packed = reply.truncate().pack()
    return packed


def _udp_limit(query: DNSRecord) -> int:
    sizes = [record.edns_len for record in query.ar if record.rtype == QTYPE.OPT]
    return max(_UDP_WITHOUT_EDNS, *sizes) if sizes else _UDP_WITHOUT_EDNS


@contextlib.asynccontextmanager
async def serving(zones: Zones, address: str, port: int) -> AsyncIterator[None]:
    """Answer at `address`:`port` while the block runs. AddressInUse when somebody else does."""
    loop = asyncio.get_running_loop()
    try:
        transport, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(zones), local_addr=(address, port)
        )
    except OSError as error:
        raise _in_use(address, port, "UDP", error) from error
    streams = _Streams(zones)
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
    def __init__(self, zones: Zones) -> None:
        self._zones = zones
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = response(self._zones, data)
        if answer is not None and self._transport is not None:
            self._transport.sendto(answer, addr)


class _Streams:
    """DNS over TCP (RFC 7766): each message after its length in two bytes; idle ones are cut."""

    def __init__(self, zones: Zones) -> None:
        self._zones = zones
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
                answer = response(self._zones, packet, udp=False)
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
