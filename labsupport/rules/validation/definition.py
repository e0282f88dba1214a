"""CustomResourceDefinitions, as far as serving their objects needs (`apiextensions.k8s.io/v1`)."""

from labsupport.base.types import Json
from labsupport.rules.formats import dns_1035_label, dns_subdomain
from labsupport.rules.validation.field import (
    FieldError,
    duplicate,
    each_invalid,
    immutable,
    invalid_value,
    one_of,
    required,
)

_COLUMN_TYPES = ("boolean", "date", "integer", "number", "string")


def definition_errors(definition: Json) -> list[FieldError]:
    """What is wrong with a CustomResourceDefinition, its metadata's form apart."""
    spec = definition.get("spec") or {}
    names, group = spec.get("names") or {}, spec.get("group") or ""
    errors: list[FieldError] = []
    name = definition.get("metadata", {}).get("name") or ""
    if name != f"{names.get('plural') or ''}.{group}":
        why = 'must be spec.names.plural+"."+spec.group'
        errors.append(invalid_value("metadata.name", name, why))
    if not group:
        errors.append(required("spec.group"))
    else:
        errors += each_invalid("spec.group", group, dns_subdomain(group))
        if "." not in group:
            why = "should be a domain with at least one dot"
            errors.append(invalid_value("spec.group", group, why))
    errors += one_of("spec.scope", spec.get("scope"), ("Cluster", "Namespaced"))
    errors += _versions_errors(spec.get("versions") or [])
    return errors + _names_errors(names)


def definition_update_errors(new: Json, old: Json) -> list[FieldError]:
    """Scope and kind of an established definition can't change."""
    new_spec, old_spec = new.get("spec") or {}, old.get("spec") or {}
    errors = definition_errors(new)
    errors += immutable("spec.group", new_spec.get("group"), old_spec.get("group"))
    errors += immutable("spec.scope", new_spec.get("scope"), old_spec.get("scope"))
    kinds = [(spec.get("names") or {}).get("kind") for spec in (new_spec, old_spec)]
    return errors + immutable("spec.names.kind", *kinds)


def _versions_errors(versions: list[Json]) -> list[FieldError]:
    errors: list[FieldError] = []
    seen: set[str] = set()
    for index, version in enumerate(versions):
        field, name = f"spec.versions[{index}]", version.get("name") or ""
        errors += each_invalid(f"{field}.name", name, dns_1035_label(name))
        if name in seen:
            errors.append(duplicate(f"{field}.name", name))
        seen.add(name)
        if not (version.get("schema") or {}).get("openAPIV3Schema"):
            errors.append(required(f"{field}.schema.openAPIV3Schema", "schemas are required"))
        for number, column in enumerate(version.get("additionalPrinterColumns") or []):
            errors += _column_errors(column, f"{field}.additionalPrinterColumns[{number}]")
    stored = [version for version in versions if version.get("storage")]
    if len(stored) != 1:
        why = "must have exactly one version marked as storage version"
        errors.append(invalid_value("spec.versions", versions, why))
    return errors


def _column_errors(column: Json, field: str) -> list[FieldError]:
    """One more column of `kubectl get`."""
    errors = [required(f"{field}.{name}") for name in ("name", "jsonPath") if not column.get(name)]
    kind, why = column.get("type") or "", f"must be one of {','.join(_COLUMN_TYPES)}"
    if not kind:
        errors.append(required(f"{field}.type", why))
    elif kind not in _COLUMN_TYPES:
        errors.append(invalid_value(f"{field}.type", kind, why))
    return errors


def _names_errors(names: Json) -> list[FieldError]:
    errors: list[FieldError] = []
    for part in ("plural", "singular", "kind", "listKind"):
        field, value = f"spec.names.{part}", names.get(part) or ""
        if value:
            form = value.lower() if part in ("kind", "listKind") else value
            errors += each_invalid(field, value, dns_1035_label(form))
        elif part in ("plural", "kind"):
            errors.append(required(field))
    return errors
