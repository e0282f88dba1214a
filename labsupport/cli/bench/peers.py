"""What the lab's figures are held against: a bare Python, and Traefik by itself."""

import http.client
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from labsupport.cli.bench.cluster import wait_for_status

_ROUTE = """
http:
  routers:
    all:
      rule: PathPrefix(`/`)
      service: ping@internal
"""


def python_start() -> float:
    """Seconds for a Python that does nothing."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return time.perf_counter() - started


def traefik_to_first_200() -> float:
    """Seconds for a Traefik with one route, read from a file, to its first 200."""
    started = time.perf_counter()
    with traefik():
        return time.perf_counter() - started


@contextmanager
def traefik() -> Iterator[int]:
    """A Traefik with one route that answers; its process ID."""
    with tempfile.TemporaryDirectory(prefix="lab-bench-") as folder:
        route = Path(folder) / "route.yaml"
        route.write_text(_ROUTE)
        port = _free_port()
        command = [
            str(Path(sys.executable).with_name("traefik")),
            f"--entrypoints.web.address=127.0.0.1:{port}",
            "--ping.manualrouting=true",
            f"--providers.file.filename={route}",
            "--global.checknewversion=false",
            "--global.sendanonymoususage=false",
        ]
        with _process(command) as pid:
            wait_for_status(http.client.HTTPConnection("127.0.0.1", port, timeout=10), "any", 200)
            yield pid


@contextmanager
def python() -> Iterator[int]:
    """A Python that does nothing; its process ID."""
    code = "print(flush=True); import signal; signal.pause()"
    with _process([sys.executable, "-c", code], says_ready=True) as pid:
        yield pid


@contextmanager
def _process(command: list[str], *, says_ready: bool = False) -> Iterator[int]:
    with subprocess.Popen(
        command, stdout=subprocess.PIPE if says_ready else subprocess.DEVNULL
    ) as process:
        try:
            if process.stdout:
                process.stdout.readline()
            yield process.pid
        finally:
            process.send_signal(signal.SIGKILL)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
