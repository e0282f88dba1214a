"""Value checks of custom kinds, worded as the API server's."""

from typing import Any

import pytest

from labsupport.base.types import Json
from labsupport.rules.schema import Schema, custom_schema
from labsupport.rules.values import value_errors, with_schema_defaults

METADATA = Schema("object", preserves_unknown=True)


def _messages(spec_schema: Json, spec: Any) -> list[str]:
    schema = custom_schema({"properties": {"spec": spec_schema}}, METADATA)
    return [str(error) for error in value_errors({"spec": spec}, schema)]


@pytest.mark.parametrize(
    ("node", "value", "message"),
    [
        (
            {"type": "integer"},
            "x",
            'spec: Invalid value: "string": spec in body must be of type integer: "string"',
        ),
        (
            {"type": "string"},
            None,
            'spec: Invalid value: "null": spec in body must be of type string: "null"',
        ),
        (
            {"enum": ["a", "b"], "type": "string"},
            "c",
            'spec: Unsupported value: "c": supported values: "a", "b"',
        ),
        (
            {"type": "integer", "minimum": 1},
            0,
            "spec: Invalid value: 0: spec in body should be greater than or equal to 1",
        ),
        (
            {"type": "integer", "maximum": 9},
            10,
            "spec: Invalid value: 10: spec in body should be less than or equal to 9",
        ),
        (
            {"type": "string", "pattern": "^a+$"},
            "b",
            "spec: Invalid value: \"b\": spec in body should match '^a+$'",
        ),
        (
            {"type": "string", "minLength": 1},
            "",
            'spec: Invalid value: "": spec in body should be at least 1 chars long',
        ),
        (
            {"type": "string", "maxLength": 2},
            "abc",
            "spec: Too long: may not be more than 2 bytes",
        ),
        (
            {"type": "array", "items": {"type": "string"}, "minItems": 1},
            [],
            "spec: Invalid value: []: spec in body should have at least 1 items",
        ),
        (
            {"type": "array", "items": {"type": "string"}, "maxItems": 1},
            ["a", "b"],
            "spec: Too many: 2: must have at most 1 item",
        ),
    ],
)
def test_a_broken_rule_is_reported(node: Json, value: Any, message: str) -> None:
    assert _messages(node, value) == [message]


def test_a_missing_field_is_reported_where_it_should_stand() -> None:
    item = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    spec = {"type": "object", "properties": {"items": {"type": "array", "items": item}}}
    assert _messages(spec, {"items": [{"name": "a"}, {}]}) == ["spec.items[1].name: Required value"]


@pytest.mark.parametrize(
    ("node", "value"),
    [
        ({"x-kubernetes-int-or-string": True}, 1),
        ({"x-kubernetes-int-or-string": True}, "http"),
        ({"type": "string", "nullable": True}, None),
        ({"type": "number"}, 1),
        ({"type": "integer"}, 2.0),
        ({"type": "string", "pattern": r"(?<broken"}, "unreadable patterns match all"),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, {"a": 1}),
    ],
)
def test_what_fits_is_accepted(node: Json, value: Any) -> None:
    assert _messages(node, value) == []


def test_defaults_fill_absent_fields_at_every_depth() -> None:
    leaf = {"type": "integer", "default": 3}
    spec = {"type": "object", "default": {}, "properties": {"size": leaf}}
    schema = custom_schema({"properties": {"spec": spec}}, METADATA)
    assert with_schema_defaults({}, schema) == {"spec": {"size": 3}}


def test_defaults_leave_given_values_and_the_argument_alone() -> None:
    leaf = {"type": "integer", "default": 3}
    schema = custom_schema({"properties": {"a": leaf, "b": leaf}}, METADATA)
    given = {"a": 1}
    assert with_schema_defaults(given, schema) == {"a": 1, "b": 3}
    assert given == {"a": 1}
