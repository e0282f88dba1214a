"""Choosing a provider by name, or by what an instance remembers."""

from pathlib import Path

import pytest

from labsupport.base.errors import UsageError
from labsupport.base.paths import Instance
from labsupport.providers import provider


def test_an_unknown_provider_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="minikube"):
        provider("minikube", Instance(tmp_path))


@pytest.mark.parametrize(
    "remembered",
    [
        '{"provider": "ki',
        "[]",
        '{"provider": "minikube", "settings": {}}',
        '{"provider": "kind", "settings": {}}',
        '{"provider": "kind", "settings": {"of_another_version": 1, "containers": []}}',
        '{"provider": "existing", "settings": []}',
        '{"provider": "existing", "settings": {"context": "a", "tenancy": {"unknown": 1}}}',
    ],
)
def test_what_can_not_be_understood_is_told_with_its_file(tmp_path: Path, remembered: str) -> None:
    instance = Instance(tmp_path / "a lab")
    instance.make().provider.write_text(remembered)
    with pytest.raises(UsageError, match="does not say which cluster") as caught:
        provider("auto", instance).connection()
    assert caught.value.remedy.startswith(f"rm '{instance.provider}', ")
