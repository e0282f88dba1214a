"""The scenarios of ingress-controller-conformance, restated as a table."""

from typing import Any

import pytest

from labsupport.base.types import Json
from labsupport.rules.ingress import LAB, SPEC, TRAEFIK, TRAEFIK_DEFAULTS, Profile, Request, decide


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


Scenario = tuple[list[Json], Request, str | None]  # Ingresses, request, Service or 404


def asked(ingresses: list[Json], url: str, service: str | None) -> Scenario:
    return ingresses, Request.from_url(url), service


HOST_SCENARIOS = [
    asked(HOSTS, "https://foo.bar.com/", "foo-bar-com"),
    asked(HOSTS, "http://foo.bar.com/", "foo-bar-com"),
    asked(HOSTS, "http://subdomain.bar.com/", None),
    asked(HOSTS, "http://bar.foo.com/", "wildcard-foo-com"),
    asked(HOSTS, "http://baz.bar.foo.com/", None),
    asked(HOSTS, "http://foo.com/", None),
]
PATH_SCENARIOS = [
    asked(EXACT, "http://exact-path-rules/foo", "foo-exact"),
    asked(EXACT, "http://exact-path-rules/foo/", None),
    asked(EXACT, "http://exact-path-rules/FOO", None),
    asked(EXACT, "http://exact-path-rules/bar", None),
    asked(PREFIX, "http://prefix-path-rules/foo", "foo-prefix"),
    asked(PREFIX, "http://prefix-path-rules/foo/", "foo-prefix"),
    asked(PREFIX, "http://prefix-path-rules/foo/", "foo-prefix"),  # the suite has it twice
    asked(PREFIX, "http://prefix-path-rules/FOO", None),
    asked(PREFIX, "http://prefix-path-rules/aaa/bbb", "aaa-slash-bbb-prefix"),
    asked(PREFIX, "http://prefix-path-rules/aaa/bbb/ccc", "aaa-slash-bbb-prefix"),
    asked(PREFIX, "http://prefix-path-rules/aaa/ccc", "aaa-prefix"),
    asked(PREFIX, "http://prefix-path-rules/aaaccc", None),
    asked(MIXED, "http://mixed-path-rules/foo", "foo-exact"),
    asked(SLASH, "http://trailing-slash-path-rules/aaa/bbb", "aaa-slash-bbb-slash-prefix"),
    asked(SLASH, "http://trailing-slash-path-rules/aaa/bbb/", "aaa-slash-bbb-slash-prefix"),
    asked(SLASH, "http://trailing-slash-path-rules/foo", None),
]
# The suite's six differ in their methods too (GET, GET, POST, PUT, DELETE, PATCH), which no rule
# looks at.
DEFAULT_SCENARIOS = [
    asked(DEFAULT, "http://my-host/", "echo-service"),
    asked(DEFAULT, "http://my-host/sub-path", "echo-service"),
    asked(DEFAULT, "http://some-host/resource", "echo-service"),
    (DEFAULT, Request("http", "", 80, "/resource"), "echo-service"),
    asked(DEFAULT, "http://some-host/resource", "echo-service"),
    asked(DEFAULT, "http://my-host/resource", "echo-service"),
]
SCENARIOS = [*HOST_SCENARIOS, *PATH_SCENARIOS, *DEFAULT_SCENARIOS]  # 28 of the 30

PROFILES = [SPEC, LAB]


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
@pytest.mark.parametrize(("ingresses", "request_", "service"), SCENARIOS)
def test_a_conformance_scenario_goes_where_it_should(
    ingresses: list[Json], request_: Request, service: str | None, profile: Profile
) -> None:
    decision = decide(request_, ingresses, profile=profile)
    assert (decision.backend.service if decision.backend else None) == service
    assert decision.status == (200 if service else 404)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_https_gets_the_certificate_of_the_host(profile: Profile) -> None:
    known = {"default/conformance-tls": ["foo.bar.com"]}
    request = Request.from_url("https://foo.bar.com/")
    decision = decide(request, HOSTS, certificates=known, profile=profile)
    assert decision.certificate is not None
    assert decision.certificate.secret == "default/conformance-tls"
    assert decision.warnings == ()


# Scenario 29. The thirtieth, load balancing over ten Pods, runs in tests/differential.
@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_an_ingress_of_an_unknown_class_is_not_served(profile: Profile) -> None:
    unknown = ingress("a.b", ("Prefix", "/", "a", 80), ingressClassName="some-invalid-class-name")
    decision = decide(Request.from_url("http://a.b/"), [unknown], classes=[], profile=profile)
    assert decision.outcome == "none"


def test_the_table_has_all_scenarios_but_two() -> None:
    assert len(SCENARIOS) == 28


# Traefik departs from the specification in one scenario, with its own defaults in three.
@pytest.mark.parametrize(("profile", "departures"), [(TRAEFIK, 1), (TRAEFIK_DEFAULTS, 3)])
def test_traefik_departs_where_it_is_known_to(profile: Profile, departures: int) -> None:
    found = [
        request
        for ingresses, request, service in SCENARIOS
        if (backend := decide(request, ingresses, profile=profile).backend) is None
        or backend.service != service
        if backend is not None or service is not None
    ]
    assert len(found) == departures
