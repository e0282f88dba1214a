"""The lab as Binder runs it: `binder/start` brings the cluster up and gives way to JupyterLab."""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from labsupport.base import paths
from labsupport.base.errors import UsageError, WaitTimeout
from labsupport.base.paths import HOME_VARIABLE, Instance
from labsupport.cli import jupyter

START = Path("binder", "start")
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


@contextmanager
def served(instance: Instance, root: Path, *, script: bool = True) -> Iterator[Server]:
    """JupyterLab on `root`, behind its `binder/start` unless `script` is False, until it answers.

    Jupyter's own state is kept in the instance. The cluster that the script started goes on.
    """
    port, token = jupyter.free_port(18000), secrets.token_hex(24)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    variables = {
        **jupyter.environment(instance),
        "PATH": path,
        HOME_VARIABLE: str(instance.home),
        "JUPYTER_TOKEN": token,
    }
    command = [
        *([str(root / START)] if script else []),
        *("jupyter-lab", f"--ip={jupyter.HOST}", f"--port={port}", "--no-browser"),
        *(["--allow-root"] if os.geteuid() == 0 else []),
    ]
    log = instance.jupyter / "binder.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=root, env=variables, stdout=output, stderr=output)
    try:
        address = f"http://{jupyter.HOST}:{port}"
        _wait_for(address, process, log)
        yield Server(process.pid, address, token)
    finally:
        _end(process)


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(f"{address}/api", timeout=2).ok:
                return
        except requests.ConnectionError:
            time.sleep(_PAUSE)
    said = log.read_text(errors="replace").strip().splitlines()[-5:]
    raise WaitTimeout("JupyterLab did not start", found="\n    ".join(said))


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
