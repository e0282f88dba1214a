"""Annotations on live controllers: each with a probe before and one after."""

import base64
import hashlib
from collections.abc import Callable, Iterator

import pytest
from probes import Probe, has_status, rule
from tls_requests import custom

from labsupport.base.types import Json
from labsupport.rules.annotations import nginx as nginx_keys
from labsupport.session.lab import Lab

NGINX = "nginx.ingress.kubernetes.io/"
TRAEFIK = "traefik.ingress.kubernetes.io/"
Apply = Callable[..., None]
ALICE = "Basic " + base64.b64encode(b"alice:secret").decode()


@pytest.fixture(scope="module", autouse=True)
def installed(lab: Lab) -> Iterator[None]:
    lab.install("traefik-nginx")
    yield
    lab.uninstall("traefik-nginx")


@pytest.fixture
def nginx(lab: Lab) -> Probe:
    return Probe(lab, "nginx")


@pytest.fixture
def traefik(lab: Lab) -> Probe:
    return Probe(lab, "traefik")


def for_nginx(name: str, annotations: dict[str, str] | None = None, **more: object) -> Json:
    keys = {f"{NGINX}{key}": value for key, value in (annotations or {}).items()}
    return rule(name, class_name="nginx", annotations=keys, **more)  # type: ignore[arg-type]


def users(form: str) -> Json:
    digest = base64.b64encode(hashlib.sha1(b"secret").digest()).decode()
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "visitors"},
        "stringData": {form: f"alice:{{SHA}}{digest}\n"},
    }


# ingress-nginx's, through Traefik's nginx provider


def test_affinity_sends_a_client_back_to_its_pod(nginx: Probe, apply: Apply) -> None:
    apply(for_nginx("aff", service="kiada"))
    assert "set-cookie" not in nginx.until(has_status(200), "aff").headers
    cookie = {"affinity": "cookie", "session-cookie-name": "route"}
    apply(for_nginx("aff", cookie, service="kiada"))
    first = nginx.until(lambda answer: "set-cookie" in answer.headers, "aff")
    name = str(first.headers["set-cookie"]).partition(";")[0]
    assert name.startswith("route=")
    assert {nginx("aff", Cookie=name).pod for _ in range(6)} == {first.pod}
    assert len({nginx("aff").pod for _ in range(6)}) == 3


def test_rewrite_target_gives_the_pod_another_path(nginx: Probe, apply: Apply) -> None:
    apply(for_nginx("rew", path="/app"))
    assert (
        "/app/debug/request"
        in nginx.until(lambda answer: bool(answer.pod), "rew", "/app/debug/request").text
    )
    target = {"rewrite-target": "/$1"}
    apply(for_nginx("rew", target, path="/app/(.*)", path_type="ImplementationSpecific"))
    answer = nginx.until(has_status(200), "rew", "/app/debug/request")
    assert answer.json()["path"] == "/debug/request"


def test_a_canary_takes_requests_by_header_and_by_cookie(nginx: Probe, apply: Apply) -> None:
    apply(for_nginx("can"))
    assert pod_of(nginx.until(has_status(200), "can", X_Canary="always").pod) == "quote"
    by = {"canary": "true", "canary-by-header": "X-Canary", "canary-by-cookie": "fresh"}
    apply(for_nginx("canary", by, service="kiada", host="can.example.com"))
    nginx.until(lambda answer: pod_of(answer.pod) == "kiada", "can", X_Canary="always")
    assert pod_of(nginx("can").pod) == "quote"
    assert pod_of(nginx("can", X_Canary="never").pod) == "quote"
    assert pod_of(nginx("can", Cookie="fresh=always").pod) == "kiada"


def test_a_canary_is_nothing_to_complain_about(lab: Lab, nginx: Probe, apply: Apply) -> None:
    always = {"canary": "true", "canary-weight": "100"}
    apply(for_nginx("fine"), for_nginx("canary", always, service="kiada", host="fine.example.com"))
    nginx.until(lambda answer: pod_of(answer.pod) == "kiada", "fine")
    assert lab.controllers["nginx"].problems() == []


