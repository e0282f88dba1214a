"""Ingresses converted to Gateway API: the same requests go to the same Services."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labsupport.base.errors import UsageError
from labsupport.base.types import Json
from labsupport.rules.gateway import Conversion, chosen, converted
from labsupport.rules.ingress import Request, decide

HOSTS = ["", "a.com", "*.com", "*.a.com", "x.a.com", "b.com"]
ASKED_HOSTS = ["a.com", "b.com", "x.a.com", "y.a.com", "c.org"]
PATHS = ["/", "/a", "/a/", "/a/b", "/a/b/", "/ab", "/b", "/A", "/a/b/c"]
REQUESTS = [
    Request("http", host, 80, path)
    for host in ASKED_HOSTS
    for path in [*PATHS, "/a/bc", "/c", "/a/b/c/d"]
]
NGINX = "nginx.ingress.kubernetes.io/"
ROUTER = "traefik.ingress.kubernetes.io/router."

path_rules = st.tuples(
    st.sampled_from(PATHS), st.sampled_from(["Exact", "Prefix", "ImplementationSpecific"])
)
host_rules = st.tuples(st.sampled_from(HOSTS), st.lists(path_rules, max_size=5))


def backend(name: str, port: int | str = 80) -> Json:
    key = "number" if isinstance(port, int) else "name"
    return {"service": {"name": name, "port": {key: port}}}


def rule(host: str, *paths: tuple[str, str, str]) -> Json:
    entries = [
        {"path": path, "pathType": kind, "backend": backend(name)} for path, kind, name in paths
    ]
    return {**({"host": host} if host else {}), **({"http": {"paths": entries}} if paths else {})}


def ingress(*rules: Json, name: str = "site", annotations: Json | None = None, **spec: Any) -> Json:
    metadata = {"name": name, "namespace": "default", "annotations": annotations or {}}
    return {"kind": "Ingress", "metadata": metadata, "spec": {"rules": list(rules), **spec}}


def routes(conversion: Conversion) -> list[Json]:
    return [each for each in conversion.objects if each["kind"] == "HTTPRoute"]


def messages(conversion: Conversion) -> str:
    return "\n".join(map(str, conversion.notes))


def wildcard_spans_more(spec: Json, host: str) -> bool:
    """Whether a wildcard takes the host in Gateway API only."""
    hosts = (each.get("host", "") for each in spec["rules"])
    return any(
        each.startswith("*.") and host.endswith(each[1:]) and host.count(".") > each.count(".")
        for each in hosts
    )


@settings(max_examples=600)
@given(st.lists(host_rules, max_size=5), st.booleans())
def test_each_request_goes_where_the_ingress_sent_it(
    site: list[tuple[str, list[tuple[str, str]]]], has_default: bool
) -> None:
    made = ingress(
        *(
            rule(host, *((path, kind, f"s{at}-{number}") for number, (path, kind) in numbered))
            for at, (host, paths) in enumerate(site)
            for numbered in [list(enumerate(paths))]
        ),
    )
    if has_default:
        made["spec"]["defaultBackend"] = backend("fallback")
    converted_routes = routes(converted([made]))
    for request in REQUESTS:
        if wildcard_spans_more(made["spec"], request.host):
            continue
        decision = decide(request, [made])
        expected = decision.backend and (decision.backend.service, decision.backend.port)
        taken = chosen(request, converted_routes).taken
        assert (taken.backends[0] if taken else None) == expected, request


def test_a_host_is_a_route_and_a_path_a_rule() -> None:
    site = ingress(
        rule("a.com", ("/", "Prefix", "shop"), ("/cart", "Exact", "cart")),
        rule("b.com", ("/", "Prefix", "blog")),
    )
    first, second = routes(converted([site]))
    assert first["metadata"] == {"name": "site-a.com", "namespace": "default"}
    assert first["spec"] == {
        "parentRefs": [{"name": "lab", "namespace": "gateway"}],
        "hostnames": ["a.com"],
        "rules": [
            {
                "matches": [{"path": {"type": "PathPrefix", "value": "/"}}],
                "backendRefs": [{"name": "shop", "port": 80}],
            },
            {
                "matches": [{"path": {"type": "Exact", "value": "/cart"}}],
                "backendRefs": [{"name": "cart", "port": 80}],
            },
        ],
    }
    assert second["spec"]["hostnames"] == ["b.com"]


def test_more_rules_than_a_route_may_have_become_two_routes() -> None:
    site = ingress(rule("a.com", *((f"/{number}", "Prefix", "s") for number in range(20))))
    assert [len(each["spec"]["rules"]) for each in routes(converted([site]))] == [16, 4]
    assert [e["metadata"]["name"] for e in routes(converted([site]))] == ["site", "site-2"]


def test_a_named_port_becomes_the_number_in_the_service() -> None:
    site = ingress(rule("a.com", ("/", "Prefix", "shop")))
    site["spec"]["rules"][0]["http"]["paths"][0]["backend"] = backend("shop", "http")
    service = {
        "metadata": {"name": "shop", "namespace": "default"},
        "spec": {"ports": [{"name": "http", "port": 8000}]},
    }
    (route,) = routes(converted([site], [service]))
    assert route["spec"]["rules"][0]["backendRefs"] == [{"name": "shop", "port": 8000}]
    unknown = converted([site])
    assert routes(unknown) == []
    assert "a backendRef needs the number of port 'http'" in messages(unknown)


def test_tls_becomes_a_gateway_with_a_listener_for_each_host() -> None:
    site = ingress(
        rule("a.com", ("/", "Prefix", "shop")),
        tls=[{"hosts": ["a.com", "b.com"], "secretName": "pair"}],
    )
    gateway, route = converted([site]).objects
    assert gateway["kind"] == "Gateway"
    assert [each["hostname"] for each in gateway["spec"]["listeners"]] == ["a.com", "b.com"]
    assert gateway["spec"]["listeners"][0] == {
        "name": "https-1",
        "port": 8443,
        "protocol": "HTTPS",
        "hostname": "a.com",
        "tls": {"certificateRefs": [{"name": "pair"}]},
    }
    assert route["spec"]["parentRefs"] == [
        {"name": "lab", "namespace": "gateway"},
        {"name": "site"},
    ]


def test_the_redirect_to_https_becomes_a_route_of_its_own() -> None:
    site = ingress(
        rule("a.com", ("/", "Prefix", "shop")),
        tls=[{"hosts": ["a.com"], "secretName": "pair"}],
        annotations={f"{NGINX}ssl-redirect": "true"},
    )
    _, route, redirect = converted([site]).objects
    assert route["spec"]["parentRefs"] == [{"name": "site"}]
    assert redirect["spec"]["parentRefs"] == [{"name": "lab", "namespace": "gateway"}]
    (filter_,) = redirect["spec"]["rules"][0]["filters"]
    assert filter_["requestRedirect"] == {"scheme": "https", "statusCode": 308}


def test_a_canary_by_weight_becomes_weights() -> None:
    site = ingress(rule("a.com", ("/", "Prefix", "stable")))
    canary = ingress(
        rule("a.com", ("/", "Prefix", "new")),
        name="canary",
        annotations={f"{NGINX}canary": "true", f"{NGINX}canary-weight": "20"},
    )
    conversion = converted([site, canary])
    (route,) = routes(conversion)
    assert route["spec"]["rules"][0]["backendRefs"] == [
        {"name": "stable", "port": 80, "weight": 80},
        {"name": "new", "port": 80, "weight": 20},
    ]


def test_a_canary_by_header_becomes_a_header_match() -> None:
    site = ingress(rule("a.com", ("/", "Prefix", "stable")))
    canary = ingress(
        rule("a.com", ("/", "Prefix", "new")),
        name="canary",
        annotations={f"{NGINX}canary": "true", f"{NGINX}canary-by-header": "X-Canary"},
    )
    converted_routes = routes(converted([site, canary]))
    plain = Request.from_url("http://a.com/")
    asked = Request.from_url("http://a.com/", headers=(("x-canary", "always"),))
    goals = [chosen(each, converted_routes).taken for each in (plain, asked)]
    assert [goal.backends for goal in goals if goal] == [(("stable", 80),), (("new", 80),)]


def test_a_middleware_becomes_an_extension() -> None:
    site = ingress(
        rule("a.com", ("/", "Prefix", "shop")),
        annotations={f"{ROUTER}middlewares": "default-strip@kubernetescrd"},
    )
    (route,) = routes(converted([site]))
    (filter_,) = route["spec"]["rules"][0]["filters"]
    reference = {"group": "traefik.io", "kind": "Middleware", "name": "strip"}
    assert filter_ == {"type": "ExtensionRef", "extensionRef": reference}


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (ingress(rule("*.a.com", ("/", "Prefix", "s"))), "takes several: a.b.a.com too"),
        (ingress(rule("a.com", ("/a//b", "Exact", "s"))), "it must not have '//'"),
        (ingress(rule("a.com")), "it lists no paths, and there is no default backend"),
        (
            ingress(annotations={f"{NGINX}proxy-read-timeout": "3"}),
            "timeouts.backendRequest of a rule says nearly that",
        ),
        (ingress(annotations={f"{NGINX}rewrite-target": "/$1"}), "no filter knows captured"),
        (ingress(annotations={f"{ROUTER}middlewares": "other@file"}), "not of this namespace"),
        (ingress(tls=[{"hosts": ["a.com"]}]), "a listener needs a Secret"),
        (ingress(defaultBackend={"resource": {"kind": "Bucket", "name": "b"}}), "is no Service"),
        (ingress(annotations={f"{NGINX}force-ssl-redirect": "true"}), "would not be answered here"),
        (
            ingress(rule("", ("/a/b", "Prefix", "s")), rule("a.com", ("/a", "Prefix", "t"))),
            "but Traefik 3.7 the longer path",
        ),
        (
            ingress(rule("a.com", ("/", "Prefix", "s")), annotations={f"{NGINX}canary": "true"}),
            "a canary without the Ingress it is for",
        ),
    ],
)
def test_what_is_lost_or_changed_is_said(made: Json, said: str) -> None:
    assert said in messages(converted([made]))


def test_an_exact_path_goes_before_a_prefix_in_either_reading() -> None:
    site = ingress(rule("a.com", ("/foo", "Prefix", "prefix"), ("/foo", "Exact", "exact")))
    for precedence in ("spec", "traefik"):
        choice = chosen(Request.from_url("http://a.com/foo"), routes(converted([site])), precedence)
        assert choice.taken is not None
        assert choice.taken.backends == (("exact", 80),)


def test_the_reason_names_the_criterion_that_decided() -> None:
    site = ingress(rule("", ("/a/b", "Prefix", "wide")), rule("a.com", ("/", "Prefix", "own")))
    request = Request.from_url("http://a.com/a/b")
    found = routes(converted([site]))
    assert chosen(request, found).reason == "its host is more specific"
    other = chosen(request, found, "traefik")
    assert other.reason == "its sum of path, headers and host is greater"
    assert other.taken is not None
    assert other.taken.backends == (("wide", 80),)


def test_equal_sums_leave_it_to_chance_with_traefik() -> None:
    sites = [ingress(rule(h, ("/a", "Exact", "s")), name=h[-5:]) for h in ("a.com", "*.com")]
    request = Request.from_url("http://a.com/a")
    choices = [chosen(request, routes(converted(sites)), one) for one in ("spec", "traefik")]
    assert [each.by_chance for each in choices] == [False, True]


def test_nobody_takes_a_request_for_another_host() -> None:
    site = ingress(rule("a.com", ("/", "Prefix", "s")))
    choice = chosen(Request.from_url("http://c.org/"), routes(converted([site])))
    assert choice.taken is None
    assert str(choice) == "http://c.org/: no route takes it: 404"


def test_an_unknown_precedence_is_refused() -> None:
    with pytest.raises(UsageError, match="no precedence 'mine'"):
        chosen(Request.from_url("http://a.com/"), [], "mine")
