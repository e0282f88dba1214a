"""The client against real servers on loopback."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from labsupport.base.errors import RequestFailed, UsageError
from labsupport.http.client import Client
from labsupport.trust.authority import Authority


@dataclass(frozen=True)
class Found:
    address: str

    def __str__(self) -> str:
        return f"found at {self.address}"


class Book:
    """Resolves every name to loopback."""

    def resolve(self, name: str, /) -> Found:
        return Found("127.0.0.1")


class App(BaseHTTPRequestHandler):
    """Answers with what it saw; the path picks special behaviours."""

    def do_GET(self) -> None:
        if self.path == "/silent":
            self.server.stopping.wait(5)  # type: ignore[attr-defined]
            return
        if self.path == "/nothing":
            self.send_response(204)
            self.end_headers()
            return
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "https://elsewhere.test/")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = f"{self.command} {self.headers['Host']} {self.path}".encode()
        self.send_response(404 if self.path == "/missing" else 200)
        self.send_header("X-Pod", "kiada-0")
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *args: object) -> None:
        pass


def serve(context: ssl.SSLContext | None = None) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), App)
    server.stopping = threading.Event()  # type: ignore[attr-defined]
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.server_port
    server.stopping.set()  # type: ignore[attr-defined]
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def http() -> Iterator[int]:
    yield from serve()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    authority = Authority.create("Test CA", lifetime=timedelta(days=1))
    (tmp_path / "ca.crt").write_bytes(authority.pair.certificate)
    return authority


@pytest.fixture
def https(authority: Authority, tmp_path: Path) -> Iterator[int]:
    pair = authority.issue(["quote.example.com"], lifetime=timedelta(days=1))
    (tmp_path / "leaf.crt").write_bytes(pair.certificate)
    (tmp_path / "leaf.key").write_bytes(pair.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "leaf.crt", tmp_path / "leaf.key")
    yield from serve(context)


@pytest.fixture
def client(tmp_path: Path, authority: Authority) -> Client:
    return Client(Book(), ca_file=tmp_path / "ca.crt")


def test_the_server_sees_the_name_that_was_asked_for(client: Client, http: int) -> None:
    answer = client.get(f"http://quote.example.com:{http}/path?q=1")
    assert answer.text == f"GET quote.example.com:{http} /path?q=1"
    assert (answer.status, answer.reason, answer.pod) == (200, "OK", "kiada-0")


def test_the_way_has_every_hop(client: Client, http: int) -> None:
    answer = client.get(f"quote.example.com:{http}/")
    assert [str(hop) for hop in answer.way] == [
        "name    found at 127.0.0.1",
        f"TCP     127.0.0.1:{http}",
        "answer  200 OK from pod kiada-0",
    ]
    assert all(hop.seconds >= 0 for hop in answer.way)


def test_an_exchange_prints_the_same_each_time(client: Client, http: int) -> None:
    first, second = (client.get(f"http://quote.example.com:{http}/") for _ in range(2))
    assert str(first) == str(second)
    assert first._repr_mimebundle_()["text/plain"] == str(first)


def test_a_refusal_by_the_application_is_an_answer(client: Client, http: int) -> None:
    answer = client.get(f"http://quote.example.com:{http}/missing")
    assert (answer.status, answer.ok) == (404, False)


def test_a_redirect_is_shown_and_not_followed(client: Client, http: int) -> None:
    answer = client.get(f"http://quote.example.com:{http}/moved")
    assert answer.status == 302
    assert "Location: https://elsewhere.test/" in str(answer)


@pytest.mark.parametrize("path", ["/nothing", "/moved"])
def test_an_answer_without_body_has_its_way_too(client: Client, http: int, path: str) -> None:
    assert [hop.kind for hop in client.get(f"http://a.test:{http}{path}").way] == [
        "name",
        "tcp",
        "answer",
    ]


def test_a_host_header_can_be_forged(client: Client, http: int) -> None:
    answer = client.get(f"http://quote.example.com:{http}/", headers={"Host": "other.test"})
    assert answer.text == "GET other.test /"


def test_other_methods_and_options_of_requests_are_passed_on(client: Client, http: int) -> None:
    answer = client.request(
        "post", f"http://quote.example.com:{http}/a", params={"n": "1"}, json={"a": 1}
    )
    assert answer.text == f"POST quote.example.com:{http} /a?n=1"


def test_the_environment_does_not_lead_away(
    client: Client, http: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert client.get(f"http://quote.example.com:{http}/").ok


def test_the_port_offset_is_hidden(http: int) -> None:
    client = Client(Book(), network="127.0.", port_offset=http - 80)
    answer = client.get("http://quote.example.com/")
    assert answer.text == "GET quote.example.com /"
    assert str(answer.way[1]) == "TCP     127.0.0.1:80"


def test_tls_asks_for_the_name_and_checks_it(client: Client, https: int) -> None:
    answer = client.get(f"https://quote.example.com:{https}/")
    assert answer.way[2].text == (
        "TLSv1.3, certificate for quote.example.com, checked against the lab's CA"
    )


def test_a_certificate_for_another_name_fails_at_tls(client: Client, https: int) -> None:
    with pytest.raises(RequestFailed) as caught:
        client.get(f"https://kiada.example.com:{https}/")
    assert "the TLS hop failed" in caught.value.what
    assert "kiada.example.com" in caught.value.found
    assert "verify=False" in caught.value.remedy


def test_unchecked_tls_says_so(client: Client, https: int) -> None:
    answer = client.get(f"https://kiada.example.com:{https}/", verify=False)
    assert answer.way[2].text == (
        "TLSv1.3, certificate for quote.example.com, not checked; a client that checks refuses: "
        "the certificate is for quote.example.com, not for kiada.example.com"
    )


def test_a_missing_ca_file_is_named(client: Client, https: int) -> None:
    with pytest.raises(UsageError) as caught:
        client.get(f"https://quote.example.com:{https}/", verify="/nonexistent/ca.crt")
    assert "/nonexistent/ca.crt" in caught.value.found


def test_plain_http_spoken_to_a_tls_port_is_no_answer_to_rely_on(client: Client, http: int) -> None:
    with pytest.raises(RequestFailed, match="the TLS hop failed"):
        client.get(f"https://quote.example.com:{http}/")


def test_a_closed_port_fails_at_tcp(client: Client) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(RequestFailed) as caught:
            client.get(f"http://quote.example.com:{port}/")
    assert "the TCP hop failed" in caught.value.what
    assert caught.value.found == f"127.0.0.1:{port}: Connection refused"


def test_silence_ends_in_time_and_says_so(client: Client, http: int) -> None:
    with pytest.raises(RequestFailed, match="nothing came back"):
        client.get(f"http://quote.example.com:{http}/silent", timeout=0.2)


@pytest.fixture
def hangs_up() -> Iterator[Callable[[], int]]:
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        connection, _ = listener.accept()
        connection.recv(1024)
        connection.close()

    thread = threading.Thread(target=accept)
    thread.start()
    yield lambda: int(listener.getsockname()[1])
    thread.join()
    listener.close()


def test_a_connection_that_is_hung_up_says_so(client: Client, hangs_up: Callable[[], int]) -> None:
    with pytest.raises(RequestFailed, match="cut short or is not HTTP"):
        client.get(f"http://quote.example.com:{hangs_up()}/")


@pytest.mark.parametrize("url", ["ftp://a.test/", "http://", "http://a:b/"])
def test_what_is_no_web_address_is_refused_with_an_example(client: Client, url: str) -> None:
    with pytest.raises(UsageError, match="not a web address"):
        client.get(url)
