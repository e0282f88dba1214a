"""JupyterLab as a child process of `lab start`, with state of its own inside the instance."""

import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from labsupport.base.errors import AddressInUse, LabError
from labsupport.base.files import write_atomically
from labsupport.base.paths import Instance

HOST = "127.0.0.1"
_PORTS_TRIED = 50
_START_TIMEOUT = 60.0  # seconds until /api answers
_STOP_TIMEOUT = 10.0  # seconds for kernels to end before they are killed

# No news and no update check: the lab asks nobody on the internet.
_SETTINGS = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false"}}


@dataclass(frozen=True)
class Server:
    """A running JupyterLab: its process, port and token."""

    process: subprocess.Popen[bytes]
    port: int
    token: str
    log: Path

    def url(self, page: str) -> str:
        """The address of `page` (such as `lab/tree/notebooks/x.ipynb`) with the token."""
        return f"http://{HOST}:{self.port}/{page}?token={self.token}"

    def wait_ready(self) -> None:
        """Return once the server answers; LabError with its last words when it does not."""
        deadline = time.monotonic() + _START_TIMEOUT
        while time.monotonic() < deadline and self.process.poll() is None:
            if _answers(self.port):
                return
            time.sleep(0.05)
        said = self.log.read_text(errors="replace").strip().splitlines()[-5:]
        raise LabError(
            "JupyterLab did not start", found="\n    ".join(said), remedy=f"less {self.log}"
        )


def free_port(wanted: int) -> int:
    """`wanted`, or the next port above it that nobody on this computer uses."""
    for port in range(wanted, min(wanted + _PORTS_TRIED, 65536)):
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind((HOST, port))
            except OSError:
                continue
            return port
    raise AddressInUse(
        "no port is free for JupyterLab",
        found=f"{wanted} and the {_PORTS_TRIED} above it are taken",
        remedy="./lab start --port 9000",
    )


@contextmanager
def serving(
    instance: Instance, root: Path, page: str, port: int, browser: bool
) -> Iterator[Server]:
    """JupyterLab on `root` for the length of the block; its kernels end with it.

    With `browser`, it opens `page` in the user's browser once it is up. The token goes by the
    environment, because other users can read a command line.
    """
    token = secrets.token_hex(24)
    variables = environment(instance) | {"JUPYTER_TOKEN": token}
    write_settings(instance.jupyter / "config" / "labconfig")
    log = instance.jupyter / "jupyter.log"
    command = [
        *(sys.executable, "-m", "jupyterlab", f"--ServerApp.ip={HOST}", f"--port={port}"),
        *("--ServerApp.port_retries=0", f"--ServerApp.root_dir={root}"),
        *(f"--LabApp.default_url=/{page}", f"--ServerApp.open_browser={browser}"),
        *("--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",),
        *(["--allow-root"] if os.geteuid() == 0 else []),
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=root,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches the lab only, which then ends Jupyter
        )
    try:
        yield Server(process, port, token, log)
    finally:
        _end(process)


def environment(instance: Instance) -> dict[str, str]:
    """This process's environment, with every place where Jupyter keeps state in the instance.

    The kernel is the one of this Python's own environment, whatever kernels the user has. The
    folder of that state is made.
    """
    state = instance.make().jupyter
    state.mkdir(mode=0o700, exist_ok=True)
    own = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")}
    return own | {
        "JUPYTER_CONFIG_DIR": str(state / "config"),
        "JUPYTER_DATA_DIR": str(state / "data"),
        "JUPYTER_RUNTIME_DIR": str(state / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(state / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(state / "workspaces"),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "IPYTHONDIR": str(state / "ipython"),
    }


@contextmanager
def own_state(instance: Instance) -> Iterator[None]:
    """`environment` as this process's own, for the length of the block."""
    callers = dict(os.environ)
    variables = environment(instance)
    os.environ.clear()
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(callers)


def write_settings(folder: Path) -> None:
    """Put the lab's settings of JupyterLab into `folder`, a `labconfig` of its configuration."""
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / "default_setting_overrides.json", json.dumps(_SETTINGS))


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/api")
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
