"""Ingress and IngressClass: upstream's test vectors, with whole messages."""

from typing import Any

import pytest

from labsupport.base.types import Json
from labsupport.rules.validation import creation_errors, update_errors

SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "
    "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
WILDCARD = (
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which "
    "must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric "
    "character (e.g. '*.example.com', regex used for validation is "
    "'\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
SERVICE_NAME = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
    "must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', "
    "regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
BACKEND: Json = {"service": {"name": "defaultbackend", "port": {"number": 80}}}
RESOURCE: Json = {"apiGroup": "example.com", "kind": "foo", "name": "bar"}
ABSENT = object()


def path(**fields: Any) -> Json:
    entry = {"path": "/foo", "pathType": "ImplementationSpecific", "backend": BACKEND, **fields}
    return {name: value for name, value in entry.items() if value is not ABSENT}


def ingress(*paths: Json, host: str = "foo.bar.com", **spec: Any) -> Json:
    rule = {"host": host, "http": {"paths": list(paths) or [path()]}}
    fields = {"defaultBackend": BACKEND, "rules": [rule], **spec}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "foo", "namespace": "default", "resourceVersion": "1"},
        "spec": {name: value for name, value in fields.items() if value is not ABSENT},
    }


def messages(obj: Json) -> list[str]:
    return [str(error) for error in creation_errors("Ingress", obj)]


@pytest.mark.parametrize(
    "valid",
    [
        ingress(),
        ingress(path(path="")),
        ingress(path(path=ABSENT)),
        ingress(path(path="/foo//bar/foo")),
        ingress(path(path="/([a-z0-9]*)[")),
        ingress(path(path="/foo", pathType="Prefix"), path(path="/", pathType="Exact")),
        ingress(host="*.bar.com"),
        ingress(rules=ABSENT),
        ingress(rules=[{"host": "foo.bar.com"}]),
        ingress(path(backend={"resource": RESOURCE})),
        ingress(path(backend={"service": {"name": "a", "port": {"name": "http"}}})),
        ingress(defaultBackend={"resource": {"kind": "foo", "name": "bar"}}),
        ingress(tls=[{"hosts": ["foo.bar.com", "*.bar.com"], "secretName": "tls"}, {}]),
        ingress(ingressClassName="traefik"),
    ],
)
def test_upstreams_good_ingresses_pass(valid: Json) -> None:
    assert messages(valid) == []


PATH = "spec.rules[0].http.paths[0]"


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (path(pathType=ABSENT, path="x", backend={}), [
            f"{PATH}.pathType: Required value: pathType must be specified"]),
        (path(pathType="foo"), [
            f'{PATH}.pathType: Unsupported value: "foo": supported values: "Exact", '
            '"ImplementationSpecific", "Prefix"']),
        (path(path="", pathType="Prefix"), [
            f'{PATH}.path: Invalid value: "": must be an absolute path']),
        (path(path="foo"), [f'{PATH}.path: Invalid value: "foo": must be an absolute path']),
        (path(path="/foo//bar/foo", pathType="Prefix"), [
            f"{PATH}.path: Invalid value: \"/foo//bar/foo\": must not contain '//'"]),
        (path(path="/foo/./foo", pathType="Exact"), [
            f"{PATH}.path: Invalid value: \"/foo/./foo\": must not contain '/./'"]),
        (path(path="/foo/../foo", pathType="Prefix"), [
            f"{PATH}.path: Invalid value: \"/foo/../foo\": must not contain '/../'"]),
        (path(path="/foo/%2f/foo", pathType="Exact"), [
            f"{PATH}.path: Invalid value: \"/foo/%2f/foo\": must not contain '%2f'"]),
        (path(path="/foo/%2F/foo", pathType="Prefix"), [
            f"{PATH}.path: Invalid value: \"/foo/%2F/foo\": must not contain '%2F'"]),
        (path(path="/foo/..", pathType="Prefix"), [
            f"{PATH}.path: Invalid value: \"/foo/..\": cannot end with '/..'"]),
        (path(path="//a%2f/.", pathType="Exact"), [
            f"{PATH}.path: Invalid value: \"//a%2f/.\": must not contain '//'",
            f"{PATH}.path: Invalid value: \"//a%2f/.\": must not contain '%2f'",
            f"{PATH}.path: Invalid value: \"//a%2f/.\": cannot end with '/.'"]),
        (path(backend={**BACKEND, "resource": RESOURCE}), [
            f'{PATH}.backend: Invalid value: "": cannot set both resource and service backends']),
        (path(backend=ABSENT), [
            f'{PATH}.backend: Invalid value: "": resource or service backend is required']),
        (path(backend={"service": {"port": {"number": 80}}}), [
            f"{PATH}.backend.service.name: Required value"]),
        (path(backend={"service": {"name": "a_b", "port": {"number": 80}}}), [
            f'{PATH}.backend.service.name: Invalid value: "a_b": {SERVICE_NAME}']),
        (path(backend={"service": {"name": "a", "port": {"number": 80, "name": "http"}}}), [
            f'{PATH}.backend: Invalid value: "": cannot set both port name & port number']),
        (path(backend={"service": {"name": "a"}}), [
            f"{PATH}.backend: Required value: port name or number is required"]),
        (path(backend={"service": {"name": "a", "port": {"number": 0}}}), [
            f"{PATH}.backend: Required value: port name or number is required"]),
        (path(backend={"service": {"name": "a", "port": {"number": 70000}}}), [
            f"{PATH}.backend.service.port.number: Invalid value: 70000: "
            "must be between 1 and 65535, inclusive"]),
        (path(backend={"service": {"name": "a", "port": {"name": "-A--23456789012345"}}}), [
            f'{PATH}.backend.service.port.name: Invalid value: "-A--23456789012345": {clause}'
            for clause in (
                "must be no more than 15 characters",
                "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
                "must contain at least one letter (a-z)",
                "must not contain consecutive hyphens",
                "must not begin or end with a hyphen")]),
        (path(backend={"resource": {"apiGroup": "a_b", "kind": "", "name": "a/%"}}), [
            f'{PATH}.backend.resource.apiGroup: Invalid value: "a_b": {SUBDOMAIN}',
            f"{PATH}.backend.resource.kind: Required value",
            f"{PATH}.backend.resource.name: Invalid value: \"a/%\": may not contain '/'",
            f"{PATH}.backend.resource.name: Invalid value: \"a/%\": may not contain '%'"]),
    ],
)  # fmt: skip
def test_a_bad_path_is_refused_in_upstreams_words(entry: Json, expected: list[str]) -> None:
    assert messages(ingress(entry)) == expected


