"""One running lab for a module's tests, with Traefik and the sample apps."""

from collections.abc import Iterator

import pytest
from running_lab import running_lab

from labsupport.session import Lab


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running_lab(tmp_path_factory.mktemp("lab") / "home") as lab:
        lab.wait_ready(namespace=None)
        yield lab
