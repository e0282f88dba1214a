"""`lab test --provider NAME`: the course on a cluster of its own, a verdict for each lesson."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from container_tools import machine

from labsupport.base.paths import Instance
from labsupport.cli import course
from labsupport.cli.main import main
from labsupport.providers.daemon.network import Network, port_offset
from labsupport.providers.embedded.provider import Embedded
from labsupport.providers.kind import balancers
from labsupport.providers.protocol import quiet

ROOT = Path(__file__).resolve().parents[2]
LOW_PORTS = port_offset(Network(16)) == 0


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders go."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    api = Instance(tmp_path / "api")
    Embedded(api).up(quiet)
    yield api.kubeconfig.read_text()
    Embedded(api).down()


def lesson(path: Path, *cells: str) -> str:
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
    nbformat.write(notebook, path)
    return str(path)


def test_a_lesson_that_fails_is_told_with_its_cell_and_the_rest_still_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = lesson(tmp_path / "1-bad.ipynb", "1 + 1", "raise ValueError('no such thing')")
    good = lesson(
        tmp_path / "2-good.ipynb",
        "from labsupport import Lab\nlab = Lab.open()",
        "assert lab.get('http://kiada.example.com/').status == 200",
    )
    home = os.environ["INGRESS_LAB_HOME"]
    assert main(["test", "--provider", "embedded", bad, good]) == 1
    out = capsys.readouterr().out
    assert "FAIL 1-bad" in out
    assert "cell 2, raise ValueError('no such thing'): ValueError: no such thing" in out
    assert "ok   2-good" in out
    assert out.endswith("Failed: 1-bad.\n")
    assert list(tmp_path.glob("lab-test-*")) == []
    assert os.environ["INGRESS_LAB_HOME"] == home


@pytest.mark.skipif(not LOW_PORTS, reason="the stand-in's load balancers need ports below 1024")
def test_a_lesson_and_its_exercises_run_on_kind(
    tmp_path: Path,
    served: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    here = machine(tmp_path / "bin", monkeypatch, "docker", "kind")
    here.serve(served)
    monkeypatch.setattr(balancers, "_processes", list)
    notebook = str(ROOT / "notebooks" / "00-welcome.ipynb")
    assert main(["test", "--provider=kind", notebook]) == 0, capsys.readouterr()
    told = capsys.readouterr()
    assert "ok   00-welcome" in told.out
    assert "1 of 1 exercises" in told.out
    assert "kind: Preparing nodes" in told.err
    assert here.containers == []


def test_an_exercise_that_does_not_pass_says_what_it_got(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("labsupport.exercises.attempts.carry_out", lambda attempt, lab: None)
    name = lesson(tmp_path / "02-first-ingress.ipynb", "pass")
    assert main(["test", "--provider", "embedded", name]) == 1
    out = capsys.readouterr().out
    assert "0 of 2 exercises" in out
    assert "Expected" in out or "expected" in out


def test_pytests_own_arguments_are_not_meant() -> None:
    assert not course.is_meant(["tests/rules", "-k", "provider"])
    assert course.is_meant(["--provider=kind"])
