"""Nodes (`pkg/apis/core`): their taints, as all else is the node's own report."""

from labsupport.base.types import Json
from labsupport.rules.formats import label_value, qualified_name
from labsupport.rules.validation.field import (
    ErrorType,
    FieldError,
    each_invalid,
    invalid_value,
    one_of,
)

_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


def node_errors(node: Json) -> list[FieldError]:
    """What is wrong with a Node, its metadata apart."""
    errors: list[FieldError] = []
    seen: set[tuple[str, str]] = set()
    for index, taint in enumerate((node.get("spec") or {}).get("taints") or []):
        # Kubernetes does name this field so, though taints are in the spec.
        field = f"metadata.taints[{index}]"
        key, value, effect = (taint.get(name) or "" for name in ("key", "value", "effect"))
        errors += each_invalid(f"{field}.key", key, qualified_name(key))
        if messages := label_value(value):
            errors.append(invalid_value(f"{field}.value", value, ";".join(messages)))
        errors += one_of(f"{field}.effect", effect, _EFFECTS)
        if (key, effect) in seen:
            why = "taints must be unique by key and effect pair"
            errors.append(FieldError(ErrorType.DUPLICATE, field, taint, why))
        seen.add((key, effect))
    return errors
