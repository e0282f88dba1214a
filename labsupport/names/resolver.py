"""Names to addresses, as the learner's computer finds them: hosts file first, then lab DNS."""

import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Literal

from labsupport.base.errors import NameNotFound
from labsupport.names.hosts import HostsFile

_TRIES = 2
_TIMEOUT = 1.0


@dataclass(frozen=True)
class Resolution:
    """A name's address and where it came from. `detail` says so in words."""

    name: str
    address: str
    by: Literal["address", "hosts", "dns"]
    detail: str

    def __str__(self) -> str:
        if self.by == "address":
            return self.detail
        return f"{self.name} is {self.address}: {self.detail}"


class Resolver:
    """Resolves names by the lab's hosts file, then by a real query to the lab's DNS server."""

    def __init__(self, hosts: HostsFile, dns: tuple[str, int]) -> None:
        self.hosts = hosts
        self.dns = dns

    def resolve(self, name: str) -> Resolution:
        """The address of `name`. NameNotFound says who was asked, what they said, what to do."""
        try:
            return Resolution(name, str(ip_address(name.strip("[]"))), "address", "an IP address")
        except ValueError:
            pass
        name = name.rstrip(".").lower()
        if address := self.hosts.address_of(name):
            return Resolution(name, address, "hosts", "in the lab's hosts file")
        return self._by_dns(name)

    def _by_dns(self, name: str) -> Resolution:
        # Imported here: a name in the hosts file needs no DNS.
        from dnslib import QTYPE, RCODE, DNSError, DNSRecord

        for record_type in ("A", "AAAA"):
            try:
                question = DNSRecord.question(name, record_type)
                reply = DNSRecord.parse(_ask(question.pack(), self.dns))
            except (OSError, DNSError) as error:
                where = f"{self.dns[0]}:{self.dns[1]}"
                found = f"lab DNS at {where} does not answer ({error!s})"
                raise _not_found(name, found, "./lab up") from error
            except (ValueError, UnicodeError) as error:
                raise _not_found(name, f"not a DNS name: {error!s}", "correct the name") from error
            code = RCODE.get(reply.header.rcode)
            if code != "NOERROR":
                break
            for record in reply.rr:
                if QTYPE.get(record.rtype) == record_type:
                    chain = [str(r.rdata).rstrip(".") for r in reply.rr if r.rtype == QTYPE.CNAME]
                    detail = f"{record_type} record in lab DNS"
                    detail += "".join(f", by way of {alias}" for alias in chain)
                    return Resolution(name, str(record.rdata), "dns", detail)
        said = {
            "REFUSED": "lab DNS does not serve its domain (REFUSED)",
            "NXDOMAIN": "lab DNS says there is no such name (NXDOMAIN)",
            "NOERROR": "lab DNS knows the name, but no address for it",
        }.get(code, f"lab DNS answers {code}")
        raise _not_found(name, f"not in the lab's hosts file; {said}", _remedy(name))


def _not_found(name: str, found: str, remedy: str) -> NameNotFound:
    return NameNotFound(f"{name} has no address", found=found, remedy=remedy)


def _remedy(name: str) -> str:
    return (
        "check the spelling, or give it an address; "
        f'in a notebook: lab.hosts.add("{name}", lab.address)'
    )


def _ask(packet: bytes, server: tuple[str, int]) -> bytes:
    """The server's answer to `packet`: by UDP, and again by TCP when that was cut short."""
    answer = _by_udp(packet, server)
    truncated = len(answer) > 2 and answer[2] & 0x02
    return _by_tcp(packet, server) if truncated else answer


def _by_udp(packet: bytes, server: tuple[str, int]) -> bytes:
    for tries_left in reversed(range(_TRIES)):
        # A connected socket takes packets from the server only, and hears at once of a closed port.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.settimeout(_TIMEOUT)
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


def _by_tcp(packet: bytes, server: tuple[str, int]) -> bytes:
    with socket.create_connection(server, timeout=_TIMEOUT) as tcp:
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
