"""Services (`pkg/apis/core/validation`, ValidateService)."""

from labsupport.base.types import Json
from labsupport.rules.formats import (
    dns_label,
    dns_subdomain,
    ip_address,
    parsed_ip,
    port_name,
    port_number,
    qualified_name,
)
from labsupport.rules.validation.addresses import endpoint_address
from labsupport.rules.validation.field import (
    FieldError,
    duplicate,
    each_invalid,
    forbidden,
    immutable,
    invalid_value,
    non_negative,
    not_supported,
    one_of,
    required,
)
from labsupport.rules.validation.metadata import label_errors

PROTOCOLS = ("SCTP", "TCP", "UDP")
TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_LONGEST_AFFINITY = 86400


def service_name(name: str) -> list[str]:
    """The form of a Service's name (since Kubernetes 1.37 it may start with a digit, too)."""
    return dns_label(name)


def service_errors(service: Json) -> list[FieldError]:
    """What is wrong with a Service, its metadata apart (defaults are filled in before)."""
    spec = service.get("spec") or {}
    ports = spec.get("ports") or []
    errors = _type_errors(spec, ports)
    names: set[str] = set()
    for index, port in enumerate(ports):
        errors += _port_errors(port, f"spec.ports[{index}]", len(ports) > 1, names)
    errors += label_errors(spec.get("selector") or {}, "spec.selector")
    errors += _affinity_errors(spec)
    errors += _cluster_ip_errors(spec)
    for index, address in enumerate(spec.get("externalIPs") or []):
        field = f"spec.externalIPs[{index}]"
        errors += each_invalid(field, address, endpoint_address(address, allow_loopback=False))
    errors += one_of("spec.type", spec.get("type"), TYPES)
    errors += _uniqueness_errors(spec, ports)
    errors += _load_balancer_errors(spec)
    return errors + _traffic_policy_errors(spec)


def service_update_errors(new: Json, old: Json) -> list[FieldError]:
    """What is wrong with a changed Service; the primary cluster IP may not change."""
    new_spec, old_spec = new.get("spec") or {}, old.get("spec") or {}
    errors: list[FieldError] = []
    if "ExternalName" not in (new_spec.get("type"), old_spec.get("type")):
        new_ips, old_ips = _cluster_ips(new_spec), _cluster_ips(old_spec)
        if old_ips and not new_ips:
            why = "primary clusterIP can not be unset"
            errors.append(invalid_value("spec.clusterIPs[0]", new_ips, why))
        elif old_ips and new_ips[0] != old_ips[0]:
            why = "may not change once set"
            errors.append(invalid_value("spec.clusterIPs[0]", new_ips, why))
    if new_spec.get("type") == old_spec.get("type") == "LoadBalancer":
        classes = [spec.get("loadBalancerClass") for spec in (new_spec, old_spec)]
        errors += [
            invalid_value(error.field, error.bad_value, "may not change once set")
            for error in immutable("spec.loadBalancerClass", *classes)
        ]
    return errors + service_errors(new)


def service_status_errors(service: Json) -> list[FieldError]:
    """What is wrong with `status.loadBalancer`."""
    field = "status.loadBalancer.ingress"
    entries = ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    if entries and (service.get("spec") or {}).get("type") != "LoadBalancer":
        return [forbidden(field, "may only be used when `spec.type` is 'LoadBalancer'")]
    errors: list[FieldError] = []
    for index, entry in enumerate(entries):
        errors += _status_entry_errors(entry, f"{field}[{index}]")
    return errors


def port_or_name_errors(port: int | str, field: str) -> list[FieldError]:
    """A port of a container, by number or by name (IntOrString)."""
    messages = port_name(port) if isinstance(port, str) else port_number(port)
    return each_invalid(field, port, messages)


