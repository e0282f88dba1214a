"""The commands that start, show, ask and stop the cluster."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from labsupport.base.paths import Instance
from labsupport.cli.main import main
from labsupport.providers.embedded.provider import Embedded

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def up(up: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KUBECONFIG", "/nonexistent")
    return up


def test_up_again_finds_what_runs(up: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["up", "--json"]) == 0
    about = json.loads(capsys.readouterr().out)
    assert about["url"] == "http://kiada.example.com/"
    assert about["kubeconfig"] == str(up / "kubeconfig")


def test_up_says_what_to_do_next(up: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["up"]) == 0
    said = capsys.readouterr()
    assert "./lab get http://kiada.example.com/" in said.out
    assert "installing Traefik" in said.err


def test_get_prints_way_and_body(up: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["get", "kiada.example.com"]) == 0
    out = capsys.readouterr().out
    assert "A record in lab DNS" in out
    assert "200 OK from pod kiada-" in out
    assert "Answered by: pod kiada-" in out


def test_get_is_content_with_any_answer(up: Path, capsys: pytest.CaptureFixture[str]) -> None:
    header = ["-H", "Host: nobody.example.com"]
    assert main(["get", *header, "http://kiada.example.com/", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["status"] == 404


def test_get_without_an_answer_fails_and_says_where(
    up: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["get", "http://nobody.example.com/"]) == 1
    assert "NXDOMAIN" in capsys.readouterr().err
    assert main(["get", "https://kiada.example.com/"]) == 1
    assert "the TLS hop failed" in capsys.readouterr().err
    assert main(["get", "-k", "https://kiada.example.com/"]) == 0
    assert main(["get", "-H", "nonsense", "http://kiada.example.com/"]) == 2


def test_status_as_text_and_json(up: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status"]) == 0
    assert "controller   traefik.io/ingress-controller" in capsys.readouterr().out
    assert main(["status", "--json"]) == 0
    status = json.loads(capsys.readouterr().out)
    assert status["cluster"]["provider"] == "embedded"
    assert set(status) == {
        *("cluster", "nodes", "controllers", "missing", "addresses"),
        *("ports", "kubeconfig", "memory"),
    }


def test_logs_of_a_pod_by_the_beginning_of_its_name(
    up: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["logs", "kiada", "--tail", "1"]) == 0
    assert len(capfdbinary.readouterr().out.splitlines()) == 1
    assert main(["logs", "nobody"]) == 2


def test_kubeconfig_as_path_and_text(up: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kubeconfig"]) == 0
    assert capsys.readouterr().out == f"{up / 'kubeconfig'}\n"
    assert main(["kubeconfig", "--raw"]) == 0
    assert "current-context: ingress-lab" in capsys.readouterr().out


@pytest.mark.parametrize("command", [["get", "kiada.example.com"], ["logs", "kiada"]])
def test_without_a_cluster_the_remedy_is_up(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command) == 1
    assert "./lab up" in capsys.readouterr().err


def test_without_a_cluster_status_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["cluster"]["running"] is False


def test_down_without_a_cluster_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["down"]) == 0
    assert "No cluster was running" in capsys.readouterr().out


def test_an_interrupted_up_is_finished_by_the_next_one(tmp_path: Path) -> None:
    home = tmp_path / "lab"
    environment = {**os.environ, "INGRESS_LAB_HOME": str(home)}
    command = [sys.executable, "-m", "labsupport.cli", "up"]
    for delay in (0.2, 0.5):
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE)
        time.sleep(delay)
        process.send_signal(signal.SIGINT)
        process.communicate()
    try:
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    finally:
        Embedded(Instance(home)).down()
