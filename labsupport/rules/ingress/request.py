"""The part of an HTTP request that Ingress rules look at."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

from labsupport.base.errors import UsageError
from labsupport.base.types import Json

_PORTS = {"http": 80, "https": 443}
_KEPT_IN_PATHS = "/%:@!$&'()*+,;=-._~"  # RFC 3986, section 3.3


@dataclass(frozen=True)
class Request:
    """A request as the proxy sees it: the host of the Host header without its port, and the path
    as sent, without its query. The case of a host counts nothing, nor does a dot at its end.

    `sni` is the name asked for in the TLS handshake where that is not the host; `headers` are
    (name, value) pairs.
    """

    scheme: str
    host: str
    port: int
    path: str
    sni: str = ""
    headers: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "host", self.host.lower().removesuffix("."))

    @classmethod
    def from_url(
        cls, url: str, *, sni: str = "", headers: tuple[tuple[str, str], ...] = ()
    ) -> "Request":
        """The request a browser would send; a `Host` among the headers replaces the URL's host.

        Raises UsageError for anything but an absolute http or https URL.
        """
        expected = UsageError(
            "A request needs an absolute URL with http:// or https:// and a host name.",
            found=url,
            remedy="./lab get http://kiada.example.com/",
        )
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise expected from error
        if parts.scheme not in _PORTS or not host:
            raise expected
        port = _PORTS[parts.scheme] if port is None else port
        asked = next((value for name, value in headers if name.lower() == "host"), "")
        if asked and asked != host:
            host, sni = asked.partition(":")[0], sni or host
        path = quote(parts.path, safe=_KEPT_IN_PATHS) or "/"
        return cls(parts.scheme, host, port, path, sni.lower(), headers)

    @property
    def server_name(self) -> str:
        """The name in the TLS handshake: "" over plain HTTP, and for an IP address (RFC 6066)."""
        if self.scheme != "https":
            return ""
        try:
            ip_address(self.sni or self.host)
        except ValueError:
            return self.sni or self.host
        return ""

    def header(self, name: str) -> str | None:
        """The first header of that name, in any case; None without one."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    @property
    def url(self) -> str:
        """The request as a URL, with the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"

    def to_json(self) -> Json:
        """Plain data."""
        return {"scheme": self.scheme, "host": self.host, "port": self.port, "path": self.path}
