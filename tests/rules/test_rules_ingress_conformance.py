"""The host and path scenarios of ingress-controller-conformance, restated as a table."""

from typing import Any

import pytest

from labsupport.base.types import Json
from labsupport.rules.ingress import Request, decide


def ingress(name: str, *rules: tuple[str, str, str, int | str], **spec: Any) -> Json:
    """An Ingress of one host; each rule is (path type, path, service, port)."""
    paths = [
        {
            "pathType": path_type,
            "path": path,
            "backend": {
                "service": {
                    "name": service,
                    "port": {"name" if isinstance(port, str) else "number": port},
                }
            },
        }
        for path_type, path, service, port in rules
    ]
    rule = {"host": name, "http": {"paths": paths}}
    return {"metadata": {"name": "a", "namespace": "default"}, "spec": {"rules": [rule], **spec}}


HOSTS = [
    ingress("*.foo.com", ("Prefix", "/", "wildcard-foo-com", 8080)),
    ingress(
        "foo.bar.com",
        ("Prefix", "/", "foo-bar-com", "http"),
        tls=[{"hosts": ["foo.bar.com"], "secretName": "conformance-tls"}],
    ),
]
EXACT = [ingress("exact-path-rules", ("Exact", "/foo", "foo-exact", 8080))]
PREFIX = [
    ingress(
        "prefix-path-rules",
        ("Prefix", "/foo", "foo-prefix", 8080),
        ("Prefix", "/aaa/bbb", "aaa-slash-bbb-prefix", 8080),
        ("Prefix", "/aaa", "aaa-prefix", 8080),
    )
]
MIXED = [
    ingress(
        "mixed-path-rules",
        ("Prefix", "/foo", "foo-prefix", 8080),
        ("Exact", "/foo", "foo-exact", 8080),
    )
]
SLASH = [
    ingress(
        "trailing-slash-path-rules",
        ("Prefix", "/aaa/bbb/", "aaa-slash-bbb-slash-prefix", 8080),
        ("Exact", "/foo/", "foo-slash-exact", 8080),
    )
]
DEFAULT: list[Json] = [
    {
        "metadata": {"name": "default-backend", "namespace": "default"},
        "spec": {"defaultBackend": {"service": {"name": "echo-service", "port": {"number": 8080}}}},
    }
]


@pytest.mark.parametrize(
    ("ingresses", "url", "service"),
    [
        (HOSTS, "https://foo.bar.com/", "foo-bar-com"),
        (HOSTS, "http://foo.bar.com/", "foo-bar-com"),
        (HOSTS, "http://subdomain.bar.com/", None),
        (HOSTS, "http://bar.foo.com/", "wildcard-foo-com"),
        (HOSTS, "http://baz.bar.foo.com/", None),
        (HOSTS, "http://foo.com/", None),
        (EXACT, "http://exact-path-rules/foo", "foo-exact"),
        (EXACT, "http://exact-path-rules/foo/", None),
        (EXACT, "http://exact-path-rules/FOO", None),
        (EXACT, "http://exact-path-rules/bar", None),
        (PREFIX, "http://prefix-path-rules/foo", "foo-prefix"),
        (PREFIX, "http://prefix-path-rules/foo/", "foo-prefix"),
        (PREFIX, "http://prefix-path-rules/FOO", None),
        (PREFIX, "http://prefix-path-rules/aaa/bbb", "aaa-slash-bbb-prefix"),
        (PREFIX, "http://prefix-path-rules/aaa/bbb/ccc", "aaa-slash-bbb-prefix"),
        (PREFIX, "http://prefix-path-rules/aaa/ccc", "aaa-prefix"),
        (PREFIX, "http://prefix-path-rules/aaaccc", None),
        (MIXED, "http://mixed-path-rules/foo", "foo-exact"),
        (SLASH, "http://trailing-slash-path-rules/aaa/bbb", "aaa-slash-bbb-slash-prefix"),
        (SLASH, "http://trailing-slash-path-rules/aaa/bbb/", "aaa-slash-bbb-slash-prefix"),
        (SLASH, "http://trailing-slash-path-rules/foo", None),
        (DEFAULT, "http://my-host/", "echo-service"),
        (DEFAULT, "http://my-host/sub-path", "echo-service"),
        (DEFAULT, "http://some-host/resource", "echo-service"),
    ],
)
def test_a_conformance_scenario_goes_where_it_should(
    ingresses: list[Json], url: str, service: str | None
) -> None:
    decision = decide(Request.from_url(url), ingresses)
    assert (decision.backend.service if decision.backend else None) == service
    assert decision.status == (200 if service else 404)


def test_an_ingress_of_an_unknown_class_is_not_served() -> None:
    unknown = ingress("a.b", ("Prefix", "/", "a", 80), ingressClassName="some-invalid-class-name")
    decision = decide(Request.from_url("http://a.b/"), [unknown], classes=[])
    assert decision.outcome == "none"
