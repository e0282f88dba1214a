"""The daemon as a process of its own: start, stop, kill, and what is left of it."""

import contextlib
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any

import psutil
import pytest

from labsupport.base.types import Json
from labsupport.minicluster.node.leftovers import end_leftovers, leftovers

TOKEN = "t0ken"
START = """
import asyncio, json, sys
from pathlib import Path
from labsupport.base.errors import LabError
from labsupport.minicluster.daemon import DaemonConfig, serve
home, network, certificate, key = sys.argv[1:]
config = DaemonConfig(Path(home), int(network), 8000, "t0ken", Path(certificate), Path(key),
                      Path(certificate))
try:
    asyncio.run(serve(config, lambda: print("ready", flush=True)))
except LabError as error:
    sys.exit(str(error))
"""


def free_network() -> int:
    """An N whose API address is free, beginning somewhere else in each test process."""
    for step in range(200):
        number = 16 + (os.getpid() * 7 + step) % 200
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((f"127.{number}.0.1", 6443))
            return number
    raise AssertionError("no free network")


class Daemon:
    """One instance, whose daemon can be started again and again."""

    def __init__(self, home: Path, certificate: Any) -> None:
        self.home = home
        self.network = free_network()
        self._certificate = certificate
        self._process: subprocess.Popen[bytes] | None = None

    def popen(self) -> subprocess.Popen[bytes]:
        files = [str(self._certificate.certificate), str(self._certificate.key)]
        with (self.home / "daemon.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-c", START, str(self.home), str(self.network), *files],
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=Path(__file__).parents[2],
            )

    def start(self) -> None:
        self._process = self.popen()
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line == b"ready\n", (self.home / "daemon.log").read_text()

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        assert self._process is not None
        self._process.send_signal(number)
        code = self._process.wait(20)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None
        return code

    def close(self) -> None:
        if self._process is not None:
            self.end(signal.SIGKILL)
        end_leftovers(str(self.home), 0)

    def request(self, method: str, path: str, body: Json | None = None) -> Json:
        context = ssl._create_unverified_context()
        host = f"127.{self.network}.0.1"
        connection = HTTPSConnection(host, 6443, context=context, timeout=10)
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        try:
            connection.request(method, path, json.dumps(body) if body else None, headers)
            answer: Json = json.loads(connection.getresponse().read())
            return answer
        finally:
            connection.close()

    def pods(self) -> list[Json]:
        items: list[Json] = self.request("GET", "/api/v1/namespaces/default/pods")["items"]
        return items

    def running(self) -> list[str]:
        """The names of the pods that are ready, with their restart counts."""
        return [
            f"{pod['metadata']['name']} {pod['status']['containerStatuses'][0]['restartCount']}"
            for pod in self.pods()
            if any(
                c["type"] == "Ready" and c["status"] == "True"
                for c in pod["status"].get("conditions") or ()
            )
        ]


@pytest.fixture
def daemon(tmp_path: Path, certificate: Any) -> Iterator[Daemon]:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    daemon = Daemon(home, certificate)
    yield daemon
    daemon.close()


def until(holds: Callable[[], Any], what: str, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.02)


def create_pod(daemon: Daemon, name: str = "p") -> None:
    container = {"name": "c", "image": "python:3", "command": ["sleep", "600"]}
    pod = {"metadata": {"name": name}, "spec": {"containers": [container]}}
    answer = daemon.request("POST", "/api/v1/namespaces/default/pods", pod)
    assert answer["kind"] == "Pod", answer


def test_a_daemon_that_is_told_to_end_leaves_no_process_and_all_objects(daemon: Daemon) -> None:
    daemon.start()
    create_pod(daemon)
    until(lambda: daemon.running() == ["p 0"], "the pod running")
    assert len(leftovers(str(daemon.home))) == 1
    assert daemon.end() == 0
    assert not leftovers(str(daemon.home))
    daemon.start()
    until(lambda: daemon.running() == ["p 1"], "the pod running again")


def test_a_killed_daemon_comes_back_with_every_object_and_running_pods(daemon: Daemon) -> None:
    daemon.start()
    create_pod(daemon)
    until(lambda: daemon.running() == ["p 0"], "the pod running")
    (orphan,) = leftovers(str(daemon.home))
    daemon.end(signal.SIGKILL)
    assert orphan.is_running()
    daemon.start()
    assert not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE
    until(lambda: daemon.running() == ["p 1"], "the pod running again")
    assert len(leftovers(str(daemon.home))) == 1


def test_a_pod_that_ignores_sigterm_does_not_keep_the_daemon_from_ending(daemon: Daemon) -> None:
    daemon.start()
    script = "trap '' TERM; while true; do sleep 600; done"
    container = {"name": "c", "image": "python:3", "command": ["sh", "-c", script]}
    pod = {"metadata": {"name": "stubborn"}, "spec": {"containers": [container]}}
    daemon.request("POST", "/api/v1/namespaces/default/pods", pod)
    until(lambda: daemon.running() == ["stubborn 0"], "the pod running")
    start = time.monotonic()
    assert daemon.end() == 0
    assert time.monotonic() - start < 6
    assert not leftovers(str(daemon.home))


def test_there_is_only_one_daemon_for_a_home(daemon: Daemon) -> None:
    daemon.start()
    second = daemon.popen()
    assert second.wait(20) == 1
    assert second.stdout is not None
    second.stdout.close()
    log = (daemon.home / "daemon.log").read_text()
    assert f"a daemon runs on {daemon.home} already" in log
    assert daemon.request("GET", "/api/v1/namespaces/default")["kind"] == "Namespace"


def test_the_cluster_has_a_node_and_serves_its_own_service(daemon: Daemon) -> None:
    daemon.start()
    (node,) = daemon.request("GET", "/api/v1/nodes")["items"]
    assert node["status"]["addresses"][0]["address"] == f"127.{daemon.network}.0.2"
    version = node["metadata"]["resourceVersion"]

    def answers() -> bool:
        try:
            # Port 443 of the cluster IP, at the offset given.
            socket.create_connection((f"127.{daemon.network}.128.1", 8443), 1).close()
        except ConnectionRefusedError:
            return False
        return True

    until(answers, "the Service kubernetes answers")
    path = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/lab-node"
    until(lambda: daemon.request("GET", path)["kind"] == "Lease", "the node's lease")
    (node,) = daemon.request("GET", "/api/v1/nodes")["items"]
    assert node["metadata"]["resourceVersion"] == version
    path = "/api/v1/namespaces/kube-public/configmaps/ingress-lab"
    until(lambda: "data" in daemon.request("GET", path), "the facts")
    facts = daemon.request("GET", path)["data"]
    assert facts == {
        "network": f"127.{daemon.network}.0.0/16",
        "port-offset": "8000",
        "problems": "",
    }


def test_what_only_the_owner_may_read_is_private(daemon: Daemon) -> None:
    daemon.start()
    create_pod(daemon)
    until(lambda: daemon.running(), "the pod running")
    (config,) = daemon.home.glob("pods/*/kubeconfig")
    for path in (daemon.home / "serviceaccount.key", config):
        assert path.stat().st_mode & 0o777 == 0o600
    assert (daemon.home / "pods").stat().st_mode & 0o777 == 0o700
