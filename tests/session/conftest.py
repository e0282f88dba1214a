"""One running lab for this folder's tests, with Traefik and the sample apps."""

from collections.abc import Callable, Iterator

import pytest
from running_lab import running_lab

from labsupport.base.types import Json
from labsupport.session.lab import Lab


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running_lab(tmp_path_factory.mktemp("lab") / "home") as lab:
        yield lab


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
