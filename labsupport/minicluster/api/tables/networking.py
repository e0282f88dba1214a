"""Tables of Ingresses, IngressClasses, Services, Endpoints and EndpointSlices."""

from datetime import datetime
from typing import Any

from labsupport.base.types import Json
from labsupport.minicluster.api.tables.columns import (
    AGE,
    NAME,
    NONE,
    Column,
    Printer,
    age_of,
    joined,
    labels_text,
    listing,
    name_of,
    part,
    some_of,
    wide,
)


def _ingress(obj: Json, now: datetime) -> list[Any]:
    spec = part(obj, "spec")
    hosts = [rule["host"] for rule in listing(spec, "rules") if rule.get("host")]
    return [
        name_of(obj),
        NONE if spec.get("ingressClassName") is None else spec["ingressClassName"],
        some_of(hosts, empty="*"),
        _addresses(obj),
        "80, 443" if spec.get("tls") else "80",
        age_of(obj, now),
    ]


def _addresses(obj: Json) -> str:
    """What the load balancer is reached by: addresses or names, sorted."""
    points = listing(obj, "status", "loadBalancer", "ingress")
    return ",".join(sorted({point.get("ip") or point.get("hostname") or "" for point in points}))


def _ingress_class(obj: Json, now: datetime) -> list[Any]:
    spec = part(obj, "spec")
    shown = NONE
    if parameters := part(spec, "parameters"):
        group = f".{parameters['apiGroup']}" if parameters.get("apiGroup") is not None else ""
        shown = f"{parameters.get('kind', '')}{group}/{parameters.get('name', '')}"
    return [name_of(obj), spec.get("controller", ""), shown, age_of(obj, now)]


def _service(obj: Json, now: datetime) -> list[Any]:
    spec = part(obj, "spec")
    cluster_ips = listing(spec, "clusterIPs")
    return [
        name_of(obj),
        spec.get("type", ""),
        cluster_ips[0] if cluster_ips else NONE,
        _external_ip(obj, spec),
        joined(map(_service_port, listing(spec, "ports"))),
        age_of(obj, now),
        labels_text(part(spec, "selector")),
    ]


def _external_ip(obj: Json, spec: Json) -> str:
    if spec.get("type") == "ExternalName":
        return str(spec.get("externalName", ""))
    external = listing(spec, "externalIPs")
    if spec.get("type") != "LoadBalancer":
        return joined(external)
    addresses = _addresses(obj)
    return joined([*([addresses] if addresses else []), *external], empty="<pending>")


def _service_port(port: Json) -> str:
    node_port = f":{port['nodePort']}" if port.get("nodePort") else ""
    return f"{port.get('port')}{node_port}/{port.get('protocol', 'TCP')}"


def _endpoints(obj: Json, now: datetime) -> list[Any]:
    shown = []
    for subset in listing(obj, "subsets"):
        addresses = [_bracketed(address["ip"]) for address in listing(subset, "addresses")]
        ports = [port["port"] for port in listing(subset, "ports")]
        shown += [f"{address}:{port}" for port in ports for address in addresses]
        if not ports:  # a headless Service may have none
            shown += [address["ip"] for address in listing(subset, "addresses")]
    empty = "" if listing(obj, "subsets") else NONE
    return [name_of(obj), some_of(shown, empty=empty), age_of(obj, now)]


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _endpoint_slice(obj: Json, now: datetime) -> list[Any]:
    ports = [
        str(port["port"] if port.get("port") is not None else port.get("name", "*"))
        for port in listing(obj, "ports")
    ]
    addresses = [
        address
        for endpoint in listing(obj, "endpoints")
        for address in listing(endpoint, "addresses")
    ]
    return [
        name_of(obj),
        obj.get("addressType", ""),
        some_of(ports, empty="<unset>"),
        some_of(addresses, empty="<unset>"),
        age_of(obj, now),
    ]


PRINTERS = {
    "ingresses.networking.k8s.io": Printer(
        (
            NAME,
            Column("Class", description="IngressClass that the Ingress belongs to"),
            Column("Hosts", description="Hosts that the rules name; * for any"),
            Column("Address", description="Where the load balancer is reached"),
            Column("Ports", description="Ports that the Ingress opens: 443 with TLS"),
            AGE,
        ),
        _ingress,
    ),
    "ingressclasses.networking.k8s.io": Printer(
        (
            NAME,
            Column("Controller", description="Controller that handles Ingresses of this class"),
            Column("Parameters", description="Object with more settings for the controller"),
            AGE,
        ),
        _ingress_class,
    ),
    "services": Printer(
        (
            NAME,
            Column("Type", description="How the Service is exposed"),
            Column("Cluster-IP", description="Virtual IP inside the cluster"),
            Column("External-IP", description="Addresses that reach it from outside"),
            Column("Port(s)", description="port[:nodePort]/protocol of each port"),
            AGE,
            wide("Selector", description="Labels of the pods behind the Service"),
        ),
        _service,
    ),
    "endpoints": Printer(
        (NAME, Column("Endpoints", description="ip:port of each ready pod"), AGE), _endpoints
    ),
    "endpointslices.discovery.k8s.io": Printer(
        (
            NAME,
            Column("AddressType", description="Type of the addresses in this slice"),
            Column("Ports", description="Ports of every endpoint"),
            Column("Endpoints", description="Addresses of the endpoints"),
            AGE,
        ),
        _endpoint_slice,
    ),
}
