"""What a PATCH request makes of an object, by the content type of its body."""

from typing import Any

from labsupport.base.types import Json
from labsupport.minicluster.api.json_patch import json_patched
from labsupport.minicluster.api.strategic_merge import strategic_merged
from labsupport.rules.schema import Schema
from labsupport.rules.status import bad_request, unsupported_media_type

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_MERGE_PATCH = "application/strategic-merge-patch+json"


def patched(obj: Json, patch: Any, content_type: str, schema: Schema) -> Json:
    """`obj` with `patch` (the parsed body) applied; neither is changed.

    Raises StatusError: 400 when the patch is malformed, 415 for a content type that this kind
    does not take (custom kinds have no strategic merge), 422 when a JSON Patch does not apply.
    """
    accepted = [JSON_PATCH, MERGE_PATCH]
    if not schema.custom:
        accepted.append(STRATEGIC_MERGE_PATCH)
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type not in accepted:
        raise unsupported_media_type(accepted)
    if media_type == JSON_PATCH:
        return json_patched(obj, patch)
    if not isinstance(patch, dict):
        found = "array" if isinstance(patch, list) else "value"
        raise bad_request(
            f"error decoding patch: json: cannot unmarshal {found} into Go value of type "
            "map[string]interface {}"
        )
    if media_type == MERGE_PATCH:
        return merge_patched(obj, patch)
    return strategic_merged(obj, patch, schema)


def merge_patched(target: Json, patch: Json) -> Json:
    """`target` with `patch` merged (RFC 7386): `null` removes, objects merge, others replace."""
    merged = dict(target)
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, dict):
            base = merged.get(name)
            merged[name] = merge_patched(base if isinstance(base, dict) else {}, value)
        else:
            merged[name] = value
    return merged
