"""One connection for many requests, and what a tally of answers says."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from labsupport.http.client import Client
from labsupport.http.tally import tally


@dataclass(frozen=True)
class Found:
    address: str = "127.0.0.1"


class Book:
    """Resolves every name to loopback."""

    def resolve(self, name: str, /) -> Found:
        return Found()


class PerConnection(BaseHTTPRequestHandler):
    """Names the connection that a request came over, as if each had a pod of its own."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("X-Pod", f"pod-{self.client_address[1]}")
        self.send_header("X-Host", self.headers["Host"])
        self.send_header("Content-Length", str(len(self.path)))
        self.end_headers()
        self.wfile.write(self.path.encode())

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), PerConnection)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://kiada.test:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_requests_of_a_connection_share_it(url: str) -> None:
    with Client(Book()).connect(url) as connection:
        answers = [connection.get(path) for path in ("/a", "/b", "")]
    assert [answer.text for answer in answers] == ["/a", "/b", "/"]
    assert len({answer.pod for answer in answers}) == 1


def meant(name: str) -> str:
    return name.replace("quiz.test", "quiz.learner7.test")


@pytest.mark.parametrize("asked", ["quiz.test", "quiz.learner7.test"])
def test_a_host_header_is_for_the_name_that_is_meant(url: str, asked: str) -> None:
    client = Client(Book(), rename=meant)
    headers = {"host": f"{asked}:80"}
    with client.connect(url) as connection:
        answers = [connection.get(headers=headers), client.get(url, headers=headers)]
    assert [each.headers["X-Host"] for each in answers] == ["quiz.learner7.test:80"] * 2


def test_a_whole_url_over_a_connection_is_the_one_that_is_meant(url: str) -> None:
    with Client(Book(), rename=meant).connect(url) as connection:
        answer = connection.get("http://quiz.test/a")
    assert answer.headers["X-Host"] == "quiz.learner7.test"
    assert answer.url == "http://quiz.learner7.test/a"


def test_a_tally_over_one_connection_has_one_count(url: str) -> None:
    assert tally(Client(Book()), url, 4, one_connection=True).counts == [4]


def test_a_tally_over_many_connections_counts_each(url: str) -> None:
    assert tally(Client(Book()), url, 3, one_connection=False).counts == [1, 1, 1]


def test_a_tally_prints_counts_but_no_names(url: str) -> None:
    said = str(tally(Client(Book()), url, 2, one_connection=False))
    assert said.splitlines() == [
        f"2 requests over 2 connections: {url}",
        f"     1  {'█' * 15}",
        f"     1  {'█' * 15}",
    ]
