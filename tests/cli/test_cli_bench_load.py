"""The benches' load, on a small server of the test's own."""

import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from labsupport.base.errors import ClusterError
from labsupport.cli.bench.load import Address, load, side_by_side


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.clients: set[Address] = set()
        super().__init__(("127.0.0.1", 0), Pages)


class Pages(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        host = self.headers["Host"]
        self.server.asked[host] += 1
        self.server.clients.add(self.client_address)
        body = b"x" * 100_000  # more than one packet
        self.send_response(404 if host == "nobody" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def address(server: Server) -> Address:
    ip, port = server.server_address[:2]
    return str(ip), port


def test_each_connection_carries_many_requests(server: Server) -> None:
    measured = load(address(server), ["a"], connections=3, seconds=0.2)
    assert len(server.clients) == 3
    assert server.asked["a"] > 3
    assert measured.rate > 0
    assert measured.p50 > 0


def test_the_hosts_are_asked_in_turn(server: Server) -> None:
    load(address(server), ["a", "b"], connections=1, seconds=0.2)
    assert abs(server.asked["a"] - server.asked["b"]) <= 1


def test_an_answer_that_is_no_200_ends_the_load(server: Server) -> None:
    with pytest.raises(ClusterError, match="200") as failed:
        load(address(server), ["nobody"], connections=1, seconds=0.2)
    assert failed.value.found == "HTTP/1.1 404 Not Found"


def test_ways_measured_side_by_side_are_all_measured(server: Server) -> None:
    ways = [(address(server), ["a"]), (address(server), ["b"])]
    assert len(side_by_side(ways, connections=1, slices=2, seconds=0.05)) == 2
    assert server.asked["a"]
    assert server.asked["b"]
