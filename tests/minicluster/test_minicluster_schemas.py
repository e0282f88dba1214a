"""The published schemas: found, read in part, and ready to walk."""

import pytest

from labsupport.base.types import Json
from labsupport.minicluster.api.resources import BUILT_IN, Resource
from labsupport.minicluster.api.schemas import Schemas
from labsupport.rules.schema import Schema
from labsupport.schemas import definitions


@pytest.fixture(scope="module")
def schemas() -> Schemas:
    return Schemas.load()


def _resource(kind: str) -> Resource:
    return next(resource for resource in BUILT_IN if resource.kind == kind)


def _at(schema: Schema, path: str) -> Schema:
    for step in path.split("."):
        child = schema.items if step == "[]" else schema.child(step)
        assert child is not None, f"no {step} in {schema.name}"
        schema = child
    return schema


@pytest.mark.parametrize("resource", BUILT_IN, ids=lambda resource: resource.kind)
def test_every_built_in_kind_has_metadata(schemas: Schemas, resource: Resource) -> None:
    assert _at(schemas.schema(resource), "metadata.labels").values is not None


def test_references_are_followed(schemas: Schemas) -> None:
    number = _at(
        schemas.schema(_resource("Ingress")),
        "spec.rules.[].http.paths.[].backend.service.port.number",
    )
    assert (number.type, number.format) == ("integer", "int32")


def test_patch_keys_are_kept(schemas: Schemas) -> None:
    deployment = schemas.schema(_resource("Deployment"))
    containers = _at(deployment, "spec.template.spec.containers")
    assert containers.merge_key == "name"
    assert containers.patch_strategies == {"merge"}
    assert _at(deployment, "spec.strategy").patch_strategies == {"retainKeys"}


def test_a_definition_that_refers_to_itself_is_read(schemas: Schemas) -> None:
    root = _at(
        schemas.schema(_resource("CustomResourceDefinition")),
        "spec.versions.[].schema.openAPIV3Schema",
    )
    assert root.properties["not"] is root


def test_only_what_is_needed_is_read_and_without_descriptions() -> None:
    found = definitions(["io.k8s.api.networking.v1.Ingress"])
    assert "io.k8s.api.networking.v1.HTTPIngressPath" in found
    assert "io.k8s.api.core.v1.Pod" not in found
    assert "description" not in found["io.k8s.api.networking.v1.Ingress"]


def test_a_property_called_description_is_not_taken_for_one() -> None:
    name = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps"
    assert "description" in definitions([name])[name]["properties"]


def _custom(schema: Json | None) -> Resource:
    return Resource("lab.io", "v1", "Thing", "things", "thing", True, schema=schema)


def test_a_custom_kind_has_the_metadata_of_all(schemas: Schemas) -> None:
    schema = schemas.schema(_custom({"properties": {"spec": {"type": "string"}}}))
    assert schema.custom
    assert _at(schema, "metadata.ownerReferences.[].uid").type == "string"


def test_a_custom_kind_without_a_schema_takes_everything(schemas: Schemas) -> None:
    assert schemas.schema(_custom(None)).preserves_unknown


def test_a_changed_definition_takes_effect(schemas: Schemas) -> None:
    schemas.schema(_custom({"properties": {"a": {"type": "string"}}}))
    assert "b" in schemas.schema(_custom({"properties": {"b": {"type": "string"}}})).properties