@pytest.mark.parametrize(
    ("host", "detail"),
    [
        ("foobar:80", SUBDOMAIN),
        ("Foo.bar.com", SUBDOMAIN),
        ("foo_bar.com", SUBDOMAIN),
        ("127.0.0.1", "must be a DNS name, not an IP address"),
        ("127.00.0.01", "must be a DNS name, not an IP address"),
        ("foo.*.bar.com", WILDCARD),
        ("*", WILDCARD),
        ("*.", WILDCARD),
    ],
)
def test_a_bad_host_earns_exactly_one_error(host: str, detail: str) -> None:
    expected = f'spec.rules[0].host: Invalid value: "{host}": {detail}'
    assert messages(ingress(host=host)) == [expected]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"rules": ABSENT, "defaultBackend": ABSENT},
         "spec: Invalid value: null: either `defaultBackend` or `rules` must be specified"),
        ({"rules": [], "defaultBackend": ABSENT},
         "spec: Invalid value: []: either `defaultBackend` or `rules` must be specified"),
        ({"rules": [{"http": {"paths": []}}]}, "spec.rules[0].http.paths: Required value"),
        ({"rules": [{"http": {}}]}, "spec.rules[0].http.paths: Required value"),
        ({"defaultBackend": {}},
         'spec.defaultBackend: Invalid value: "": resource or service backend is required'),
        ({"tls": [{"hosts": ["a", "b:1"]}]},
         f'spec.tls[0].hosts[1]: Invalid value: "b:1": {SUBDOMAIN}'),
        ({"tls": [{"hosts": ["a.*"]}]}, f'spec.tls[0].hosts[0]: Invalid value: "a.*": {WILDCARD}'),
        ({"tls": [{"secretName": "invalid name"}]},
         f'spec.tls[0].secretName: Invalid value: "invalid name": {SUBDOMAIN}'),
        ({"ingressClassName": ""}, f'spec.ingressClassName: Invalid value: "": {SUBDOMAIN}'),
    ],
)  # fmt: skip
def test_a_bad_spec_is_refused_in_upstreams_words(spec: Json, expected: str) -> None:
    assert messages(ingress(**spec)) == [expected]


def test_a_name_must_be_a_subdomain() -> None:
    obj = ingress()
    obj["metadata"]["name"] = "a_b"
    assert messages(obj) == [f'metadata.name: Invalid value: "a_b": {SUBDOMAIN}']


def with_class(annotation: str, name: str | None) -> Json:
    obj = ingress(ingressClassName=ABSENT if name is None else name)
    obj["metadata"]["annotations"] = {"kubernetes.io/ingress.class": annotation}
    return obj


def test_class_field_and_annotation_must_agree_on_creation() -> None:
    assert messages(with_class("foo", "bar")) == [
        'annotations.kubernetes.io/ingress.class: Invalid value: "foo": '
        "must match `ingressClassName` when both are specified"
    ]


@pytest.mark.parametrize("name", ["foo", None])
def test_the_class_annotation_may_stand_alone_or_repeat_the_field(name: str | None) -> None:
    assert messages(with_class("foo", name)) == []


