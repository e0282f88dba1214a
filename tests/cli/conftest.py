"""One running lab for a module's tests of commands, with Traefik and the sample apps."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from running_lab import running_lab

from labsupport.base.paths import HOME_VARIABLE
from labsupport.session.lab import Lab


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running_lab(tmp_path_factory.mktemp("cli") / "lab") as lab:
        yield lab


@pytest.fixture
def up(lab: Lab, monkeypatch: pytest.MonkeyPatch, _own_instance: None) -> Path:
    """The folder of that lab, which commands take for their own."""
    monkeypatch.setenv(HOME_VARIABLE, str(lab.instance.home))
    return lab.instance.home
