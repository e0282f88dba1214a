"""A request, its answer, and the hops between: plain data that prints itself."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

_TEXT_TYPES = ("text/", "application/json", "application/xml", "application/javascript")


@dataclass(frozen=True)
class Hop:
    """One step of a request's way. `text` is the same each time; `seconds` is not.

    `name`: host name to address. `tcp`: a connection. `tls`: a handshake. `answer`: from the last
    byte sent to the first byte of the answer, so proxy and application together.
    """

    kind: Literal["name", "tcp", "tls", "answer"]
    text: str
    seconds: float = field(compare=False)

    def __str__(self) -> str:
        label = {"name": "name", "tcp": "TCP", "tls": "TLS", "answer": "answer"}[self.kind]
        return f"{label:<7} {self.text}"


@dataclass(frozen=True)
class Exchange:
    """An HTTP answer and the way the request took to get it."""

    method: str
    url: str
    address: str
    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes
    way: tuple[Hop, ...]
    encoding: str = "utf-8"

    @property
    def ok(self) -> bool:
        """Whether the status is below 400."""
        return self.status < 400

    @property
    def pod(self) -> str | None:
        """The pod that answered, if it says so (header X-Pod, as the lab's sample apps do)."""
        return self.headers.get("X-Pod")

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

    def to_json(self) -> dict[str, Any]:
        """The exchange as a JSON object; times in milliseconds."""
        way = [
            {"hop": hop.kind, "text": hop.text, "ms": round(hop.seconds * 1000, 3)}
            for hop in self.way
        ]
        return {
            "method": self.method,
            "url": self.url,
            "address": self.address,
            "status": self.status,
            "reason": self.reason,
            "headers": dict(self.headers),
            "pod": self.pod,
            "way": way,
            "body": self.text,
        }

    def __str__(self) -> str:
        lines = [f"{self.method} {self.url}", *(f"  {hop}" for hop in self.way)]
        if location := self.headers.get("Location"):
            lines.append(f"  Location: {location}")
        if self.body:
            lines += ["", self._printable_body()]
        return "\n".join(lines)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": str(self)}

    def _printable_body(self) -> str:
        kind = self.headers.get("Content-Type", "text/plain")
        if kind.startswith(_TEXT_TYPES) or b"\0" not in self.body[:1024]:
            return self.text.rstrip("\n")
        return f"({len(self.body)} bytes of {kind})"
