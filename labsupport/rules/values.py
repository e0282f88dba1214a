"""Value checks that a schema states: required fields, types, enumerations, bounds, defaults.

The whole validation of custom kinds; CEL rules (`x-kubernetes-validations`) are not evaluated.
Not for built-in kinds: to Kubernetes a field that their schema requires is just empty when it is
absent, and the rules in `validation` say whether it may be.
"""

import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from labsupport.base.types import Json
from labsupport.rules.schema import Schema
from labsupport.rules.validation.field import (
    FieldError,
    invalid_value,
    not_supported,
    required,
    too_long,
    too_many,
)

_TYPE_NAMES = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer"}


def with_schema_defaults(obj: Json, schema: Schema) -> Json:
    """A copy of `obj` in which absent fields have the `default` of their schema."""
    defaulted = _defaulted(obj, schema)
    assert isinstance(defaulted, dict)
    return defaulted


def _defaulted(value: Any, schema: Schema | None) -> Any:
    if schema is None:
        return value
    if isinstance(value, list):
        return [_defaulted(item, schema.items) for item in value]
    if not isinstance(value, dict):
        return value
    filled = {name: _defaulted(member, schema.child(name)) for name, member in value.items()}
    for name, child in schema.properties.items():
        if child.default is not None and name not in filled:
            filled[name] = _defaulted(deepcopy(child.default), child)
    return filled


def value_errors(obj: Json, schema: Schema) -> list[FieldError]:
    """What in `obj` breaks its schema, field by field."""
    return list(_errors(obj, schema, ""))


def _errors(value: Any, schema: Schema, path: str) -> Iterator[FieldError]:
    if value is None and schema.nullable:
        return
    if schema.custom and not _has_type(value, schema):
        yield _wrong_type(value, schema, path)
        return
    yield from _constraint_errors(value, schema, path)
    if schema.enum and value not in schema.enum:
        yield not_supported(path, value, [str(each) for each in schema.enum])
    if isinstance(value, dict):
        for name in schema.required:
            if name not in value:
                yield required(_member(path, name))
        for name, member in value.items():
            child = schema.child(name)
            if child is not None:
                is_field = name in schema.properties
                yield from _errors(member, child, _member(path, name, is_key=not is_field))
    elif isinstance(value, list) and schema.items is not None:
        for index, item in enumerate(value):
            yield from _errors(item, schema.items, f"{path}[{index}]")


def _has_type(value: Any, schema: Schema) -> bool:
    if schema.type == "any":
        return True
    name = _type_name(value)
    if schema.type == "int-or-string":
        return name in ("integer", "string")
    return name == schema.type or (schema.type == "number" and name == "integer")


def _type_name(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, float):
        return "integer" if value.is_integer() else "number"
    return _TYPE_NAMES[type(value)]


def _wrong_type(value: Any, schema: Schema, path: str) -> FieldError:
    name = _type_name(value)
    wanted = "integer,string" if schema.type == "int-or-string" else schema.type
    return invalid_value(path, name, f'{path} in body must be of type {wanted}: "{name}"')


def _constraint_errors(value: Any, schema: Schema, path: str) -> Iterator[FieldError]:
    bounds = schema.constraints
    if not bounds:
        return
    if isinstance(value, str):
        yield from _text_errors(value, bounds, path)
    elif isinstance(value, list | dict):
        unit = "items" if isinstance(value, list) else "properties"
        low, high = bounds.get(f"min{unit.title()}"), bounds.get(f"max{unit.title()}")
        if low is not None and len(value) < low:
            yield invalid_value(path, value, f"{path} in body should have at least {low} {unit}")
        if high is not None and len(value) > high:
            yield too_many(path, len(value), high)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        low, high = bounds.get("minimum"), bounds.get("maximum")
        if low is not None and value < low:
            should = f"should be greater than or equal to {low}"
            yield invalid_value(path, value, f"{path} in body {should}")
        if high is not None and value > high:
            should = f"should be less than or equal to {high}"
            yield invalid_value(path, value, f"{path} in body {should}")


def _text_errors(value: str, bounds: Json, path: str) -> Iterator[FieldError]:
    if len(value) < bounds.get("minLength", 0):
        should = f"should be at least {bounds['minLength']} chars long"
        yield invalid_value(path, value, f"{path} in body {should}")
    if "maxLength" in bounds and len(value) > bounds["maxLength"]:
        yield too_long(path, bounds["maxLength"])
    pattern = bounds.get("pattern")
    if pattern and not _matches(pattern, value):
        yield invalid_value(path, value, f"{path} in body should match '{pattern}'")


def _matches(pattern: str, value: str) -> bool:
    """Whether Go's RE2 pattern is found in `value`; one that Python can't read matches all."""
    try:
        return re.search(pattern, value) is not None
    except re.error:
        return True


def _member(path: str, name: str, *, is_key: bool = False) -> str:
    if is_key:
        return f"{path}[{name}]" if "." in name else f"{path}.{name}"
    return f"{path}.{name}" if path else name
