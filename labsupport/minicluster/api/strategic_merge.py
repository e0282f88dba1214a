"""Strategic merge patch: a merge patch that knows, from the schema, which lists have keys.

Kubernetes' own format: lists with a merge key are merged element by element; `$patch`,
`$retainKeys`, `$setElementOrder/<list>` and `$deleteFromPrimitiveList/<list>` direct the rest.
"""

from collections.abc import Sequence
from typing import Any

from labsupport.base.types import Json
from labsupport.rules.schema import Schema
from labsupport.rules.status import bad_request

_ORDER = "$setElementOrder/"
_DELETE = "$deleteFromPrimitiveList/"
_RETAIN = "$retainKeys"
_PATCH = "$patch"


def strategic_merged(original: Json, patch: Json, schema: Schema | None) -> Json:
    """`original` with `patch` merged in; neither is changed.

    A part without a schema (`None`) is merged as a plain map. Raises a 400 StatusError when a
    directive is malformed or an element lacks its list's merge key.
    """
    patch = dict(patch)
    directive = patch.pop(_PATCH, "merge")
    if directive == "replace":
        return _without_nulls(patch)
    if directive == "delete":
        return {}
    if directive != "merge":
        raise bad_request(f"unknown patch type: {directive}")
    merged = _retained(original, patch)
    _merge_ordered_lists(merged, patch, schema)
    for name in [name for name in patch if name.startswith(_DELETE)]:
        _delete_primitives(merged, name.removeprefix(_DELETE), patch.pop(name))
    for name, value in patch.items():
        child = schema.child(name) if schema else None
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, dict):
            _merge_map(merged, name, value, child)
        elif isinstance(value, list):
            base = merged.get(name)
            merged[name] = _merged_list(base if isinstance(base, list) else [], value, child)
        else:
            merged[name] = value
    return merged


def _retained(original: Json, patch: Json) -> Json:
    """A copy of `original` with only the keys that `$retainKeys` names, where it is given."""
    retained = patch.pop(_RETAIN, None)
    if retained is None:
        return dict(original)
    given = {name for name, value in patch.items() if value is not None}
    if not isinstance(retained, list) or not given.issubset(retained):
        raise bad_request("invalid patch format of retainKeys")
    return {name: value for name, value in original.items() if name in retained}


def _merge_map(merged: Json, name: str, value: Json, schema: Schema | None) -> None:
    replaces = schema is not None and "replace" in schema.patch_strategies
    base = merged.get(name)
    if not isinstance(base, dict) or replaces:
        base = {}
    merged[name] = strategic_merged(base, value, schema)


def _merge_ordered_lists(merged: Json, patch: Json, schema: Schema | None) -> None:
    """Merges the lists whose order `$setElementOrder` gives, and takes them out of `patch`."""
    for directive in [name for name in patch if name.startswith(_ORDER)]:
        name = directive.removeprefix(_ORDER)
        order = patch.pop(directive)
        change, base = patch.pop(name, None), merged.get(name)
        if change is None and not isinstance(base, list):
            continue
        if not isinstance(order, list) or not isinstance(change, list | None):
            raise bad_request(f"invalid patch format of setElementOrder list for {name}")
        child = schema.child(name) if schema else None
        base = base if isinstance(base, list) else []
        key = child.merge_key if child else ""
        _check_order(change or [], order, key)
        result = _merged_list(base, change, child) if change is not None else base
        merged[name] = _ordered(result, order, base, key)


def _check_order(change: list[Any], order: list[Any], key: str) -> None:
    """Every element the patch keeps must stand in the order list, in the same sequence."""
    listed = iter([_identity(item, key) for item in order])
    kept = [item for item in change if not (isinstance(item, dict) and _PATCH in item)]
    if not all(_identity(item, key) in listed for item in kept):
        raise bad_request(
            f"The order in patch list:\n{change}\n doesn't match $setElementOrder list:\n{order}\n"
        )


def _merged_list(original: list[Any], patch: list[Any], schema: Schema | None) -> list[Any]:
    if schema is None or "merge" not in schema.patch_strategies:
        return patch
    if not schema.merge_key:
        merged = list(original) + [item for item in patch if item not in original]
        return _ordered(list(_unique(merged)), patch, original, "")
    return _merged_elements(original, patch, schema)


def _merged_elements(original: list[Any], patch: list[Any], schema: Schema) -> list[Any]:
    """Merges lists of objects by their merge key; elements new to the list come first."""
    key = schema.merge_key
    special = [item for item in patch if isinstance(item, dict) and _PATCH in item]
    normal = [item for item in patch if item not in special]
    merged = list(original)
    for item in special:
        directive = item[_PATCH]
        if directive == "replace":
            return [_clean(element, schema.items) for element in normal]
        if directive == "delete":
            gone = _key_of(item, key)
            merged = [element for element in merged if _key_of(element, key) != gone]
        elif directive == "merge":
            normal.append({name: value for name, value in item.items() if name != _PATCH})
        else:
            raise bad_request(f"unknown patch type: {directive}")
    for item in normal:
        wanted = _key_of(item, key)
        for index, element in enumerate(merged):
            if _key_of(element, key) == wanted:
                merged[index] = strategic_merged(element, item, schema.items)
                break
        else:
            merged.append(_clean(item, schema.items))
    return _ordered(merged, normal, original, key)


def _ordered(
    merged: Sequence[Any], order: Sequence[Any], original: Sequence[Any], key: str
) -> list[Any]:
    """`merged` with the elements of `order` in that order, and the others where they stood.

    Kubernetes' rule for where the two mix: an element only the server has goes before one of the
    patch if it stood before it in `original`; otherwise the patch's element goes first.
    """
    ranks = [_identity(item, key) for item in order]
    stood = [_identity(item, key) for item in original]
    ours = [item for item in merged if _identity(item, key) in ranks]
    ours.sort(key=lambda item: ranks.index(_identity(item, key)))
    theirs = [item for item in merged if _identity(item, key) not in ranks]
    result: list[Any] = []
    while ours and theirs:
        left, right = _identity(theirs[0], key), _identity(ours[0], key)
        stood_before = left in stood and right in stood and stood.index(left) < stood.index(right)
        result.append((theirs if stood_before else ours).pop(0))
    return result + theirs + ours


def _identity(item: Any, key: str) -> Any:
    return _key_of(item, key) if key else item


def _key_of(item: Any, key: str) -> Any:
    if not isinstance(item, dict) or item.get(key) is None:
        raise bad_request(f"map: {item} does not contain declared merge key: {key}")
    return item[key]


def _delete_primitives(merged: Json, name: str, gone: Any) -> None:
    if not isinstance(gone, list):
        raise bad_request(f"invalid patch format of primitive list for {name}")
    if isinstance(merged.get(name), list):
        merged[name] = [item for item in merged[name] if item not in gone]


def _clean(item: Any, schema: Schema | None) -> Any:
    """A new element without the directives and nulls that only mean something in a patch."""
    return strategic_merged({}, item, schema) if isinstance(item, dict) else item


def _without_nulls(value: Json) -> Json:
    return {
        name: _without_nulls(member) if isinstance(member, dict) else member
        for name, member in value.items()
        if member is not None
    }


def _unique(items: Sequence[Any]) -> list[Any]:
    seen: list[Any] = []
    for item in items:
        if item not in seen:
            seen.append(item)
    return seen
