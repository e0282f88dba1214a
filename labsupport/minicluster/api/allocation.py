"""Service addresses: cluster IPs and node ports, given out inside the transaction that needs them.

There is no table of what is taken: the Services themselves say it, so nothing can leak.
"""

from collections.abc import Collection, Iterable
from ipaddress import IPv4Network, ip_address

from labsupport.base.types import Json
from labsupport.rules.validation import FieldError, invalid
from labsupport.rules.validation.field import invalid_value

NODE_PORTS = range(30000, 32768)
_HEADLESS = "None"
_EXTERNAL_TYPES = ("NodePort", "LoadBalancer")
_ONLY_WITH_CLUSTER_IP = ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy")
_ONLY_LOAD_BALANCER = ("allocateLoadBalancerNodePorts", "loadBalancerClass")
_ONLY_EXTERNAL = ("externalTrafficPolicy", "healthCheckNodePort")


class ServiceAddresses:
    """Gives Services what they lack, from 127.N.128.0/18 and the node ports."""

    def __init__(self, network: str) -> None:
        self.cluster_ips = IPv4Network(f"{network}.128.0/18")

    def allocated(self, service: Json, others: Iterable[Json]) -> Json:
        """The Service with its addresses; 422 when one it asks for is not to be had."""
        specs = [other["spec"] for other in others if not _same(other, service)]
        spec = dict(service["spec"])
        errors: list[FieldError] = []
        if spec.get("type") != "ExternalName":
            taken_ips = {ip for other in specs for ip in other.get("clusterIPs") or ()}
            errors += self._set_cluster_ip(spec, taken_ips)
        if uses_node_ports(spec):
            taken = {port.get("nodePort") for other in specs for port in other.get("ports") or ()}
            errors += _set_node_ports(spec, taken)
        if errors:
            raise invalid("", "Service", service["metadata"]["name"], errors)
        return {**service, "spec": spec}

    def _set_cluster_ip(self, spec: Json, taken: Collection[str]) -> list[FieldError]:
        wanted = spec.get("clusterIP") or next(iter(spec.get("clusterIPs") or ()), "")
        errors: list[FieldError] = []
        if not wanted:
            # The first address is kept for the Service `kubernetes`, which asks for it by name.
            wanted = next((str(ip) for ip in self._assignable() if str(ip) not in taken), "")
            if not wanted:
                errors.append(_refused_ip([], f"range is full ({self.cluster_ips})"))
        elif wanted != _HEADLESS:
            errors += self._explicit_ip_errors(wanted, taken)
        spec["clusterIP"], spec["clusterIPs"] = wanted, [wanted]
        spec.setdefault("ipFamilies", ["IPv4"])
        spec.setdefault("ipFamilyPolicy", "SingleStack")
        return errors

    def _explicit_ip_errors(self, wanted: str, taken: Collection[str]) -> list[FieldError]:
        if wanted in taken:
            why = f"failed to allocate IP {wanted}: provided IP is already allocated"
            return [_refused_ip([wanted], why)]
        if ip_address(wanted) not in self.cluster_ips:
            why = (
                f"failed to allocate IP {wanted}: the provided IP ({wanted}) is not in the valid "
                f"range. The range of valid IPs is {self.cluster_ips}"
            )
            return [_refused_ip([wanted], why)]
        return []

    def _assignable(self) -> Iterable[object]:
        hosts = iter(self.cluster_ips.hosts())
        next(hosts)
        return hosts


def uses_node_ports(spec: Json) -> bool:
    """Whether the Service listens on every node."""
    if spec.get("type") == "LoadBalancer":
        return spec.get("allocateLoadBalancerNodePorts", True) is not False
    return spec.get("type") == "NodePort"


def carried_over(new: Json, old: Json) -> Json:
    """`new` with what was allocated to `old` and the writer left out; freed where the type changed.

    So that a manifest without addresses can be applied again and again.
    """
    spec, before = dict(new["spec"]), old["spec"]
    had_ip = before.get("type") != "ExternalName"
    has_ip = spec.get("type") != "ExternalName"
    if had_ip and has_ip:
        if not spec.get("clusterIP") or spec["clusterIP"] == before.get("clusterIP"):
            for name in _ONLY_WITH_CLUSTER_IP:
                if name in before and not spec.get(name):
                    spec[name] = before[name]
    elif had_ip:
        _drop_unchanged(spec, before, _ONLY_WITH_CLUSTER_IP)
    if before.get("type") == "LoadBalancer" != spec.get("type"):
        _drop_unchanged(spec, before, _ONLY_LOAD_BALANCER)
    if before.get("type") in _EXTERNAL_TYPES and spec.get("type") not in _EXTERNAL_TYPES:
        _drop_unchanged(spec, before, _ONLY_EXTERNAL)
    if "ports" in spec:
        spec["ports"] = _ports_carried_over(spec, before)
    return {**new, "spec": spec}


def _ports_carried_over(spec: Json, before: Json) -> list[Json]:
    old_ports = {_port_key(port): port.get("nodePort") for port in before.get("ports") or ()}
    ports = []
    for port in spec["ports"]:
        kept = old_ports.get(_port_key(port))
        if uses_node_ports(spec):
            if not port.get("nodePort") and kept and uses_node_ports(before):
                port = {**port, "nodePort": kept}
        elif kept and port.get("nodePort") == kept:
            port = {name: value for name, value in port.items() if name != "nodePort"}
        ports.append(port)
    return ports


def _set_node_ports(spec: Json, taken: Collection[int | None]) -> list[FieldError]:
    errors: list[FieldError] = []
    used: dict[int, str] = {}
    ports = [dict(port) for port in spec.get("ports") or ()]
    for index, port in enumerate(ports):
        wanted = port.get("nodePort")
        if not wanted:
            continue
        field = f"spec.ports[{index}].nodePort"
        if wanted not in NODE_PORTS:
            bounds = f"{NODE_PORTS.start}-{NODE_PORTS.stop - 1}"
            why = "provided port is not in the valid range. The range of valid ports is "
            errors.append(invalid_value(field, wanted, why + bounds))
        elif wanted in taken or used.get(wanted) == port.get("protocol"):
            errors.append(invalid_value(field, wanted, "provided port is already allocated"))
        used[wanted] = port.get("protocol", "TCP")
    free = (port for port in NODE_PORTS if port not in taken and port not in used)
    for port in ports:
        if not port.get("nodePort"):
            port["nodePort"] = next(free)
    spec["ports"] = ports
    return errors


def _drop_unchanged(spec: Json, before: Json, names: Iterable[str]) -> None:
    """Removes what the type no longer has, unless the writer set it anew (then it is refused)."""
    for name in names:
        if name in spec and spec[name] == before.get(name):
            del spec[name]


def _refused_ip(value: list[str], why: str) -> FieldError:
    return invalid_value("spec.clusterIPs", value, why)


def _port_key(port: Json) -> tuple[str, int]:
    return port.get("protocol", "TCP"), port.get("port", 0)


def _same(one: Json, other: Json) -> bool:
    names = ("namespace", "name")
    return all(one["metadata"].get(name) == other["metadata"].get(name) for name in names)
