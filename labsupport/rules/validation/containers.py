"""Containers of a Pod: image, ports, environment, mounts, probes, resources."""

import re
from collections.abc import Collection
from decimal import Decimal

from labsupport.base.types import Json
from labsupport.rules.formats import (
    config_key,
    dns_label,
    dns_subdomain,
    env_name,
    local_path,
    port_name,
    port_number,
    qualified_name,
)
from labsupport.rules.validation.field import (
    FieldError,
    duplicate,
    each_invalid,
    exactly_one,
    invalid_value,
    non_negative,
    not_found,
    not_supported,
    one_of,
    required,
)
from labsupport.rules.validation.service import PROTOCOLS, port_or_name_errors

_PULL_POLICIES = ("Always", "IfNotPresent", "Never")
_MESSAGE_POLICIES = ("FallbackToLogsOnError", "File")
_FIELD_PATHS = (
    "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName",
    "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
)  # fmt: skip
# What other places than a container's environment may ask for.
_CONVERTIBLE_PATHS = (
    "metadata.annotations", "metadata.labels", "spec.restartPolicy", "spec.schedulerName",
    "status.phase",
)  # fmt: skip
_SOURCES = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")
_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc")
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_QUANTITY = re.compile(
    r"([+-]?(?:\d+\.?\d*|\.\d+))(?:([KMGTPE]i)|([numkMGTPE])|[eE]([+-]?\d{1,3}))?", re.ASCII
)
_QUANTITY_WORDS = (
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
)
_BINARY = {f"{unit}i": Decimal(1024) ** (power + 1) for power, unit in enumerate("KMGTPE")}
_DECIMAL = {unit: Decimal(10) ** power for unit, power in zip(
    "numkMGTPE", (-9, -6, -3, 3, 6, 9, 12, 15, 18), strict=True)}  # fmt: skip


def containers_errors(
    containers: list[Json], field: str, volumes: Collection[str], names: set[str]
) -> list[FieldError]:
    """What is wrong with a list of containers.

    `volumes` are the names that mounts may refer to; `names` collects the containers' own.
    """
    errors: list[FieldError] = []
    for index, container in enumerate(containers):
        place = f"{field}[{index}]"
        errors += _name_errors(container.get("name") or "", place, names)
        errors += _image_errors(container.get("image") or "", f"{place}.image")
        errors += _ports_errors(container.get("ports") or [], f"{place}.ports")
        errors += _environment_errors(container, place)
        mounts = container.get("volumeMounts") or []
        errors += _mounts_errors(mounts, f"{place}.volumeMounts", volumes)
        errors += _probes_errors(container, place)
        errors += _resources_errors(container.get("resources") or {}, f"{place}.resources")
        for name, supported in (
            ("imagePullPolicy", _PULL_POLICIES),
            ("terminationMessagePolicy", _MESSAGE_POLICIES),
        ):
            errors += one_of(f"{place}.{name}", container.get(name), supported)
    return errors


def quantity(text: str | int | float) -> Decimal | None:
    """The number a resource quantity stands for (`500m`, `1Gi`, `2`), or None."""
    match = _QUANTITY.fullmatch(str(text))
    if match is None:
        return None
    number, binary, decimal, exponent = match.groups()
    factor = Decimal(1)
    if binary:
        factor = _BINARY[binary]
    elif decimal:
        factor = _DECIMAL[decimal]
    elif exponent:
        factor = Decimal(10) ** int(exponent)
    return Decimal(number) * factor


def _name_errors(name: str, field: str, names: set[str]) -> list[FieldError]:
    if not name:
        return [required(f"{field}.name")]
    errors = each_invalid(f"{field}.name", name, dns_label(name))
    if name in names:
        errors.append(duplicate(f"{field}.name", name))
    names.add(name)
    return errors


def _image_errors(image: str, field: str) -> list[FieldError]:
    if not image:
        return [required(field)]
    if image != image.strip():
        return [invalid_value(field, image, "must not have leading or trailing whitespace")]
    return []


