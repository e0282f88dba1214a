"""One running lab for a module's tests of commands, with Traefik and the sample apps."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from labsupport.base.paths import HOME_VARIABLE, Instance
from labsupport.session.bringing_up import bring_up
from labsupport.session.lab import Lab


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = bring_up(Instance(tmp_path_factory.mktemp("cli") / "lab"))
    yield lab
    lab.close()
    lab.provider.down()


@pytest.fixture
def up(lab: Lab, monkeypatch: pytest.MonkeyPatch, _own_instance: None) -> Path:
    """The folder of that lab, which commands take for their own."""
    monkeypatch.setenv(HOME_VARIABLE, str(lab.instance.home))
    return lab.instance.home
