"""The sample apps answer as the lessons say, each as a process of its own."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import requests.adapters

from labsupport.trust.authority import Authority

APPS = Path(__file__).parents[2] / "labsupport" / "manifests" / "apps"
SHARED = "# ---- the same in every sample app"
OWN = "\n\nif __name__"
VAULT_OWN = "\n\n# ---- and what only vault has"
Start = Callable[..., str]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_listening(port: int, deadline: float = 10) -> None:
    end = time.monotonic() + deadline
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except ConnectionRefusedError:
            assert time.monotonic() < end, f"nothing listens on port {port}"
            time.sleep(0.02)


@pytest.fixture
def pods() -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """The running apps by name; ended with the test."""
    running: dict[str, subprocess.Popen[bytes]] = {}
    yield running
    for process in running.values():
        process.kill()
        process.wait()


@pytest.fixture
def start(pods: dict[str, subprocess.Popen[bytes]]) -> Start:
    """Start an app as a pod would; gives back its address, `127.0.0.1:PORT`."""

    def started(app: str, **env: str) -> str:
        port = free_port()
        pods[app] = subprocess.Popen(
            [sys.executable, str(APPS / f"{app}.py")],
            env={"PATH": os.environ["PATH"], "POD_NAME": f"{app}-0", "PORT": str(port), **env},
            stdout=subprocess.DEVNULL,
        )
        wait_until_listening(port)
        return f"127.0.0.1:{port}"

    return started


@dataclass
class Vault:
    """The app that speaks TLS itself, running with a certificate of a test's own authority."""

    address: str
    folder: Path
    authority: Authority

    def renew(self) -> None:
        """A new certificate in place of the old."""
        pair = self.authority.issue(["vault.example.com"], lifetime=timedelta(days=1))
        (self.folder / "tls.crt").write_bytes(pair.certificate)
        (self.folder / "tls.key").write_bytes(pair.key)

    def ask(
        self, path: str, *, name: str, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
    ) -> requests.Response:
        """One request with this server name, verified."""
        adapter = _NamedAdapter(name, self.authority.pair.certificate.decode(), newest)
        with requests.Session() as session:
            session.trust_env = False
            session.mount("https://", adapter)
            return session.get(f"https://{self.address}{path}", timeout=5)

    def certificate(self) -> str:
        host, port = self.address.split(":")
        return ssl.get_server_certificate((host, int(port)), timeout=5)


class _NamedAdapter(requests.adapters.HTTPAdapter):
    """Verifies by one authority, and asks for one name whatever the URL says."""

    def __init__(self, name: str, authority: str, newest: ssl.TLSVersion) -> None:
        self._context = ssl.create_default_context(cadata=authority)
        self._context.maximum_version = newest
        self._name = name
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        options |= {"server_hostname": self._name, "assert_hostname": self._name}
        super().init_poolmanager(*args, ssl_context=self._context, **options)


@pytest.fixture
def vault(start: Start, tmp_path: Path) -> Vault:
    authority = Authority.create("vault's authority", lifetime=timedelta(days=1))
    running = Vault("", tmp_path, authority)
    running.renew()
    running.address = start("vault", TLS_FOLDER=str(tmp_path))
    return running


def get(url: str, **headers: str) -> requests.Response:
    return requests.get(url, headers=headers, timeout=5)


def service_env(service: str, address: str) -> dict[str, str]:
    host, port = address.split(":")
    return {f"{service.upper()}_SERVICE_HOST": host, f"{service.upper()}_SERVICE_PORT": port}


def test_the_pod_part_is_the_same_in_every_app() -> None:
    texts = [path.read_text() for path in APPS.glob("*.py")]
    parts = [text.split(SHARED)[1] for text in texts if SHARED in text]
    assert len(parts) == 4
    assert len({part.split(VAULT_OWN)[0].split(OWN)[0].rstrip() for part in parts}) == 1


def test_quote_gives_a_line_of_text_and_names_its_pod(start: Start) -> None:
    answer = get(f"http://{start('quote')}/quote")
    assert (answer.status_code, answer.headers["X-Pod"]) == (200, "quote-0")
    assert answer.text.endswith(".\n")


def test_quiz_gives_a_question_by_its_number(start: Start) -> None:
    question = get(f"http://{start('quiz')}/questions/0").json()
    assert question["number"] == 0
    assert question["right"] in range(len(question["answers"]))


@pytest.mark.parametrize("path", ["/questions/99", "/questions/-1", "/questions/x", "/foo"])
def test_a_page_that_is_not_there_is_404_and_still_names_the_pod(start: Start, path: str) -> None:
    answer = get(f"http://{start('quiz')}{path}")
    assert (answer.status_code, answer.headers["X-Pod"]) == (404, "quiz-0")