def _ports_errors(ports: list[Json], field: str) -> list[FieldError]:
    errors: list[FieldError] = []
    names: set[str] = set()
    for index, port in enumerate(ports):
        place = f"{field}[{index}]"
        name, number = port.get("name") or "", port.get("containerPort") or 0
        if name:
            errors += each_invalid(f"{place}.name", name, port_name(name))
            if name in names:
                errors.append(duplicate(f"{place}.name", name))
            names.add(name)
        if not number:
            errors.append(required(f"{place}.containerPort"))
        else:
            errors += each_invalid(f"{place}.containerPort", number, port_number(number))
        if port.get("hostPort"):
            host_port = port["hostPort"]
            errors += each_invalid(f"{place}.hostPort", host_port, port_number(host_port))
        errors += one_of(f"{place}.protocol", port.get("protocol"), PROTOCOLS)
    return errors


def _environment_errors(container: Json, field: str) -> list[FieldError]:
    errors: list[FieldError] = []
    for index, variable in enumerate(container.get("env") or []):
        place, name = f"{field}.env[{index}]", variable.get("name") or ""
        if not name:
            errors.append(required(f"{place}.name"))
        else:
            errors += each_invalid(f"{place}.name", name, env_name(name))
        source = variable.get("valueFrom")
        if source is not None:
            has_value = bool(variable.get("value"))
            errors += _source_errors(source, f"{place}.valueFrom", has_value)
    for index, entry in enumerate(container.get("envFrom") or []):
        errors += _bulk_source_errors(entry, f"{field}.envFrom[{index}]")
    return errors


def _source_errors(source: Json, field: str, has_value: bool) -> list[FieldError]:
    errors: list[FieldError] = []
    given = [name for name in _SOURCES if source.get(name) is not None]
    if "fieldRef" in given:
        errors += _field_ref_errors(source["fieldRef"], f"{field}.fieldRef")
    for name in ("configMapKeyRef", "secretKeyRef"):
        if name in given:
            errors += _key_ref_errors(source[name], f"{field}.{name}")
    if not given:
        known = ", ".join(f"`{name}`" for name in _SOURCES[:-1])
        why = f"must specify one of: {known} or `{_SOURCES[-1]}`"
        errors.append(invalid_value(field, "", why))
    elif has_value:
        why = "may not be specified when `value` is not empty"
        errors.append(invalid_value(field, "", why))
    elif len(given) > 1:
        why = "may not have more than one field specified at a time"
        errors.append(invalid_value(field, "", why))
    return errors


def _field_ref_errors(reference: Json, field: str) -> list[FieldError]:
    path = reference.get("fieldPath") or ""
    if not path:
        return [required(f"{field}.fieldPath")]
    subscript = re.fullmatch(r"metadata\.(labels|annotations)\['([^']*)'\]", path)
    if subscript:
        key = subscript.group(2)
        return each_invalid(f"{field}.fieldPath", path, qualified_name(key.lower()))
    if path not in (*_FIELD_PATHS, *_CONVERTIBLE_PATHS):
        why = f"error converting fieldPath: field label not supported: {path}"
        return [invalid_value(f"{field}.fieldPath", path, why)]
    if path not in _FIELD_PATHS:
        return [not_supported(f"{field}.fieldPath", path, _FIELD_PATHS)]
    return []


def _key_ref_errors(reference: Json, field: str) -> list[FieldError]:
    name, key = reference.get("name") or "", reference.get("key") or ""
    errors = each_invalid(f"{field}.name", name, dns_subdomain(name)) if name else []
    if not key:
        return [*errors, required(f"{field}.key")]
    return errors + each_invalid(f"{field}.key", key, config_key(key))


