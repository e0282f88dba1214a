"""Where an instance lives, and what its files are called."""

import stat
from pathlib import Path

import pytest

from labsupport.base import paths


def test_the_variable_names_the_instance(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("INGRESS_LAB_HOME", str(tmp_path / "mine"))
    assert paths.instance().home == tmp_path / "mine"


def test_a_checkout_keeps_its_own_instance(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("INGRESS_LAB_HOME", raising=False)
    monkeypatch.setattr(paths, "checkout", lambda: tmp_path)
    assert paths.instance().home == tmp_path / ".lab"


def test_installed_elsewhere_the_state_is_the_users(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("INGRESS_LAB_HOME", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(paths, "checkout", lambda: None)
    assert paths.instance().home == tmp_path / "ingress-lab"


def test_the_directory_is_its_owners_alone(tmp_path: Path) -> None:
    home = paths.Instance(tmp_path / "a" / "b").make().home
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_every_file_is_inside_the_directory(tmp_path: Path) -> None:
    instance = paths.Instance(tmp_path)
    names = [name for name, value in vars(paths.Instance).items() if isinstance(value, property)]
    assert {getattr(instance, name).parent for name in names} == {tmp_path}
