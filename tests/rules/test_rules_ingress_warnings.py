"""What will surprise: certificates, unreachable rules, whole rule sets; and what may be read."""

from datetime import UTC, datetime
from typing import Any

import pytest

from labsupport.base.errors import UsageError
from labsupport.base.types import Json
from labsupport.rules.ingress import (
    SPEC,
    TRAEFIK,
    Decision,
    Profile,
    Request,
    RuleSet,
    profile_named,
)

HOST = "kiada.example.com"


def ingress(*paths: tuple[str, str], name: str = "kiada", host: str = HOST, **spec: Any) -> Json:
    """An Ingress of one host; each path is (path type, path)."""
    backend = {"service": {"name": "kiada", "port": {"number": 80}}}
    entries = [{"pathType": kind, "path": path, "backend": backend} for kind, path in paths]
    rules = [{"host": host, "http": {"paths": entries}}]
    metadata = {"name": name, "namespace": "default"}
    return {"metadata": metadata, "spec": {"rules": rules, **spec}}


def tls(*hosts: str, secret: str = "kiada-tls") -> Json:
    return {"hosts": list(hosts), "secretName": secret}


def decided(url: str, *ingresses: object, profile: Profile = SPEC, **known: Any) -> Decision:
    return RuleSet(ingresses, profile=profile, **known).decide(Request.from_url(url))


def codes(decision: Decision) -> list[str]:
    return [warning.code for warning in decision.warnings]


def secret_of(decision: Decision) -> str:
    assert decision.certificate is not None
    return decision.certificate.secret


KNOWN = {
    "default/kiada-tls": ["kiada.example.com"],
    "default/wild-tls": ["*.example.com"],
    "other/elsewhere-tls": ["kiada.example.com"],
}


@pytest.mark.parametrize("profile", [SPEC, TRAEFIK], ids=lambda profile: profile.name)
@pytest.mark.parametrize(
    ("host", "secret"),
    [
        ("kiada.example.com", "default/kiada-tls"),
        ("quiz.example.com", "default/wild-tls"),
        ("a.quiz.example.com", ""),
        ("example.org", ""),
    ],
)
def test_the_certificate_is_chosen_by_sni_exact_before_wildcard(
    profile: Profile, host: str, secret: str
) -> None:
    rules = ingress(
        ("Prefix", "/"),
        tls=[tls("*.example.com", secret="wild-tls"), tls("kiada.example.com")],
    )
    decision = decided(f"https://{host}/", rules, certificates=KNOWN, profile=profile)
    assert secret_of(decision) == secret


def test_the_specification_goes_by_listed_hosts_and_traefik_by_names_in_certificates() -> None:
    rules = ingress(("Prefix", "/"), tls=[tls("other.example.org", secret="wild-tls")])
    url = f"https://{HOST}/"
    assert secret_of(decided(url, rules, certificates=KNOWN)) == ""
    by_names = decided(url, rules, certificates=KNOWN, profile=TRAEFIK)
    assert secret_of(by_names) == "default/wild-tls"


def test_sni_chooses_the_certificate_and_the_host_header_the_rule() -> None:
    rules = [
        ingress(("Prefix", "/"), tls=[tls(HOST)]),
        ingress(("Prefix", "/"), name="other", host="quiz.example.com"),
    ]
    request = Request("https", "quiz.example.com", 443, "/", sni=HOST)
    decision = RuleSet(rules, certificates=KNOWN).decide(request)
    assert secret_of(decision) == "default/kiada-tls"
    assert decision.ingress == "default/other"


def test_plain_http_has_no_certificate() -> None:
    assert decided(f"http://{HOST}/", ingress(("Prefix", "/"), tls=[tls(HOST)])).certificate is None


def test_where_nothing_is_known_of_secrets_they_are_trusted() -> None:
    rules = ingress(("Prefix", "/"), tls=[tls(HOST)])
    for profile in (SPEC, TRAEFIK):
        assert secret_of(decided(f"https://{HOST}/", rules, profile=profile)) == "default/kiada-tls"


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (tls(HOST), None),
        (tls(HOST, secret="nosuch"), "secret-missing"),
        (tls(HOST, secret="elsewhere-tls"), "secret-elsewhere"),
        (tls("quiz.example.com"), "host-not-in-certificate"),
    ],
)
def test_a_tls_section_that_will_not_work_is_told(entry: Json, code: str | None) -> None:
    decision = decided(f"http://{HOST}/", ingress(("Prefix", "/"), tls=[entry]), certificates=KNOWN)
    assert codes(decision) == ([code] if code else [])


