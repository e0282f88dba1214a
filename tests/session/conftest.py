"""One running lab for this folder's tests, with Traefik and the sample apps."""

from collections.abc import Callable, Iterator

import pytest

from labsupport.base.paths import Instance
from labsupport.base.types import Json
from labsupport.session.bringing_up import bring_up
from labsupport.session.lab import Lab


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = bring_up(Instance(tmp_path_factory.mktemp("lab") / "home"))
    yield lab
    lab.close()
    lab.provider.down()


@pytest.fixture
def made(lab: Lab) -> Iterator[list[Json]]:
    """What a test made and wants gone afterwards."""
    things: list[Json] = []
    yield things
    lab.delete(things)


@pytest.fixture
def apply(lab: Lab, made: list[Json]) -> Callable[..., None]:
    """Apply objects for the time of one test."""

    def applied(*objects: Json) -> None:
        made.extend(objects)
        lab.apply(objects)

    return applied
