"""A request that fails keeps the way it took, and says in a word what failed."""

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tls_server import Loopback

from labsupport.base.errors import RequestFailed, UsageError
from labsupport.http.client import Client

NAME = "quote.example.com"


@pytest.fixture
def says() -> Iterator[Callable[[bytes | None], int]]:
    """Opens ports whose first client gets these bytes, or silence for None, and is hung up on."""
    end = threading.Event()
    threads, listeners = [], []

    def open_port(answer: bytes | None) -> int:
        listener = socket.create_server(("127.0.0.1", 0))

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                if answer is None:
                    end.wait(5)
                else:
                    connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        threads.append(thread)
        listeners.append(listener)
        return int(listener.getsockname()[1])

    yield open_port
    end.set()
    for thread in threads:
        thread.join()
    for listener in listeners:
        listener.close()


def failure(url: str, **options: Any) -> RequestFailed:
    with pytest.raises(RequestFailed) as caught:
        Client(Loopback()).get(url, timeout=0.3, **options)
    return caught.value


def hops(error: RequestFailed) -> list[tuple[str, bool]]:
    return [(hop.kind, hop.failed) for hop in error.way]


def test_a_closed_port_fails_at_tcp() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        error = failure(f"http://{NAME}:{unused.getsockname()[1]}/")
    assert (error.kind, hops(error)) == ("refused", [("name", False), ("tcp", True)])
    assert str(error.way[-1]).endswith(": Connection refused")


def test_a_full_queue_times_out_at_tcp() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        with socket.create_connection(address), socket.socket() as second:
            second.setblocking(False)
            second.connect_ex(address)
            error = failure(f"http://{NAME}:{address[1]}/")
    assert (error.kind, hops(error)) == ("connect-timeout", [("name", False), ("tcp", True)])


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "not-tls"),
        (b"", "tls-cut"),
        (None, "tls-timeout"),
        (b"\x15\x03\x03\x00\x02\x02\x28", "tls-alert"),  # handshake_failure (RFC 8446, 6)
    ],
)
def test_a_handshake_fails_at_tls(
    says: Callable[[bytes | None], int], answer: bytes | None, kind: str
) -> None:
    error = failure(f"https://{NAME}:{says(answer)}/")
    assert error.kind == kind
    assert hops(error) == [("name", False), ("tcp", False), ("tls", True)]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"SSH-2.0-OpenSSH\r\n", "not-http"),
        (b"", "cut"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort", "cut"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "cut"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", "not-http"),
        (None, "silent"),
    ],
)
def test_an_answer_fails_behind_the_connection(
    says: Callable[[bytes | None], int], answer: bytes | None, kind: str
) -> None:
    error = failure(f"http://{NAME}:{says(answer)}/")
    assert error.kind == kind
    assert hops(error) == [("name", False), ("tcp", False), ("answer", True)]


def test_an_address_can_be_given_for_all_names_or_for_one() -> None:
    class Nobody:
        def resolve(self, name: str, /) -> Loopback:
            raise AssertionError(name)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        choices: tuple[str | dict[str, str], ...] = ("127.0.0.1", {NAME: "127.0.0.1"})
        for given in choices:
            with pytest.raises(RequestFailed) as caught:
                Client(Nobody()).get(f"http://{NAME}:{port}/", resolve=given, timeout=0.1)
            assert caught.value.way[0].text == f"{NAME} is 127.0.0.1: given with the request"


def test_a_name_not_in_the_mapping_is_asked_for(says: Callable[[bytes | None], int]) -> None:
    port = says(b"HTTP/1.1 204 No Content\r\n\r\n")
    answer = Client(Loopback()).get(f"http://{NAME}:{port}/", resolve={"b.test": "::1"})
    assert answer.address == "127.0.0.1"


@pytest.mark.skipif(not socket.has_ipv6, reason="needs IPv6")
def test_an_ipv6_address_works_in_the_url_and_as_a_given_one() -> None:
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("no ::1 here")
    with listener:
        port = listener.getsockname()[1]
        error = failure(f"http://{NAME}:{port}/", resolve="::1")
    assert (error.kind, error.way[1].text) == ("silent", f"[::1]:{port}")


@pytest.mark.parametrize(
    ("options", "said"),
    [({"resolve": "nowhere"}, "takes an IP address"), ({"header": {}}, "no option 'header'")],
)
def test_a_wrong_option_is_told_as_such(options: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Client(Loopback()).get(f"http://{NAME}/", **options)
