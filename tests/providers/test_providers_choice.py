"""Choosing a provider by name."""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from labsupport.base.errors import NotInThisVersion, UsageError
from labsupport.base.paths import Instance
from labsupport.providers import provider
from labsupport.providers.protocol import Provider


def quiet(title: str) -> AbstractContextManager[None]:
    return nullcontext()


@pytest.mark.parametrize("name", ["kind"])
def test_a_later_provider_says_what_to_use_instead(name: str, tmp_path: Path) -> None:
    chosen: Provider = provider(name, Instance(tmp_path))
    with pytest.raises(NotInThisVersion) as caught:
        chosen.up(quiet)
    assert caught.value.exit_code == 2
    assert "./lab up" in caught.value.remedy


def test_an_unknown_provider_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="minikube"):
        provider("minikube", Instance(tmp_path))
