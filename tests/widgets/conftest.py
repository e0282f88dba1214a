"""One running lab for the tests of this folder that need a real API server."""

from collections.abc import Iterator

import pytest

from labsupport.base.paths import Instance
from labsupport.session.bringing_up import bring_up
from labsupport.session.lab import Lab


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = bring_up(Instance(tmp_path_factory.mktemp("lab") / "home"))
    yield lab
    lab.close()
    lab.provider.down()
