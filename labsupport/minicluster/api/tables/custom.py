"""Tables of custom kinds, from `additionalPrinterColumns` with their JSONPath expressions."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from labsupport.base.types import Json
from labsupport.minicluster.api.tables.columns import AGE, NAME, Column, Printer, name_of
from labsupport.minicluster.api.tables.durations import age

_STEP = re.compile(
    r"""\.(?P<field>(?:\\.|[^.\[\\])+)      # .spec, .metadata.annotations.a\.b
      | \['(?P<quoted>[^']*)'\]
      | \[\?\(@\.(?P<key>\w+)\s*==\s*["'](?P<value>[^"']*)["']\)\]
      | \[(?P<index>-?\d+|\*)\]""",
    re.VERBOSE,
)
_DEFAULT_COLUMNS: tuple[Json, ...] = (
    {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
)


def custom_printer(columns: Sequence[Json]) -> Printer:
    """The printer of a kind with these `additionalPrinterColumns`; Name and Age without any."""
    chosen = tuple(columns) or _DEFAULT_COLUMNS

    def cells(obj: Json, now: datetime) -> list[Any]:
        return [name_of(obj), *(_cell(obj, column, now) for column in chosen)]

    return Printer((NAME, *map(_column, chosen)), cells)


def json_path_values(obj: Any, expression: str) -> list[Any]:
    """What a JSONPath of the kind CRDs use finds: fields, indexes, `[*]`, `[?(@.key=="v")]`."""
    found, position = [obj], 0
    while position < len(expression):
        step = _STEP.match(expression, position)
        if step is None:
            return []
        found = [member for value in found for member in _members(value, step)]
        position = step.end()
    return found


def _members(value: Any, step: re.Match[str]) -> list[Any]:
    field = step["quoted"] if step["quoted"] is not None else step["field"]
    if field is not None:
        name = field.replace("\\", "")
        return [value[name]] if isinstance(value, dict) and name in value else []
    if not isinstance(value, list):
        return list(value.values()) if isinstance(value, dict) and step["index"] == "*" else []
    if step["key"] is not None:
        return [
            item
            for item in value
            if isinstance(item, dict) and str(item.get(step["key"])) == step["value"]
        ]
    if step["index"] == "*":
        return value
    index = int(step["index"])
    return value[index : index + 1 or None]


def _cell(obj: Json, column: Json, now: datetime) -> Any:
    values = json_path_values(obj, column["jsonPath"])
    if not values or values[0] is None:
        return None
    value, kind = values[0], column.get("type", "string")
    if kind == "date":
        return age(str(value), now)
    if kind == "string":
        return _text(value)
    fits = {"integer": int, "number": int | float, "boolean": bool}.get(kind)
    return value if fits is not None and isinstance(value, fits) else None


def _text(value: Any) -> str:
    """A value as kubectl prints it in a cell of type string."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{','.join(map(_quoted, value))}]"
    return str(value)


def _quoted(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else _text(value)


def _column(column: Json) -> Column:
    if column in _DEFAULT_COLUMNS:
        return Column(AGE.name, "date", AGE.description)
    description = column.get("description") or (
        f"Custom resource definition column (in JSONPath format): {column['jsonPath']}"
    )
    return Column(
        column["name"],
        column.get("type", "string"),
        description,
        wide=bool(column.get("priority")),
        format=column.get("format", ""),
    )