def _status_entry_errors(entry: Json, field: str) -> list[FieldError]:
    errors: list[FieldError] = []
    address, host, mode = entry.get("ip"), entry.get("hostname"), entry.get("ipMode")
    if address:
        errors += each_invalid(f"{field}.ip", address, ip_address(address))
    if mode is not None:
        if not address:
            why = "may not be specified when `ip` is not set"
            errors.append(forbidden(f"{field}.ipMode", why))
        elif mode not in ("Proxy", "VIP"):
            errors.append(not_supported(f"{field}.ipMode", mode, ("Proxy", "VIP")))
    if host:
        errors += each_invalid(f"{field}.hostname", host, dns_subdomain(host))
        if parsed_ip(host) is not None:
            why = "must be a DNS name, not an IP address"
            errors.append(invalid_value(f"{field}.hostname", host, why))
    return errors


def _cluster_ips(spec: Json) -> list[str]:
    """`clusterIPs`, or the one in `clusterIP` where only that is given."""
    single = spec.get("clusterIP")
    return spec.get("clusterIPs") or ([single] if single else [])


def _type_errors(spec: Json, ports: list[Json]) -> list[FieldError]:
    kind = spec.get("type")
    headless = _cluster_ips(spec) == ["None"]
    errors: list[FieldError] = []
    if not ports and not headless and kind != "ExternalName":
        errors.append(required("spec.ports"))
    if headless and kind in ("LoadBalancer", "NodePort"):
        why = f"may not be set to 'None' for {kind} services"
        errors.append(invalid_value("spec.clusterIPs[0]", "None", why))
    return errors + (_external_name_errors(spec) if kind == "ExternalName" else [])


def _external_name_errors(spec: Json) -> list[FieldError]:
    why = "may not be set for ExternalName services"
    errors = [
        forbidden(f"spec.{field}", why)
        for field, value in (
            ("clusterIPs", _cluster_ips(spec)),
            ("ipFamilies", spec.get("ipFamilies")),
            ("ipFamilyPolicy", spec.get("ipFamilyPolicy")),
        )
        if value
    ]
    name = (spec.get("externalName") or "").removesuffix(".")
    if not name:
        return [*errors, required("spec.externalName")]
    return errors + each_invalid("spec.externalName", name, dns_subdomain(name))


def _port_errors(port: Json, field: str, require_name: bool, names: set[str]) -> list[FieldError]:
    """One entry of `spec.ports`; `names` collects those seen so far."""
    errors: list[FieldError] = []
    name = port.get("name") or ""
    if name:
        errors += each_invalid(f"{field}.name", name, dns_label(name))
        if name in names:
            errors.append(duplicate(f"{field}.name", name))
        names.add(name)
    elif require_name:
        errors.append(required(f"{field}.name"))
    number = port.get("port") or 0
    errors += each_invalid(f"{field}.port", number, port_number(number))
    errors += one_of(f"{field}.protocol", port.get("protocol"), PROTOCOLS)
    errors += port_or_name_errors(port.get("targetPort") or 0, f"{field}.targetPort")
    protocol = port.get("appProtocol")
    if protocol is not None:
        errors += each_invalid(f"{field}.appProtocol", protocol, qualified_name(protocol))
    return errors


def _affinity_errors(spec: Json) -> list[FieldError]:
    affinity, config = spec.get("sessionAffinity"), spec.get("sessionAffinityConfig")
    errors = one_of("spec.sessionAffinity", affinity, ("ClientIP", "None"))
    field = "spec.sessionAffinityConfig"
    if affinity == "None" and config is not None:
        errors.append(forbidden(field, "must not be set when session affinity is None"))
    elif affinity == "ClientIP":
        seconds = ((config or {}).get("clientIP") or {}).get("timeoutSeconds")
        if seconds is None or not 0 < seconds <= _LONGEST_AFFINITY:
            why = f"must be greater than 0 and less than {_LONGEST_AFFINITY}"
            errors.append(invalid_value(f"{field}.clientIP.timeoutSeconds", seconds, why))
    return errors


