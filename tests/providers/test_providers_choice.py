"""Choosing a provider by name."""

from pathlib import Path

import pytest

from labsupport.base.errors import UsageError
from labsupport.base.paths import Instance
from labsupport.providers import provider


def test_an_unknown_provider_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="minikube"):
        provider("minikube", Instance(tmp_path))