def test_a_canary_takes_its_share_by_weight(nginx: Probe, apply: Apply) -> None:
    apply(for_nginx("share"))
    nginx.until(has_status(200), "share")
    weight = {"canary": "true", "canary-weight": "50"}
    apply(for_nginx("canary", weight, service="kiada", host="share.example.com"))
    nginx.until(lambda answer: pod_of(answer.pod) == "kiada", "share")
    assert sorted(pod_of(nginx("share").pod) for _ in range(8)) == ["kiada"] * 4 + ["quote"] * 4


def test_a_canary_joins_every_rule_that_leads_to_the_same_service(
    nginx: Probe, apply: Apply
) -> None:
    """As in ingress-nginx itself: what a canary joins is the Service, not the host."""
    apply(for_nginx("one"), for_nginx("two"))
    nginx.until(has_status(200), "two")
    by = {"canary": "true", "canary-weight": "100"}
    apply(for_nginx("canary", by, service="kiada", host="one.example.com"))
    nginx.until(lambda answer: pod_of(answer.pod) == "kiada", "two")


def pod_of(name: str | None) -> str:
    return (name or "").partition("-")[0]


def test_force_ssl_redirect_sends_http_to_https(nginx: Probe, apply: Apply) -> None:
    apply(for_nginx("red"))
    nginx.until(has_status(200), "red")
    apply(for_nginx("red", {"force-ssl-redirect": "true"}))
    answer = nginx.until(has_status(308), "red")
    assert answer.location == "https://red.example.com/debug/request"


def test_a_tls_section_redirects_unless_ssl_redirect_is_off(nginx: Probe, apply: Apply) -> None:
    tls = [{"hosts": ["sec.example.com"]}]
    apply(for_nginx("sec", tls=tls))
    nginx.until(has_status(308), "sec")
    apply(for_nginx("sec", {"ssl-redirect": "false"}, tls=tls))
    nginx.until(has_status(200), "sec")


@pytest.mark.parametrize("key", ["whitelist-source-range", "allowlist-source-range"])
def test_an_allow_list_turns_other_addresses_away(nginx: Probe, apply: Apply, key: str) -> None:
    apply(for_nginx("allow"))
    nginx.until(has_status(200), "allow")
    apply(for_nginx("allow", {key: "10.0.0.0/8"}))
    nginx.until(has_status(403), "allow")
    apply(for_nginx("allow", {key: "10.0.0.0/8,127.0.0.0/8"}))
    nginx.until(has_status(200), "allow")


def test_cors_lets_the_named_origin_in(nginx: Probe, apply: Apply) -> None:
    shop, other = "http://shop.example.com", "http://other.example.com"
    allowed = "Access-Control-Allow-Origin"
    apply(for_nginx("cors"))
    assert allowed not in nginx.until(has_status(200), "cors", Origin=shop).headers
    apply(for_nginx("cors", {"enable-cors": "true", "cors-allow-origin": shop}))
    answer = nginx.until(lambda answer: allowed in answer.headers, "cors", Origin=shop)
    assert answer.headers[allowed] == shop
    assert allowed not in nginx("cors", Origin=other).headers
    asked = {"Origin": shop, "Access_Control_Request_Method": "PUT"}
    preflight = nginx("cors", method="OPTIONS", **asked)
    assert (preflight.status, preflight.pod) == (200, None)
    assert "PUT" in preflight.headers["Access-Control-Allow-Methods"]


def test_basic_auth_asks_for_a_password(nginx: Probe, apply: Apply) -> None:
    apply(for_nginx("auth"))
    nginx.until(has_status(200), "auth")
    secret = {"auth-type": "basic", "auth-secret": "visitors", "auth-realm": "Quotes"}
    apply(users("auth"), for_nginx("auth", secret))
    answer = nginx.until(has_status(401), "auth")
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="Quotes"'
    assert nginx("auth", Authorization=ALICE).status == 200


