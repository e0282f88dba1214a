"""The relay through a node: a connection carried by the container tool, to where no route leads."""

import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import requests
from container_tools import Machine, machine

from labsupport.http.client import Client, Given
from labsupport.providers.kind import relay as module
from labsupport.providers.kind.relay import Relay

NODE = "ingress-lab-control-plane"


class Page(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine whose docker runs in a node what it is told, with the test's own bash."""
    return machine(tmp_path / "bin", monkeypatch, "docker")


@pytest.fixture
def everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let loopback stand for addresses that only a node reaches."""
    monkeypatch.setattr(Relay, "_is_needed", lambda self, address: True)


@pytest.mark.parametrize(
    ("address", "isolated", "needed"),
    [
        ("10.244.1.7", False, True),  # a pod
        ("10.96.0.10", False, True),  # a ClusterIP
        ("172.18.0.5", False, False),  # a load balancer, on this machine's own bridge
        ("172.18.0.5", True, True),  # the same inside a virtual machine
        ("127.0.0.1", True, False),
        ("8.8.8.8", True, False),
    ],
)
def test_only_what_has_no_route_is_relayed(address: str, isolated: bool, needed: bool) -> None:
    relay = Relay("docker", NODE, isolated)
    assert relay._is_needed(address) is needed
    if not needed:
        assert relay.way(address, 80) == (address, 80)


@pytest.mark.usefixtures("everywhere")
def test_bytes_go_both_ways_through_the_node(here: Machine, port: int) -> None:
    address, relayed = Relay("docker", NODE, False).way("127.0.0.1", port)
    body = bytes(range(256)) * 1000
    answer = requests.post(f"http://{address}:{relayed}/", data=body, timeout=20)
    assert answer.content == body
    assert here.calls[0].startswith(f"docker exec -i {NODE} bash -c ")
    assert here.calls[0].endswith(f" 127.0.0.1 {port}")


@pytest.mark.usefixtures("everywhere", "here")
def test_a_connection_carries_several_requests(port: int) -> None:
    address, relayed = Relay("docker", NODE, False).way("127.0.0.1", port)
    with requests.Session() as session:
        for word in ("one", "two", "three"):
            answer = session.post(f"http://{address}:{relayed}/", data=word, timeout=20)
            assert answer.text == word


@pytest.mark.usefixtures("everywhere", "here")
def test_a_way_is_opened_once(port: int) -> None:
    relay = Relay("docker", NODE, False)
    assert relay.way("127.0.0.1", port) == relay.way("127.0.0.1", port)


@pytest.mark.usefixtures("everywhere", "here")
def test_the_labs_client_shows_the_address_that_is_meant(port: int) -> None:
    class Known:
        def resolve(self, name: str, /) -> Given:
            return Given(name, "127.0.0.1")

    client = Client(Known(), way=Relay("docker", NODE, False).way)
    answer = client.request("POST", f"http://pod.example.com:{port}/", data="here")
    assert answer.text == "here"
    assert f"127.0.0.1:{port}" in str(answer)


@pytest.mark.usefixtures("everywhere", "here")
def test_an_answer_ends_when_the_server_closes() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            link, _ = server.accept()
            with link:
                link.sendall(link.recv(100).upper())

        Thread(target=serve, daemon=True).start()
        way = Relay("docker", NODE, False).way(*server.getsockname())
        with socket.create_connection(way, timeout=20) as client:
            client.sendall(b"hello")
            assert b"".join(iter(lambda: client.recv(100), b"")) == b"HELLO"


@pytest.mark.usefixtures("everywhere", "here")
def test_nobody_there_ends_the_connection() -> None:
    address, relayed = Relay("docker", NODE, False).way("127.0.0.1", 1)
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://{address}:{relayed}/", timeout=20)


def test_the_script_needs_only_bash_and_cat() -> None:
    # kind's node image has no nc and no socat: its images/base/Dockerfile.
    assert {word for word in module._SCRIPT.split() if word.isalpha()} == {"exec", "cat", "kill"}
