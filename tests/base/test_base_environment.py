"""Making the environment where something is missing: the remedies."""

import importlib.util
import os
from pathlib import Path

import pytest

from labsupport.base import environment


def test_a_python_without_any_installer_is_told_the_remedy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to("/bin/false")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(environment.SetUpFailed) as caught:
        environment._Environment(tmp_path, 0)._pip()
    assert "apt install python3-venv" in caught.value.remedy


@pytest.mark.parametrize(
    ("output", "remedy"),
    [
        ("OSError: [Errno 28] No space left on device", "free some space"),
        ("Hash mismatch for six==1.17", "differs from its pin"),
        ("Failed to connect: timed out", "connection and proxy"),
        ("something else", "./lab doctor"),
    ],
)
def test_a_failure_of_the_installer_has_a_fitting_remedy(output: str, remedy: str) -> None:
    assert remedy in environment._remedy(output)


def test_the_callers_environment_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_TARGET", "elsewhere")
    monkeypatch.setenv("PIP_INDEX_URL", "https://packages.example/simple")
    with environment._clean_environment():
        inside = (os.environ.get("PIP_TARGET"), os.environ.get("PIP_INDEX_URL"))
    assert inside == (None, "https://packages.example/simple")
    assert os.environ["PIP_TARGET"] == "elsewhere"
