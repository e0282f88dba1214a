"""The lab's HTTP client: any name the lab knows, any port, and what happened at each hop."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from labsupport.base.errors import UsageError
from labsupport.http.adapter import Target
from labsupport.http.connection import Connection
from labsupport.http.exchange import Exchange, Hop

_OFFSET_BELOW = 1024


class Resolved(Protocol):
    """A name's address, and in words where it came from."""

    @property
    def address(self) -> str: ...

    def __str__(self) -> str: ...


class Resolves(Protocol):
    """Whatever finds the address of a name; NameNotFound when there is none."""

    def resolve(self, name: str, /) -> Resolved: ...


@dataclass(frozen=True)
class Client:
    """Makes requests over names that only the lab knows.

    `network` is the lab's prefix of addresses (`127.42.`): there, ports below 1024 are really
    `port_offset` higher, which callers need not know. Certificates are checked against `ca_file`.
    """

    resolver: Resolves
    network: str = ""
    port_offset: int = 0
    ca_file: Path | None = None

    def get(self, url: str, **options: Any) -> Exchange:
        """GET `url`; see `request`."""
        return self.request("GET", url, **options)

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        verify: bool | str | Path = True,
        timeout: float = 10.0,
        **options: Any,
    ) -> Exchange:
        """The answer to one request on a connection of its own, and its way.

        `url` may leave out `http://`. Redirects are shown, not followed. `verify` is False to
        accept any certificate, or a CA file to believe instead of the lab's. `timeout` (s) holds
        for connecting and for each wait on the answer. What else `requests` takes (params, json,
        data, cookies, auth) is passed on. NameNotFound or RequestFailed when no answer came.
        """
        with self.connect(url) as connection:
            return connection.request(
                method, connection.base, headers=headers, verify=verify, timeout=timeout, **options
            )

    def connect(self, url: str) -> Connection:
        """A connection to the host of `url` that can carry many requests; close it after use."""
        url, host, port = _parsed(url)
        started = time.perf_counter()
        resolved = self.resolver.resolve(host)
        name_hop = Hop("name", str(resolved), time.perf_counter() - started)
        target = Target(resolved.address, self._real_port(resolved.address, port), port, host)
        return Connection(target, url, name_hop, self.ca_file)

    def _real_port(self, address: str, port: int) -> int:
        inside = bool(self.network) and address.startswith(self.network)
        return port + self.port_offset if inside and port < _OFFSET_BELOW else port


def _parsed(url: str) -> tuple[str, str, int]:
    """The URL with its scheme, and its host and port."""
    if "://" not in url:
        url = f"http://{url}"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _not_a_url(url, str(error)) from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _not_a_url(url, f"scheme {parts.scheme!r}, host {parts.hostname or ''!r}")
    return url, parts.hostname, port or (443 if parts.scheme == "https" else 80)


def _not_a_url(url: str, found: str) -> UsageError:
    return UsageError(
        f"not a web address: {url}", found=found, remedy="./lab get http://kiada.example.com/"
    )
