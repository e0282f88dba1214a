"""JupyterLab for the lessons: its own port, token and state, and nothing left of it after."""

import http.client
import json
import socket
import urllib.request
from pathlib import Path

import psutil
import pytest

from labsupport.base.errors import AddressInUse, LabError
from labsupport.base.paths import Instance
from labsupport.cli import jupyter


def test_a_taken_port_gives_way_to_the_next() -> None:
    with socket.socket() as holder:
        holder.bind((jupyter.HOST, 0))
        holder.listen()
        taken = holder.getsockname()[1]
        assert jupyter.free_port(taken) > taken


def test_no_free_port_is_said_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jupyter, "_PORTS_TRIED", 1)
    with socket.socket() as holder:
        holder.bind((jupyter.HOST, 0))
        holder.listen()
        with pytest.raises(AddressInUse, match="no port is free"):
            jupyter.free_port(holder.getsockname()[1])


def test_the_users_own_jupyter_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_PATH", "JUPYTER_TOKEN", "JUPYTERLAB_DIR"):
        monkeypatch.setenv(name, "/home/ada/.jupyter")
    variables = jupyter.environment(Instance(tmp_path / "lab"))
    assert "/home/ada/.jupyter" not in variables.values()
    assert variables["JUPYTER_CONFIG_DIR"] == str(tmp_path / "lab" / "jupyter" / "config")


def test_it_serves_the_lab_with_its_token_and_leaves_no_process(tmp_path: Path) -> None:
    port = jupyter.free_port(18888)
    with jupyter.serving(Instance(tmp_path / "lab"), tmp_path, "lab", port, False) as server:
        server.wait_ready()
        address = server.url("api/kernelspecs")
        assert f"token={server.token}" in address
        with urllib.request.urlopen(address, timeout=10) as answer:
            kernels = json.load(answer)["kernelspecs"]
        assert "python3" in kernels
        assert _status_without_token(port) == 403
        assert server.token not in " ".join(psutil.Process(server.process.pid).cmdline())
    assert not psutil.pid_exists(server.process.pid)
    assert not list((tmp_path / "lab" / "jupyter" / "runtime").glob("*.json"))


def test_a_server_that_cannot_start_says_its_last_words(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind((jupyter.HOST, 0))
        holder.listen()
        port = holder.getsockname()[1]
        with jupyter.serving(Instance(tmp_path / "lab"), tmp_path, "lab", port, False) as server:
            server.process.wait(100)
            with pytest.raises(LabError, match="did not start") as caught:
                server.wait_ready()
    assert "jupyter.log" in caught.value.remedy


def _status_without_token(port: int) -> int:
    connection = http.client.HTTPConnection(jupyter.HOST, port, timeout=10)
    connection.request("GET", "/api/kernelspecs")
    status = connection.getresponse().status
    connection.close()
    return status
