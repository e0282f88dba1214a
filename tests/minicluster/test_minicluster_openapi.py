"""OpenAPI documents: complete in themselves, and what kubectl looks for in them."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from labsupport.base.types import Json
from labsupport.minicluster.api import openapi
from labsupport.minicluster.api.resources import BUILT_IN, Resource

THING = Resource(
    "lab.example.io",
    "v1",
    "Thing",
    "things",
    "thing",
    True,
    schema={"type": "object", "properties": {"spec": {"type": "object", "description": "Why."}}},
)
SERVED = (*BUILT_IN, THING)
VERSIONS = sorted({resource.api_version for resource in SERVED})


def _document(api_version: str) -> Json:
    document = openapi.document(SERVED, api_version)
    assert document is not None
    return document


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for member in node.values():
            yield from _references(member)
    elif isinstance(node, list):
        for item in node:
            yield from _references(item)


@pytest.mark.parametrize("api_version", VERSIONS)
def test_every_reference_leads_somewhere(api_version: str) -> None:
    document = _document(api_version)
    prefix = "#/components/schemas/"
    names = {reference.removeprefix(prefix) for reference in _references(document)}
    assert names <= document["components"]["schemas"].keys()


def test_every_reference_of_version_2_leads_somewhere() -> None:
    document = openapi.document_v2(SERVED)
    names = {reference.removeprefix("#/definitions/") for reference in _references(document)}
    assert names <= document["definitions"].keys()


@pytest.mark.parametrize("api_version", VERSIONS)
def test_no_type_is_a_list(api_version: str) -> None:
    schemas = _document(api_version)["components"]["schemas"].values()
    types = [
        member.get("type") for schema in schemas for member in schema.get("properties", {}).values()
    ]
    assert not any(isinstance(type_, list) for type_ in types)


def test_patch_keys_and_descriptions_are_there() -> None:
    spec = _document("v1")["components"]["schemas"]["io.k8s.api.core.v1.PodSpec"]
    containers = spec["properties"]["containers"]
    assert containers["x-kubernetes-patch-merge-key"] == "name"
    assert "containers" in containers["description"]


@pytest.mark.parametrize("verb", ["put", "patch"])
def test_writes_take_field_validation(verb: str) -> None:
    path = "/apis/networking.k8s.io/v1/namespaces/{namespace}/ingresses/{name}"
    operation = _document("networking.k8s.io/v1")["paths"][path][verb]
    assert "fieldValidation" in [parameter["name"] for parameter in operation["parameters"]]
    assert operation["x-kubernetes-group-version-kind"]["kind"] == "Ingress"


def test_a_custom_kind_is_described_by_its_own_schema() -> None:
    schema = _document("lab.example.io/v1")["components"]["schemas"]["io.example.lab.v1.Thing"]
    assert schema["properties"]["spec"]["description"] == "Why."
    assert schema["x-kubernetes-group-version-kind"][0]["group"] == "lab.example.io"


def test_a_version_not_served_is_none() -> None:
    assert openapi.document(SERVED, "apps/v9") is None


def test_the_index_has_a_document_for_each_version() -> None:
    paths = openapi.index(SERVED)["paths"]
    assert sorted(path.partition("/")[2] for path in paths) == VERSIONS


def test_a_hash_changes_with_the_schema_it_stands_for_only() -> None:
    before = openapi.index(SERVED)["paths"]
    after = openapi.index((*BUILT_IN, replace(THING, schema={"type": "object"})))["paths"]
    changed = [path for path in before if before[path] != after[path]]
    assert changed == ["apis/lab.example.io/v1"]
