"""Pods and the templates that Deployments and ReplicaSets make them from."""

import copy
from collections.abc import Iterator

from labsupport.base.types import Json
from labsupport.rules.formats import (
    config_key,
    dns_label,
    dns_subdomain,
    local_path,
    qualified_name,
)
from labsupport.rules.validation.containers import containers_errors
from labsupport.rules.validation.field import (
    FieldError,
    duplicate,
    each_invalid,
    exactly_one,
    forbidden,
    non_negative,
    not_supported,
    one_of,
    required,
)
from labsupport.rules.validation.metadata import annotation_errors, label_errors

_RESTART_POLICIES = ("Always", "OnFailure", "Never")
_DNS_POLICIES = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
_MUTABLE = (
    "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"
    "`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)


def pod_errors(pod: Json) -> list[FieldError]:
    """What is wrong with a Pod, its metadata apart (defaults are filled in before)."""
    return pod_spec_errors(pod.get("spec") or {}, "spec")


def pod_update_errors(new: Json, old: Json) -> list[FieldError]:
    """A Pod's spec may change in few places: its images, mostly.

    `nodeName` may be set once: the scheduler's binding.
    """
    new_spec, old_spec = new.get("spec") or {}, old.get("spec") or {}
    errors = pod_errors(new)
    changed = sorted(_changes(_fixed_part(new_spec, old_spec), _fixed_part(old_spec, old_spec)))
    if changed:
        listed = ", ".join(f"spec{path}" for path in changed)
        why = f"pod updates may not change fields other than {_MUTABLE}\nchanged: {listed}"
        errors.append(forbidden("spec", why))
    return errors


def template_errors(template: Json, field: str) -> list[FieldError]:
    """What is wrong with a pod template of something that keeps pods running."""
    metadata, spec = template.get("metadata") or {}, template.get("spec") or {}
    errors = label_errors(metadata.get("labels") or {}, f"{field}.labels")
    annotations = metadata.get("annotations") or {}
    errors += annotation_errors(annotations, f"{field}.annotations")
    errors += pod_spec_errors(spec, f"{field}.spec")
    policy = spec.get("restartPolicy")
    if policy in _RESTART_POLICIES and policy != "Always":
        errors.append(not_supported(f"{field}.spec.restartPolicy", policy, ("Always",)))
    if spec.get("activeDeadlineSeconds") is not None:
        why = "activeDeadlineSeconds in ReplicaSet is not Supported"
        errors.append(forbidden(f"{field}.spec.activeDeadlineSeconds", why))
    return errors


def pod_spec_errors(spec: Json, field: str) -> list[FieldError]:
    """What is wrong with a PodSpec at `field`."""
    names: set[str] = set()
    volumes, errors = _volumes_errors(spec.get("volumes") or [], f"{field}.volumes")
    containers = spec.get("containers") or []
    if not containers:
        errors.append(required(f"{field}.containers"))
    errors += containers_errors(containers, f"{field}.containers", volumes, names)
    initial = spec.get("initContainers") or []
    errors += containers_errors(initial, f"{field}.initContainers", volumes, names)
    errors += one_of(f"{field}.restartPolicy", spec.get("restartPolicy"), _RESTART_POLICIES)
    errors += one_of(f"{field}.dnsPolicy", spec.get("dnsPolicy"), _DNS_POLICIES)
    errors += label_errors(spec.get("nodeSelector") or {}, f"{field}.nodeSelector")
    for name, form in (
        ("serviceAccountName", dns_subdomain),
        ("nodeName", dns_subdomain),
        ("hostname", dns_label),
        ("subdomain", dns_label),
    ):
        if spec.get(name):
            errors += each_invalid(f"{field}.{name}", spec[name], form(spec[name]))
    for index, gate in enumerate(spec.get("readinessGates") or []):
        place, kind = f"{field}.readinessGates[{index}].conditionType", gate.get("conditionType")
        errors += each_invalid(place, kind or "", qualified_name(kind or ""))
    seconds = spec.get("terminationGracePeriodSeconds")
    return errors + non_negative(f"{field}.terminationGracePeriodSeconds", seconds)


def _volumes_errors(volumes: list[Json], field: str) -> tuple[set[str], list[FieldError]]:
    """The names that mounts may use, and what is wrong."""
    names: set[str] = set()
    errors: list[FieldError] = []
    for index, volume in enumerate(volumes):
        place, name = f"{field}[{index}]", volume.get("name") or ""
        found = _volume_source_errors(volume, place)
        if not name:
            found.append(required(f"{place}.name"))
        else:
            found += each_invalid(f"{place}.name", name, dns_label(name))
            if name in names:
                found.append(duplicate(f"{place}.name", name))
        if not found:
            names.add(name)
        errors += found
    return names, errors


def _volume_source_errors(volume: Json, field: str) -> list[FieldError]:
    sources = [name for name, value in volume.items() if name != "name" and value is not None]
    errors = exactly_one(field, sources, "volume type")
    if not sources:
        return errors
    kind, source = sources[0], volume[sources[0]]
    place = f"{field}.{kind}"
    if kind == "configMap" and not source.get("name"):
        errors.append(required(f"{place}.name"))
    elif kind == "secret" and not source.get("secretName"):
        errors.append(required(f"{place}.secretName"))
    elif kind == "hostPath" and not source.get("path"):
        errors.append(required(f"{place}.path"))
    elif kind == "persistentVolumeClaim" and not source.get("claimName"):
        errors.append(required(f"{place}.claimName"))
    if kind in ("configMap", "secret"):
        for index, item in enumerate(source.get("items") or []):
            errors += _item_errors(item, f"{place}.items[{index}]")
    return errors


def _item_errors(item: Json, field: str) -> list[FieldError]:
    """One key of a ConfigMap or Secret, put at a path."""
    errors: list[FieldError] = []
    key, path = item.get("key") or "", item.get("path") or ""
    errors += (
        each_invalid(f"{field}.key", key, config_key(key)) if key else [required(f"{field}.key")]
    )
    if not path:
        return [*errors, required(f"{field}.path")]
    return errors + each_invalid(f"{field}.path", path, local_path(path))


def _fixed_part(spec: Json, old: Json) -> Json:
    """The spec without what may change, so that two specs can be compared."""
    fixed = copy.deepcopy(spec)
    for name in ("activeDeadlineSeconds", "tolerations", "schedulingGates"):
        fixed.pop(name, None)
    if not old.get("nodeName"):
        fixed.pop("nodeName", None)
    if (old.get("terminationGracePeriodSeconds") or 0) < 0:
        fixed.pop("terminationGracePeriodSeconds", None)
    for container in (fixed.get("containers") or []) + (fixed.get("initContainers") or []):
        container.pop("image", None)
    return fixed


def _changes(new: object, old: object, path: str = "") -> Iterator[str]:
    """The paths at which two JSON values differ."""
    if isinstance(new, dict) and isinstance(old, dict):
        for key in new.keys() | old.keys():
            yield from _changes(new.get(key), old.get(key), f"{path}.{key}")
    elif isinstance(new, list) and isinstance(old, list) and len(new) == len(old):
        for index, (one, other) in enumerate(zip(new, old, strict=True)):
            yield from _changes(one, other, f"{path}[{index}]")
    elif new != old:
        yield path
