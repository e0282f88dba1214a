"""What every test has: a lab instance of its own, never the user's."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _own_instance(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Point the lab at an instance inside the test's own folder, whatever the environment says."""
    monkeypatch.setenv("INGRESS_LAB_HOME", str(tmp_path / "lab-home"))
    monkeypatch.delenv("KUBECONFIG", raising=False)
