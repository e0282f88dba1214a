"""One question to a DNS server, over UDP, and over TCP where the answer is too long for that."""

import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass

from dnslib import CLASS, OPCODE, QTYPE, RCODE, RR, DNSError, DNSHeader, DNSQuestion, DNSRecord

from labsupport.base.errors import LabError, UsageError
from labsupport.names.records import Records, as_lines
from labsupport.names.wire import plain_records
from labsupport.rules.record_values import ascii_name

Server = tuple[str, int]
"""A DNS server's IPv4 address and port."""

_TRIES = 2
_TIMEOUT = 1.0  # seconds, for each try


class ServerSilent(LabError):
    """No DNS server answered."""


@dataclass(frozen=True)
class Reply:
    """What a DNS server answered: a response code as `NOERROR` or `NXDOMAIN`, and records.

    `authoritative` tells the server that holds the zone from one that remembers its answers.
    """

    name: str
    type: str
    code: str
    records: Records
    authority: Records
    authoritative: bool
    server: Server

    @property
    def values(self) -> list[str]:
        """The values of the type that was asked for, aliases left out."""
        return [each.value for each in self.records if self.type in (each.type, "ANY")]

    def to_json(self) -> dict[str, object]:
        """The reply as a JSON object."""
        return {
            "name": self.name,
            "type": self.type,
            "code": self.code,
            "authoritative": self.authoritative,
            "records": [each.to_json() for each in self.records],
            "authority": [each.to_json() for each in self.authority],
            "server": f"{self.server[0]}:{self.server[1]}",
        }

    def __str__(self) -> str:
        how = "the zone's own server" if self.authoritative else "not the zone's own server"
        said = _MEANINGS.get(self.code, "")
        if self.code == "NOERROR" and not self.records:
            said = f"the name is known, but no {self.type} of it"
        lines = [f"{self.code}{f': {said}' if said else ''} ({self.server[0]}, {how})"]
        lines += as_lines(self.records)
        if self.authority and not self.records:
            lines += ["how long a 'no' may be remembered is in the SOA:", *as_lines(self.authority)]
        return "\n".join(lines)


_MEANINGS = {
    "NXDOMAIN": "there is no such name",
    "REFUSED": "not a zone of this server",
    "SERVFAIL": "the zone can't be read, or its aliases go in circles",
}


def query(
    name: str,
    record_type: str,
    server: Server,
    *,
    recursion: bool = True,
    timeout: float = _TIMEOUT,
) -> Reply:
    """Ask `server` for the records of one type (`ANY`: of all).

    Without `recursion`, a caching resolver tells only what it remembers. ServerSilent when there
    is no answer within `timeout` seconds (and one more try); UsageError for what can't be asked.
    """
    plain, record_type = ascii_name(name), record_type.upper()
    number = QTYPE.reverse.get(record_type)
    if number is None:
        raise UsageError(
            f"{record_type} is no type of DNS record",
            found=record_type,
            remedy="./lab dns query kiada.example.com A",
        )
    header = DNSHeader(rd=int(recursion))
    answer = _answer(DNSRecord(header, q=DNSQuestion(plain, number)), server, timeout)
    return Reply(
        plain,
        record_type,
        str(RCODE.get(answer.header.rcode)),
        plain_records(answer.rr),
        plain_records(answer.auth),
        bool(answer.header.aa),
        server,
    )


def remembered(server: Server) -> list[str]:
    """What a caching resolver of the lab remembers: one line each, with the seconds left."""
    question = DNSQuestion(MEMORY, QTYPE.TXT, CLASS.CH)
    answer = _answer(DNSRecord(q=question), server, _TIMEOUT)
    return [_text(record) for record in answer.rr]


def forget(server: Server, zone: str = ".") -> None:
    """Have a caching resolver of the lab forget what it knows of a zone (`.`: all).

    The message is a NOTIFY (RFC 1996), which says that a zone has changed.
    """
    header = DNSHeader(opcode=OPCODE.NOTIFY)
    _answer(DNSRecord(header, q=DNSQuestion(zone, QTYPE.SOA)), server, _TIMEOUT)


MEMORY = "memory.resolver"
"""The name (of class CH, as `version.bind` is) under which a caching resolver tells its memory."""


def _text(record: RR) -> str:
    return b"".join(record.rdata.data).decode(errors="replace")


def _answer(question: DNSRecord, server: Server, timeout: float) -> DNSRecord:
    try:
        return DNSRecord.parse(_ask(question.pack(), server, timeout))
    except (OSError, DNSError) as error:
        raise ServerSilent(
            f"no DNS server answers at {server[0]}:{server[1]}",
            found=str(error) or type(error).__name__,
            remedy="./lab up",
        ) from error


def _ask(packet: bytes, server: Server, timeout: float) -> bytes:
    """The server's answer to `packet`: by UDP, and again by TCP when that was cut short."""
    answer = _by_udp(packet, server, timeout)
    truncated = len(answer) > 2 and answer[2] & 0x02
    return _by_tcp(packet, server, timeout) if truncated else answer


def _by_udp(packet: bytes, server: Server, timeout: float) -> bytes:
    for tries_left in reversed(range(_TRIES)):
        # A connected socket takes packets from the server only, and hears at once of a closed port.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.settimeout(timeout)
            udp.connect(server)
            try:
                udp.send(packet)
                while (answer := udp.recv(65535))[:2] != packet[:2]:
                    pass
            except TimeoutError:
                if not tries_left:
                    raise
            else:
                return answer
    raise AssertionError("not reached")


def _by_tcp(packet: bytes, server: Server, timeout: float) -> bytes:
    with socket.create_connection(server, timeout=timeout) as tcp:
        tcp.sendall(struct.pack("!H", len(packet)) + packet)
        (length,) = struct.unpack("!H", _exactly(tcp.recv, 2))
        return _exactly(tcp.recv, length)


def _exactly(receive: Callable[[int], bytes], size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = receive(size - len(data))
        if not part:
            raise ConnectionError("the connection ended early")
        data += part
    return data
