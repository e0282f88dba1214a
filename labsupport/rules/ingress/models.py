"""Objects as JSON: the official client's models and their `to_dict()` become what the API has.

The client is not imported: its models are known by their `attribute_map` (Python name to JSON
name).
"""

from datetime import datetime
from typing import Any

from labsupport.base.types import Json

_KEEPS_KEYS = ("labels", "annotations", "data", "string_data", "match_labels", "selector")


def plain(obj: object) -> Json:
    """The object as plain JSON; what is JSON already is given back as it is."""
    if isinstance(obj, dict):
        return _camel_cased(obj) if "api_version" in obj else obj
    if hasattr(obj, "attribute_map"):
        found: Json = _value(obj)
        return found
    raise TypeError(f"a Kubernetes object is a dict or a model of the client, not {obj!r}")


def _value(value: Any) -> Any:
    if hasattr(value, "attribute_map"):
        members = {name: getattr(value, key) for key, name in value.attribute_map.items()}
        return {name: _value(each) for name, each in members.items() if each is not None}
    if isinstance(value, list):
        return [_value(each) for each in value]
    if isinstance(value, dict):
        return {key: _value(each) for key, each in value.items()}
    return _time(value)


def _camel_cased(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            _camel(key): each if key in _KEEPS_KEYS else _camel_cased(each)
            for key, each in value.items()
            if each is not None
        }
    if isinstance(value, list):
        return [_camel_cased(each) for each in value]
    return _time(value)


def _camel(key: str) -> str:
    first, *others = key.split("_")
    special = {"ip": "IP", "ips": "IPs"}
    return first + "".join(special.get(each, each.capitalize()) for each in others)


def _time(value: Any) -> Any:
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else value
