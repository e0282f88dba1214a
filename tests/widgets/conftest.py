"""One running lab for the tests of this folder that need a real API server."""

from collections.abc import Iterator

import pytest
from running_lab import running_lab

from labsupport.session.lab import Lab


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running_lab(tmp_path_factory.mktemp("lab") / "home") as lab:
        yield lab