def changes(new: Json, old: Json, subresource: str = "") -> list[str]:
    return [str(error) for error in update_errors("Ingress", new, old, subresource)]


def with_secret(name: str) -> Json:
    return ingress(tls=[{"secretName": name}])


@pytest.mark.parametrize(
    ("new", "old", "accepted"),
    [
        (with_class("foo", "bar"), ingress(), True),
        (ingress(), ingress(ingressClassName="a"), True),
        (with_secret("bad name"), with_secret("also bad"), True),
        (with_secret("bad name"), with_secret("good"), False),
        (ingress(path(path="a"), host="*.a"), ingress(path(path="b"), host="*.a"), True),
        (ingress(path(path="a"), host="*.a"), ingress(host="*.a"), False),
        (ingress(path(path="a"), host="b.a"), ingress(path(path="b"), host="*.a"), False),
    ],
)
def test_an_update_may_keep_what_was_already_wrong(new: Json, old: Json, accepted: bool) -> None:
    assert (changes(new, old) == []) is accepted


def with_status(**entry: str) -> Json:
    return {**ingress(), "status": {"loadBalancer": {"ingress": [entry]}}}


FIELD = "status.loadBalancer.ingress[0]"


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (with_status(ip="127.0.0.1"), []),
        (with_status(hostname="a.example.com"), []),
        (with_status(ip="x"), [
            f'{FIELD}.ip: Invalid value: "x": '
            "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"]),
        (with_status(hostname="10.0.0.1"), [
            f'{FIELD}.hostname: Invalid value: "10.0.0.1": must be a DNS name, not an IP address']),
    ],
)  # fmt: skip
def test_a_status_needs_addresses_and_loopback_will_do(new: Json, expected: list[str]) -> None:
    assert changes(new, ingress(), "status") == expected


def ingress_class(controller: str = "foo.co/bar", **parameters: Any) -> Json:
    spec = {"controller": controller, **({"parameters": parameters} if parameters else {})}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "IngressClass",
        "metadata": {"name": "test"},
        "spec": spec,
    }


PARAMETERS = {"kind": "foo", "name": "bar"}
LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
    "must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used "
    "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)


@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        (ingress_class(), []),
        (ingress_class("foo.co/a.b~c/d"), []),
        (ingress_class(""), ["spec.controller: Required value"]),
        (ingress_class("foo"), [
            'spec.controller: Invalid value: "foo": '
            'must be a domain-prefixed path (such as "acme.io/foo")']),
        (ingress_class("foo.co/"), [
            'spec.controller: Invalid value: "foo.co/": '
            'must be a domain-prefixed path (such as "acme.io/foo")']),
        (ingress_class("foo_.co/bar"), [
            f'spec.controller: Invalid value: "foo_.co": {SUBDOMAIN}']),
        (ingress_class("foo.co/bar{}"), [
            'spec.controller: Invalid value: "bar{}": Invalid path (regex used for validation is '
            r"'[A-Za-z0-9/\-._~%!$&'()*+,;=:]+')"]),
        (ingress_class("foo.co/" + "a" * 244), [
            "spec.controller: Too long: may not be more than 250 bytes"]),
        (ingress_class(**PARAMETERS, scope="Cluster"), []),
        (ingress_class(**PARAMETERS, scope="Namespace", namespace="default"), []),
        (ingress_class(**PARAMETERS), ["spec.parameters.scope: Required value"]),
        (ingress_class(scope="Cluster", name="a/b"), [
            "spec.parameters.kind: Required value",
            "spec.parameters.name: Invalid value: \"a/b\": may not contain '/'"]),
        (ingress_class(**PARAMETERS, scope="World"), [
            'spec.parameters.scope: Unsupported value: "World": '
            'supported values: "Cluster", "Namespace"']),
        (ingress_class(**PARAMETERS, scope="Namespace"), [
            "spec.parameters.namespace: Required value: "
            "`parameters.scope` is set to 'Namespace'"]),
        (ingress_class(**PARAMETERS, scope="Namespace", namespace="a_b"), [
            f'spec.parameters.namespace: Invalid value: "a_b": {LABEL}']),
        (ingress_class(**PARAMETERS, scope="Cluster", namespace="a"), [
            "spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'"]),
    ],
)  # fmt: skip
def test_an_ingress_class_is_judged_in_upstreams_words(obj: Json, expected: list[str]) -> None:
    assert [str(error) for error in creation_errors("IngressClass", obj)] == expected


def test_the_controller_of_a_class_can_not_change() -> None:
    errors = update_errors("IngressClass", ingress_class("foo.co/b"), ingress_class("foo.co/a"))
    expected = 'spec.controller: Invalid value: "foo.co/b": field is immutable'
    assert [str(error) for error in errors] == [expected]