def test_kiada_shows_its_pod_and_what_quote_and_quiz_answered(start: Start) -> None:
    env = service_env("quote", start("quote")) | service_env("quiz", start("quiz"))
    text = get(f"http://{start('kiada', **env)}/").text
    assert "Answered by: pod kiada-0\n" in text
    assert "pod quote-0)\n" in text
    assert "pod quiz-0)\n" in text


def test_kiada_serves_html_to_a_browser(start: Start) -> None:
    answer = get(f"http://{start('kiada')}/", Accept="text/html,*/*")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "<h2>Answered by</h2><p>pod kiada-0</p>" in answer.text


def test_kiada_says_which_service_was_not_there(start: Start) -> None:
    text = get(f"http://{start('kiada')}/").text
    assert "there was no Service quote when this pod started" in text


def test_kiada_says_which_service_does_not_answer(start: Start) -> None:
    nobody = f"127.0.0.1:{free_port()}"
    text = get(f"http://{start('kiada', **service_env('quote', nobody))}/").text
    assert f"Service quote at {nobody} does not answer" in text


def test_kiada_shows_whatever_another_app_answers_in_place_of_quiz(start: Start) -> None:
    env = service_env("quiz", start("quiz"))
    quote = start("quote")
    env["QUIZ_SERVICE_PORT"] = quote.split(":")[1]
    assert f"Service quiz at {quote} answered 404" in get(f"http://{start('kiada', **env)}/").text


def test_the_request_is_shown_as_the_pod_received_it(start: Start) -> None:
    url = f"http://{start('quote')}/debug/request/any?x=1"
    seen = requests.post(url, data=b"hello", headers={"X-Mine": "yes"}, timeout=5).json()
    assert (seen["method"], seen["path"]) == ("POST", "/debug/request/any?x=1")
    assert (seen["body"], seen["headers"]["X-Mine"], seen["app"]) == ("hello", "yes", "quote")


def test_every_answer_names_its_pod_and_whom_the_pod_saw(start: Start) -> None:
    answer = get(f"http://{start('quote')}/debug/request")
    assert answer.headers["X-Peer"] == answer.json()["peer"]
    assert answer.headers["X-Peer"].startswith("127.0.0.1:")


def test_a_pod_that_speaks_clear_text_says_so(start: Start) -> None:
    assert get(f"http://{start('quote')}/debug/request").json()["tls"] is None


def test_vault_speaks_tls_and_says_what_was_agreed_on(vault: Vault) -> None:
    agreed = vault.ask("/debug/request", name="vault.example.com").json()["tls"]
    assert agreed["version"] == "TLSv1.3"
    assert agreed["server_name"] == "vault.example.com"
    assert "SNI): vault.example.com" in vault.ask("/", name="vault.example.com").text


def test_vault_speaks_tls_1_2_with_those_who_know_no_better(vault: Vault) -> None:
    old = vault.ask("/debug/request", name="vault.example.com", newest=ssl.TLSVersion.TLSv1_2)
    assert old.json()["tls"]["version"] == "TLSv1.2"


def test_vault_shows_a_changed_certificate_from_the_next_connection_on(vault: Vault) -> None:
    before = vault.certificate()
    vault.renew()
    assert vault.certificate() != before


def test_vault_refuses_clear_text_in_words(vault: Vault) -> None:
    answer = get(f"http://{vault.address}/")
    assert (answer.status_code, answer.headers["X-Pod"]) == (400, "vault-0")
    assert "Clear text" in answer.text


@pytest.mark.parametrize("noise", [b"", b"\x16", b"\x16\x03\x01\x00\x05hello", b"\xff\xff\n"])
def test_vault_outlives_a_broken_handshake(vault: Vault, noise: bytes) -> None:
    host, port = vault.address.split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(noise)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass
    assert vault.ask("/debug/request", name="vault.example.com").status_code == 200


def test_a_page_is_not_for_writing_to(start: Start) -> None:
    assert requests.post(f"http://{start('quote')}/quote", timeout=5).status_code == 405


def test_one_connection_carries_many_requests(start: Start) -> None:
    with requests.Session() as session:
        url = f"http://{start('quote')}/debug/request"
        peers = {json.loads(session.get(url, timeout=5).text)["peer"] for _ in range(3)}
    assert len(peers) == 1


def test_a_pod_told_to_end_still_answers_for_a_moment_and_then_exits_with_0(
    start: Start, pods: dict[str, subprocess.Popen[bytes]]
) -> None:
    url = f"http://{start('quote')}/quote"
    pods["quote"].send_signal(signal.SIGTERM)
    assert get(url).status_code == 200
    assert pods["quote"].wait(timeout=5) == 0
