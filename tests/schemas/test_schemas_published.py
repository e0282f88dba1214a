"""The published definitions of Kubernetes' kinds."""

import pytest

from labsupport.schemas import definition_name, definitions


@pytest.mark.parametrize(
    ("api_version", "kind", "name"),
    [
        ("v1", "Service", "io.k8s.api.core.v1.Service"),
        ("networking.k8s.io/v1", "Ingress", "io.k8s.api.networking.v1.Ingress"),
        ("rbac.authorization.k8s.io/v1", "Role", "io.k8s.api.rbac.v1.Role"),
    ],
)
def test_a_kind_is_found_by_its_api_version(api_version: str, kind: str, name: str) -> None:
    assert definition_name(api_version, kind) == name
    assert "metadata" in definitions([name])[name]["properties"]
