"""Answers: a body that is ready, or a stream that ends when the client or the server leaves."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, Protocol

from labsupport.base.types import Json
from labsupport.rules.status import StatusError

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]

JSON = "application/json"


class Answer(Protocol):
    """What a handler returns."""

    async def send(self, send: Send, receive: Receive) -> None:
        """Writes the whole answer to the client."""

    def with_warning(self, text: str) -> "Answer":
        """The same answer with one more `Warning` header, which kubectl prints."""


@dataclass(frozen=True)
class Response:
    """An answer that is complete. `warnings` become `Warning` headers."""

    body: bytes
    status: int = 200
    content_type: str = JSON
    warnings: Sequence[str] = ()
    headers: Sequence[tuple[bytes, bytes]] = ()

    async def send(self, send: Send, receive: Receive) -> None:
        """Writes head and body."""
        del receive
        headers = [
            (b"content-type", self.content_type.encode()),
            (b"content-length", str(len(self.body)).encode()),
            *_warning_headers(self.warnings),
            *self.headers,
        ]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})

    def with_warning(self, text: str) -> "Response":
        """The same answer with one more warning."""
        return replace(self, warnings=[*self.warnings, text])


@dataclass(frozen=True)
class Stream:
    """An answer that goes on, chunk by chunk, until it ends, the client leaves or we close."""

    chunks: AsyncIterator[bytes]
    closing: asyncio.Event
    content_type: str = JSON
    warnings: Sequence[str] = ()

    def with_warning(self, text: str) -> "Stream":
        """The same answer with one more warning."""
        return replace(self, warnings=[*self.warnings, text])

    async def send(self, send: Send, receive: Receive) -> None:
        """Writes chunks as they come; closes the source in any case."""
        writing = asyncio.ensure_future(self._write(send))
        ends = [asyncio.ensure_future(_gone(receive)), asyncio.ensure_future(self.closing.wait())]
        try:
            await asyncio.wait({writing, *ends}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (writing, *ends):
                task.cancel()
            (failure, *_) = await asyncio.gather(writing, *ends, return_exceptions=True)
        if isinstance(failure, Exception):
            raise failure
        # To end a stream in the middle cleanly, so that its client does not take it for a fault.
        await send({"type": "http.response.body", "body": b""})

    async def _write(self, send: Send) -> None:
        headers = [
            (b"content-type", self.content_type.encode()),
            (b"cache-control", b"no-cache"),
            *_warning_headers(self.warnings),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        async with aclosing(self.chunks) as chunks:  # type: ignore[type-var]
            async for chunk in chunks:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})


def json_response(value: Json, status: int = 200, warnings: Sequence[str] = ()) -> Response:
    """An answer of one JSON document."""
    return Response(encoded(value), status, warnings=warnings)


def refusal_response(error: StatusError) -> Response:
    """The `Status` document of a refusal."""
    headers = []
    if error.code == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if error.retry_after_seconds:
        headers.append((b"retry-after", str(error.retry_after_seconds).encode()))
    return Response(encoded(error.to_json()), error.code, headers=headers)


def encoded(value: Json) -> bytes:
    """A JSON document as bytes."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _warning_headers(texts: Sequence[str]) -> list[tuple[bytes, bytes]]:
    """`Warning` headers (RFC 7234): code 299, no agent, the text quoted."""
    escaped = [text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") for text in texts]
    return [(b"warning", f'299 - "{text}"'.encode()) for text in escaped]


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