def _cluster_ip_errors(spec: Json) -> list[FieldError]:
    if spec.get("type") == "ExternalName":
        return []
    field, addresses = "spec.clusterIPs", _cluster_ips(spec)
    errors: list[FieldError] = []
    if addresses and spec.get("clusterIP") and spec["clusterIP"] != addresses[0]:
        errors.append(invalid_value(field, addresses, "first value must match `clusterIP`"))
    for index, address in enumerate(addresses):
        if address != "None":
            errors += each_invalid(f"{field}[{index}]", address, ip_address(address))
        elif len(addresses) > 1:
            why = "'None' must be the first and only value"
            errors.append(invalid_value(f"{field}[{index}]", address, why))
    if len(addresses) > 2:
        errors.append(invalid_value(field, addresses, "may only hold up to 2 values"))
    return errors


def _uniqueness_errors(spec: Json, ports: list[Json]) -> list[FieldError]:
    errors: list[FieldError] = []
    node_ports = [
        (index, port["nodePort"], port.get("protocol"))
        for index, port in enumerate(ports)
        if port.get("nodePort")
    ]
    if spec.get("type") == "ClusterIP":
        why = "may not be used when `type` is 'ClusterIP'"
        errors += [forbidden(f"spec.ports[{index}].nodePort", why) for index, *_ in node_ports]
    taken: set[tuple[int, str | None]] = set()
    for index, number, protocol in node_ports:
        if (number, protocol) in taken:
            errors.append(duplicate(f"spec.ports[{index}].nodePort", number))
        taken.add((number, protocol))
    seen: set[tuple[str | None, int | None]] = set()
    for index, port in enumerate(ports):
        key = (port.get("protocol"), port.get("port") or 0)
        if key in seen:
            # The API server prints its internal struct here.
            value = {"Name": "", "Protocol": key[0], "AppProtocol": None, "Port": key[1],
                     "TargetPort": 0, "NodePort": 0}  # fmt: skip
            errors.append(duplicate(f"spec.ports[{index}]", value))
        seen.add(key)
    return errors


def _load_balancer_errors(spec: Json) -> list[FieldError]:
    why = "may only be used when `type` is 'LoadBalancer'"
    allocate = "spec.allocateLoadBalancerNodePorts"
    errors: list[FieldError] = []
    if spec.get("type") == "LoadBalancer":
        if spec.get("allocateLoadBalancerNodePorts") is None:
            errors.append(required(allocate))
    else:
        if spec.get("allocateLoadBalancerNodePorts") is not None:
            errors.append(forbidden(allocate, why))
        if spec.get("loadBalancerClass") is not None:
            errors.append(forbidden("spec.loadBalancerClass", why))
    return errors


def _traffic_policy_errors(spec: Json) -> list[FieldError]:
    kind, policies = spec.get("type"), ("Cluster", "Local")
    external, internal = spec.get("externalTrafficPolicy"), spec.get("internalTrafficPolicy")
    errors: list[FieldError] = []
    external_ips = kind == "ClusterIP" and spec.get("externalIPs")
    if kind in ("NodePort", "LoadBalancer") or external_ips:
        # With external IPs only, the field has no default and may stay empty.
        if external or not external_ips:
            errors += one_of("spec.externalTrafficPolicy", external, policies)
    elif external:
        why = "may only be set for externally-accessible services"
        errors.append(invalid_value("spec.externalTrafficPolicy", external, why))
    if kind == "LoadBalancer" and external == "Local":
        errors += non_negative("spec.healthCheckNodePort", spec.get("healthCheckNodePort"))
    elif spec.get("healthCheckNodePort"):
        why = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
        errors.append(invalid_value("spec.healthCheckNodePort", spec["healthCheckNodePort"], why))
    if internal is not None and internal not in policies:
        errors.append(not_supported("spec.internalTrafficPolicy", internal, policies))
    elif internal is None and kind in ("ClusterIP", "NodePort", "LoadBalancer"):
        errors.append(required("spec.internalTrafficPolicy"))
    return errors
