"""One running lab for a module's tests, with Traefik and the sample apps."""

from collections.abc import Iterator

import pytest

from labsupport.base.paths import Instance
from labsupport.session import Lab
from labsupport.session.bringing_up import bring_up


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = bring_up(Instance(tmp_path_factory.mktemp("lab") / "home"))
    lab.wait_ready(namespace=None)
    yield lab
    lab.close()
    lab.provider.down()
