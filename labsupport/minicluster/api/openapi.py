"""OpenAPI documents of what is served: `/openapi/v3` by group version, `/openapi/v2` in one.

Enough for `kubectl explain`, for `kubectl apply` to find patch keys, and for clients to see that
`fieldValidation` is supported. Made anew for each request, since the descriptions weigh more
than all else the daemon holds.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from labsupport.base.types import Json
from labsupport.minicluster.api.patch import JSON_PATCH, MERGE_PATCH, STRATEGIC_MERGE_PATCH
from labsupport.minicluster.api.resources import Resource
from labsupport.schemas import KUBERNETES_VERSION, OBJECT_META, definitions

_INT_OR_STRING = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"
_QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
_INFO = {"title": "Kubernetes", "version": KUBERNETES_VERSION}


@dataclass(frozen=True)
class _Dialect:
    """Where version 2 and 3 differ: the place of schemas, and how a `$ref` takes siblings."""

    reference_prefix: str
    int_or_string: Json
    quantity: Json
    wraps_references: bool


_V2 = _Dialect(
    "#/definitions/",
    {"type": "string", "format": "int-or-string"},
    {"type": "string"},
    wraps_references=False,
)
_V3 = _Dialect(
    "#/components/schemas/",
    {"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]},
    {"oneOf": [{"type": "string"}, {"type": "number"}]},
    wraps_references=True,
)


def index(resources: Iterable[Resource]) -> Json:
    """`/openapi/v3`: where each group version's document is; the hash changes with its content."""
    by_version: dict[str, list[Resource]] = {}
    for resource in resources:
        by_version.setdefault(_root(resource), []).append(resource)
    return {
        "paths": {
            root: {"serverRelativeURL": f"/openapi/v3/{root}?hash={_hash(members)}"}
            for root, members in sorted(by_version.items())
        }
    }


def document(resources: Iterable[Resource], api_version: str) -> Json | None:
    """`/openapi/v3/api/v1`, `/openapi/v3/apis/<group>/<version>`; None when it isn't served."""
    members = [resource for resource in resources if resource.api_version == api_version]
    if not members:
        return None
    return {
        "openapi": "3.0.0",
        "info": _INFO,
        "paths": _paths(members, _v3_operation),
        "components": {"schemas": _schemas(members, _V3)},
    }


def document_v2(resources: Iterable[Resource]) -> Json:
    """`/openapi/v2`: everything in one Swagger document."""
    members = list(resources)
    return {
        "swagger": "2.0",
        "info": _INFO,
        "paths": _paths(members, _v2_operation),
        "definitions": _schemas(members, _V2),
    }


def _root(resource: Resource) -> str:
    return f"{'apis' if resource.group else 'api'}/{resource.api_version}"


def _hash(resources: Iterable[Resource]) -> str:
    shape = [
        (KUBERNETES_VERSION, resource.key, sorted(resource.subresources), resource.schema)
        for resource in resources
    ]
    return hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest().upper()


def _definition_name(resource: Resource) -> str:
    """The schema's name; a custom kind's is made of its group reversed, as Kubernetes does."""
    if resource.definition:
        return resource.definition
    return ".".join([*reversed(resource.group.split(".")), resource.version, resource.kind])


# Paths

_Operation = Callable[[Resource, str], Json]
_WRITES = ("post", "put", "patch")


def _paths(resources: Iterable[Resource], operation: _Operation) -> Json:
    return {
        path: {verb: operation(resource, verb) for verb in verbs}
        for resource in resources
        for path, verbs in _path_verbs(resource)
    }


def _path_verbs(resource: Resource) -> Iterator[tuple[str, tuple[str, ...]]]:
    scope = "namespaces/{namespace}/" if resource.namespaced else ""
    root = f"/{_root(resource)}"
    collection = f"{root}/{scope}{resource.plural}"
    if resource.namespaced:
        yield f"{root}/{resource.plural}", ("get",)
    yield collection, ("get", "post", "delete")
    yield f"{collection}/{{name}}", ("get", "put", "patch", "delete")
    if resource.has_status:
        yield f"{collection}/{{name}}/status", ("get", "put", "patch")


