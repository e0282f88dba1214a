"""A TLS server on loopback that says what it was asked for, and the resolver that leads to it."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass(frozen=True)
class Loopback:
    """Where every name is."""

    address: str = "127.0.0.1"

    def resolve(self, name: str, /) -> "Loopback":
        return self


@dataclass
class TlsServer:
    """`port` of a server, and the SNI of each handshake it saw; None for none."""

    port: int
    asked: list[str | None] = field(default_factory=list)


class _Quiet(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *args: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    def handle_error(self, *args: object) -> None:
        """A client that refuses the certificate is no error here."""


@contextmanager
def tls_server(
    certificate: bytes, key: bytes, folder: Path, *, refused_name: str = "-"
) -> Iterator[TlsServer]:
    """Serves with one certificate; a handshake for `refused_name` is refused with an alert."""
    (folder / "leaf.crt").write_bytes(certificate)
    (folder / "leaf.key").write_bytes(key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.load_cert_chain(folder / "leaf.crt", folder / "leaf.key")
    server = _Server(("127.0.0.1", 0), _Quiet)
    seen = TlsServer(server.server_port)

    def on_sni(_: ssl.SSLObject, name: str | None, __: ssl.SSLContext) -> int | None:
        seen.asked.append(name)
        return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME if refused_name == (name or "") else None

    context.sni_callback = on_sni
    # The handshake is the handler thread's: a client that stops half-way holds nobody up.
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield seen
    server.shutdown()
    thread.join()
    server.server_close()
