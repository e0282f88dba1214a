"""Where Traefik leaves the specification, one departure a test; tests/differential has proof."""

from typing import Any

import pytest

from labsupport.base.types import Json
from labsupport.rules.ingress import (
    TRAEFIK,
    TRAEFIK_DEFAULTS,
    TRAEFIK_NGINX,
    Decision,
    Profile,
    Request,
    RuleSet,
    differences,
)
from labsupport.rules.ingress.routing_path import routing_path
from labsupport.rules.ingress.traefik import of_class

ROUTER = "traefik.ingress.kubernetes.io/router."
NGINX = "nginx.ingress.kubernetes.io/"


def backend(service: str) -> Json:
    return {"service": {"name": service, "port": {"number": 80}}}


def rule(host: str, *paths: tuple[str, str, str]) -> Json:
    """A rule; each path is (path type, path, service)."""
    entries = [
        {"pathType": path_type, "path": path, "backend": backend(service)}
        for path_type, path, service in paths
    ]
    return {"host": host, "http": {"paths": entries}}


def ingress(name: str, *rules: Json, namespace: str = "default", **spec: Any) -> Json:
    annotations = spec.pop("annotations", {})
    metadata = {"name": name, "namespace": namespace, "annotations": annotations}
    return {"metadata": metadata, "spec": {"rules": list(rules), **spec}}


def taken(url: str, *ingresses: Json, profile: Profile = TRAEFIK, **known: Any) -> Decision:
    return RuleSet(ingresses, profile=profile, **known).decide(Request.from_url(url))


def service_of(decision: Decision) -> str | None:
    return decision.backend.service if decision.backend else None


def verdicts(decision: Decision) -> list[str]:
    return [each.verdict for each in decision.candidates]


def test_the_longer_rule_text_wins_so_prefix_beats_exact() -> None:
    both = ingress("a", rule("a.b", ("Exact", "/foo", "exact"), ("Prefix", "/foo", "prefix")))
    decision = taken("http://a.b/foo", both)
    assert service_of(decision) == "prefix"
    assert decision.candidates[1].reason.endswith("its rule's priority is higher, 52 against 27")
    assert [each.code for each in decision.warnings] == ["rule-unreachable"]


def test_a_long_path_beats_a_fitting_host() -> None:
    by_host = ingress("host", rule("a.b", ("Prefix", "/", "host")))
    by_path = ingress("path", rule("", ("Prefix", "/a-long-path/indeed", "path")))
    assert service_of(taken("http://a.b/a-long-path/indeed", by_host, by_path)) == "path"


@pytest.mark.parametrize(("profile", "service"), [(TRAEFIK, None), (TRAEFIK_DEFAULTS, "a")])
def test_a_prefix_is_read_by_elements_only_if_told_to(
    profile: Profile, service: str | None
) -> None:
    prefix = ingress("a", rule("a.b", ("Prefix", "/foo", "a")))
    assert service_of(taken("http://a.b/foobar", prefix, profile=profile)) == service


def test_wildcard_and_exact_host_of_one_length_are_left_to_chance() -> None:
    wildcard = ingress("w", rule("*.a.b", ("Prefix", "/", "wildcard")))
    exact = ingress("e", rule("x.a.b", ("Prefix", "/", "exact")))
    decision = taken("http://x.a.b/", wildcard, exact)
    assert (decision.outcome, decision.backend, decision.status) == ("undetermined", None, 200)
    assert verdicts(decision) == ["tie", "tie"]
    assert "not determined" in decision.summary


def test_a_tie_of_one_backend_is_determined() -> None:
    same = [ingress(name, rule("a.b", ("Prefix", "/", "same"))) for name in ("x", "y")]
    assert service_of(taken("http://a.b/", *same)) == "same"


def test_two_ingresses_whose_routers_have_one_name_are_left_to_chance() -> None:
    one = ingress("kiada", rule("api.example.com", ("Prefix", "/", "one")))
    other = ingress("kiada-api", rule("example.com", ("Prefix", "/", "other")))
    decision = taken("http://example.com/", one, other)
    assert decision.outcome == "undetermined"
    assert "the same name" in decision.candidates[-1].reason + decision.candidates[0].reason


def test_of_one_rule_twice_in_an_ingress_the_last_counts() -> None:
    twice = ingress("a", rule("a.b", ("Prefix", "/", "first"), ("Prefix", "/", "last")))
    decision = taken("http://a.b/", twice)
    assert service_of(decision) == "last"
    assert verdicts(decision) == ["replaced", "won"]


def test_a_default_backend_next_to_rules_is_ignored() -> None:
    both = ingress("a", rule("a.b", ("Prefix", "/a", "a")), defaultBackend=backend("fallback"))
    assert taken("http://a.b/b", both).status == 404
    alone = ingress("b", defaultBackend=backend("fallback"))
    assert taken("http://a.b/b", both, alone).ingress == "default/b"