def test_a_rate_limit_answers_429(nginx: Probe, apply: Apply) -> None:
    apply(for_nginx("rate"))
    nginx.until(has_status(200), "rate")
    assert {nginx("rate").status for _ in range(6)} == {200}
    apply(for_nginx("rate", {"limit-rpm": "1", "limit-burst-multiplier": "1"}))
    nginx.until(has_status(429), "rate")


def test_a_snippet_costs_the_whole_ingress(lab: Lab, nginx: Probe, apply: Apply) -> None:
    apply(for_nginx("snip"))
    nginx.until(has_status(200), "snip")
    apply(for_nginx("snip", {"configuration-snippet": "more_set_headers 'a: b';"}))
    nginx.until(has_status(404), "snip")
    (problem,) = lab.controllers["nginx"].problems()
    assert problem.startswith("Ingress default/snip: traefik-nginx leaves it out whole")
    assert "snippet annotations are not allowed" in problem
    found = lab.diagnose("http://snip.example.com/", resolve=nginx.address)
    assert (found.broken, found.cause) == ("class", "rule-disabled")


def test_what_the_provider_does_not_know_changes_nothing(nginx: Probe, apply: Apply) -> None:
    apply(for_nginx("odd", {"limit-rrps": "1", "satisfy": "any", "limit-rate": "1"}))
    nginx.until(has_status(200), "odd")
    assert {nginx("odd").status for _ in range(4)} == {200}


def test_every_key_said_to_be_understood_is_in_the_binary() -> None:
    import sys
    from pathlib import Path

    binary = Path(sys.executable).with_name("traefik").read_bytes()
    keys = nginx_keys.UNDERSTOOD | nginx_keys.SNIPPETS | nginx_keys.FIREWALL
    assert [key for key in sorted(keys) if f"{NGINX}{key}".encode() not in binary] == []


# Traefik's own


def test_priority_decides_against_the_length_of_the_rule(traefik: Probe, apply: Apply) -> None:
    apply(rule("long", host="pr.example.com", path="/debug/request", service="quote"))
    apply(rule("short", host="pr.example.com", service="kiada"))
    traefik.until(lambda answer: pod_of(answer.pod) == "quote", "pr")
    first = {f"{TRAEFIK}router.priority": "1000"}
    apply(rule("short", host="pr.example.com", service="kiada", annotations=first))
    traefik.until(lambda answer: pod_of(answer.pod) == "kiada", "pr")


def test_a_path_can_be_an_expression(traefik: Probe, apply: Apply) -> None:
    matcher = {f"{TRAEFIK}router.pathmatcher": "PathRegexp"}
    path = "/debug/(request|other)$"
    apply(rule("re", path=path, path_type="ImplementationSpecific", annotations=matcher))
    traefik.until(has_status(200), "re")
    assert traefik("re", "/debug/request/x").status == 404


def test_a_sticky_cookie_is_asked_for_on_the_service(
    lab: Lab, traefik: Probe, apply: Apply
) -> None:
    apply(rule("sticky", service="kiada"))
    assert len({traefik.until(has_status(200), "sticky").pod for _ in range(6)}) == 3
    service = lab.object("service", "kiada")
    sticky = {"metadata": {"annotations": {f"{TRAEFIK}service.sticky.cookie": "true"}}}
    with_cookie = {**service, "metadata": {**service["metadata"], **sticky["metadata"]}}
    try:
        lab.api.replace(with_cookie)
        first = traefik.until(lambda answer: "set-cookie" in answer.headers, "sticky")
        cookie = str(first.headers["set-cookie"]).partition(";")[0]
        assert {traefik("sticky", Cookie=cookie).pod for _ in range(6)} == {first.pod}
        (row,) = lab.understood("service", "kiada").rows
        assert row[2] == "understood"
    finally:
        live = lab.object("service", "kiada")
        live["metadata"]["annotations"].pop(f"{TRAEFIK}service.sticky.cookie")
        lab.api.replace(live)