def _common(resource: Resource, verb: str) -> Json:
    return {
        "x-kubernetes-action": verb,
        "x-kubernetes-group-version-kind": {
            "group": resource.group,
            "version": resource.version,
            "kind": resource.kind,
        },
    }


def _query_parameters(verb: str, typed: Callable[[str], Json]) -> list[Json]:
    names = ["dryRun", "fieldManager", "fieldValidation"] if verb in _WRITES else []
    return [{"name": name, "in": "query", **typed("string")} for name in names]


def _patch_types(resource: Resource) -> list[str]:
    return [JSON_PATCH, MERGE_PATCH, *([STRATEGIC_MERGE_PATCH] if resource.definition else [])]


def _v3_operation(resource: Resource, verb: str) -> Json:
    body = {"schema": {"$ref": _V3.reference_prefix + _definition_name(resource)}}
    operation = _common(resource, verb) | {
        "parameters": _query_parameters(verb, lambda type_: {"schema": {"type": type_}}),
        "responses": {"200": {"description": "OK", "content": {"application/json": body}}},
    }
    if verb == "patch":
        content: Json = {media: {"schema": {"type": "object"}} for media in _patch_types(resource)}
        operation["requestBody"] = {"content": content}
    elif verb in _WRITES:
        operation["requestBody"] = {"content": {"application/json": body}}
    return operation


def _v2_operation(resource: Resource, verb: str) -> Json:
    schema = {"$ref": _V2.reference_prefix + _definition_name(resource)}
    operation = _common(resource, verb) | {
        "parameters": _query_parameters(verb, lambda type_: {"type": type_}),
        "responses": {"200": {"description": "OK", "schema": schema}},
    }
    if verb == "patch":
        operation["consumes"] = _patch_types(resource)
    return operation


# Schemas


def _schemas(resources: Iterable[Resource], dialect: _Dialect) -> Json:
    members = list(resources)
    names = {resource.definition or OBJECT_META for resource in members}
    published = definitions(names, descriptions=True)
    schemas = {name: _schema(name, node, dialect) for name, node in sorted(published.items())}
    for resource in members:
        if not resource.definition:
            schemas[_definition_name(resource)] = _custom_schema(resource, dialect)
    return schemas


def _schema(name: str, node: Json, dialect: _Dialect) -> Json:
    if name == _INT_OR_STRING:
        return dialect.int_or_string
    if name == _QUANTITY:
        return dialect.quantity
    return _converted(node, dialect)


def _converted(node: Json, dialect: _Dialect) -> Json:
    """A published node in the dialect: without nullable types and the enums it should not have."""
    node = dict(node)
    node.pop("enum", None)  # only apiVersion and kind have one, and Kubernetes gives them none
    if isinstance(node.get("type"), list):
        node["type"] = node["type"][0]
    if "properties" in node:
        node["properties"] = {
            name: _converted(member, dialect) for name, member in node["properties"].items()
        }
    for child in ("items", "additionalProperties"):
        if isinstance(node.get(child), dict):
            node[child] = _converted(node[child], dialect)
    if "$ref" in node:
        name = node.pop("$ref").removeprefix("#/$defs/")
        reference = {"$ref": dialect.reference_prefix + name}
        # In OpenAPI 3.0 a `$ref` hides its siblings.
        return node | {"allOf": [reference]} if dialect.wraps_references else node | reference
    return node


def _custom_schema(resource: Resource, dialect: _Dialect) -> Json:
    schema = dict(resource.schema or {"x-kubernetes-preserve-unknown-fields": True})
    metadata = {"$ref": dialect.reference_prefix + OBJECT_META}
    properties = {
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        **schema.get("properties", {}),
        "metadata": {"allOf": [metadata]} if dialect.wraps_references else metadata,
    }
    kind = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    return schema | {
        "type": "object",
        "properties": properties,
        "x-kubernetes-group-version-kind": [kind],
    }
