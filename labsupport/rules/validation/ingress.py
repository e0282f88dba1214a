"""Ingress and IngressClass (`pkg/apis/networking/validation`)."""

from labsupport.base.types import Json
from labsupport.rules.admission import CLASS_ANNOTATION
from labsupport.rules.formats import (
    dns_label,
    dns_subdomain,
    http_path,
    ip_address,
    parsed_ip,
    path_segment,
    port_name,
    port_number,
    wildcard_subdomain,
)
from labsupport.rules.validation.field import (
    FieldError,
    each_invalid,
    forbidden,
    immutable,
    invalid_value,
    not_supported,
    required,
    too_long,
)
from labsupport.rules.validation.service import service_name

PATH_TYPES = ("Exact", "ImplementationSpecific", "Prefix")
_BAD_SEQUENCES = ("//", "/./", "/../", "%2f", "%2F")
_BAD_SUFFIXES = ("/..", "/.")
_CONTROLLER_LIMIT = 250


def ingress_errors(ingress: Json) -> list[FieldError]:
    """What is wrong with a new Ingress, its metadata apart."""
    spec = ingress.get("spec") or {}
    return _spec_errors(spec) + _class_errors(ingress, spec)


def ingress_update_errors(new: Json, old: Json) -> list[FieldError]:
    """What is wrong with a changed Ingress; what was wrong before may stay wrong."""
    old_spec = old.get("spec") or {}
    return _spec_errors(
        new.get("spec") or {},
        check_secrets=not _has_bad_secret(old_spec),
        check_wildcard_http=not _has_bad_wildcard_rule(old_spec),
    )


