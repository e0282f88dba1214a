"""A cluster to measure: an instance of its own, started by the command line as a learner would."""

import http.client
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from labsupport.base.errors import WaitTimeout
from labsupport.base.paths import HOME_VARIABLE, Instance
from labsupport.base.run import run
from labsupport.kube.access import Access
from labsupport.kube.api import Api
from labsupport.providers.daemon.record import Record, last_record

KIADA = "kiada.example.com"
_TIMEOUT = 60.0  # seconds
_PAUSE = 0.002  # seconds between two tries


class Cluster:
    """An embedded cluster in the instance `home`."""

    def __init__(self, home: Path) -> None:
        self.instance = Instance(home)
        self._environment = {HOME_VARIABLE: str(home)}

    def up(self) -> None:
        """`lab up`."""
        self._lab("up", "--json")

    def down(self) -> None:
        """`lab down --delete`."""
        self._lab("down", "--delete")

    def record(self) -> Record:
        """What the running daemon says of itself."""
        record = last_record(self.instance)
        if record is None:
            raise WaitTimeout("the cluster did not say that it runs", remedy="./lab up")
        return record

    def api(self) -> Api:
        """A client of its API server."""
        server = f"https://127.{self.record().network}.0.1:6443"
        token = self.instance.token.read_text().strip()
        return Api(Access(server, self.instance.ca_certificate, token))

    def proxy(self) -> http.client.HTTPConnection:
        """A connection to Traefik's load-balancer address, port 80."""
        api = self.api()
        status = api.get("services", "traefik", "traefik")["status"]
        api.close()
        address = status["loadBalancer"]["ingress"][0]["ip"]
        return http.client.HTTPConnection(address, 80 + self.record().port_offset, timeout=10)

    def _lab(self, *words: str) -> None:
        command = [sys.executable, "-m", "labsupport.cli", *words]
        run(command, timeout=_TIMEOUT, environment=self._environment)


@contextmanager
def temporary() -> Iterator[Cluster]:
    """A cluster not yet up, in an instance that is gone with its processes after the block."""
    with tempfile.TemporaryDirectory(prefix="lab-bench-") as home:
        cluster = Cluster(Path(home))
        try:
            yield cluster
        finally:
            cluster.down()


def wait_for_status(connection: http.client.HTTPConnection, host: str, status: int) -> None:
    """Ask for `/` of `host` until the answer has `status`."""
    deadline = time.monotonic() + _TIMEOUT
    while time.monotonic() < deadline:
        if answer_status(connection, host) == status:
            return
        time.sleep(_PAUSE)
    raise WaitTimeout(f"{host} did not answer {status} within {_TIMEOUT:g} s")


def answer_status(connection: http.client.HTTPConnection, host: str) -> int | None:
    """The status of one GET, None when there was no answer."""
    try:
        connection.request("GET", "/", headers={"Host": host})
        answer = connection.getresponse()
        answer.read()
        return answer.status
    except (OSError, http.client.HTTPException):
        connection.close()
        return None


def fresh_environment(folder: Path) -> dict[str, str]:
    """What makes a process find no package cache, and its instance, inside `folder`."""
    return {
        "UV_CACHE_DIR": str(folder / "uv"),
        "PIP_CACHE_DIR": str(folder / "pip"),
        HOME_VARIABLE: str(folder / "instance"),
    }