def test_of_several_default_backends_chance_takes_one() -> None:
    several = [ingress(name, defaultBackend=backend(name)) for name in ("x", "y")]
    decision = taken("http://a.b/", *several)
    assert decision.outcome == "undetermined"
    assert [each.code for each in decision.warnings] == ["several-defaults"]


@pytest.mark.parametrize(
    ("annotation", "outcome"), [("nosuch", "default"), ("middlewares", "undetermined")]
)
def test_a_broken_default_backend_may_stand_in_the_way_of_a_good_one(
    annotation: str, outcome: str
) -> None:
    annotations = {f"{ROUTER}{annotation}": "x"}
    broken = ingress("broken", defaultBackend=backend("x"), annotations=annotations)
    good = ingress("good", defaultBackend=backend("good"))
    assert taken("http://a.b/", broken, good).outcome == outcome


def test_a_rule_without_host_and_path_is_disabled() -> None:
    empty = ingress("a", rule("", ("ImplementationSpecific", "", "a")))
    assert verdicts(taken("http://a.b/", empty)) == ["disabled"]


def test_a_missing_service_makes_its_rule_vanish() -> None:
    rules = ingress("a", rule("a.b", ("Prefix", "/a", "gone"), ("Prefix", "/", "there")))
    there = {"metadata": {"name": "there"}, "spec": {"ports": [{"port": 80}]}}
    decision = taken("http://a.b/a", rules, services=[there])
    assert service_of(decision) == "there"
    assert verdicts(decision) == ["no backend", "won"]
    assert [each.code for each in decision.warnings] == ["service-missing"]


@pytest.mark.parametrize(("profile", "status"), [(TRAEFIK, 503), (TRAEFIK_DEFAULTS, 404)])
def test_an_empty_service_answers_503_only_if_allowed(profile: Profile, status: int) -> None:
    rules = ingress("a", rule("a.b", ("Prefix", "/", "empty")))
    empty = {"metadata": {"name": "empty"}, "spec": {"ports": [{"port": 80}]}}
    known = {"services": [empty], "slices": []}
    assert taken("http://a.b/", rules, profile=profile, **known).status == status


def test_an_unready_pod_that_serves_gets_requests() -> None:
    rules = ingress("a", rule("a.b", ("Prefix", "/", "s")))
    service = {"metadata": {"name": "s"}, "spec": {"ports": [{"port": 80}]}}
    endpoints = [{"addresses": ["127.1.0.1"], "conditions": {"ready": False}}]
    labels = {"kubernetes.io/service-name": "s"}
    piece = {
        "metadata": {"name": "s-1", "labels": labels},
        "ports": [{"name": "", "port": 8080}],
        "endpoints": endpoints,
    }
    assert taken("http://a.b/", rules, services=[service], slices=[piece]).status == 200


@pytest.mark.parametrize(
    ("annotations", "url", "verdict"),
    [
        ({"tls": "true"}, "http://a.b/", "scheme"),
        ({"tls": "true"}, "https://a.b/", "won"),
        ({"entrypoints": "web"}, "https://a.b/", "scheme"),
        ({"entrypoints": "nosuch"}, "http://a.b/", "disabled"),
        ({"entrypoints": "nosuch,web"}, "http://a.b/", "won"),
        ({"nosuch": "x"}, "http://a.b/", "disabled"),
        ({"priority": "many"}, "http://a.b/", "disabled"),
        ({"middlewares": "default-strip@kubernetescrd"}, "http://a.b/", "disabled"),
        ({"pathmatcher": "Host"}, "http://a.b/", "won"),  # does not count for Prefix
    ],
)
def test_annotations_change_what_is_answered(
    annotations: dict[str, str], url: str, verdict: str
) -> None:
    named = {f"{ROUTER}{key}": value for key, value in annotations.items()}
    rules = ingress("a", rule("a.b", ("Prefix", "/", "a")), annotations=named)
    assert verdicts(taken(url, rules)) == [verdict]


def test_a_priority_of_ones_own_goes_before_length() -> None:
    first = ingress(
        "x", rule("a.b", ("Prefix", "/", "x")), annotations={f"{ROUTER}priority": "100"}
    )
    longer = ingress("y", rule("a.b", ("Prefix", "/longer/path", "y")))
    assert service_of(taken("http://a.b/longer/path", first, longer)) == "x"


@pytest.mark.parametrize(
    ("matcher", "url", "verdict"),
    [
        ("Path", "http://a.b/a/b", "path"),
        ("PathRegexp", "http://a.b/x/a", "won"),
        ("Host", "http://a.b/a", "disabled"),
    ],
)
def test_a_path_matcher_counts_where_the_type_leaves_it_open(
    matcher: str, url: str, verdict: str
) -> None:
    rules = ingress(
        "a",
        rule("a.b", ("ImplementationSpecific", "/a", "a")),
        annotations={f"{ROUTER}pathmatcher": matcher},
    )
    assert verdicts(taken(url, rules)) == [verdict]


