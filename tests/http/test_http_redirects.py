"""Redirects followed: which exchanges are kept, what is sent on, and where it ends."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from tls_server import Loopback

from labsupport.base.errors import NameNotFound, RequestFailed
from labsupport.http.client import Client
from labsupport.http.exchange import Exchange
from labsupport.http.redirects import followed

HEADERS = ("Host", "Authorization", "X-Kept")


class Hops(BaseHTTPRequestHandler):
    """`/STATUS/LOCATION` redirects, `/circle` to itself; all else tells what came."""

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        sent = self.rfile.read(length).decode()
        path = self.path.partition("?")[0]
        status, _, location = path[1:].partition("/") if path != "/circle" else ("302", "", path)
        if status.isdigit():
            self.send_response(int(status))
            self.send_header(
                "Location", location.replace("PORT", str(self.connection.getsockname()[1]))
            )
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        seen = [f"{name}={self.headers[name]}" for name in HEADERS if name in self.headers]
        body = " ".join([self.command, self.path, *seen, sent]).strip().encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def base() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hops)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://a.test:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def sent(method: str, url: str, **options: Any) -> Exchange:
    return followed(Client(Loopback()).request, method, url, options)


def test_each_exchange_of_the_chain_is_kept(base: str) -> None:
    answer = sent("GET", f"{base}/301//302//end")
    assert [each.status for each in (*answer.redirects, answer)] == [301, 302, 200]
    assert all(len(each.way) == 3 for each in answer.redirects)
    assert str(answer).count("Location: ") == 2


def test_what_needs_no_following_has_no_redirects(base: str) -> None:
    assert sent("GET", f"{base}/end").redirects == ()


@pytest.mark.parametrize(
    ("status", "method"), [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")]
)
def test_a_post_is_kept_or_becomes_a_get(base: str, status: int, method: str) -> None:
    answer = sent("POST", f"{base}/{status}//end", data=b"body")
    assert answer.text.startswith(f"{method} /end ")
    assert answer.text.endswith(" body") == (method == "POST")


def test_a_head_stays_a_head(base: str) -> None:
    answer = sent("HEAD", f"{base}/303//end")
    assert (answer.method, answer.body) == ("HEAD", b"")


def test_what_is_for_one_host_is_not_told_to_another(base: str) -> None:
    headers = {"Authorization": "secret", "Host": "forged.test", "X-Kept": "yes"}
    same = sent("GET", f"{base}/302//end", headers=headers)
    other = sent("GET", f"{base}/302/http://b.test:PORT/end", headers=headers)
    assert same.text == "GET /end Host=forged.test Authorization=secret X-Kept=yes"
    assert other.text == f"GET /end Host=b.test:{base.rpartition(':')[2]} X-Kept=yes"


def test_parameters_are_not_repeated(base: str) -> None:
    assert sent("GET", f"{base}/302//end", params={"a": "1"}).text.startswith("GET /end Host=")


def test_a_circle_is_told_as_one(base: str) -> None:
    with pytest.raises(RequestFailed) as caught:
        sent("GET", f"{base}/circle")
    assert caught.value.kind == "redirect-loop"
    assert [each.status for each in caught.value.redirects] == [302]
    assert caught.value.found == f"{base}/circle 302 → {base}/circle"


def test_an_endless_chain_ends(base: str) -> None:
    url = base + "/302/" * 30 + "/end"
    with pytest.raises(RequestFailed) as caught:
        sent("GET", url)
    assert caught.value.kind == "redirect-loop"
    assert "…" in caught.value.found


def test_a_chain_that_breaks_keeps_what_came_before(base: str) -> None:
    with pytest.raises(RequestFailed) as caught:
        sent("GET", f"{base}/302/http://a.test:1/")
    assert caught.value.kind == "refused"
    assert [each.status for each in caught.value.redirects] == [302]
    assert caught.value.way[-1].failed


def test_a_redirect_to_something_else_than_the_web_is_an_error_of_its_own(base: str) -> None:
    with pytest.raises(RequestFailed) as caught:
        sent("GET", f"{base}/302/ftp://a.test/")
    assert caught.value.kind == "redirect-target"
    assert "Location: ftp://a.test/" in caught.value.found


class OnlyA(Loopback):
    def resolve(self, name: str, /) -> Loopback:
        if name != "a.test":
            raise NameNotFound(f"{name} has no address")
        return self


def test_a_redirect_to_an_unknown_name_says_whose_it_is(base: str) -> None:
    with pytest.raises(RequestFailed) as caught:
        followed(Client(OnlyA()).request, "GET", f"{base}/302/http://b.test/", {})
    assert caught.value.kind == "name"
    assert "b.test has no address" in caught.value.found
    with pytest.raises(NameNotFound):
        followed(Client(OnlyA()).request, "GET", "http://b.test/", {})
