"""Discovery documents, plain and aggregated."""

import pytest

from labsupport.base.types import Json
from labsupport.minicluster.api import discovery
from labsupport.minicluster.api.resources import BUILT_IN

AGGREGATED = (
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"
)


def _entries(api_version: str) -> dict[str, Json]:
    document = discovery.resource_list(BUILT_IN, api_version)
    assert document is not None
    return {entry["name"]: entry for entry in document["resources"]}


def test_the_version_says_which_kubernetes_and_whose_server() -> None:
    assert discovery.version()["gitVersion"] == "v1.37.0+ingresslab"


def test_the_core_group_is_listed_apart() -> None:
    names = [group["name"] for group in discovery.group_list(BUILT_IN)["groups"]]
    assert "" not in names
    assert "networking.k8s.io" in names
    assert len(names) == len(set(names))


def test_a_group_names_its_versions() -> None:
    group = discovery.group(BUILT_IN, "apps")
    assert group is not None
    assert group["preferredVersion"] == {"groupVersion": "apps/v1", "version": "v1"}


@pytest.mark.parametrize("name", ["", "nothing.example"])
def test_a_group_not_served_is_none(name: str) -> None:
    assert discovery.group(BUILT_IN, name) is None


def test_a_version_not_served_is_none() -> None:
    assert discovery.resource_list(BUILT_IN, "apps/v9") is None


def test_a_resource_is_listed_with_its_short_names_and_subresources() -> None:
    entries = _entries("networking.k8s.io/v1")
    assert entries["ingresses"]["shortNames"] == ["ing"]
    assert entries["ingresses/status"]["verbs"] == ["get", "patch", "update"]
    assert entries["ingressclasses"]["namespaced"] is False


def test_scale_answers_with_a_kind_of_another_group() -> None:
    scale = _entries("apps/v1")["deployments/scale"]
    assert (scale["group"], scale["version"], scale["kind"]) == ("autoscaling", "v1", "Scale")


def test_logs_can_only_be_read() -> None:
    assert _entries("v1")["pods/log"]["verbs"] == ["get"]


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (AGGREGATED, "v2"),
        (AGGREGATED.partition(",")[2], "v2beta1"),
        ("application/json, " + AGGREGATED, ""),
        ("application/json", ""),
        ("*/*", ""),
        ("", ""),
    ],
)
def test_the_first_acceptable_form_wins(accept: str, form: str) -> None:
    assert discovery.aggregated_version(accept) == form


def test_the_content_type_echoes_the_form() -> None:
    assert discovery.aggregated_version(discovery.aggregated_content_type("v2")) == "v2"


def test_the_aggregated_lists_hold_every_resource_once() -> None:
    core = discovery.aggregated(BUILT_IN, core=True, form="v2")["items"]
    named = discovery.aggregated(BUILT_IN, core=False, form="v2")["items"]
    served = [
        (entry["responseKind"]["group"], entry["resource"])
        for group in core + named
        for version in group["versions"]
        for entry in version["resources"]
    ]
    assert sorted(served) == sorted((each.group, each.plural) for each in BUILT_IN)
    assert [group["metadata"].get("name", "") for group in core] == [""]
