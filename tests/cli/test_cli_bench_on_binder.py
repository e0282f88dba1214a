"""JupyterLab as Binder starts it: waited for, whatever it does before it answers."""

import os
import sys
from pathlib import Path

import psutil
import pytest

from labsupport.base.errors import WaitTimeout
from labsupport.cli.bench.on_binder import served

SILENT_AT_FIRST = """
import socket, sys
(port,) = [int(word.partition("=")[2]) for word in sys.argv if word.startswith("--port=")]
with socket.create_server(("127.0.0.1", port)) as server:
    kept = server.accept()
    while True:
        link, _ = server.accept()
        with link:
            link.recv(10000)
            link.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n")
"""


def environment(folder: Path, program: str) -> dict[str, str]:
    """One on whose PATH this program is `jupyter-lab`."""
    path = folder / "jupyter-lab"
    path.write_text(f"#!{sys.executable}\n{program}")
    path.chmod(0o755)
    return {"PATH": f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin"}


def test_a_server_that_is_silent_at_first_is_asked_again(tmp_path: Path) -> None:
    with served(tmp_path, environment(tmp_path, SILENT_AT_FIRST), script=False) as server:
        assert psutil.Process(server.pid).is_running()
    assert not psutil.pid_exists(server.pid)


def test_a_server_that_ends_says_its_last_words(tmp_path: Path) -> None:
    ends = environment(tmp_path, "raise SystemExit('no port for me')")
    with pytest.raises(WaitTimeout) as caught, served(tmp_path, ends, script=False):
        pass
    assert caught.value.found == "no port for me"
