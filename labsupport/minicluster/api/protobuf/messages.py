"""Messages as JSON, by the table in `messages.json`.

The table has, for each message (`core/v1.Probe`), its fields by number as `NAME TYPE`: the JSON
name, and a type that is `s` string, `i` integer, `b` boolean, `y` bytes, `t` Time, `u` MicroTime,
`q` Quantity, `x` IntOrString or a message's name, after `[]` for a list, `{}` for a map with
string keys, `*` for a Go pointer. `+MESSAGE` without a name is a struct that JSON flattens into
the one around it.

It is made by `.ci/protobuf_table.py` (which says how to run it) from the `protobuf:"…"` and
`json:"…"` tags of the Go structs in k8s.io/api and k8s.io/apimachinery v0.36.3, for the kinds that
clients send and all that they refer to. Left out: `managedFields`, and `extra` of a user.
"""

import base64
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any

from labsupport.base.types import Json
from labsupport.minicluster.api.protobuf.wire import Malformed, as_bytes, as_int, as_text, fields

Wire = int | bytes
Table = Mapping[str, Mapping[str, str]]


@lru_cache(maxsize=1)
def table() -> Table:
    """The fields of all messages, read when the first protobuf body comes."""
    text = files(__package__).joinpath("messages.json").read_text(encoding="utf-8")
    loaded: Table = json.loads(text)
    return loaded


def message(data: bytes, name: str) -> Json:
    """The message `name` in JSON form; fields that the table lacks are skipped.

    Go writes a string or number that is no pointer even when it is empty; then it is absent.
    """
    known = table()[name]
    result: Json = {}
    for number, wire in fields(data):
        entry = known.get(str(number), "")
        if entry.startswith("+"):
            result.update(message(as_bytes(wire), entry[1:]))
            continue
        field, _, kind = entry.partition(" ")
        if kind.startswith("[]"):
            result.setdefault(field, []).append(_value(wire, kind[2:]))
        elif kind.startswith("{}"):
            key, value = _map_entry(wire, kind[2:])
            result.setdefault(field, {})[key] = value
        elif kind.startswith("*"):
            if (pointed := _value(wire, kind[1:])) is not None:
                result[field] = pointed
        elif field and (value := _value(wire, kind)) not in ("", 0, None):
            result[field] = value
    return result


def _value(wire: Wire, kind: str) -> Any:
    scalar = _SCALARS.get(kind)
    return scalar(wire) if scalar else message(as_bytes(wire), kind)


def _map_entry(wire: Wire, kind: str) -> tuple[str, Any]:
    entry = dict(fields(as_bytes(wire)))
    return as_text(entry.get(1, b"")), _value(entry.get(2, b""), kind)


def _bytes(wire: Wire) -> str:
    return base64.b64encode(as_bytes(wire)).decode()


def _moment(wire: Wire) -> datetime | None:
    """The time of a `{1: seconds, 2: nanoseconds}`; None for Go's zero time."""
    parts = {number: as_int(value) for number, value in fields(as_bytes(wire))}
    seconds = parts.get(1, 0)
    if seconds <= 0:
        return None
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise Malformed(str(error)) from None
    return moment.replace(microsecond=parts.get(2, 0) // 1000 % 1_000_000)


def _time(wire: Wire) -> str | None:
    moment = _moment(wire)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def _micro_time(wire: Wire) -> str | None:
    moment = _moment(wire)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if moment else None


def _quantity(wire: Wire) -> str:
    parts = dict(fields(as_bytes(wire)))
    return as_text(parts.get(1, b"")) or "0"


def _int_or_string(wire: Wire) -> int | str:
    """`{1: 0 for a number and 1 for a string, 2: the number, 3: the string}`."""
    parts = dict(fields(as_bytes(wire)))
    if parts.get(1, 0):
        return as_text(parts.get(3, b""))
    return as_int(parts.get(2, 0))


_SCALARS: dict[str, Callable[[Wire], Any]] = {
    "s": as_text,
    "i": as_int,
    "b": lambda wire: bool(as_int(wire)),
    "y": _bytes,
    "t": _time,
    "u": _micro_time,
    "q": _quantity,
    "x": _int_or_string,
}
