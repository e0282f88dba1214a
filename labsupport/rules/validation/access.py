"""Roles and bindings (`pkg/apis/rbac/validation`)."""

from collections.abc import Mapping

from labsupport.base.types import Json
from labsupport.rules.formats import dns_subdomain, path_segment
from labsupport.rules.rbac import GROUP
from labsupport.rules.validation.field import (
    FieldError,
    each_invalid,
    forbidden,
    invalid_value,
    not_supported,
    required,
)

_GROUP_OF_SUBJECT: Mapping[str, str] = {"User": GROUP, "Group": GROUP, "ServiceAccount": ""}


def role_errors(role: Json) -> list[FieldError]:
    """What is wrong with the rules of a Role or ClusterRole."""
    errors: list[FieldError] = []
    for index, rule in enumerate(role.get("rules") or []):
        errors += _rule_errors(rule, f"rules[{index}]", cluster=role["kind"] == "ClusterRole")
    return errors


def binding_errors(binding: Json) -> list[FieldError]:
    """What is wrong with a RoleBinding or ClusterRoleBinding, its metadata apart."""
    reference = binding.get("roleRef") or {}
    cluster = binding["kind"] == "ClusterRoleBinding"
    kinds = ("ClusterRole",) if cluster else ("Role", "ClusterRole")
    errors: list[FieldError] = []
    if reference.get("apiGroup") != GROUP:
        group = reference.get("apiGroup") or ""
        errors.append(not_supported("roleRef.apiGroup", group, (GROUP,)))
    if reference.get("kind") not in kinds:
        errors.append(not_supported("roleRef.kind", reference.get("kind") or "", kinds))
    name = reference.get("name") or ""
    if not name:
        errors.append(required("roleRef.name"))
    else:
        errors += each_invalid("roleRef.name", name, path_segment(name))
    for index, subject in enumerate(binding.get("subjects") or []):
        errors += _subject_errors(subject, f"subjects[{index}]", cluster)
    return errors


def binding_update_errors(new: Json, old: Json) -> list[FieldError]:
    """What a binding grants can't change, only whom it grants it to."""
    errors = binding_errors(new)
    if new.get("roleRef") != old.get("roleRef"):
        errors.append(invalid_value("roleRef", new.get("roleRef"), "cannot change roleRef"))
    return errors


def _rule_errors(rule: Json, field: str, *, cluster: bool) -> list[FieldError]:
    errors: list[FieldError] = []
    if not rule.get("verbs"):
        errors.append(required(f"{field}.verbs"))
    if rule.get("nonResourceURLs"):
        place, urls = f"{field}.nonResourceURLs", rule["nonResourceURLs"]
        if not cluster:
            why = "namespaced rules cannot apply to non-resource URLs"
            errors.append(invalid_value(place, urls, why))
        if rule.get("apiGroups") or rule.get("resources") or rule.get("resourceNames"):
            why = "rules cannot apply to both regular resources and non-resource URLs"
            errors.append(invalid_value(place, urls, why))
        return errors
    for name, what in (("apiGroups", "group"), ("resources", "resource")):
        if not rule.get(name):
            why = f"resource rules must supply at least one api {what}"
            errors.append(required(f"{field}.{name}", why.replace("api resource", "resource")))
    return errors


def _subject_errors(subject: Json, field: str, cluster: bool) -> list[FieldError]:
    errors: list[FieldError] = []
    kind, name = subject.get("kind") or "", subject.get("name") or ""
    if not name:
        errors.append(required(f"{field}.name"))
    if kind not in _GROUP_OF_SUBJECT:
        kinds = ("ServiceAccount", "User", "Group")
        return [*errors, not_supported(f"{field}.kind", kind, kinds)]
    group = subject.get("apiGroup") or ""
    if group != _GROUP_OF_SUBJECT[kind]:
        expected = (_GROUP_OF_SUBJECT[kind],)
        errors.append(not_supported(f"{field}.apiGroup", group, expected))
    if kind == "ServiceAccount":
        if name:
            errors += each_invalid(f"{field}.name", name, dns_subdomain(name))
        if cluster and not subject.get("namespace"):
            errors.append(required(f"{field}.namespace"))
    elif subject.get("namespace"):
        why = f"{kind} subjects have no namespace"
        errors.append(forbidden(f"{field}.namespace", why))
    return errors
