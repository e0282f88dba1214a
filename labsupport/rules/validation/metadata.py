"""ObjectMeta: names, labels, annotations, owners (apimachinery `validation/objectmeta.go`)."""

from collections.abc import Callable, Mapping

from labsupport.base.types import Json
from labsupport.rules.formats import dns_label, label_value, qualified_name
from labsupport.rules.validation.field import (
    FieldError,
    each_invalid,
    forbidden,
    immutable,
    invalid_value,
    non_negative,
    quoted,
    required,
    too_long,
)

NameForm = Callable[[str], list[str]]

ANNOTATIONS_LIMIT = 256 * 1024
_IMMUTABLE = (
    "name", "namespace", "uid", "creationTimestamp", "deletionTimestamp",
    "deletionGracePeriodSeconds",
)  # fmt: skip
# What an update may leave out: the server takes it from the stored object.
_MAY_BE_LEFT_OUT = frozenset(_IMMUTABLE) - {"name", "namespace"}
_ORPHAN, _FOREGROUND = "orphan", "foregroundDeletion"


def metadata_errors(metadata: Json, *, namespaced: bool, name_form: NameForm) -> list[FieldError]:
    """What is wrong with the metadata of any object."""
    errors: list[FieldError] = []
    generate_name = metadata.get("generateName") or ""
    name = metadata.get("name") or ""
    if generate_name:
        # The server appends to it, so it may end in a hyphen.
        stem = f"{generate_name[:-1]}a" if generate_name.endswith("-") else generate_name
        errors += each_invalid("metadata.generateName", generate_name, name_form(stem))
    if not name:
        errors.append(required("metadata.name", "name or generateName is required"))
    else:
        errors += each_invalid("metadata.name", name, name_form(name))
    errors += _namespace_errors(metadata.get("namespace") or "", namespaced)
    errors += non_negative("metadata.generation", metadata.get("generation"))
    errors += label_errors(metadata.get("labels") or {}, "metadata.labels")
    errors += annotation_errors(metadata.get("annotations") or {})
    errors += _owner_errors(metadata.get("ownerReferences") or [])
    errors += _finalizer_errors(metadata.get("finalizers") or [])
    return errors


def metadata_update_errors(new: Json, old: Json, *, need_version: bool) -> list[FieldError]:
    """What is wrong with a change of metadata.

    With `need_version` the update must say which resourceVersion it is based on.
    """
    errors: list[FieldError] = []
    finalizers = new.get("finalizers") or []
    if old.get("deletionTimestamp"):
        errors += _new_finalizer_errors(finalizers, old.get("finalizers") or [])
    if need_version and not new.get("resourceVersion"):
        why = "must be specified for an update"
        errors.append(invalid_value("metadata.resourceVersion", "", why))
    for name in _IMMUTABLE:
        value = new.get(name)
        if value or name not in _MAY_BE_LEFT_OUT:
            errors += immutable(f"metadata.{name}", value or "", old.get(name) or "")
    errors += label_errors(new.get("labels") or {}, "metadata.labels")
    errors += annotation_errors(new.get("annotations") or {})
    errors += _owner_errors(new.get("ownerReferences") or [])
    errors += _finalizer_errors(finalizers)
    return errors


def label_errors(labels: Mapping[str, str], field: str) -> list[FieldError]:
    """What is wrong with labels, or with the map of a selector."""
    errors: list[FieldError] = []
    for key, value in labels.items():
        errors += each_invalid(field, key, qualified_name(key))
        errors += each_invalid(field, value, label_value(value))
    return errors


def annotation_errors(
    annotations: Mapping[str, str], field: str = "metadata.annotations"
) -> list[FieldError]:
    """What is wrong with annotations: the keys' form, 256 KiB in all."""
    errors: list[FieldError] = []
    for key in annotations:
        errors += each_invalid(field, key, qualified_name(key.lower()))
    size = sum(len(key.encode()) + len(value.encode()) for key, value in annotations.items())
    if size > ANNOTATIONS_LIMIT:
        errors.append(too_long(field, ANNOTATIONS_LIMIT))
    return errors


def _namespace_errors(namespace: str, namespaced: bool) -> list[FieldError]:
    field = "metadata.namespace"
    if not namespaced:
        return [forbidden(field, "not allowed on this type")] if namespace else []
    if not namespace:
        return [required(field)]
    return each_invalid(field, namespace, dns_label(namespace))


def _owner_errors(owners: list[Json]) -> list[FieldError]:
    field = "metadata.ownerReferences"
    errors: list[FieldError] = []
    controllers = []
    for owner in owners:
        api_version, kind = owner.get("apiVersion") or "", owner.get("kind") or ""
        if not api_version.rpartition("/")[2]:
            why = "version must not be empty"
            errors.append(invalid_value(f"{field}.apiVersion", api_version, why))
        for name in ("kind", "name", "uid"):
            if not owner.get(name):
                errors.append(invalid_value(f"{field}.{name}", "", "must not be empty"))
        if (api_version, kind) == ("v1", "Event"):
            why = "/v1, Kind=Event is disallowed from being an owner"
            errors.append(invalid_value(field, owner, why))
        if owner.get("controller"):
            controllers.append(owner.get("name"))
    if len(controllers) > 1:
        why = (
            'Only one reference can have Controller set to true. Found "true" in references '
            f"for {controllers[0]} and {controllers[1]}"
        )
        errors.append(invalid_value(field, owners, why))
    return errors


def _finalizer_errors(finalizers: list[str]) -> list[FieldError]:
    field = "metadata.finalizers"
    errors: list[FieldError] = []
    for finalizer in finalizers:
        errors += each_invalid(field, finalizer, qualified_name(finalizer))
    if _ORPHAN in finalizers and _FOREGROUND in finalizers:
        why = f"finalizer {_ORPHAN} and {_FOREGROUND} cannot be both set"
        errors.append(invalid_value(field, finalizers, why))
    return errors


def _new_finalizer_errors(new: list[str], old: list[str]) -> list[FieldError]:
    added = sorted(set(new) - set(old))
    if not added:
        return []
    listed = ", ".join(quoted(name) for name in added)
    return [
        forbidden(
            "metadata.finalizers",
            "no new finalizers can be added if the object is being deleted, "
            f"found new finalizers []string{{{listed}}}",
        )
    ]