def ingress_status_errors(ingress: Json) -> list[FieldError]:
    """What is wrong with `status.loadBalancer`; loopback addresses are allowed there."""
    errors: list[FieldError] = []
    entries = ((ingress.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    for index, entry in enumerate(entries):
        field = f"status.loadBalancer.ingress[{index}]"
        if entry.get("ip"):
            errors += each_invalid(f"{field}.ip", entry["ip"], ip_address(entry["ip"]))
        if entry.get("hostname"):
            errors += host_name_errors(entry["hostname"], f"{field}.hostname")
    return errors


def ingress_class_errors(ingress_class: Json) -> list[FieldError]:
    """What is wrong with a new IngressClass, its metadata apart."""
    spec = ingress_class.get("spec") or {}
    errors = _controller_errors(spec.get("controller") or "")
    if spec.get("parameters") is not None:
        errors += _parameter_errors(spec["parameters"])
    return errors


def ingress_class_update_errors(new: Json, old: Json) -> list[FieldError]:
    """The controller of a class can't change."""
    controllers = [(each.get("spec") or {}).get("controller") or "" for each in (new, old)]
    return ingress_class_errors(new) + immutable("spec.controller", *controllers)


def host_name_errors(host: str, field: str) -> list[FieldError]:
    """A name that must be a DNS subdomain and no IP address."""
    errors = each_invalid(field, host, dns_subdomain(host))
    if parsed_ip(host) is not None:
        errors.append(invalid_value(field, host, "must be a DNS name, not an IP address"))
    return errors


def _spec_errors(
    spec: Json, *, check_secrets: bool = True, check_wildcard_http: bool = True
) -> list[FieldError]:
    errors: list[FieldError] = []
    rules, default = spec.get("rules"), spec.get("defaultBackend")
    if not rules and default is None:
        why = "either `defaultBackend` or `rules` must be specified"
        errors.append(invalid_value("spec", rules, why))
    if default is not None:
        errors += _backend_errors(default, "spec.defaultBackend")
    for index, rule in enumerate(rules or []):
        errors += _rule_errors(rule, f"spec.rules[{index}]", check_wildcard_http)
    for index, tls in enumerate(spec.get("tls") or []):
        errors += _tls_errors(tls, f"spec.tls[{index}]", check_secrets)
    class_name = spec.get("ingressClassName")
    if class_name is not None:
        errors += each_invalid("spec.ingressClassName", class_name, dns_subdomain(class_name))
    return errors


def _class_errors(ingress: Json, spec: Json) -> list[FieldError]:
    annotation = (ingress.get("metadata", {}).get("annotations") or {}).get(CLASS_ANNOTATION)
    class_name = spec.get("ingressClassName")
    if annotation is None or class_name is None or annotation == class_name:
        return []
    why = "must match `ingressClassName` when both are specified"
    return [invalid_value(f"annotations.{CLASS_ANNOTATION}", annotation, why)]


def _rule_errors(rule: Json, field: str, check_wildcard_http: bool) -> list[FieldError]:
    host = rule.get("host") or ""
    wildcard = "*" in host
    errors: list[FieldError] = []
    if host and parsed_ip(host) is not None:
        why = "must be a DNS name, not an IP address"
        errors.append(invalid_value(f"{field}.host", host, why))
    if host:
        form = wildcard_subdomain if wildcard else dns_subdomain
        errors += each_invalid(f"{field}.host", host, form(host))
    if rule.get("http") is not None and (check_wildcard_http or not wildcard):
        errors += _http_errors(rule["http"], f"{field}.http")
    return errors


def _http_errors(http: Json, field: str) -> list[FieldError]:
    paths = http.get("paths") or []
    if not paths:
        return [required(f"{field}.paths")]
    errors: list[FieldError] = []
    for index, path in enumerate(paths):
        errors += _path_errors(path, f"{field}.paths[{index}]")
    return errors


def _path_errors(entry: Json, field: str) -> list[FieldError]:
    path_type, path = entry.get("pathType"), entry.get("path") or ""
    errors: list[FieldError] = []
    if path_type is None:
        return [required(f"{field}.pathType", "pathType must be specified")]
    if path_type not in PATH_TYPES:
        errors.append(not_supported(f"{field}.pathType", path_type, PATH_TYPES))
    elif path_type == "ImplementationSpecific":
        if path and not path.startswith("/"):
            errors.append(invalid_value(f"{field}.path", path, "must be an absolute path"))
    else:
        messages = [] if path.startswith("/") else ["must be an absolute path"]
        messages += [f"must not contain '{part}'" for part in _BAD_SEQUENCES if part in path]
        messages += [f"cannot end with '{end}'" for end in _BAD_SUFFIXES if path.endswith(end)]
        errors += each_invalid(f"{field}.path", path, messages)
    return errors + _backend_errors(entry.get("backend") or {}, f"{field}.backend")


def _backend_errors(backend: Json, field: str) -> list[FieldError]:
    resource, service = backend.get("resource"), backend.get("service")
    if resource is not None and service is not None:
        why = "cannot set both resource and service backends"
        return [invalid_value(field, "", why)]
    if resource is not None:
        return _reference_errors(resource, f"{field}.resource")
    if service is None:
        return [invalid_value(field, "", "resource or service backend is required")]
    errors: list[FieldError] = []
    name = service.get("name") or ""
    if not name:
        errors.append(required(f"{field}.service.name"))
    else:
        errors += each_invalid(f"{field}.service.name", name, service_name(name))
    return errors + _port_errors(service.get("port") or {}, field)


def _port_errors(port: Json, field: str) -> list[FieldError]:
    name, number = port.get("name") or "", port.get("number") or 0
    if name and number:
        return [invalid_value(field, "", "cannot set both port name & port number")]
    if name:
        return each_invalid(f"{field}.service.port.name", name, port_name(name))
    if number:
        return each_invalid(f"{field}.service.port.number", number, port_number(number))
    return [required(field, "port name or number is required")]


def _reference_errors(reference: Json, field: str) -> list[FieldError]:
    """A reference to an object by API group, kind and name."""
    errors: list[FieldError] = []
    group = reference.get("apiGroup")
    if group is not None:
        errors += each_invalid(f"{field}.apiGroup", group, dns_subdomain(group))
    for part in ("kind", "name"):
        value = reference.get(part) or ""
        if value:
            errors += each_invalid(f"{field}.{part}", value, path_segment(value))
        else:
            errors.append(required(f"{field}.{part}"))
    return errors


def _tls_errors(tls: Json, field: str, check_secret: bool) -> list[FieldError]:
    errors: list[FieldError] = []
    for index, host in enumerate(tls.get("hosts") or []):
        form = wildcard_subdomain if "*" in host else dns_subdomain
        errors += each_invalid(f"{field}.hosts[{index}]", host, form(host))
    secret = tls.get("secretName") or ""
    if secret and check_secret:
        errors += each_invalid(f"{field}.secretName", secret, dns_subdomain(secret))
    return errors


def _has_bad_secret(spec: Json) -> bool:
    secrets = [tls.get("secretName") for tls in spec.get("tls") or []]
    return any(secret and dns_subdomain(secret) for secret in secrets)


def _has_bad_wildcard_rule(spec: Json) -> bool:
    return any(
        "*" in (rule.get("host") or "") and rule.get("http") and _http_errors(rule["http"], "")
        for rule in spec.get("rules") or []
    )


def _controller_errors(controller: str) -> list[FieldError]:
    field = "spec.controller"
    errors: list[FieldError] = []
    if len(controller.encode()) > _CONTROLLER_LIMIT:
        errors.append(too_long(field, _CONTROLLER_LIMIT))
    if not controller:
        return [*errors, required(field)]
    host, _, path = controller.partition("/")
    if not host or not path:
        why = 'must be a domain-prefixed path (such as "acme.io/foo")'
        return [*errors, invalid_value(field, controller, why)]
    errors += each_invalid(field, host, dns_subdomain(host))
    return errors + each_invalid(field, path, http_path(path))


def _parameter_errors(parameters: Json) -> list[FieldError]:
    field = "spec.parameters"
    errors = _reference_errors(parameters, field)
    scope, namespace = parameters.get("scope"), parameters.get("namespace")
    if scope is None:
        errors.append(required(f"{field}.scope"))
    elif scope not in ("Cluster", "Namespace"):
        errors.append(not_supported(f"{field}.scope", scope, ("Cluster", "Namespace")))
    elif scope == "Namespace":
        if namespace is None:
            why = "`parameters.scope` is set to 'Namespace'"
            errors.append(required(f"{field}.namespace", why))
        else:
            errors += each_invalid(f"{field}.namespace", namespace, dns_label(namespace))
    elif namespace is not None:
        why = "`parameters.scope` is set to 'Cluster'"
        errors.append(forbidden(f"{field}.namespace", why))
    return errors