def test_middlewares_work_one_after_the_other(traefik: Probe, apply: Apply) -> None:
    apply(rule("chain", path="/app"))
    traefik.until(lambda answer: bool(answer.pod), "chain", "/app/debug/request")
    header = {"customRequestHeaders": {"X-Told": "by the proxy"}}
    apply(
        custom("Middleware", "strip", {"stripPrefix": {"prefixes": ["/app"]}}),
        custom("Middleware", "told", {"headers": header}),
        custom(
            "Middleware", "both", {"chain": {"middlewares": [{"name": "strip"}, {"name": "told"}]}}
        ),
    )
    named = {f"{TRAEFIK}router.middlewares": "default-both@kubernetescrd"}
    apply(rule("chain", path="/app", annotations=named))
    answer = traefik.until(has_status(200), "chain", "/app/debug/request")
    assert answer.json()["path"] == "/debug/request"
    assert answer.json()["headers"]["X-Told"] == "by the proxy"


@pytest.mark.parametrize(
    ("spec", "status"),
    [
        ({"ipAllowList": {"sourceRange": ["10.0.0.0/8"]}}, 403),
        ({"basicAuth": {"secret": "visitors"}}, 401),
        ({"rateLimit": {"average": 1, "period": "1m", "burst": 1}}, 429),
        ({"redirectRegex": {"regex": ".*", "replacement": "http://kiada.example.com/"}}, 302),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_a_middleware_answers_in_place_of_the_pod(
    traefik: Probe, apply: Apply, spec: Json, status: int
) -> None:
    apply(rule("guard"))
    traefik.until(has_status(200), "guard")
    named = {f"{TRAEFIK}router.middlewares": "default-guard@kubernetescrd"}
    apply(users("users"), custom("Middleware", "guard", spec), rule("guard", annotations=named))
    assert traefik.until(has_status(status), "guard").pod is None


# Mistakes


def test_a_mistyped_annotation_costs_the_whole_ingress(
    lab: Lab, traefik: Probe, apply: Apply
) -> None:
    apply(rule("typo"))
    traefik.until(has_status(200), "typo")
    apply(rule("typo", annotations={f"{TRAEFIK}router.prioritty": "5"}))
    traefik.until(has_status(404), "typo")
    expected = (
        "Ingress default/typo: Traefik leaves it out whole; its log says: "
        "Failed to parse annotations: field not found, node: prioritty"
    )
    assert lab.controller.problems() == [expected]
    assert expected in lab.status().missing
    assert (
        lab.diagnose("http://typo.example.com/", resolve=traefik.address).cause == "rule-disabled"
    )
    (row,) = lab.understood("ingress", "typo").rows
    assert row[2] == "breaks"
    assert "router.priority is most likely meant" in row[3]
    apply(rule("typo"))
    traefik.until(has_status(200), "typo")
    assert lab.controller.problems() == []


def test_with_an_ingress_left_out_the_lab_is_ready_all_the_same(lab: Lab, apply: Apply) -> None:
    apply(rule("lost", annotations={f"{TRAEFIK}router.prioritty": "5"}))
    lab.address_of("ingress", "lost")
    lab.wait_ready(timeout=20)


def test_a_mistype_before_the_last_dot_is_ignored_without_a_word(
    lab: Lab, traefik: Probe, apply: Apply
) -> None:
    apply(rule("near", annotations={f"{TRAEFIK}rooter.priority": "5"}))
    traefik.until(has_status(200), "near")
    assert lab.controller.problems() == []
    (row,) = lab.understood("ingress", "near").rows
    assert row[2] == "ignored"


def test_the_table_of_features_can_be_searched(lab: Lab) -> None:
    assert [row[0] for row in lab.annotations("canary").rows] == [
        "a canary by weight",
        "a canary by header",
        "a canary by cookie",
    ]
