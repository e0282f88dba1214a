"""Which Ingresses a controller serves, by their class."""

from collections.abc import Callable, Mapping

from labsupport.base.types import Json
from labsupport.rules.admission import CLASS_ANNOTATION
from labsupport.rules.ingress.decision import RuleWarning
from labsupport.rules.ingress.route import name_of

Classes = Mapping[str, Json] | None
"""IngressClasses by name; None when they are not known: then every class is taken on trust."""

Refusal = Callable[[Json, Classes, str], RuleWarning | None]
"""Why an Ingress is not served by the controller of that `spec.controller`; None when it is."""


def by_class(ingress: Json, classes: Classes, controller: str) -> RuleWarning | None:
    """As Kubernetes has it: the class must exist; the old annotation names one too.

    With `controller` "" the classes of every controller are served.
    """
    name = class_field(ingress) or class_annotation(ingress)
    if classes is None:
        return None
    return class_refusal(ingress, name, classes, controller) if name else unset(ingress)


def class_refusal(
    ingress: Json, name: str, classes: Mapping[str, Json], controller: str
) -> RuleWarning | None:
    """Why an Ingress of the class `name` is not served; None when it is."""
    place = f"Ingress {name_of(ingress)}"
    if name not in classes:
        why = f"{place} names the class {name}, which does not exist, so nobody serves it"
        return RuleWarning("class-missing", why)
    served_by = (classes[name].get("spec") or {}).get("controller") or ""
    if controller and served_by != controller:
        why = f"{place} has the class {name}, which belongs to {served_by}, not {controller}"
        return RuleWarning("class-other", why)
    return None


def unset(ingress: Json) -> RuleWarning:
    """The refusal of an Ingress without any class."""
    return RuleWarning(
        "class-unset", f"Ingress {name_of(ingress)} names no class, so nobody serves it"
    )


def other_annotation(ingress: Json, serving: str) -> RuleWarning:
    """The refusal of an Ingress whose annotation names a class that is not `serving`."""
    found = class_annotation(ingress)
    why = f"Ingress {name_of(ingress)} has the class annotation {found!r}, not {serving!r}"
    return RuleWarning("class-other", why)


def class_field(ingress: Json) -> str | None:
    """`spec.ingressClassName`."""
    name = (ingress.get("spec") or {}).get("ingressClassName")
    return None if name is None else str(name)


def class_annotation(ingress: Json) -> str:
    """The annotation that named the class before the field did; "" without one."""
    return str((ingress["metadata"].get("annotations") or {}).get(CLASS_ANNOTATION) or "")
