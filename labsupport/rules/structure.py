"""Decoding checks: does a document have the structure of its kind, in the words of Kubernetes?

What Go's decoder does on the way in: wrong JSON types are refused (400), fields that the kind
does not have are reported or refused (`fieldValidation`) and never stored, `null` means absent.
Custom kinds are pruned in the same way, but their faults are found by `rules.values`.
"""

import base64
import binascii
import json
import math
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NoReturn

from labsupport.base.types import Json
from labsupport.rules.schema import Schema
from labsupport.rules.status import StatusError, bad_request

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)\Z")
_QUANTITY = re.compile(
    r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?\Z"
)
_QUANTITY_SYNTAX = "^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$"
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
_INTEGER_BITS = {"int32": 31, "int64": 63}
# Go names a struct inside a struct, where JSON knows no such step.
_EMBEDDED = {
    "IngressRule": ("IngressRuleValue", ("http",)),
    "Volume": ("VolumeSource", ("configMap", "emptyDir", "hostPath", "projected", "secret")),
    "Probe": ("ProbeHandler", ("exec", "grpc", "httpGet", "tcpSocket")),
}
_ZERO = {"string": "", "integer": 0, "number": 0, "boolean": False}


class _RepeatedKeys(dict[str, Any]):
    """A JSON object in which some keys came more than once (`repeated`, in that order)."""

    repeated: list[str]


def loads_with_duplicates(body: bytes | str) -> tuple[Any, list[str]]:
    """The JSON value of `body`, and the paths of fields given more than once (the last one won).

    Raises a 400 StatusError when the body is not JSON.
    """
    found = False

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal found
        value = dict(pairs)
        if len(value) == len(pairs):
            return value
        found = True
        marked = _RepeatedKeys(value)
        names = [name for name, _ in pairs]
        marked.repeated = [name for index, name in enumerate(names) if name in names[:index]]
        return marked

    try:
        value = json.loads(
            body, object_pairs_hook=members, parse_constant=_no_number, parse_float=_finite
        )
        duplicates = _repeated_paths(value, "") if found else []
    except (ValueError, RecursionError) as error:
        raise bad_request(f"couldn't get version/kind; json parse error: {error}") from None
    return _without_lone_surrogates(value, body), duplicates


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(f"the number {digits} is too large")
    return number


def _without_lone_surrogates(value: Any, body: bytes | str) -> Any:
    """`value` with halves of surrogate pairs made U+FFFD, as Go does: no UTF-8 can hold them."""
    text = body if isinstance(body, str) else body.decode("utf-8", "replace")
    if not _SURROGATE_ESCAPE.search(text):
        return value
    clean = json.dumps(value, ensure_ascii=False).encode("utf-16", "surrogatepass")
    return json.loads(clean.decode("utf-16", "replace"))


def _repeated_paths(value: Any, path: str) -> list[str]:
    paths: list[str] = []
    if isinstance(value, dict):
        repeated = value.repeated if isinstance(value, _RepeatedKeys) else []
        for name, member in value.items():
            paths += _repeated_paths(member, _member_path(path, name))
            paths += [_member_path(path, name)] * repeated.count(name)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            paths += _repeated_paths(item, f"{path}[{index}]")
    return paths


def structured(
    value: Any,
    schema: Schema,
    *,
    kind: str,
    version: str,
    field_validation: str = "Strict",
    duplicates: Sequence[str] = (),
) -> tuple[Json, list[str]]:
    """`value` as this kind's decoder would keep it, and warnings for the client.

    `field_validation` is the query parameter `fieldValidation`: Strict refuses unknown and
    duplicate fields (400), Warn returns a text for each, Ignore says nothing. `duplicates` are
    the paths that `loads_with_duplicates` found. Raises a 400 StatusError in Go's words.
    """
    refusal = f'{kind} in version "{version}" cannot be handled as a {kind}'
    decoder = _Decoder(refusal)
    try:
        decoded = decoder.value(value, schema)
    except RecursionError:
        raise bad_request(f"{refusal}: exceeded max depth") from None
    if not isinstance(decoded, dict):
        raise bad_request(f"{refusal}: json: cannot unmarshal {_json_type(value)} into a {kind}")
    problems = [f'duplicate field "{path}"' for path in duplicates]
    problems += [f'unknown field "{path}"' for path in decoder.unknown]
    if field_validation == "Ignore":
        return decoded, []
    if problems and field_validation == "Strict":
        raise bad_request(f"{refusal}: strict decoding error: {', '.join(problems)}")
    return decoded, problems


