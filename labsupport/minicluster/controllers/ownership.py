"""Who controls what: ownerReferences and selectors (metav1)."""

from labsupport.base.types import Json
from labsupport.rules.selectors import label_selector


def controller_reference(owner: Json) -> Json:
    """The ownerReference that makes `owner` the controller of an object."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def controller_of(obj: Json) -> Json | None:
    """The ownerReference of the object's controller, or None for an orphan."""
    references: list[Json] = obj["metadata"].get("ownerReferences") or []
    return next((reference for reference in references if reference.get("controller")), None)


def is_controlled_by(obj: Json, owner: Json) -> bool:
    """Whether `owner` is the controller of `obj`."""
    reference = controller_of(obj)
    return reference is not None and reference["uid"] == owner["metadata"]["uid"]


def selects(owner: Json, obj: Json) -> bool:
    """Whether the owner's `spec.selector` (a LabelSelector) matches the object's labels."""
    selector = label_selector(owner["spec"]["selector"])
    return selector.matches(obj["metadata"].get("labels") or {})


def without_controller(obj: Json, uid: str) -> Json:
    """`obj` no longer owned by the object with this uid."""
    references = obj["metadata"].get("ownerReferences") or []
    kept = [reference for reference in references if reference["uid"] != uid]
    return {**obj, "metadata": {**obj["metadata"], "ownerReferences": kept}}


def with_controller(obj: Json, owner: Json) -> Json:
    """`obj` owned by `owner`, besides whoever owns it already."""
    references = [*(obj["metadata"].get("ownerReferences") or []), controller_reference(owner)]
    return {**obj, "metadata": {**obj["metadata"], "ownerReferences": references}}