@pytest.mark.parametrize(
    ("path", "matched_by"),
    [
        ("/foo", "/foo"),
        ("/%66oo", "/foo"),
        ("/foo%2Fbar", "/foo%2Fbar"),
        ("/foo%2fbar", "/foo%2Fbar"),
        ("/caf%C3%A9", "/caf\u00e9"),
        ("//foo/./x/../y/", "/foo/y/"),
        ("/a%20b", "/a b"),
        ("/a%25b", "/a%25b"),
        ("/..", "/"),
    ],
)
def test_a_path_is_cleaned_and_decoded_before_it_is_matched(path: str, matched_by: str) -> None:
    assert routing_path(path) == matched_by


def test_by_default_an_ingress_without_class_is_served_but_not_one_of_another_annotation() -> None:
    rules = rule("a.b", ("Prefix", "/", "a"))
    plain = ingress("a", rules)
    assert verdicts(taken("http://a.b/", plain, classes=[], profile=TRAEFIK_DEFAULTS)) == ["won"]
    other = ingress("a", rules, annotations={"kubernetes.io/ingress.class": "nginx"})
    assert verdicts(taken("http://a.b/", other, classes=[], profile=TRAEFIK_DEFAULTS)) == ["class"]


def test_with_the_option_ingressclass_only_that_class_is_served() -> None:
    rules = rule("a.b", ("Prefix", "/", "a"))
    spec = {"controller": "traefik.io/ingress-controller"}
    second = {"metadata": {"name": "second"}, "spec": spec}
    of_second = ingress("a", rules, ingressClassName="second")
    assert verdicts(taken("http://a.b/", of_second, classes=[second])) == ["class"]
    assert verdicts(taken("http://a.b/", ingress("a", rules), classes=[second])) == ["class"]
    theirs = of_class(TRAEFIK, "second")
    assert verdicts(taken("http://a.b/", of_second, classes=[second], profile=theirs)) == ["won"]


def test_for_nginx_a_tls_section_redirects_plain_http() -> None:
    rules = ingress(
        "a", rule("a.b", ("Prefix", "/", "a")), tls=[{"hosts": ["a.b"]}], ingressClassName="nginx"
    )
    assert taken("http://a.b/", rules, profile=TRAEFIK_NGINX).status == 308
    assert taken("https://a.b/", rules, profile=TRAEFIK_NGINX).status == 200


def test_for_nginx_one_expression_changes_all_paths_of_the_host() -> None:
    plain = ingress("p", rule("a.b", ("Prefix", "/x", "plain")))
    regex = ingress(
        "r",
        rule("a.b", ("ImplementationSpecific", "/r.x", "r")),
        annotations={f"{NGINX}use-regex": "true"},
    )
    assert taken("http://a.b/XYZ", plain, profile=TRAEFIK_NGINX).status == 404
    assert service_of(taken("http://a.b/XYZ", plain, regex, profile=TRAEFIK_NGINX)) == "plain"


def test_for_nginx_a_default_backend_serves_the_hosts_of_its_rules() -> None:
    rules = ingress("a", rule("a.b", ("Prefix", "/a", "a")), defaultBackend=backend("fallback"))
    assert service_of(taken("http://a.b/x", rules, profile=TRAEFIK_NGINX)) == "fallback"
    assert taken("http://c.d/x", rules, profile=TRAEFIK_NGINX).status == 404


def test_for_nginx_a_missing_service_answers_503() -> None:
    rules = ingress("a", rule("a.b", ("Prefix", "/", "gone")))
    assert taken("http://a.b/", rules, profile=TRAEFIK_NGINX, services=[]).status == 503


def test_for_nginx_a_canary_makes_its_rule_undetermined() -> None:
    main = ingress("a", rule("a.b", ("Prefix", "/", "main")))
    canary = ingress(
        "c",
        rule("a.b", ("Prefix", "/", "new")),
        annotations={f"{NGINX}canary": "true", f"{NGINX}canary-weight": "10"},
    )
    assert taken("http://a.b/", main, canary, profile=TRAEFIK_NGINX).outcome == "undetermined"


def test_two_profiles_differ_where_their_words_do() -> None:
    both = ingress("a", rule("a.b", ("Exact", "/foo", "exact"), ("Prefix", "/foo", "prefix")))
    found = differences(RuleSet([both]), RuleSet([both], profile=TRAEFIK))
    assert [each.request.url for each in found] == ["http://a.b/foo"]
    assert str(found[0]).startswith("spec: http://a.b/foo: Service exact")
    assert differences(RuleSet([both]), RuleSet([both])) == []
