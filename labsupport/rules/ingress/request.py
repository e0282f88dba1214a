"""The part of an HTTP request that Ingress rules look at."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from labsupport.base.errors import UsageError
from labsupport.base.types import Json

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Request:
    """A request as the proxy sees it: the host of the Host header without its port, and the path
    as sent, without its query."""

    scheme: str
    host: str
    port: int
    path: str

    @classmethod
    def from_url(cls, url: str) -> "Request":
        """The request a browser would send; host names are lower-cased.

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
        return cls(parts.scheme, host.removesuffix("."), port, parts.path or "/")

    @property
    def url(self) -> str:
        """The request as a URL, with the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"

    def to_json(self) -> Json:
        """Plain data."""
        return {"scheme": self.scheme, "host": self.host, "port": self.port, "path": self.path}
