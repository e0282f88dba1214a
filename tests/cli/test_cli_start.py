"""`lab start`: the cluster and JupyterLab, and what stays after it ends."""

import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from labsupport.base.paths import Instance
from labsupport.base.run import CommandFailed
from labsupport.cli import start
from labsupport.cli.main import main
from labsupport.providers.daemon.record import last_record


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """The instance's directory; its cluster is stopped after the test."""
    yield tmp_path / "lab-home"
    assert main(["down", "--delete"]) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_its_end_leaves_the_cluster_and_nothing_else(home: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "labsupport.cli", "start", "--no-browser", "--port", "18900"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        said = ""
        while "Ctrl-C" not in said:
            line = process.stdout.readline()
            assert line, process.stderr
            said += line
        address = re.findall(r"http://127\.0\.0\.1:\d+/lab\S*\?token=\w+", said)[0]
        with urllib.request.urlopen(address, timeout=10) as page:
            assert page.status == 200
        process.send_signal(number)
        rest = process.stdout.read()
    assert process.returncode == 0
    assert "./lab down" in rest
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(address, timeout=10)
    record = last_record(Instance(home))
    assert record is not None
    assert record.process() is not None


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands run to install Graphviz, on a machine that has none; all of them fail."""
    calls: list[list[str]] = []

    def fail(command: list[str], *, timeout: float) -> None:
        calls.append(command)
        raise CommandFailed("no luck", found="exit code 100: not root enough")

    monkeypatch.setattr("labsupport.base.run.run", fail)
    monkeypatch.setattr(start, "which", lambda name: None if name == "dot" else Path("/bin", name))
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    return calls


def test_inside_conda_graphviz_comes_by_conda(
    commands: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONDA_PREFIX", "/opt/conda/envs/ingress-lab")
    start._provide_dot()
    assert commands == [["conda", "install", "-y", "graphviz"]]


def test_an_ordinary_user_installs_nothing(
    commands: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    start._provide_dot()
    assert commands == []
    assert "pictures render in the browser" in capsys.readouterr().err


def test_a_failed_installation_does_not_stop_the_lab(
    commands: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    start._provide_dot()
    assert commands == [["apt-get", "update"]]
    assert "not root enough" in capsys.readouterr().err