class _Decoder:
    """One walk over a document beside its schema; collects unknown fields as it goes."""

    def __init__(self, refusal: str) -> None:
        self.unknown: list[str] = []
        self._refusal = refusal
        self._path: list[str | int] = []  # where the walk stands: field names, keys and indexes
        self._structs: list[tuple[str, int]] = []  # Go structs entered, with their depth

    def value(self, value: Any, schema: Schema) -> Any:
        """`value` without what the schema does not know; raises 400 where its type is wrong."""
        if schema.type == "object":
            if isinstance(value, dict):
                return self._object(value, schema)
        elif schema.type == "array":
            if isinstance(value, list):
                return self._array(value, schema)
        elif schema.type == "any" or _is_scalar_of(value, schema):
            return value if schema.custom else self._scalar(value, schema)
        if schema.custom:
            return value  # `rules.values.value_errors` says what is wrong with it
        raise self._mismatch(value, schema)

    def _object(self, value: Json, schema: Schema) -> Json:
        is_struct = bool(schema.properties)
        kept: Json = {}
        if is_struct:
            self._structs.append((schema.go_struct, len(self._path)))
        for name, member in value.items():
            child = schema.child(name)
            self._path.append(name)
            if child is not None:
                if member is not None:
                    decoded = self.value(member, child)
                    if decoded or not (is_struct and _left_out_when_empty(child)):
                        kept[name] = decoded
                elif child.nullable or (child.custom and child.default is None):
                    kept[name] = None
                elif not is_struct:
                    kept[name] = _zero(child)
            elif schema.preserves_unknown:
                kept[name] = member
            else:
                self.unknown.append(_joined(self._path))
            self._path.pop()
        if is_struct:
            self._structs.pop()
        return kept

    def _array(self, value: list[Any], schema: Schema) -> list[Any]:
        if schema.items is None:
            return value
        kept = []
        for index, item in enumerate(value):
            self._path.append(index)
            if item is None and not schema.items.custom:
                kept.append(_zero(schema.items))
            else:
                kept.append(self.value(item, schema.items))
            self._path.pop()
        return kept

    def _scalar(self, value: Any, schema: Schema) -> Any:
        if schema.type in ("integer", "int-or-string") and isinstance(value, int | float):
            bits = _INTEGER_BITS.get(schema.format, 31 if schema.type == "int-or-string" else 63)
            if isinstance(value, float) or not -(1 << bits) <= value < 1 << bits:
                raise self._mismatch(value, schema, f"number {json.dumps(value)}")
        elif schema.type == "quantity":
            return self._quantity(value)
        elif schema.format == "date-time" and not _RFC_3339.match(value):
            raise self._refused(
                f'parsing time "{value}" as "2006-01-02T15:04:05Z07:00": '
                f'cannot parse "{value}" as "2006"'
            )
        elif schema.format == "byte":
            self._check_base64(value)
        return value

    def _quantity(self, value: str | int | float) -> str:
        """A quantity as text; a number becomes one (`0.5` -> `500m`), as Go writes it back."""
        if isinstance(value, str):
            if not _QUANTITY.match(value):
                raise self._refused(
                    f"quantities must match the regular expression '{_QUANTITY_SYNTAX}'"
                )
            return value
        number = Decimal(str(value))
        if number == number.to_integral_value():
            return str(int(number))
        return f"{int((number * 1000).to_integral_value(rounding='ROUND_CEILING'))}m"

    def _check_base64(self, value: str) -> None:
        # Go skips line breaks in base64 and counts them in the position it reports.
        try:
            base64.b64decode(value.replace("\n", "").replace("\r", ""), validate=True)
        except (binascii.Error, ValueError):
            alien = re.search(r"[^A-Za-z0-9+/\r\n]", value.rstrip("="))
            position = alien.start() if alien else len(value) // 4 * 4
            raise self._refused(f"illegal base64 data at input byte {position}") from None

    def _mismatch(self, value: Any, schema: Schema, found: str = "") -> StatusError:
        wanted = {"int-or-string": "int32", "quantity": "resource.Quantity"}.get(
            schema.type, schema.go_type
        )
        where = "value"
        if self._structs:
            struct, _ = self._structs[-1]
            where = f"struct field {struct}.{self._go_path()}"
        return self._refused(
            f"json: cannot unmarshal {found or _json_type(value)} into Go {where} of type {wanted}"
        )

    def _go_path(self) -> str:
        """The fields passed, without indexes; nor a map's key, which Go does not name."""
        _, depth = self._structs[-1]
        structs = {at: struct for struct, at in self._structs}
        steps: list[str] = []
        for at, step in enumerate(self._path[: depth + 1]):
            if isinstance(step, str) or at == depth:
                inner = _EMBEDDED.get(structs.get(at, ""), ("", ()))
                steps += [inner[0]] if step in inner[1] else []
                steps.append(str(step))
        return ".".join(steps)

    def _refused(self, why: str) -> StatusError:
        return bad_request(f"{self._refusal}: {why}")


def _left_out_when_empty(schema: Schema) -> bool:
    """Whether Go leaves a field out that has nothing in it: lists and maps, but no structs."""
    if schema.custom:
        return False
    return schema.type == "array" or (schema.values is not None and not schema.properties)


def _is_scalar_of(value: Any, schema: Schema) -> bool:
    if isinstance(value, bool):
        return schema.type == "boolean"
    if isinstance(value, str):
        return schema.type in ("string", "int-or-string", "quantity")
    if isinstance(value, int | float):
        return schema.type in ("integer", "number", "int-or-string", "quantity")
    return False


def _zero(schema: Schema) -> Any:
    """What Go has where a list or a map holds `null`."""
    if schema.type == "object":
        return {}
    if schema.type == "array":
        return []
    return _ZERO.get(schema.type)


def _json_type(value: Any) -> str:
    names = {dict: "object", list: "array", str: "string", bool: "bool", type(None): "null"}
    return next((name for kind, name in names.items() if isinstance(value, kind)), "number")


def _joined(path: Sequence[str | int]) -> str:
    text = ""
    for step in path:
        text = f"{text}[{step}]" if isinstance(step, int) else _member_path(text, step)
    return text


def _member_path(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