def test_a_certificate_for_another_name_is_told() -> None:
    rules = ingress(("Prefix", "/"), tls=[{"secretName": "kiada-tls"}], host="")
    decision = decided("https://quiz.example.com/", rules, certificates=KNOWN)
    assert codes(decision) == ["host-not-in-certificate"]


@pytest.mark.parametrize(
    ("paths", "code"),
    [
        ([("Prefix", "/a/"), ("Prefix", "/a")], "rule-unreachable"),
        ([("Prefix", "/a"), ("ImplementationSpecific", "/a")], "same-rule-twice"),
        ([("Exact", "/a"), ("Prefix", "/a")], None),
        ([("Prefix", "/a/b"), ("Prefix", "/a")], None),
    ],
)
def test_a_rule_that_others_always_go_before_is_told(
    paths: list[tuple[str, str]], code: str | None
) -> None:
    assert codes(decided(f"http://{HOST}/a", ingress(*paths))) == ([code] if code else [])


def test_under_traefik_a_long_rule_for_any_host_hides_a_short_one() -> None:
    any_host = ingress(("Prefix", "/a"), host="", name="any")
    named = ingress(("Exact", "/a"), host="a.b", name="named")
    decision = decided("http://a.b/a", any_host, named, profile=TRAEFIK)
    assert decision.ingress == "default/any"
    assert codes(decision) == ["rule-unreachable"]


def test_a_rule_set_tells_everything_at_once() -> None:
    rules = RuleSet(
        [
            ingress(
                ("Prefix", "/a/"),
                ("Prefix", "/a"),
                tls=[tls(HOST, secret="nosuch")],
                ingressClassName="lab",
            ),
            ingress(("Prefix", "/"), name="other", ingressClassName="nosuch"),
            ingress(("Prefix", "/"), name="x", host="x.example.com"),
        ],
        classes=[{"metadata": {"name": "lab"}, "spec": {"controller": "l.b/c"}}],
        services=[],
        certificates={},
    )
    assert [warning.code for warning in rules.warnings()] == [
        "class-missing",
        "class-unset",
        "rule-unreachable",
        "service-missing",
        "secret-missing",
    ]


def test_the_default_backend_is_told_even_if_a_rule_wins() -> None:
    fallback = {"service": {"name": "fallback", "port": {"number": 80}}}
    decision = decided(f"http://{HOST}/", ingress(("Prefix", "/"), defaultBackend=fallback))
    assert decision.winner is not None
    assert decision.to_json()["default"] == {
        "ingress": "default/kiada",
        "backend": {"namespace": "default", "service": "fallback", "port": 80},
    }


def test_models_of_the_official_client_are_read_as_they_are() -> None:
    from kubernetes import client

    backend = client.V1IngressBackend(
        service=client.V1IngressServiceBackend(
            name="kiada", port=client.V1ServiceBackendPort(number=80)
        )
    )
    path = client.V1HTTPIngressPath(path="/", path_type="Prefix", backend=backend)
    rule = client.V1IngressRule(host=HOST, http=client.V1HTTPIngressRuleValue(paths=[path]))
    created = datetime(2026, 1, 2, tzinfo=UTC)
    model = client.V1Ingress(
        metadata=client.V1ObjectMeta(
            name="kiada",
            namespace="default",
            creation_timestamp=created,
            annotations={"my_own/key_name": "x"},
        ),
        spec=client.V1IngressSpec(ingress_class_name="lab", rules=[rule]),
    )
    classes = [{"metadata": {"name": "lab"}}]
    decisions = [
        decided(f"http://{HOST}/", each, classes=classes) for each in (model, model.to_dict())
    ]
    assert decisions[0] == decisions[1]
    assert decisions[0].winner is not None
    assert decisions[0].winner.route.created == "2026-01-02T00:00:00Z"


def test_what_is_no_object_is_refused() -> None:
    with pytest.raises(TypeError, match="a Kubernetes object is a dict or a model"):
        RuleSet(["kind: Ingress"])


def test_an_unknown_profile_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError) as caught:
        profile_named("nginx")
    assert caught.value.found.endswith("spec, lab, traefik, traefik-defaults, traefik-nginx")
