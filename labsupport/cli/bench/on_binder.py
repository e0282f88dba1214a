"""The lab as Binder runs it: `binder/start` brings the cluster up and gives way to JupyterLab."""

import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import requests

from labsupport.base import paths
from labsupport.base.errors import UsageError, WaitTimeout
from labsupport.base.paths import HOME_VARIABLE, Instance
from labsupport.cli import jupyter

START = Path("binder", "start")
_PORT = 18000  # or one above it
_TIMEOUT = 120.0  # seconds until the server answers
_PAUSE = 0.02  # seconds between two tries
_STOP_TIMEOUT = 20.0  # seconds for the server to end its kernels


@dataclass(frozen=True)
class Server:
    """A running JupyterLab: its process, its address and its token."""

    pid: int
    address: str
    token: str


def course() -> Path:
    """The checkout, whose `binder/start` is run; UsageError when there is none."""
    root = paths.checkout()
    if root is None or not (root / START).is_file():
        raise UsageError("this runs binder/start of a checkout", remedy="clone the repository")
    return root


def environment(instance: Instance) -> dict[str, str]:
    """This process's environment, with all that the lab and Jupyter keep in the instance."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**jupyter.environment(instance), "PATH": path, HOME_VARIABLE: str(instance.home)}


@contextmanager
def served(
    root: Path,
    environment: Mapping[str, str],
    *,
    script: bool = True,
    credentials: Mapping[str, Any] | None = None,
) -> Iterator[Server]:
    """JupyterLab on `root` for the length of the block, from its first answer on.

    It is the one on PATH of `environment`, behind the `binder/start` of `root` unless `script` is
    False. `credentials` are Popen's `user`, `group` and `extra_groups`. The cluster that the script
    started goes on.
    """
    port, token = jupyter.free_port(_PORT), secrets.token_hex(24)
    command = [
        *([str(root / START)] if script else ["env"]),
        *("jupyter-lab", f"--ip={jupyter.HOST}", f"--port={port}", "--no-browser"),
        *(["--allow-root"] if os.geteuid() == 0 else []),
    ]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command,
            cwd=root,
            env={**environment, "JUPYTER_TOKEN": token},
            stdout=log,
            stderr=log,
            **(credentials or {}),
        )
        try:
            address = f"http://{jupyter.HOST}:{port}"
            _wait_for(address, process, log)
            yield Server(process.pid, address, token)
        finally:
            _end(process)


def _wait_for(address: str, process: subprocess.Popen[bytes], log: IO[bytes]) -> None:
    deadline = time.monotonic() + _TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(requests.RequestException):  # nobody there yet, or busy with its start
            if requests.get(f"{address}/api", timeout=2).ok:
                return
        time.sleep(_PAUSE)
    log.seek(0)
    said = log.read().decode(errors="replace").strip().splitlines()[-5:]
    raise WaitTimeout("JupyterLab did not start", found="\n    ".join(said))


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
