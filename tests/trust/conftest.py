"""An instance with its authority, for the tests of this folder."""

from pathlib import Path

import pytest

from labsupport.base.paths import Instance
from labsupport.trust import ensure_credentials


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    """Made once: nothing changes it but the intermediate, which is made at first use."""
    instance = Instance(tmp_path_factory.mktemp("trust") / "lab").make()
    ensure_credentials(instance, 77)
    return instance


@pytest.fixture
def ca_file(home: Instance) -> Path:
    return home.ca_certificate
