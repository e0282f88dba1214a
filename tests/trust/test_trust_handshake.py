"""What a server shows, seen in a real handshake over loopback; `openssl s_client` agrees."""

import contextlib
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tls_judges import server_context

from labsupport.base.errors import RequestFailed, UsageError
from labsupport.base.paths import Instance
from labsupport.rules.certificates import chain_of
from labsupport.trust.handshake import presented
from labsupport.trust.issuing import Issuer


def listening() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


class Server:
    """Shows one of two certificates by SNI, and keeps the names that were asked for."""

    def __init__(self, listener: socket.socket, default: ssl.SSLContext, other: ssl.SSLContext):
        self.asked: list[str | None] = []
        self.listener = listener

        def choose(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
            self.asked.append(name)
            if name == "b.example.com":
                connection.context = other

        default.sni_callback = choose
        self._context = default
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def stop(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                self._context.wrap_socket(connection, server_side=True).close()


@pytest.fixture
def server(home: Instance, tmp_path: Path) -> Iterator[Server]:
    issuer = Issuer(home)
    first = server_context(*issuer.issue(["a.example.com"], "intermediate").write(tmp_path, "a"))
    other = server_context(*issuer.issue(["b.example.com"], "weak-key").write(tmp_path, "b"))
    with listening() as listener:
        server = Server(listener, first, other)
        yield server
        server.stop()


def test_the_certificate_for_the_name_comes(server: Server) -> None:
    assert presented("127.0.0.1", server.port, "b.example.com").certificate.key_bits == 1024


def test_all_that_was_sent_along_is_seen(server: Server) -> None:
    chain = presented("127.0.0.1", server.port, "a.example.com").chain
    assert [each.title for each in chain] == ["a.example.com", "Ingress Lab Intermediate CA"]


@pytest.mark.parametrize(
    ("sni", "sent"),
    [("", None), ("A.example.com.", "a.example.com"), ("é.example", "xn--9ca.example")],
)
def test_the_name_is_sent_as_dns_writes_it(server: Server, sni: str, sent: str | None) -> None:
    presented("127.0.0.1", server.port, sni)
    assert server.asked == [sent]


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl here")
@pytest.mark.parametrize("sni", ["a.example.com", "b.example.com", ""])
def test_openssl_s_client_is_shown_the_same(server: Server, sni: str) -> None:
    asked = ["-servername", sni] if sni else ["-noservername"]
    address = f"127.0.0.1:{server.port}"
    done = subprocess.run(
        [
            "openssl",
            "s_client",
            "-connect",
            address,
            *asked,
            "-showcerts",
            "-cipher",
            "DEFAULT:@SECLEVEL=0",
        ],
        input="",
        capture_output=True,
        text=True,
    )
    shown = presented("127.0.0.1", server.port, sni)
    assert chain_of(done.stdout) == shown.chain
    assert shown.version in done.stdout
    assert shown.cipher in done.stdout


@pytest.mark.parametrize("sni", ["*.example.com", "a b", ".a", "a..b", "x" * 64, "a\0b"])
def test_what_is_no_host_name_is_refused_before_anything_is_sent(sni: str) -> None:
    with pytest.raises(UsageError):
        presented("127.0.0.1", 1, sni)


def test_a_closed_port_is_told() -> None:
    with listening() as listener:
        port = listener.getsockname()[1]
    with pytest.raises(RequestFailed, match="no TLS handshake") as caught:
        presented("127.0.0.1", port)
    assert caught.value.found == "nothing listens there"


def test_a_server_without_tls_is_told() -> None:
    with listening() as listener:
        thread = threading.Thread(target=_answer_plainly, args=(listener,))
        thread.start()
        with pytest.raises(RequestFailed) as caught:
            presented("127.0.0.1", listener.getsockname()[1])
        thread.join()
    assert caught.value.found == "what answers does not speak TLS"


def test_a_server_that_says_nothing_is_given_up() -> None:
    with listening() as listener, pytest.raises(RequestFailed) as caught:
        presented("127.0.0.1", listener.getsockname()[1], timeout=0.1)
    assert caught.value.found == "no answer within 0.1 s"


def _answer_plainly(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(2048)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
