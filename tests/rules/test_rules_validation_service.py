"""Services, Endpoints and EndpointSlices."""

from typing import Any

import pytest

from labsupport.base.types import Json
from labsupport.rules.defaults import with_defaults
from labsupport.rules.validation import creation_errors, update_errors
from labsupport.rules.validation.endpoints import endpoint_slice_errors, endpoints_errors


def service(*ports: Json, **spec: Any) -> Json:
    obj = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "kiada", "namespace": "default"},
        "spec": {"ports": list(ports), **spec},
    }
    return with_defaults("Service", obj)


def port(number: int = 80, **fields: Any) -> Json:
    return {"port": number, **fields}


def messages(obj: Json) -> list[str]:
    return [str(error) for error in creation_errors(obj["kind"], obj)]


@pytest.mark.parametrize(
    "valid",
    [
        service(port()),
        service(port(targetPort="http", nodePort=30080), type="NodePort"),
        service(port(), type="LoadBalancer"),
        service(clusterIP="None"),
        service(type="ExternalName", externalName="example.com."),
        service(port(name="a"), port(name="b", protocol="UDP")),
        service(port(), sessionAffinity="ClientIP"),
        service(port(appProtocol="kubernetes.io/h2c")),
        service(port(), clusterIP="127.16.128.7"),
    ],
)
def test_good_services_pass(valid: Json) -> None:
    assert messages(valid) == []


@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        (service(), ["spec.ports: Required value"]),
        (service(port(0)), [
            "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
            "spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive"]),
        (service(port(), port(81)), [
            "spec.ports[0].name: Required value", "spec.ports[1].name: Required value"]),
        (service(port(name="a"), port(81, name="a")), [
            'spec.ports[1].name: Duplicate value: "a"']),
        (service(port(name="a.b")), [
            'spec.ports[0].name: Invalid value: "a.b": must not contain dots']),
        (service(port(protocol="ICMP")), [
            'spec.ports[0].protocol: Unsupported value: "ICMP": '
            'supported values: "SCTP", "TCP", "UDP"']),
        (service(port(targetPort="a_b")), [
            'spec.ports[0].targetPort: Invalid value: "a_b": '
            "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"]),
        (service(port(name="a"), port(name="b")), [
            'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,'
            '"Port":80,"TargetPort":0,"NodePort":0}']),
        (service(port(nodePort=30000)), [
            "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"]),
        (service(port(name="a", nodePort=30000), port(81, name="b", nodePort=30000),
                 type="NodePort"), ["spec.ports[1].nodePort: Duplicate value: 30000"]),
        (service(port(), type="NodePort", clusterIP="None"), [
            "spec.clusterIPs[0]: Invalid value: \"None\": "
            "may not be set to 'None' for NodePort services"]),
        (service(type="ExternalName"), ["spec.externalName: Required value"]),
        (service(type="ExternalName", externalName="a", clusterIP="10.0.0.1"), [
            "spec.clusterIPs: Forbidden: may not be set for ExternalName services"]),
        (service(port(), type="Magic"), [
            'spec.type: Unsupported value: "Magic": '
            'supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"']),
        (service(port(), sessionAffinity="Some"), [
            'spec.sessionAffinity: Unsupported value: "Some": '
            'supported values: "ClientIP", "None"']),
        (service(port(), externalIPs=["127.0.0.1"]), [
            'spec.externalIPs[0]: Invalid value: "127.0.0.1": '
            "may not be in the loopback range (127.0.0.0/8, ::1/128)"]),
        (service(port(), externalTrafficPolicy="Local"), [
            'spec.externalTrafficPolicy: Invalid value: "Local": '
            "may only be set for externally-accessible services"]),
        (service(port(), clusterIP="x"), [
            'spec.clusterIPs[0]: Invalid value: "x": '
            "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"]),
        (service(port(), selector={"a": "b c"}), [
            'spec.selector: Invalid value: "b c": a valid label must be an empty string or '
            "consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
            "alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "
            "validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"]),
        (service(port(), allocateLoadBalancerNodePorts=True), [
            "spec.allocateLoadBalancerNodePorts: Forbidden: "
            "may only be used when `type` is 'LoadBalancer'"]),
    ],
)  # fmt: skip
def test_bad_services_are_refused_in_upstreams_words(obj: Json, expected: list[str]) -> None:
    assert messages(obj) == expected


@pytest.mark.parametrize(("name", "taken"), [("1st", True), ("a.b", False)])
def test_a_service_name_is_a_label_of_a_domain_name(name: str, taken: bool) -> None:
    obj = service(port())
    obj["metadata"]["name"] = name
    assert (messages(obj) == []) is taken


def at(address: str | None, **spec: Any) -> Json:
    return service(port(), clusterIP=address, clusterIPs=[address] if address else [], **spec)


@pytest.mark.parametrize(
    ("new", "old", "expected"),
    [
        (at("127.16.128.2"), at("127.16.128.1"), [
            'spec.clusterIPs[0]: Invalid value: ["127.16.128.2"]: may not change once set']),
        (at(None), at("127.16.128.1"), [
            "spec.clusterIPs[0]: Invalid value: []: primary clusterIP can not be unset"]),
        (at(None, type="ExternalName", externalName="a.b"), at("127.16.128.1"), []),
        (at("127.16.128.1", type="NodePort"), at("127.16.128.1"), []),
    ],
)  # fmt: skip
def test_the_cluster_ip_stays(new: Json, old: Json, expected: list[str]) -> None:
    assert [str(error) for error in update_errors("Service", new, old)] == expected


