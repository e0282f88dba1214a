"""Deployments and ReplicaSets (`pkg/apis/apps/validation`)."""

from labsupport.base.types import Json
from labsupport.rules.formats import label_value, percentage, qualified_name
from labsupport.rules.selectors import label_selector
from labsupport.rules.validation.field import (
    FieldError,
    each_invalid,
    forbidden,
    immutable,
    invalid_value,
    non_negative,
    not_supported,
    required,
)
from labsupport.rules.validation.metadata import label_errors
from labsupport.rules.validation.pod import template_errors

_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")


def deployment_errors(deployment: Json) -> list[FieldError]:
    """What is wrong with a Deployment, its metadata apart (defaults are filled in before)."""
    spec = deployment.get("spec") or {}
    errors = non_negative("spec.replicas", spec.get("replicas"))
    errors += _selected_template_errors(spec, "deployment")
    errors += _strategy_errors(spec.get("strategy") or {})
    for name in ("minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"):
        errors += non_negative(f"spec.{name}", spec.get(name))
    deadline = spec.get("progressDeadlineSeconds")
    if deadline is not None and deadline <= (spec.get("minReadySeconds") or 0):
        why = "must be greater than minReadySeconds"
        errors.append(invalid_value("spec.progressDeadlineSeconds", deadline, why))
    return errors


def replica_set_errors(replica_set: Json) -> list[FieldError]:
    """What is wrong with a ReplicaSet, its metadata apart."""
    spec = replica_set.get("spec") or {}
    errors = non_negative("spec.replicas", spec.get("replicas"))
    errors += non_negative("spec.minReadySeconds", spec.get("minReadySeconds"))
    return errors + _selected_template_errors(spec, "ReplicaSet")


def selector_update_errors(new: Json, old: Json) -> list[FieldError]:
    """The selector of a workload can't change."""
    selectors = [(each.get("spec") or {}).get("selector") for each in (new, old)]
    return immutable("spec.selector", *selectors)


def selector_errors(selector: Json, field: str) -> list[FieldError]:
    """What is wrong with a `metav1.LabelSelector`."""
    errors = label_errors(selector.get("matchLabels") or {}, f"{field}.matchLabels")
    for index, expression in enumerate(selector.get("matchExpressions") or []):
        place = f"{field}.matchExpressions[{index}]"
        operator, values = expression.get("operator"), expression.get("values") or []
        if operator not in _OPERATORS:
            why = "not a valid selector operator"
            errors.append(invalid_value(f"{place}.operator", operator or "", why))
        elif operator in ("In", "NotIn") and not values:
            why = "must be specified when `operator` is 'In' or 'NotIn'"
            errors.append(required(f"{place}.values", why))
        elif operator in ("Exists", "DoesNotExist") and values:
            why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            errors.append(forbidden(f"{place}.values", why))
        key = expression.get("key") or ""
        errors += each_invalid(f"{place}.key", key, qualified_name(key))
        for position, value in enumerate(values):
            errors += each_invalid(f"{place}.values[{position}]", value, label_value(value))
    return errors


def _selected_template_errors(spec: Json, kind: str) -> list[FieldError]:
    """The selector, the template, and that they fit."""
    field, selector = "spec.selector", spec.get("selector")
    template = spec.get("template")
    errors: list[FieldError] = []
    if selector is None:
        errors.append(required(field))
    else:
        errors += selector_errors(selector, field)
        if not selector.get("matchLabels") and not selector.get("matchExpressions"):
            why = f"empty selector is invalid for {kind}"
            errors.append(invalid_value(field, selector, why))
    if template is None:
        return [*errors, required("spec.template")]
    if selector is not None and selector_errors(selector, field):
        ordered = dict(selector)
        if selector.get("matchLabels"):
            ordered["matchLabels"] = dict(sorted(selector["matchLabels"].items()))
        return [*errors, invalid_value(field, ordered, "invalid label selector")]
    labels = (template.get("metadata") or {}).get("labels")
    # No selector at all selects nothing, an empty one everything.
    if selector is None or not label_selector(selector).matches(labels):
        shown = dict(sorted(labels.items())) if labels else None
        why = "`selector` does not match template `labels`"
        errors.append(invalid_value("spec.template.metadata.labels", shown, why))
    return errors + template_errors(template, "spec.template")


def _strategy_errors(strategy: Json) -> list[FieldError]:
    field, kind = "spec.strategy", strategy.get("type")
    rolling: Json | None = strategy.get("rollingUpdate")
    errors: list[FieldError] = []
    kinds = ("Recreate", "RollingUpdate")
    if kind not in kinds:
        # The API server prints its internal struct here.
        shown = rolling and {
            "MaxUnavailable": rolling.get("maxUnavailable", 0),
            "MaxSurge": rolling.get("maxSurge", 0),
        }
        value = {"Type": kind or "", "RollingUpdate": shown}
        errors.append(not_supported(field, value, kinds))
    elif kind == "Recreate" and rolling is not None:
        why = "may not be specified when strategy `type` is 'Recreate'"
        errors.append(forbidden(f"{field}.rollingUpdate", why))
    elif kind == "RollingUpdate" and rolling is None:
        why = "this should be defaulted and never be nil"
        errors.append(required(f"{field}.rollingUpdate", why))
    elif rolling is not None:
        errors += _rolling_errors(rolling, f"{field}.rollingUpdate")
    return errors


def _rolling_errors(rolling: Json, field: str) -> list[FieldError]:
    errors: list[FieldError] = []
    for name in ("maxUnavailable", "maxSurge"):
        value, place = rolling.get(name, 0), f"{field}.{name}"
        if isinstance(value, int):
            errors += non_negative(place, value)
        else:
            errors += each_invalid(place, value, percentage(value))
    unavailable, surge = rolling.get("maxUnavailable", 0), rolling.get("maxSurge", 0)
    if unavailable in (0, "0%") and surge in (0, "0%"):
        why = "may not be 0 when `maxSurge` is 0"
        errors.append(invalid_value(f"{field}.maxUnavailable", unavailable, why))
    elif isinstance(unavailable, str) and not errors and int(unavailable[:-1]) > 100:
        why = "must not be greater than 100%"
        errors.append(invalid_value(f"{field}.maxUnavailable", unavailable, why))
    return errors
