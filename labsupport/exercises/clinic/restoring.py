"""What an object becomes when one change of it is taken back and all later ones stay. Pure."""

from typing import Any

from labsupport.base.types import Json

_ABSENT = object()


def restored(before: Json, after: Json, now: Json) -> Json:
    """`now` with what was changed from `before` to `after` as it was before.

    What is the same in `before` and `after` is left as it is in `now`. Of a list, items that the
    change took away come back, and items it brought go; what others added stays, at the end.
    """
    result = dict(now)
    for key in {**before, **after}:
        value = _value(*(each.get(key, _ABSENT) for each in (before, after, now)))
        if value is _ABSENT:
            result.pop(key, None)
        else:
            result[key] = value
    return result


def _value(before: Any, after: Any, now: Any) -> Any:
    if before == after:
        return now
    if now == after:
        return before
    if all(isinstance(each, dict) for each in (before, after, now)):
        return restored(before, after, now)
    if all(isinstance(each, list) for each in (before, after, now)):
        own = [item for item in before if item in now or item not in after]
        return own + [item for item in now if item not in before and item not in after]
    return before
