"""The DNS server and the resolver, with real packets on loopback."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

import pytest
from dnslib import EDNS0, QTYPE, RCODE, DNSRecord
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labsupport.base.errors import AddressInUse, NameNotFound
from labsupport.names.answering import authoritative, caching
from labsupport.names.cache import Cache
from labsupport.names.hosts import HostsFile
from labsupport.names.resolver import Resolver
from labsupport.names.server import serving
from labsupport.names.zone_files import ZoneFiles
from labsupport.names.zones import Zones

T = TypeVar("T")


def free_port() -> int:
    with socket.socket() as tcp:
        tcp.bind(("127.0.0.1", 0))
        return int(tcp.getsockname()[1])


def reply_to(zones: Zones, packet: bytes, *, udp: bool = True) -> bytes | None:
    return authoritative(zones)(packet, udp)


async def in_thread(call: Callable[[], T]) -> T:
    return await asyncio.to_thread(call)


@pytest.fixture
def zones(tmp_path: Path) -> Zones:
    files = ZoneFiles(tmp_path / "zones", "127.0.0.1")
    files.add("kiada.example.com", "127.9.192.1")
    files.add("www.example.com", "kiada.example.com")
    for number in range(40):
        files.add(f"long{number}.example.com", "x" * 60, "TXT")
    return Zones(files.folder)


@pytest.fixture
async def server(zones: Zones) -> AsyncIterator[tuple[str, int]]:
    port = free_port()
    async with serving(authoritative(zones), "127.0.0.1", port):
        yield "127.0.0.1", port


@pytest.fixture
def resolver(tmp_path: Path, server: tuple[str, int]) -> Resolver:
    return Resolver(HostsFile(tmp_path / "hosts"), server)


async def test_dns_gives_the_address(resolver: Resolver) -> None:
    found = await in_thread(lambda: resolver.resolve("Kiada.Example.com."))
    assert (found.address, found.by, found.detail) == ("127.9.192.1", "dns", "A record in lab DNS")


async def test_an_alias_is_named_on_the_way(resolver: Resolver) -> None:
    found = await in_thread(lambda: resolver.resolve("www.example.com"))
    assert found.detail == "A record in lab DNS, by way of kiada.example.com"


async def test_the_hosts_file_comes_before_dns(resolver: Resolver) -> None:
    resolver.hosts.add("kiada.example.com", "127.9.9.9")
    found = await in_thread(lambda: resolver.resolve("kiada.example.com"))
    assert (found.address, found.by) == ("127.9.9.9", "hosts")
    resolver.hosts.remove("kiada.example.com")
    found = await in_thread(lambda: resolver.resolve("kiada.example.com"))
    assert found.by == "dns"


async def test_an_address_needs_no_looking_up(resolver: Resolver) -> None:
    assert resolver.resolve("127.9.9.9").by == "address"
    assert resolver.resolve("[::1]").address == "::1"


async def test_localhost_is_known(resolver: Resolver) -> None:
    assert resolver.resolve("localhost").address == "127.0.0.1"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("kiaada.example.com", "NXDOMAIN"),
        ("kiada.example.org", "REFUSED"),
        ("long1.example.com", "no address"),
        ("a..b", "not a DNS name"),
    ],
)
async def test_a_name_without_address_says_who_said_so(
    resolver: Resolver, name: str, words: str
) -> None:
    with pytest.raises(NameNotFound) as caught:
        await in_thread(lambda: resolver.resolve(name))
    assert words in caught.value.found


async def test_no_server_says_how_to_start_one(tmp_path: Path) -> None:
    resolver = Resolver(HostsFile(tmp_path / "hosts"), ("127.0.0.1", free_port()))
    with pytest.raises(NameNotFound) as caught:
        await in_thread(lambda: resolver.resolve("kiada.example.com"))
    assert caught.value.remedy == "./lab up"


async def test_tcp_answers_several_questions_on_one_connection(server: tuple[str, int]) -> None:
    reader, writer = await asyncio.open_connection(*server)
    for name in ("kiada.example.com", "www.example.com"):
        packet = DNSRecord.question(name).pack()
        writer.write(struct.pack("!H", len(packet)) + packet)
        (length,) = struct.unpack("!H", await reader.readexactly(2))
        reply = DNSRecord.parse(await reader.readexactly(length))
        assert str(reply.rr[-1].rdata) == "127.9.192.1"
    writer.close()
    await writer.wait_closed()


async def test_a_taken_port_is_named(server: tuple[str, int], zones: Zones) -> None:
    with pytest.raises(AddressInUse, match=str(server[1])):
        async with serving(authoritative(zones), *server):
            pass


def big_zone(zones: Zones) -> None:
    path = zones.folder / "example.com.zone"
    lines = [f'big IN TXT "{number} {"x" * 60}"\n' for number in range(40)]
    path.write_text(path.read_text() + "".join(lines))


def test_a_long_answer_is_cut_over_udp_and_whole_over_tcp(zones: Zones) -> None:
    big_zone(zones)
    query = DNSRecord.question("big.example.com", "TXT").pack()
    cut = DNSRecord.parse(reply_to(zones, query))
    assert cut.header.tc == 1
    assert len(DNSRecord.parse(reply_to(zones, query, udp=False)).rr) == 40


def test_edns_lets_a_longer_answer_through(zones: Zones) -> None:
    big_zone(zones)
    query = DNSRecord.question("big.example.com", "TXT")
    query.add_ar(EDNS0(udp_len=4096))
    assert len(DNSRecord.parse(reply_to(zones, query.pack())).rr) == 40


@pytest.mark.parametrize("packet", [b"", b"x", b"\0" * 11, b"\xff" * 40])
def test_garbage_is_met_with_silence_or_an_error_never_a_crash(zones: Zones, packet: bytes) -> None:
    answer = reply_to(zones, packet)
    assert answer is None or DNSRecord.parse(answer).header.rcode != RCODE.NOERROR


def test_a_reply_is_not_answered(zones: Zones) -> None:
    reply = DNSRecord.question("kiada.example.com").reply()
    assert reply_to(zones, reply.pack()) is None


def test_answers_are_authoritative_and_refusals_are_not(zones: Zones) -> None:
    known = DNSRecord.parse(reply_to(zones, DNSRecord.question("kiada.example.com").pack()))
    foreign = DNSRecord.parse(reply_to(zones, DNSRecord.question("a.test").pack()))
    assert (known.header.aa, foreign.header.aa) == (1, 0)
    assert QTYPE.get(known.rr[0].rtype) == "A"


QUERIES = [DNSRecord.question("kiada.example.com", kind) for kind in ("A", "ANY", "TXT")]
QUERIES[0].add_ar(EDNS0(udp_len=4096))
PACKETS = [query.pack() for query in QUERIES]


@st.composite
def torn_packets(draw: st.DrawFn) -> bytes:
    """A good query with some bytes changed, cut off or added."""
    packet = bytearray(draw(st.sampled_from(PACKETS)))
    for place in draw(st.lists(st.integers(0, len(packet) - 1), max_size=4)):
        packet[place] = draw(st.integers(0, 255))
    end = draw(st.integers(0, len(packet)))
    return bytes(packet[:end]) + draw(st.binary(max_size=20))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(packet=st.one_of(torn_packets(), st.binary(max_size=80)), udp=st.booleans())
def test_no_packet_brings_a_server_down(zones: Zones, packet: bytes, udp: bool) -> None:
    for respond in (authoritative(zones), caching(Cache(zones.answer))):
        answer = respond(packet, udp)
        assert answer is None or answer[:2] == packet[:2]


def test_an_edit_shows_in_the_answer_to_the_same_packet(zones: Zones) -> None:
    respond = authoritative(zones)
    query = DNSRecord.question("kiada.example.com").pack()
    first = [str(each.rdata) for each in DNSRecord.parse(respond(query, True)).rr]
    ZoneFiles(zones.folder, "127.0.0.1").add("kiada.example.com", "127.9.192.2")
    second = [str(each.rdata) for each in DNSRecord.parse(respond(query, True)).rr]
    assert (first, second) == (["127.9.192.1"], ["127.9.192.2"])


def test_each_query_is_answered_by_its_own_id(zones: Zones) -> None:
    respond = authoritative(zones)
    queries = [DNSRecord.question("kiada.example.com") for _ in range(2)]
    for number, query in enumerate(queries):
        query.header.id = number
    answers = [DNSRecord.parse(respond(query.pack(), True)) for query in queries]
    assert [each.header.id for each in answers] == [0, 1]