def _bulk_source_errors(entry: Json, field: str) -> list[FieldError]:
    given = [name for name in ("configMapRef", "secretRef") if entry.get(name) is not None]
    errors: list[FieldError] = []
    for name in given:
        reference = entry[name].get("name") or ""
        if not reference:
            errors.append(required(f"{field}.{name}.name"))
        else:
            messages = dns_subdomain(reference)
            errors += each_invalid(f"{field}.{name}.name", reference, messages)
    if not given:
        why = "must specify one of: `configMapRef` or `secretRef`"
        errors.append(invalid_value(field, "", why))
    elif len(given) > 1:
        why = "may not have more than one field specified at a time"
        errors.append(invalid_value(field, "", why))
    return errors


def _mounts_errors(mounts: list[Json], field: str, volumes: Collection[str]) -> list[FieldError]:
    errors: list[FieldError] = []
    paths: set[str] = set()
    for index, mount in enumerate(mounts):
        place = f"{field}[{index}]"
        name, path = mount.get("name") or "", mount.get("mountPath") or ""
        if not name:
            errors.append(required(f"{place}.name"))
        if name not in volumes:
            errors.append(not_found(f"{place}.name", name))
        if not path:
            errors.append(required(f"{place}.mountPath"))
        elif path in paths:
            errors.append(invalid_value(f"{place}.mountPath", path, "must be unique"))
        paths.add(path)
        if mount.get("subPath"):
            part = mount["subPath"]
            errors += each_invalid(f"{place}.subPath", part, local_path(part))
    return errors


def _probes_errors(container: Json, field: str) -> list[FieldError]:
    errors: list[FieldError] = []
    for name in _PROBES:
        probe, place = container.get(name), f"{field}.{name}"
        if probe is None:
            continue
        errors += _handler_errors(probe, place)
        for number in (
            "initialDelaySeconds",
            "timeoutSeconds",
            "periodSeconds",
            "successThreshold",
            "failureThreshold",
        ):
            errors += non_negative(f"{place}.{number}", probe.get(number))
        if name != "readinessProbe" and probe.get("successThreshold", 1) != 1:
            value = probe["successThreshold"]
            errors.append(invalid_value(f"{place}.successThreshold", value, "must be 1"))
    return errors


def _handler_errors(probe: Json, field: str) -> list[FieldError]:
    given = [name for name in _HANDLERS if probe.get(name) is not None]
    errors = exactly_one(field, given, "handler type")
    if not given:
        return errors
    name, action = given[0], probe[given[0]]
    place = f"{field}.{name}"
    if name == "exec":
        return errors if action.get("command") else [*errors, required(f"{place}.command")]
    if name == "grpc":
        port = action.get("port") or 0
        return errors + each_invalid(f"{place}.port", port, port_number(port))
    if name == "httpGet" and not action.get("path"):
        errors.append(required(f"{place}.path"))
    errors += port_or_name_errors(action.get("port") or 0, f"{place}.port")
    if name == "httpGet" and action.get("scheme") not in ("HTTP", "HTTPS"):
        errors.append(not_supported(f"{place}.scheme", action.get("scheme"), ("HTTP", "HTTPS")))
    return errors


def _resources_errors(resources: Json, field: str) -> list[FieldError]:
    errors: list[FieldError] = []
    limits = resources.get("limits") or {}
    for part in ("limits", "requests"):
        for name, text in (resources.get(part) or {}).items():
            value, place = quantity(text), f"{field}.{part}[{name}]"
            if value is None:
                errors.append(invalid_value(place, text, _QUANTITY_WORDS))
            elif value < 0:
                why = "must be greater than or equal to 0"
                errors.append(invalid_value(place, str(text), why))
    for name, text in (resources.get("requests") or {}).items():
        most, asked = quantity(limits.get(name, "")), quantity(text)
        if most is not None and asked is not None and asked > most:
            why = f"must be less than or equal to {name} limit of {limits[name]}"
            errors.append(invalid_value(f"{field}.requests", str(text), why))
    return errors
