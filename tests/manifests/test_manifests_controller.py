"""The lab's own controller as a program: what it brings along, and its client of the API."""

import base64
import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from labsupport.manifests import documents
from labsupport.manifests.apps import kubernetes_api
from labsupport.manifests.archive import archive
from labsupport.trust.authority import Authority

PROGRAM = Path(kubernetes_api.__file__).with_name("ingress_controller.py")
Held = Iterator[list[str]]
"""What a cache holds, after each change."""
Follow = Callable[..., Held]


def test_the_controller_can_be_read_in_a_lesson() -> None:
    assert len(PROGRAM.read_text().splitlines()) <= 200


def test_the_archive_is_the_same_each_time() -> None:
    assert archive(PROGRAM) == archive(PROGRAM)


def test_the_controller_needs_nothing_but_the_archive(tmp_path: Path) -> None:
    """Beneath the virtual environment, as in a pod: nothing is installed there."""
    zipped = tmp_path / "modules.zip"
    zipped.write_bytes(archive(PROGRAM))
    imports = f"import runpy; runpy.run_path({str(PROGRAM)!r}, run_name='program')"
    interpreter = getattr(sys, "_base_executable", sys.executable)
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(zipped),
        "PYTHONNOUSERSITE": "1",
        "SHARED": str(tmp_path),
    }
    subprocess.run([interpreter, "-S", "-c", imports], env=environment, cwd=tmp_path, check=True)


def test_the_config_map_stays_below_what_an_annotation_may_hold() -> None:
    """256 KiB: `kubectl apply` keeps a copy of each object in one of its annotations."""
    for each in yaml.safe_load_all(documents("lab-controller")):
        assert len(json.dumps(each)) < 250 * 1024
        if each["kind"] == "ConfigMap":
            assert base64.b64decode(each["binaryData"]["modules.zip"]) == archive(PROGRAM)


def test_it_may_read_what_routes_are_made_of_and_write_addresses_and_events() -> None:
    found = list(yaml.safe_load_all(documents("lab-controller")))
    (role,) = [each for each in found if each["kind"] == "ClusterRole"]
    may_write = {
        resource
        for rule in role["rules"]
        if set(rule["verbs"]) - {"get", "list", "watch"}
        for resource in rule["resources"]
    }
    assert may_write == {"ingresses/status", "events"}


# Its client of the API


class _Server(http.server.ThreadingHTTPServer):
    """Answers lists and watches in turn, each with what is left to be said; then it waits."""

    daemon_threads = True
    answers: dict[str, list[Any]]


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, _Server)
        waiting = self.server.answers["watch" if "watch=1" in self.path else "list"]
        answer = waiting.pop(0) if waiting else 503
        self.send_response(answer if isinstance(answer, int) else 200)
        self.end_headers()
        if not isinstance(answer, int):
            lines = answer if isinstance(answer, list) else [answer]
            self.wfile.write("".join(json.dumps(line) + "\n" for line in lines).encode())

    def log_message(self, *_: object) -> None:
        """Be quiet."""


FOLLOW = """
import sys
from labsupport.manifests.apps.kubernetes_api import Cache
cache = Cache(things="/things")
while cache.changed.wait():
    cache.changed.clear()
    print(*sorted(cache.objects["things"]), file=sys.stderr, flush=True)
"""


@pytest.fixture
def follow(tmp_path: Path) -> Iterator[Follow]:
    """A process with a cache of one kind, of an API server that gives these answers."""
    server = _Server(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    ca_file = tmp_path / "ca.crt"
    ca_file.write_bytes(Authority.create("t", lifetime=timedelta(days=1)).pair.certificate)
    url = f"http://127.0.0.1:{server.server_address[1]}"
    config = {
        "clusters": [{"cluster": {"server": url, "certificate-authority": str(ca_file)}}],
        "users": [{"user": {"token": "t"}}],
    }
    (tmp_path / "kubeconfig").write_text(json.dumps(config))
    environment = {**os.environ, "KUBECONFIG": str(tmp_path / "kubeconfig")}
    running: list[subprocess.Popen[str]] = []

    def following(**answers: list[Any]) -> Held:
        server.answers = answers
        process = subprocess.Popen(
            [sys.executable, "-c", FOLLOW],
            env=environment,
            stdout=subprocess.DEVNULL,  # its log
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        assert process.stderr is not None
        return (line.split() for line in process.stderr)

    yield following
    for process in running:
        process.kill()
        process.communicate()
    server.shutdown()
    server.server_close()
    thread.join()


def thing(name: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "n"}}


def listed(*names: str) -> dict[str, Any]:
    return {"metadata": {"resourceVersion": "7"}, "items": [thing(name) for name in names]}


def event(kind: str, name: str) -> dict[str, Any]:
    return {"type": kind, "object": thing(name)}


def test_a_cache_follows_what_is_added_and_deleted(follow: Follow) -> None:
    events = [event("ADDED", "c"), event("DELETED", "a"), event("MODIFIED", "b")]
    held = follow(list=[listed("a", "b")], watch=[events])
    assert ["n/b", "n/c"] in held


def test_a_cache_lists_anew_when_its_version_is_forgotten(follow: Follow) -> None:
    gone = {"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired"}}
    assert ["n/b"] in follow(list=[listed("a"), listed("b")], watch=[[gone]])


def test_a_cache_lists_anew_when_its_watch_is_cut(follow: Follow) -> None:
    held = follow(list=[listed("a"), listed("b")], watch=[[event("ADDED", "c")]])
    assert ["n/b"] in held


def test_a_cache_keeps_what_it_has_while_the_server_is_away(follow: Follow) -> None:
    held = follow(list=[listed("a"), 503, listed("a", "b")], watch=[410])
    assert next(held) == ["n/a"]
    assert next(held) == ["n/a", "n/b"]


def test_a_kind_that_does_not_exist_has_no_objects(follow: Follow) -> None:
    held = follow(list=[404, listed("a")], watch=[])
    assert next(held) == []
    assert next(held) == ["n/a"]
