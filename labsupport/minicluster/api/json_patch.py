"""JSON Patch (RFC 6902): a list of operations on one document, all or nothing.

Lenient where the library of the real API server is (evanphx/json-patch v4): for `test`, `copy`
and `replace` an absent member of an object counts as one that is null.
"""

import re
from copy import deepcopy
from typing import Any

from labsupport.base.types import Json
from labsupport.rules.status import StatusError, bad_request

_INDEX = re.compile(r"0|[1-9][0-9]{0,9}")
_OPERATIONS = ("add", "remove", "replace", "move", "copy", "test")


class _Refused(Exception):
    """An operation that does not apply to the document."""


def json_patched(document: Json, operations: Any) -> Json:
    """`document` with the operations applied in order; neither argument is changed.

    Raises StatusError: 400 when `operations` is no JSON Patch, 422 when one does not apply.
    """
    _check_shape(operations)
    holder = [deepcopy(document)]  # so that the whole document can be replaced like any member
    try:
        for operation in operations:
            _apply(holder, operation)
    except _Refused:
        raise _does_not_apply() from None
    result = holder[0]
    if not isinstance(result, dict):
        raise _does_not_apply()
    return result


def _check_shape(operations: Any) -> None:
    if not isinstance(operations, list):
        raise bad_request("error decoding patch: a JSON patch is a list of operations")
    for operation in operations:
        if not isinstance(operation, dict):
            raise bad_request("error decoding patch: an operation is an object")
        name = operation.get("op")
        if name not in _OPERATIONS:
            raise bad_request(
                f"error decoding patch: unexpected op {name!r}, expected one of "
                + ", ".join(_OPERATIONS)
            )
        needed = ["path", *(["from"] if name in ("move", "copy") else [])]
        for member in needed:
            pointer = operation.get(member)
            if not isinstance(pointer, str) or (pointer and not pointer.startswith("/")):
                raise bad_request(
                    f"error decoding patch: operation {name} needs a JSON pointer as {member!r}"
                )
        if name in ("add", "replace", "test") and "value" not in operation:
            raise bad_request(f"error decoding patch: operation {name} needs a 'value'")


def _apply(holder: list[Any], operation: Json) -> None:
    name, path = operation["op"], operation["path"]
    if name == "add":
        _add(holder, path, deepcopy(operation["value"]))
    elif name == "remove":
        _remove(holder, path)
    elif name == "replace":
        container, key = _place(holder, path)
        place = key if isinstance(container, dict) else _existing_index(container, key)
        container[place] = deepcopy(operation["value"])
    elif name == "test":
        if not _equal(_value_or_null(holder, path), operation["value"]):
            raise _Refused
    elif name == "copy":
        _add(holder, path, deepcopy(_value_or_null(holder, operation["from"])))
    else:
        source = operation["from"]
        if path.startswith(f"{source}/"):
            raise _Refused  # a value cannot move into itself
        _add(holder, path, _remove(holder, source))


def _add(holder: list[Any], path: str, value: Any) -> None:
    container, key = _place(holder, path)
    if isinstance(container, dict):
        container[key] = value
    elif container is holder:
        holder[0] = value
    elif key == "-":
        container.append(value)
    else:
        index = _index(key)
        if index is None or index > len(container):
            raise _Refused
        container.insert(index, value)


def _remove(holder: list[Any], path: str) -> Any:
    """Takes the value out and returns it."""
    container, key = _place(holder, path)
    value = container.pop(_existing_index(container, key))
    if not holder:
        holder.append(None)
    return value


def _value_or_null(holder: list[Any], path: str) -> Any:
    container, key = _place(holder, path)
    if isinstance(container, dict) and key not in container:
        return None
    return container[_existing_index(container, key)]


def _place(holder: list[Any], path: str) -> tuple[Any, str]:
    """The container that `path` points into, and the member's name there."""
    tokens = ["0", *(t.replace("~1", "/").replace("~0", "~") for t in path.split("/")[1:])]
    container: Any = holder
    for token in tokens[:-1]:
        container = container[_existing_index(container, token)]
        if not isinstance(container, dict | list):
            raise _Refused
    return container, tokens[-1]


def _existing_index(container: Any, key: str) -> Any:
    if isinstance(container, dict):
        if key in container:
            return key
    else:
        index = _index(key)
        if index is not None and index < len(container):
            return index
    raise _Refused


def _index(token: str) -> int | None:
    """The list index that `token` writes; RFC 6901 allows no sign and no leading zero."""
    return int(token) if _INDEX.fullmatch(token) else None


def _equal(left: Any, right: Any) -> bool:
    """JSON equality: Python alone would take `true` for 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_equal(left[k], right[k]) for k in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_equal, left, right))
    return bool(left == right)


def _does_not_apply() -> StatusError:
    """All that the real API server says of a patch that fails, whatever the reason."""
    message = "the server rejected our request due to an error in our request"
    return StatusError(422, "Invalid", message)
