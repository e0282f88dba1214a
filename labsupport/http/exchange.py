"""A request, its answer, and the hops between: plain data that prints itself."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from labsupport.http.tls import TlsFacts

_TEXT_TYPES = ("text/", "application/json", "application/xml", "application/javascript")

HopKind = Literal["name", "tcp", "tls", "proxy", "answer"]


@dataclass(frozen=True)
class Hop:
    """One step of a request's way. `text` is the same each time; `seconds` is not.

    `name`: host name to address. `tcp`: a connection. `tls`: a handshake. `proxy`: the time spent
    in the proxy itself. `answer`: the rest, from the last byte sent to the first byte of the
    answer. A `failed` hop is the last one.
    """

    kind: HopKind
    text: str
    seconds: float = field(compare=False)
    failed: bool = False

    @property
    def label(self) -> str:
        """The kind as it is written."""
        return self.kind.upper() if self.kind in ("tcp", "tls") else self.kind

    def __str__(self) -> str:
        return f"{self.label:<7} {'✗ failed: ' if self.failed else ''}{self.text}"

    def to_json(self) -> dict[str, Any]:
        """Plain data; times in milliseconds."""
        return {
            "hop": self.kind,
            "text": self.text,
            "ms": round(self.seconds * 1000, 3),
            "failed": self.failed,
        }


@dataclass(frozen=True)
class ProxyFacts:
    """What the proxy decided, by its own access log.

    `name` is the controller's, `pod` the pod it ran in. `router`, `service` and `server` (a URL)
    are as the proxy names them; "" where it found none: no router takes the request, or it asked
    no server but answered itself. `origin_status` is the server's answer, 0 for none. `seconds` is
    the time the proxy took, `server_seconds` the part of it in which it waited for the server.
    """

    name: str
    pod: str
    entry_point: str
    router: str
    service: str
    server: str
    status: int
    origin_status: int
    seconds: float = field(compare=False)
    server_seconds: float = field(compare=False)

    @property
    def text(self) -> str:
        """`Traefik: router default-quote@kubernetes, server http://127.42.64.3:8080`."""
        if not self.router:
            return f"{self.name}: no router takes it"
        server = f"server {self.server}" if self.server else "asked no server"
        return f"{self.name}: router {self.router}, {server}"

    def to_json(self) -> dict[str, Any]:
        """Plain data; times in milliseconds."""
        return {
            "name": self.name,
            "pod": self.pod,
            "entry_point": self.entry_point,
            "router": self.router,
            "service": self.service,
            "server": self.server,
            "status": self.status,
            "origin_status": self.origin_status,
            "ms": round(self.seconds * 1000, 3),
            "server_ms": round(self.server_seconds * 1000, 3),
        }


@dataclass(frozen=True)
class Exchange:
    """An HTTP answer and the way the request took to get it.

    `request_id` is the `X-Request-Id` that was sent. `tls` is what the handshake told, None without
    TLS. `proxy` is None where no proxy told of the request. `redirects` are the exchanges that led
    to this one, the first one first, where redirects were followed.
    """

    method: str
    url: str
    address: str
    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes
    way: tuple[Hop, ...]
    encoding: str = "utf-8"
    request_id: str = field(default="", compare=False)
    tls: TlsFacts | None = None
    proxy: ProxyFacts | None = None
    redirects: "tuple[Exchange, ...]" = ()

    @property
    def ok(self) -> bool:
        """Whether the status is below 400."""
        return self.status < 400

    @property
    def pod(self) -> str | None:
        """The pod that answered, if it says so (header X-Pod, as the lab's sample apps do)."""
        return self.headers.get("X-Pod")

    @property
    def peer(self) -> str:
        """`address:port` that the pod saw as its client, if it says so (header X-Peer), or ""."""
        return self.headers.get("X-Peer", "")

    @property
    def location(self) -> str:
        """Where a redirect leads, as the answer says it, or ""."""
        return self.headers.get("Location", "")

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode(self.encoding, "replace")

    @property
    def seconds(self) -> float:
        """How long it took, from the name to the answer's head."""
        return sum(hop.seconds for hop in self.way)

    def json(self) -> Any:
        """The body's JSON value. ValueError when it is none."""
        return json.loads(self.body)

    def with_proxy(self, proxy: ProxyFacts) -> "Exchange":
        """This exchange with the hop that `proxy` tells of, before the answer."""
        *before, answer = self.way
        inside = max(proxy.seconds - proxy.server_seconds, 0.0)
        hop = Hop("proxy", proxy.text, min(inside, answer.seconds))
        answer = replace(answer, seconds=answer.seconds - hop.seconds)
        return replace(self, way=(*before, hop, answer), proxy=proxy)

    def to_json(self) -> dict[str, Any]:
        """The exchange as a JSON object; times in milliseconds."""
        return {
            "method": self.method,
            "url": self.url,
            "address": self.address,
            "status": self.status,
            "reason": self.reason,
            "headers": dict(self.headers),
            "pod": self.pod,
            "peer": self.peer,
            "way": [hop.to_json() for hop in self.way],
            "tls": self.tls.to_json() if self.tls else None,
            "proxy": self.proxy.to_json() if self.proxy else None,
            "redirects": [each.to_json() for each in self.redirects],
            "body": self.text,
        }

    def printed(self, *, times: bool = False, headers: bool = False) -> str:
        """The way and the body as text; with each hop's time and the answer's headers if asked."""
        lines = [line for each in (*self.redirects, self) for line in each._way_lines(times)]
        if headers:
            lines += ["", *(f"{name}: {value}" for name, value in self.headers.items())]
        if self.body:
            lines += ["", self._printable_body()]
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.printed()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": str(self)}

    def _way_lines(self, times: bool) -> list[str]:
        lines = [f"{self.method} {self.url}"]
        for hop in self.way:
            lines.append(f"  {hop.seconds * 1000:8.2f} ms  {hop}" if times else f"  {hop}")
        return [*lines, f"  Location: {self.location}"] if self.location else lines

    def _printable_body(self) -> str:
        kind = self.headers.get("Content-Type", "text/plain")
        if kind.startswith(_TEXT_TYPES) or b"\0" not in self.body[:1024]:
            return self.text.rstrip("\n")
        return f"({len(self.body)} bytes of {kind})"
