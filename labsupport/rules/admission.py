"""Admission plug-ins that change an object before it is validated."""

from collections.abc import Iterable

from labsupport.base.types import Json

CLASS_ANNOTATION = "kubernetes.io/ingress.class"
DEFAULT_CLASS_ANNOTATION = "ingressclass.kubernetes.io/is-default-class"


def default_ingress_class(classes: Iterable[Json]) -> str | None:
    """The name of the class that new Ingresses get.

    Of several default classes the newest counts, and of equally old ones the lowest name.
    """
    defaults = [each for each in classes if _is_default(each)]
    if not defaults:
        return None
    newest = max(_created(each) for each in defaults)
    return min(str(each["metadata"]["name"]) for each in defaults if _created(each) == newest)


def with_default_ingress_class(ingress: Json, classes: Iterable[Json]) -> Json:
    """The Ingress with `spec.ingressClassName` set to the default class (DefaultIngressClass).

    An Ingress that names a class, in the field or in the old annotation (any value, even an
    empty one), is given back as it is. Applies when an Ingress is created, never on update.
    """
    spec = ingress.get("spec") or {}
    annotations = ingress.get("metadata", {}).get("annotations") or {}
    if spec.get("ingressClassName") is not None or CLASS_ANNOTATION in annotations:
        return ingress
    name = default_ingress_class(classes)
    return ingress if name is None else {**ingress, "spec": {**spec, "ingressClassName": name}}


def ingress_warnings(ingress: Json) -> list[str]:
    """What the API server says in `Warning` headers when this Ingress is created."""
    annotations = ingress.get("metadata", {}).get("annotations") or {}
    if CLASS_ANNOTATION not in annotations or (ingress.get("spec") or {}).get("ingressClassName"):
        return []
    return [
        f'annotation "{CLASS_ANNOTATION}" is deprecated, '
        "please use 'spec.ingressClassName' instead"
    ]


def _is_default(ingress_class: Json) -> bool:
    annotations = ingress_class.get("metadata", {}).get("annotations") or {}
    return bool(annotations.get(DEFAULT_CLASS_ANNOTATION) == "true")


def _created(obj: Json) -> str:
    # RFC 3339 in UTC to the second: the order of the text is the order of the time.
    return str(obj["metadata"].get("creationTimestamp") or "")
