"""The lab's DNS in one object: its zone files, its servers, and who is asked."""

from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from labsupport.base.errors import UsageError
from labsupport.names.external import ExternalDnsSwitch
from labsupport.names.query import Reply, Server, forget, query, remembered
from labsupport.names.resolver import Resolver
from labsupport.names.zone_files import ZoneFiles

AUTHORITATIVE, CACHE = "authoritative", "cache"
_PORT = 53


@dataclass(frozen=True)
class CacheControl:
    """The caching resolver's memory, as seen from outside."""

    server: Server

    def entries(self) -> list[str]:
        """What it remembers, one line each, with the seconds left."""
        return remembered(self.server)

    def flush(self, zone: str = ".") -> None:
        """Have it forget a zone, or all."""
        forget(self.server, zone)

    def __str__(self) -> str:
        return "\n".join(self.entries()) or "nothing is remembered"


class LabDns(ZoneFiles):
    """Zone files, questions to the servers, and whom the lab's computer asks.

    `external` is the switch of external-dns.
    """

    def __init__(self, folder: Path, resolver: Resolver, external: ExternalDnsSwitch) -> None:
        super().__init__(folder, resolver.dns[0], resolver.rename)
        self._resolver = resolver
        self.external = external

    @property
    def cache(self) -> CacheControl:
        """The caching resolver."""
        return CacheControl(self._server_called(CACHE))

    def query(self, name: str, record_type: str = "A", *, server: str = "") -> Reply:
        """Ask a DNS server: the one in use, "authoritative", "cache", or one of an IPv4 address.

        The address may have a port, as in `127.0.0.1:5353`.
        """
        return query(self._rename(name), record_type, self._server_called(server))

    def use(self, server: str) -> None:
        """Have the lab's computer ask "authoritative", "cache", or another server's address."""
        address, _ = self._server_called(server or AUTHORITATIVE)
        self._resolver.settings.use(address)

    def _server_called(self, server: str) -> Server:
        if not server:
            return self._resolver.server[1]
        if server == AUTHORITATIVE:
            return self._resolver.dns
        if server == CACHE:
            if self._resolver.cache is None:
                raise UsageError("this cluster's lab has no caching resolver", remedy="./lab up")
            return self._resolver.cache
        known = {each[0]: each for each in (self._resolver.dns, self._resolver.cache) if each}
        return known.get(server) or server_at(server)


def server_at(text: str) -> Server:
    """The server at an IPv4 address, with or without a port: `127.0.0.1:5353`."""
    address, _, port = text.partition(":")
    try:
        return str(IPv4Address(address)), int(port or _PORT)
    except ValueError as error:
        raise UsageError(
            "a DNS server is given as authoritative, cache, or an IPv4 address",
            found=text,
            remedy="./lab dns query kiada.example.com @127.0.0.1:5353",
        ) from error
