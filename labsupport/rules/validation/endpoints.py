"""Endpoints and EndpointSlices (`pkg/apis/core`, `pkg/apis/discovery`)."""

from labsupport.base.types import Json
from labsupport.rules.formats import (
    dns_label,
    dns_subdomain,
    ip_address,
    label_value,
    parsed_ip,
    port_number,
    qualified_name,
)
from labsupport.rules.validation.addresses import endpoint_address
from labsupport.rules.validation.field import (
    FieldError,
    duplicate,
    each_invalid,
    immutable,
    invalid_value,
    not_supported,
    one_of,
    required,
    too_many,
)
from labsupport.rules.validation.service import PROTOCOLS

_ADDRESS_TYPES = ("FQDN", "IPv4", "IPv6")
_MOST_ENDPOINTS, _MOST_ADDRESSES, _MOST_PORTS, _MOST_ZONES = 1000, 100, 20000, 8


def endpoints_errors(endpoints: Json, *, allow_loopback: bool = True) -> list[FieldError]:
    """What is wrong with an Endpoints object, its metadata apart."""
    errors: list[FieldError] = []
    for index, subset in enumerate(endpoints.get("subsets") or []):
        field = f"subsets[{index}]"
        if not subset.get("addresses") and not subset.get("notReadyAddresses"):
            why = "must specify `addresses` or `notReadyAddresses`"
            errors.append(required(field, why))
        for part in ("addresses", "notReadyAddresses"):
            for position, address in enumerate(subset.get(part) or []):
                place = f"{field}.{part}[{position}]"
                errors += _subset_address_errors(address, place, allow_loopback)
        ports = subset.get("ports") or []
        for position, port in enumerate(ports):
            errors += _subset_port_errors(port, f"{field}.ports[{position}]", len(ports) > 1)
    return errors


def endpoint_slice_errors(endpoint_slice: Json, *, allow_loopback: bool = True) -> list[FieldError]:
    """What is wrong with an EndpointSlice, its metadata apart."""
    kind = endpoint_slice.get("addressType")
    errors = one_of("addressType", kind, _ADDRESS_TYPES)
    endpoints = endpoint_slice.get("endpoints") or []
    if len(endpoints) > _MOST_ENDPOINTS:
        return [*errors, too_many("endpoints", len(endpoints), _MOST_ENDPOINTS)]
    for index, endpoint in enumerate(endpoints):
        field = f"endpoints[{index}]"
        errors += _addresses_errors(endpoint, kind or "", field, allow_loopback)
        errors += _endpoint_errors(endpoint, field)
    return errors + _slice_port_errors(endpoint_slice.get("ports") or [])


def endpoint_slice_update_errors(new: Json, old: Json) -> list[FieldError]:
    """The address type of a slice can't change."""
    kinds = [each.get("addressType") for each in (new, old)]
    return endpoint_slice_errors(new) + immutable("addressType", *kinds)


def _subset_address_errors(address: Json, field: str, allow_loopback: bool) -> list[FieldError]:
    ip = address.get("ip") or ""
    errors = each_invalid(f"{field}.ip", ip, ip_address(ip))
    if address.get("hostname"):
        name = address["hostname"]
        errors += each_invalid(f"{field}.hostname", name, dns_label(name))
    if address.get("nodeName"):
        name = address["nodeName"]
        errors += each_invalid(f"{field}.nodeName", name, dns_subdomain(name))
    if not errors:
        messages = endpoint_address(ip, allow_loopback=allow_loopback)
        errors += each_invalid(f"{field}.ip", ip, messages)
    return errors


def _subset_port_errors(port: Json, field: str, require_name: bool) -> list[FieldError]:
    name, number = port.get("name") or "", port.get("port") or 0
    errors: list[FieldError] = []
    if name:
        errors += each_invalid(f"{field}.name", name, dns_label(name))
    elif require_name:
        errors.append(required(f"{field}.name"))
    errors += each_invalid(f"{field}.port", number, port_number(number))
    return errors + one_of(f"{field}.protocol", port.get("protocol"), PROTOCOLS)


def _addresses_errors(
    endpoint: Json, kind: str, field: str, allow_loopback: bool
) -> list[FieldError]:
    addresses, field = endpoint.get("addresses") or [], f"{field}.addresses"
    if not addresses:
        return [required(field)]
    if len(addresses) > _MOST_ADDRESSES:
        return [too_many(field, len(addresses), _MOST_ADDRESSES)]
    if kind not in _ADDRESS_TYPES:
        return []
    errors: list[FieldError] = []
    for index, address in enumerate(addresses):
        if kind == "FQDN":
            messages = dns_subdomain(address)
        else:
            messages = ip_address(address)
            if not messages:
                if not _is_of_family(address, kind):
                    errors.append(invalid_value(field, address, f"must be an {kind} address"))
                messages = endpoint_address(address, allow_loopback=allow_loopback)
        errors += each_invalid(f"{field}[{index}]", address, messages)
    return errors


def _is_of_family(address: str, kind: str) -> bool:
    ip = parsed_ip(address)
    return kind not in ("IPv4", "IPv6") or (ip is not None and f"IPv{ip.version}" == kind)


def _endpoint_errors(endpoint: Json, field: str) -> list[FieldError]:
    errors: list[FieldError] = []
    if (name := endpoint.get("nodeName")) is not None:
        errors += each_invalid(f"{field}.nodeName", name, dns_subdomain(name))
    if (name := endpoint.get("hostname")) is not None:
        errors += each_invalid(f"{field}.hostname", name, dns_label(name))
    hints = endpoint.get("hints") or {}
    for part in ("forZones", "forNodes"):
        errors += _hint_errors(hints.get(part) or [], f"{field}.hints.{part}")
    return errors


def _hint_errors(entries: list[Json], field: str) -> list[FieldError]:
    if len(entries) > _MOST_ZONES:
        return [too_many(field, len(entries), _MOST_ZONES)]
    errors: list[FieldError] = []
    names = [entry.get("name") or "" for entry in entries]
    for index, name in enumerate(names):
        errors += each_invalid(f"{field}[{index}].name", name, label_value(name))
        if name in names[:index]:
            errors.append(duplicate(f"{field}[{index}].name", name))
    return errors


def _slice_port_errors(ports: list[Json]) -> list[FieldError]:
    if len(ports) > _MOST_PORTS:
        return [too_many("ports", len(ports), _MOST_PORTS)]
    errors: list[FieldError] = []
    names: set[str] = set()
    for index, port in enumerate(ports):
        field = f"ports[{index}]"
        name = port.get("name") or ""
        if name:
            errors += each_invalid(f"{field}.name", name, dns_label(name))
        if name in names:
            errors.append(duplicate(f"{field}.name", name))
        names.add(name)
        if port.get("port") is not None:
            errors += each_invalid(f"{field}.port", port["port"], port_number(port["port"]))
        if (protocol := port.get("protocol")) not in PROTOCOLS:
            errors.append(not_supported(f"{field}.protocol", protocol or "", PROTOCOLS))
        if port.get("appProtocol") is not None:
            protocol = port["appProtocol"]
            errors += each_invalid(f"{field}.appProtocol", protocol, qualified_name(protocol))
    return errors
