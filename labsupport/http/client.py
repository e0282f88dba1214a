"""The lab's HTTP client: any name the lab knows, any port, and what happened at each hop."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from labsupport.base.errors import UsageError
from labsupport.http.adapter import Target
from labsupport.http.connection import Connection
from labsupport.http.exchange import Exchange, Hop
from labsupport.http.tap import Tap
from labsupport.http.tls import TlsSettings, checked_sni, sni_for
from labsupport.rules.certificates.names import as_address
from labsupport.rules.tenancy import renamed

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
class Given:
    """An address that the caller gave, so that nobody was asked for the name."""

    name: str
    address: str
    by: str = "given"

    def __str__(self) -> str:
        return f"{self.name} is {self.address}: given with the request"


@dataclass(frozen=True)
class Client:
    """Makes requests over names that only the lab knows.

    `network` is the lab's prefix of addresses (`127.42.`): there, ports below 1024 are really
    `port_offset` higher, which callers need not know. `way` tells what to connect to for an
    address and port, where this machine has no route to some. Certificates are checked against
    `ca_file`. `rename` gives the name that is meant by a name as lessons write it. A `tap` keeps
    the first bytes of each connection.
    """

    resolver: Resolves
    network: str = ""
    port_offset: int = 0
    way: Callable[[str, int], tuple[str, int]] | None = None
    ca_file: Path | None = None
    rename: Callable[[str], str] = str
    tap: Tap | None = None

    def get(self, url: str, **options: Any) -> Exchange:
        """GET `url`; see `request`."""
        return self.request("GET", url, **options)

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        resolve: str | Mapping[str, str] = "",
        sni: str | None = None,
        verify: bool | str | Path = True,
        timeout: float = 10.0,
        **options: Any,
    ) -> Exchange:
        """The answer to one request on a connection of its own, and its way.

        `url` may leave out `http://`. `headers` may have a Host of its own. `resolve` is an
        address to go to, or addresses by name, in place of asking for the URL's name. `sni` is
        another name to ask for in the TLS handshake than the URL's, or "" to ask for none; the
        certificate must be for the URL's name in any case. `verify` is False to accept any
        certificate, or a CA file to believe instead of the lab's. `timeout` (s) holds for
        connecting and for each wait on the answer. What else `requests` takes (params, json,
        data, files, cookies, auth) is passed on. Redirects are shown, not followed. NameNotFound
        or RequestFailed when no answer came.
        """
        with self.connect(url, resolve=resolve, sni=sni, verify=verify) as connection:
            return connection.request(
                method, connection.base, headers=headers, timeout=timeout, **options
            )

    def connect(
        self,
        url: str,
        *,
        resolve: str | Mapping[str, str] = "",
        sni: str | None = None,
        verify: bool | str | Path = True,
    ) -> Connection:
        """A connection to the host of `url` that can carry many requests; close it after use.

        Options as `request` has them.
        """
        url, host, port = _parsed(renamed(url, self.rename))
        settings = self._tls(host, self.rename(sni) if sni else sni, verify)
        if not isinstance(resolve, str):
            resolve = {self.rename(name): address for name, address in resolve.items()}
        started = time.perf_counter()
        resolved = _given(host, resolve) or self.resolver.resolve(host)
        name_hop = Hop("name", str(resolved), time.perf_counter() - started)
        target = Target(resolved.address, port, host, self.reached(resolved.address, port))
        return Connection(target, url, name_hop, settings, rename=self.rename, tap=self.tap)

    def reached(self, address: str, port: int) -> tuple[str, int]:
        """What to connect to for an address and port that are meant."""
        inside = bool(self.network) and address.startswith(self.network)
        if inside and port < _OFFSET_BELOW:
            return address, port + self.port_offset
        return self.way(address, port) if self.way else (address, port)

    def _tls(self, host: str, sni: str | None, verify: bool | str | Path) -> TlsSettings:
        ca_file, believed = self.ca_file, "the lab's CA" if self.ca_file else "the system's CAs"
        if not isinstance(verify, bool):
            ca_file, believed = Path(verify), Path(verify).name
            if not ca_file.is_file():
                raise UsageError(
                    "verify takes True, False or the file of a CA's certificate (PEM)",
                    found=f"no file {verify}",
                )
        sent = sni_for(host) if sni is None else checked_sni(sni)
        return TlsSettings(host, sent, verify is not False, ca_file, believed)


def _given(host: str, resolve: str | Mapping[str, str]) -> Resolved | None:
    """What `resolve` says about `host`; None if nothing."""
    address = resolve if isinstance(resolve, str) else resolve.get(host, "")
    if not address:
        return None
    if not as_address(address):
        raise UsageError(
            "resolve takes an IP address, or addresses by name",
            found=repr(address),
            remedy="lab.get(url, resolve=lab.address)",
        )
    return Given(host, as_address(address))


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
