"""The first bytes of a connection, in words: TLS or clear text, and what can be read of it.

Enough of TLS (RFC 8446) to find the server name in a ClientHello (RFC 6066), and of HTTP/1 to
know its first line. Everything here takes bytes that may be cut off anywhere.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

FIRST_BYTES = 64
HELLO_BYTES = 2048
"""Of TLS, enough is kept to find the server name wherever in its ClientHello a client puts it."""

_TLS_HANDSHAKE = 0x16
_RECORDS = {20: "change of keys", 21: "alert", 22: "handshake", 23: "encrypted data"}
_CLIENT_HELLO, _SERVER_HELLO = 1, 2
_SERVER_NAME, _ALPN, _VERSIONS = 0, 16, 43
_VERSION_NAMES = {0x0301: "TLS 1.0", 0x0302: "TLS 1.1", 0x0303: "TLS 1.2", 0x0304: "TLS 1.3"}
_ALERTS = {
    0: "close notify",
    40: "handshake failure",
    42: "bad certificate",
    45: "certificate expired",
    46: "certificate unknown",
    48: "unknown CA",
    70: "protocol version",
    80: "internal error",
    112: "unrecognized name",
    116: "certificate required",
    120: "no application protocol",
}
_REQUEST = re.compile(rb"([A-Z]{3,10} \S+ HTTP/1\.[01])\r?\n")
_ANSWER = re.compile(rb"(HTTP/1\.[01] \d{3}[^\r\n]*)")
_HTTP_2 = b"PRI * HTTP/2.0\r\n"
_WIDTH = 16


@dataclass(frozen=True)
class ClientHello:
    """What a TLS client says first, for everybody on the way to read.

    `server_name` is the SNI, "" for none; `versions` and `protocols` (ALPN) as offered, best
    first. `complete` is whether all of it was there to be read.
    """

    server_name: str = ""
    versions: tuple[str, ...] = ()
    protocols: tuple[str, ...] = ()
    complete: bool = True


def client_hello(data: bytes) -> ClientHello | None:
    """The ClientHello that `data` begins with; None when it is anything else."""
    if len(data) < 6 or data[0] != 22 or data[1] != 3 or data[5] != _CLIENT_HELLO:
        return None
    reader = _Reader(data[9:])  # record header 5, message type 1, length 3
    complete = len(data) >= 9 + int.from_bytes(data[6:9])
    reader.take(34)  # version, random
    reader.vector(1)  # session id
    reader.vector(2)  # cipher suites
    reader.vector(1)  # compression
    found = dict(_extensions(reader.vector(2)))
    return ClientHello(
        _server_name(found.get(_SERVER_NAME, b"")),
        tuple(_versions(found.get(_VERSIONS, b""))),
        tuple(_protocols(found.get(_ALPN, b""))),
        complete,
    )


def in_words(data: bytes) -> str:
    """What these first bytes of one direction are, in one line."""
    if not data:
        return "nothing"
    hello = client_hello(data)
    if hello:
        cut = "" if hello.complete else ", cut off"
        name = f"for {hello.server_name}" if hello.server_name else "without a server name"
        return f"TLS ClientHello {name}{cut}; the rest is encrypted"
    if data[0] in _RECORDS and len(data) > 2 and data[1] == 3:
        return _record(data)
    if data.startswith(_HTTP_2):
        return "HTTP/2 in clear text"
    if line := _REQUEST.match(data):
        return f"HTTP request {line[1].decode('latin-1')}, readable by everybody on the way"
    if line := _ANSWER.match(data):
        return f"HTTP answer {line[1].decode('latin-1')}, readable by everybody on the way"
    readable = sum(byte in b"\r\n\t" or 32 <= byte < 127 for byte in data)
    return "clear text" if readable == len(data) else "bytes of no protocol known here"


def is_enough(held: bytearray, data: bytes) -> bool:
    """Add `data` to the bytes held of one direction, as far as wanted; whether that is all."""
    limit = HELLO_BYTES if (held or data)[:1] == bytes([_TLS_HANDSHAKE]) else FIRST_BYTES
    held += data[: limit - len(held)]
    return len(held) >= limit


def is_tls(data: bytes) -> bool:
    """Whether these first bytes are those of TLS."""
    return len(data) > 2 and data[0] in _RECORDS and data[1] == 3


def hexdump(data: bytes) -> str:
    """The bytes as `hexdump -C` shows them: offset, sixteen in hexadecimal, and as text."""
    lines = []
    for start in range(0, len(data), _WIDTH):
        row = data[start : start + _WIDTH]
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        halves = f"{row[:8].hex(' ')}  {row[8:].hex(' ')}"
        lines.append(f"{start:04x}  {halves:<48}  |{text}|")
    return "\n".join(lines)


def _record(data: bytes) -> str:
    kind = _RECORDS[data[0]]
    if data[0] == 22 and len(data) > 5 and data[5] == _SERVER_HELLO:
        return "TLS ServerHello; the rest is encrypted"
    if data[0] == 21 and len(data) > 6 and data[3:5] == b"\x00\x02":
        return f"TLS alert: {_ALERTS.get(data[6], f'number {data[6]}')}"
    return f"TLS {kind}"


class _Reader:
    """Reads a TLS structure; past the end there are only empty bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __bool__(self) -> bool:
        return bool(self._data)

    def take(self, size: int) -> bytes:
        taken, self._data = self._data[:size], self._data[size:]
        return taken

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size))

    def vector(self, size: int) -> bytes:
        """What follows its own length, a number of `size` bytes."""
        return self.take(self.number(size))


def _extensions(data: bytes) -> Iterator[tuple[int, bytes]]:
    reader = _Reader(data)
    while reader:
        yield reader.number(2), reader.vector(2)


def _server_name(extension: bytes) -> str:
    reader = _Reader(extension)
    reader.take(3)  # length of the list, type of its first entry: host_name
    return reader.vector(2).decode("ascii", errors="replace")


def _versions(extension: bytes) -> Iterator[str]:
    """The versions this can name; clients strew in some that nobody has (GREASE, RFC 8701)."""
    reader = _Reader(_Reader(extension).vector(1))
    while reader:
        if name := _VERSION_NAMES.get(reader.number(2)):
            yield name


def _protocols(extension: bytes) -> Iterator[str]:
    reader = _Reader(_Reader(extension).vector(2))
    while reader:
        yield reader.vector(1).decode("ascii", errors="replace")
