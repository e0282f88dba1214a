"""A structure schema in a form that is quick to walk: the types, fields and patch keys of a kind.

Two dialects are read: the definitions Kubernetes publishes for its own kinds (`$ref`, nullable
types, `x-kubernetes-patch-*`), and the structural `openAPIV3Schema` of a
CustomResourceDefinition.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from labsupport.base.types import Json

_CONSTRAINTS = (
    "pattern",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
)
_INT_OR_STRING = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"
_QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"


@dataclass(slots=True)
class Schema:
    """One node of a kind's structure.

    `type` is a JSON type, or `any`, `int-or-string`, `quantity`. An object with `properties` is a
    struct, one with `values` a map. `name` is the definition's (`io.k8s.api.core.v1.Pod`), `""`
    for what is written in place. `custom` marks a schema that a CustomResourceDefinition brought:
    its faults are validation errors (422), where a built-in kind fails to decode (400).
    """

    type: str = "any"
    format: str = ""
    name: str = ""
    properties: dict[str, "Schema"] = field(default_factory=dict)
    values: "Schema | None" = None
    items: "Schema | None" = None
    required: tuple[str, ...] = ()
    enum: tuple[Any, ...] = ()
    constraints: Json = field(default_factory=dict)
    default: Any = None
    nullable: bool = False
    preserves_unknown: bool = False
    merge_key: str = ""
    patch_strategies: frozenset[str] = frozenset()
    custom: bool = False

    def child(self, name: str) -> "Schema | None":
        """The schema of the member `name`: a struct's field, or a map's value."""
        return self.properties.get(name, self.values)

    @property
    def go_struct(self) -> str:
        """The Go struct's name, as decoding errors say it: `IngressSpec`."""
        return self.name.rpartition(".")[2]

    @property
    def go_type(self) -> str:
        """The Go type's name, as decoding errors say it: `v1.IngressSpec`, `[]string`, `int32`."""
        if self.items is not None and self.type == "array":
            return f"[]{self.items.go_type}"
        if self.name:
            return ".".join(self.name.split(".")[-2:])
        if self.values is not None:
            return f"map[string]{self.values.go_type}"
        if self.format == "byte":
            return "[]uint8"
        return {"integer": self.format or "int64", "boolean": "bool", "number": "float64"}.get(
            self.type, self.type
        )


class DefinitionReader:
    """Turns named definitions (Kubernetes' own dialect) into `Schema` nodes, each one once."""

    def __init__(self, definitions: Mapping[str, Json]) -> None:
        self._definitions = definitions
        self._read: dict[str, Schema] = {}

    def named(self, name: str) -> Schema:
        """The schema of the definition `name`; KeyError when there is none."""
        if name not in self._read:
            # Entered before it is filled: JSONSchemaProps refers to itself.
            schema = self._read[name] = Schema(name=name)
            self._fill(schema, self._definitions[name])
        return self._read[name]

    def _node(self, node: Json) -> Schema:
        reference = node.get("$ref")
        if reference is None:
            schema = Schema()
            self._fill(schema, node)
            return schema
        schema = self.named(reference.removeprefix("#/$defs/"))
        strategies = _patch_strategies(node)
        return replace(schema, patch_strategies=strategies) if strategies else schema

    def _fill(self, schema: Schema, node: Json) -> None:
        schema.type = _definition_type(schema.name, node)
        schema.format = node.get("format", "")
        schema.required = tuple(node.get("required", ()))
        schema.merge_key = node.get("x-kubernetes-patch-merge-key", "")
        schema.patch_strategies = _patch_strategies(node)
        for name, member in node.get("properties", {}).items():
            schema.properties[name] = self._node(member)
        if isinstance(node.get("additionalProperties"), dict):
            schema.values = self._node(node["additionalProperties"])
        if "items" in node:
            schema.items = self._node(node["items"])
        schema.preserves_unknown = (
            schema.type == "object" and not schema.properties and schema.values is None
        )


def custom_schema(openapi_v3_schema: Json, metadata: Schema) -> Schema:
    """The schema of a custom kind: its `openAPIV3Schema` with apiVersion, kind and metadata."""
    schema = _custom_node(openapi_v3_schema)
    schema.type = "object"
    schema.properties["apiVersion"] = Schema("string")
    schema.properties["kind"] = Schema("string")
    schema.properties["metadata"] = metadata
    return schema


def _custom_node(node: Json) -> Schema:
    schema = Schema(
        type=_custom_type(node),
        format=node.get("format", ""),
        required=tuple(node.get("required", ())),
        enum=tuple(node.get("enum", ())),
        constraints={name: node[name] for name in _CONSTRAINTS if name in node},
        default=node.get("default"),
        nullable=bool(node.get("nullable")),
        preserves_unknown=bool(node.get("x-kubernetes-preserve-unknown-fields")),
        custom=True,
    )
    schema.properties = {
        name: _custom_node(member) for name, member in node.get("properties", {}).items()
    }
    if node.get("x-kubernetes-embedded-resource"):
        for name in ("apiVersion", "kind", "metadata"):
            schema.properties.setdefault(name, Schema(custom=True))
    additional = node.get("additionalProperties")
    if isinstance(additional, dict):
        schema.values = _custom_node(additional)
    elif additional is True:
        schema.preserves_unknown = True
    if "items" in node:
        schema.items = _custom_node(node["items"])
    return schema


def _definition_type(name: str, node: Json) -> str:
    if name == _INT_OR_STRING:
        return "int-or-string"
    if name == _QUANTITY:
        return "quantity"
    declared = node.get("type", "any")
    return str(declared[0] if isinstance(declared, list) else declared)


def _custom_type(node: Json) -> str:
    if node.get("x-kubernetes-int-or-string"):
        return "int-or-string"
    return str(node.get("type", "any"))


def _patch_strategies(node: Json) -> frozenset[str]:
    return frozenset(filter(None, node.get("x-kubernetes-patch-strategy", "").split(",")))
