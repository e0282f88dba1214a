"""The first bytes of a client's own connections, with real servers behind them."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from labsupport.base.errors import RequestFailed
from labsupport.http.client import Client, Given
from labsupport.http.tap import CONNECTIONS, Tap, Tapped
from labsupport.rules.wire import FIRST_BYTES


class Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"x" * 200_000
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


class Loopback:
    def resolve(self, name: str) -> Given:
        return Given(name, "127.0.0.1")


@pytest.fixture
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.fixture
def client() -> Client:
    return Client(Loopback(), tap=Tap())


def tapped(client: Client) -> list[Tapped]:
    assert client.tap is not None
    return client.tap.connections()


def test_the_first_bytes_of_both_sides_are_kept(client: Client, port: int) -> None:
    answer = client.get(f"http://shop.example.com:{port}/pin?1234")
    assert len(answer.body) == 200_000
    (one,) = tapped(client)
    assert bytes(one.sent).startswith(b"GET /pin?1234 HTTP/1.1\r\n")
    assert bytes(one.received).startswith(b"HTTP/1.1 200 OK\r\n")
    assert len(one.sent) == len(one.received) == FIRST_BYTES
    assert one.meant == f"127.0.0.1:{port}"


def test_a_connection_that_is_kept_open_is_one(client: Client, port: int) -> None:
    with client.connect(f"http://shop.example.com:{port}/") as connection:
        for _ in range(3):
            assert connection.get().status == 200
    assert len(tapped(client)) == 1


def test_a_large_body_comes_through_whole(client: Client, port: int) -> None:
    body = bytes(range(256)) * 4000
    answer = client.request("POST", f"http://shop.example.com:{port}/", data=body)
    assert answer.body == body


def test_refused_stays_refused(client: Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        free = unused.getsockname()[1]
    with pytest.raises(RequestFailed) as caught:
        client.get(f"http://shop.example.com:{free}/")
    assert caught.value.kind == "refused"
    assert tapped(client) == []


def test_a_silent_server_still_times_out(client: Client) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pytest.raises(RequestFailed) as caught,
    ):
        client.get(f"http://shop.example.com:{silent.getsockname()[1]}/", timeout=0.2)
    assert caught.value.kind == "silent"


def test_only_the_last_connections_are_remembered(client: Client, port: int) -> None:
    for _ in range(CONNECTIONS + 3):
        client.request("POST", f"http://shop.example.com:{port}/", data=b"a")
    assert len(tapped(client)) == CONNECTIONS


def threads_left() -> list[str]:
    for thread in threading.enumerate():
        if thread.name == "tap":
            thread.join(5)
    return [thread.name for thread in threading.enumerate() if thread.name == "tap"]


def test_the_threads_end_with_their_connections(client: Client, port: int) -> None:
    for _ in range(5):
        client.get(f"http://shop.example.com:{port}/")
    assert threads_left() == []


def test_a_thread_does_not_wait_for_a_server_that_stays_silent(client: Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        with pytest.raises(RequestFailed):
            client.get(f"http://shop.example.com:{silent.getsockname()[1]}/", timeout=0.2)
        assert threads_left() == []