def with_status(kind: str, **entry: str) -> Json:
    return {**service(port(), type=kind), "status": {"loadBalancer": {"ingress": [entry]}}}


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (with_status("LoadBalancer", ip="127.16.192.1", ipMode="Proxy"), []),
        (with_status("LoadBalancer", hostname="a.example.com"), []),
        (with_status("ClusterIP", ip="127.16.192.1"), [
            "status.loadBalancer.ingress: Forbidden: "
            "may only be used when `spec.type` is 'LoadBalancer'"]),
        (with_status("LoadBalancer", ip="127.16.192.1", ipMode="Magic"), [
            'status.loadBalancer.ingress[0].ipMode: Unsupported value: "Magic": '
            'supported values: "Proxy", "VIP"']),
        (with_status("LoadBalancer", ipMode="VIP"), [
            "status.loadBalancer.ingress[0].ipMode: Forbidden: "
            "may not be specified when `ip` is not set"]),
    ],
)  # fmt: skip
def test_only_load_balancers_have_addresses_in_their_status(new: Json, expected: list[str]) -> None:
    assert [str(error) for error in update_errors("Service", new, new, "status")] == expected


SPECIAL = [
    ("x", "must be a valid IP address"),
    ("0.0.0.0", "may not be unspecified (0.0.0.0)"),
    ("127.0.0.1", "may not be in the loopback range (127.0.0.0/8, ::1/128)"),
    ("169.254.1.1", "may not be in the link-local range (169.254.0.0/16, fe80::/10)"),
    (
        "224.0.0.9",
        "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)",
    ),
]


def endpoint_slice(*addresses: str, **fields: Any) -> Json:
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": "kiada-1", "namespace": "default"},
        "addressType": "IPv4",
        "endpoints": [{"addresses": list(addresses)}],
        "ports": [{"name": "", "protocol": "TCP", "port": 8080}],
        **fields,
    }


@pytest.mark.parametrize(("address", "detail"), SPECIAL[1:])
def test_special_addresses_are_no_endpoints(address: str, detail: str) -> None:
    errors = endpoint_slice_errors(endpoint_slice(address), allow_loopback=False)
    expected = f'endpoints[0].addresses[0]: Invalid value: "{address}": {detail}'
    assert [str(error) for error in errors] == [expected]


@pytest.mark.parametrize(("address", "detail"), SPECIAL[1:])
def test_the_old_endpoints_kind_has_the_same_ban(address: str, detail: str) -> None:
    subset = {"addresses": [{"ip": address}], "ports": [{"port": 80, "protocol": "TCP"}]}
    errors = endpoints_errors({"subsets": [subset]}, allow_loopback=False)
    expected = f'subsets[0].addresses[0].ip: Invalid value: "{address}": {detail}'
    assert [str(error) for error in errors] == [expected]


def test_the_embedded_cluster_lets_pods_live_on_loopback() -> None:
    assert messages(endpoint_slice("127.16.64.1")) == []


@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        (endpoint_slice(), [
            "endpoints[0].addresses: Required value"]),
        (endpoint_slice("::1"), [
            'endpoints[0].addresses: Invalid value: "::1": must be an IPv4 address']),
        (endpoint_slice("10.0.0.1", addressType="IPX"), [
            'addressType: Unsupported value: "IPX": supported values: "FQDN", "IPv4", "IPv6"']),
        (endpoint_slice("10.0.0.1", endpoints=[{"addresses": ["10.0.0.1"]}] * 1001), [
            "endpoints: Too many: 1001: must have at most 1000 items"]),
        (endpoint_slice("10.0.0.1", ports=[{"name": "", "protocol": "TCP"}] * 2), [
            'ports[1].name: Duplicate value: ""']),
        (endpoint_slice("10.0.0.1", ports=[{"name": "A", "protocol": "X", "port": 0}]), [
            "ports[0].name: Invalid value: \"A\": a lowercase RFC 1123 label must consist of lower "
            "case alphanumeric characters or '-', and must start and end with an alphanumeric "
            "character (e.g. 'my-name',  or '123-abc', regex used for validation is "
            "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
            "ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
            'ports[0].protocol: Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"']),
    ],
)  # fmt: skip
def test_bad_slices_are_refused_in_upstreams_words(obj: Json, expected: list[str]) -> None:
    assert messages(obj) == expected


def test_the_address_type_of_a_slice_stays() -> None:
    new, old = endpoint_slice("a.b", addressType="FQDN"), endpoint_slice("10.0.0.1")
    errors = update_errors("EndpointSlice", new, old)
    assert [str(e) for e in errors] == ['addressType: Invalid value: "FQDN": field is immutable']


def test_a_subset_without_addresses_is_refused() -> None:
    errors = endpoints_errors({"subsets": [{}]})
    expected = "subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`"
    assert [str(error) for error in errors] == [expected]
