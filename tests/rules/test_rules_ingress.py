"""The matcher: its verdicts in words, backends, classes, default backends, warnings."""

from typing import Any

import pytest

from labsupport.base.errors import UsageError
from labsupport.base.types import Json
from labsupport.rules.ingress import Decision, Request, decide

HOST = "kiada.example.com"


def backend(service: str, port: int | str = 80) -> Json:
    key = "name" if isinstance(port, str) else "number"
    return {"service": {"name": service, "port": {key: port}}}


def rule(
    path: str = "/", path_type: str = "Prefix", *, host: str = HOST, to: str = "kiada"
) -> Json:
    entry = {"path": path, "pathType": path_type, "backend": backend(to)}
    return {"host": host, "http": {"paths": [entry]}}


def ingress(*rules: Json, name: str = "kiada", created: str = "", **spec: Any) -> Json:
    metadata = {"name": name, "namespace": "default", "creationTimestamp": created}
    return {"metadata": metadata, "spec": {"rules": list(rules), **spec}}


def answer(url: str, *ingresses: Json, **context: Any) -> Decision:
    return decide(Request.from_url(url), ingresses, **context)


def reason(url: str, *rules: Json) -> str:
    """The reason of the only candidate."""
    (candidate,) = answer(url, ingress(*rules)).candidates
    return candidate.reason


@pytest.mark.parametrize(
    ("url", "request_"),
    [
        ("http://Kiada.Example.COM", Request("http", HOST, 80, "/")),
        ("https://kiada.example.com./a%2Fb?c=d#e", Request("https", HOST, 443, "/a%2Fb")),
        ("http://kiada.example.com:8080/a/", Request("http", HOST, 8080, "/a/")),
    ],
)
def test_a_request_is_read_from_its_url(url: str, request_: Request) -> None:
    assert Request.from_url(url) == request_


@pytest.mark.parametrize("url", ["kiada.example.com", "ftp://a/", "http:///a", "http://a:b/"])
def test_only_web_urls_are_requests(url: str) -> None:
    with pytest.raises(UsageError, match="needs an absolute URL"):
        Request.from_url(url)


@pytest.mark.parametrize("port", ["", ":8080"])
def test_a_request_prints_as_its_url(port: str) -> None:
    url = f"http://a.b{port}/c"
    assert Request.from_url(url).url == url


@pytest.mark.parametrize(
    ("url", "candidate", "words"),
    [
        (f"http://{HOST}/", rule(),
         f"the host is exactly {HOST}, and / is a prefix of every path"),
        ("http://quote.example.com/", rule(),
         f"the rule is for {HOST}; label 1 of the request's host is not 'kiada'"),
        ("http://example.com/", rule(),
         f"the rule is for {HOST}; label 1 of the request's host is not 'kiada'"),
        ("http://a.example.com/", rule(host="*.example.com"),
         "the * of *.example.com stands for 'a', and / is a prefix of every path"),
        ("http://a.b.example.com/", rule(host="*.example.com"),
         "the * of *.example.com spans one label only; 'a.b' is not one label"),
        ("http://example.com/", rule(host="*.example.com"),
         "*.example.com needs one label in place of the *; example.com has none there"),
        ("http://a.example.org/", rule(host="*.example.com"),
         "the rule is for *.example.com; the request's host does not end in .example.com"),
        ("http://any.thing/", rule(host=""),
         "the rule names no host, so it takes every host, and / is a prefix of every path"),
        (f"http://{HOST}/a", rule("/a", "Exact"),
         f"the host is exactly {HOST}, and the path is exactly /a"),
        (f"http://{HOST}/a/", rule("/a", "Exact"), "Exact /a differs from /a/ by a trailing slash"),
        (f"http://{HOST}/A", rule("/a", "Exact"),
         "Exact /a differs from /A in upper and lower case"),
        (f"http://{HOST}/b", rule("/a", "Exact"), "Exact takes /a only, not /b"),
        (f"http://{HOST}/a/b", rule("/a"),
         f"the host is exactly {HOST}, and /a/b begins with the elements of /a"),
        (f"http://{HOST}/c/ab/d", rule("/c/a"),
         "/c/a ends inside the element 'ab': 'a' is not that whole element"),
        (f"http://{HOST}/A/b", rule("/a"), "/A/b differs from /a in upper and lower case"),
        (f"http://{HOST}/b", rule("/a"), "/b does not begin with /a"),
        (f"http://{HOST}/a/b", rule("/a", "ImplementationSpecific"),
         f"the host is exactly {HOST}, and /a/b begins with the elements of /a "
         "(ImplementationSpecific is read as Prefix)"),
    ],
)  # fmt: skip
def test_a_verdict_comes_with_its_reason(url: str, candidate: Json, words: str) -> None:
    assert reason(url, candidate) == words


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        (rule(to="won"), rule("/a", host="*.example.com"), "its host is more specific"),
        (rule(host="*.example.com", to="won"), rule("/a", host=""), "its host is more specific"),
        (rule("/a", to="won"), rule(), "its path is longer"),
        (rule("/a", "Exact", to="won"), rule("/a"), "Exact goes before Prefix"),
        (rule("/a/", to="won"), rule("/a"), "its path is longer"),
    ],
)
def test_the_better_match_wins_whatever_the_order(first: Json, second: Json, words: str) -> None:
    for rules in ([first, second], [second, first]):
        decision = answer(f"http://{HOST}/a", ingress(*rules))
        assert decision.backend is not None
        assert decision.backend.service == "won"
        assert decision.candidates[1].verdict == "lost"
        assert decision.candidates[1].reason.endswith(f"goes first: {words}")


def test_a_less_specific_host_takes_what_no_path_of_the_better_one_matches() -> None:
    decision = answer(f"http://{HOST}/b", ingress(rule("/a"), rule(host="", to="any")))
    assert decision.backend is not None
    assert decision.backend.service == "any"


def codes(decision: Decision) -> list[str]:
    return [warning.code for warning in decision.warnings]


def test_of_two_equal_rules_the_older_ingress_wins_with_a_warning() -> None:
    old = ingress(rule(to="old"), name="z", created="2026-01-01T00:00:00Z")
    new = ingress(rule(to="new"), name="a", created="2026-02-01T00:00:00Z")
    decision = answer(f"http://{HOST}/", new, old)
    assert decision.ingress == "default/z"
    assert codes(decision) == ["same-rule-twice"]


DEFAULT = backend("fallback")


def test_the_default_backend_takes_what_no_rule_takes() -> None:
    decision = answer("http://other/", ingress(rule(), defaultBackend=DEFAULT))
    assert (decision.outcome, decision.status, decision.winner) == ("default", 200, None)
    assert decision.backend is not None
    assert decision.backend.service == "fallback"


def test_of_several_default_backends_the_one_about_the_host_counts() -> None:
    old = ingress(name="a", created="2026-01-01T00:00:00Z", defaultBackend=DEFAULT)
    about = ingress(rule("/a"), name="z", created="2026-02-01T00:00:00Z", defaultBackend=DEFAULT)
    decision = answer(f"http://{HOST}/b", old, about)
    assert decision.ingress == "default/z"
    assert codes(decision) == ["several-defaults"]


def test_a_rule_without_paths_sends_its_host_to_its_own_default_backend() -> None:
    decision = answer(f"http://{HOST}/a", ingress({"host": HOST}, defaultBackend=DEFAULT))
    assert decision.outcome == "service"
    assert decision.backend is not None
    assert decision.backend.service == "fallback"


def test_a_rule_without_paths_and_default_backend_takes_nothing() -> None:
    decision = answer(f"http://{HOST}/a", ingress({"host": HOST}))
    assert decision.outcome == "none"
    assert decision.candidates[0].verdict == "no backend"


def test_a_resource_can_be_the_backend() -> None:
    resource = {"apiGroup": "example.com", "kind": "StorageBucket", "name": "assets"}
    decision = answer("http://a/", ingress(defaultBackend={"resource": resource}))
    assert decision.backend is not None
    assert decision.backend.to_json() == {"namespace": "default", "resource": resource}


def ingress_class(name: str, controller: str) -> Json:
    return {"metadata": {"name": name}, "spec": {"controller": controller}}


CLASSES = [ingress_class("traefik", "traefik.io/ingress-controller"), ingress_class("lab", "l.b/c")]


@pytest.mark.parametrize(
    ("served", "code"),
    [
        (ingress(rule(), ingressClassName="traefik"), None),
        (ingress(rule(), ingressClassName="nginx"), "class-missing"),
        (ingress(rule(), ingressClassName="lab"), "class-other"),
        (ingress(rule()), "class-unset"),
    ],
)
def test_only_ingresses_of_the_controllers_classes_are_served(
    served: Json, code: str | None
) -> None:
    decision = answer(
        f"http://{HOST}/", served, classes=CLASSES, controller="traefik.io/ingress-controller"
    )
    assert codes(decision) == ([code] if code else [])
    assert decision.candidates[0].verdict == ("class" if code else "won")


def test_an_unserved_ingress_of_another_host_is_no_warning() -> None:
    decision = answer("http://other/", ingress(rule()), classes=CLASSES)
    assert codes(decision) == []
    assert decision.candidates[0].verdict == "class"


def test_the_old_annotation_names_a_class_too() -> None:
    old = ingress(rule())
    old["metadata"]["annotations"] = {"kubernetes.io/ingress.class": "traefik"}
    assert answer(f"http://{HOST}/", old, classes=CLASSES).outcome == "service"


def service(*ports: Json, **spec: Any) -> Json:
    return {
        "metadata": {"name": "kiada", "namespace": "default"},
        "spec": {"ports": list(ports) or [{"port": 80}], **spec},
    }


def endpoint_slice(*endpoints: tuple[str, str, bool | None], port: str = "") -> Json:
    return {
        "metadata": {
            "name": "kiada-1",
            "namespace": "default",
            "labels": {"kubernetes.io/service-name": "kiada"},
        },
        "ports": [{"name": port, "port": 8080}],
        "endpoints": [
            {
                "addresses": [address],
                "conditions": {"ready": ready},
                "targetRef": {"kind": "Pod", "name": pod},
            }
            for pod, address, ready in endpoints
        ],
    }


READY = endpoint_slice(("b", "127.16.64.2", True), ("a", "127.16.64.1", None))


def test_the_pods_that_can_answer_are_those_ready() -> None:
    some = endpoint_slice(("a", "127.16.64.1", True), ("b", "127.16.64.2", False))
    decision = answer(f"http://{HOST}/", ingress(rule()), services=[service()], slices=[some])
    assert [endpoint.to_json() for endpoint in decision.endpoints] == [
        {"name": "a", "address": "127.16.64.1", "port": 8080}
    ]


def test_a_port_is_found_by_its_name() -> None:
    named = service({"port": 80, "name": "web"}, {"port": 81, "name": "admin"})
    slices = [endpoint_slice(("a", "127.16.64.1", True), port="web")]
    for port in ("web", 80):
        spec = ingress(defaultBackend=backend("kiada", port))
        decision = answer("http://a/", spec, services=[named], slices=slices)
        assert [endpoint.pod for endpoint in decision.endpoints] == ["a"]


@pytest.mark.parametrize(
    ("services", "slices", "warning"),
    [
        ([], [], ("service-missing", "Service default/kiada does not exist")),
        ([service({"port": 81, "name": "web"})], [READY],
         ("port-missing", "Service default/kiada has no port 80; its ports: 81 (web)")),
        ([service()], [],
         ("no-endpoints", "Service default/kiada has no ready endpoints: "
          "no Pod that it selects is ready")),
    ],
)  # fmt: skip
def test_a_backend_that_can_not_answer_is_a_503_with_the_reason(
    services: list[Json], slices: list[Json], warning: tuple[str, str]
) -> None:
    decision = answer(f"http://{HOST}/", ingress(rule()), services=services, slices=slices)
    assert decision.status == 503
    assert [(each.code, each.message) for each in decision.warnings] == [warning]


def test_an_external_name_is_its_own_endpoint() -> None:
    external = service(type="ExternalName", externalName="example.org")
    decision = answer(f"http://{HOST}/", ingress(rule()), services=[external], slices=[])
    assert [(each.address, each.port) for each in decision.endpoints] == [("example.org", 80)]


def test_a_decision_is_plain_data() -> None:
    decision = answer(
        f"http://{HOST}/", ingress(rule()), services=[service()], slices=[READY]
    ).to_json()
    assert decision == {
        "request": {"scheme": "http", "host": HOST, "port": 80, "path": "/"},
        "profile": "spec",
        "outcome": "service",
        "status": 200,
        "ingress": "default/kiada",
        "rule": {"host": HOST, "path": "/", "pathType": "Prefix"},
        "backend": {"namespace": "default", "service": "kiada", "port": 80},
        "pods": [
            {"name": "a", "address": "127.16.64.1", "port": 8080},
            {"name": "b", "address": "127.16.64.2", "port": 8080},
        ],
        "candidates": [
            {
                "ingress": "default/kiada",
                "host": HOST,
                "path": "/",
                "pathType": "Prefix",
                "verdict": "won",
                "reason": f"the host is exactly {HOST}, and / is a prefix of every path",
            }
        ],
        "default": None,
        "certificate": None,
        "warnings": [],
    }


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (f"http://{HOST}/",
         f"http://{HOST}/: Service kiada, port 80 of Ingress default/kiada: the host is exactly "
         f"{HOST}, and / is a prefix of every path; nobody there can answer: 503"),
        ("http://a/", "http://a/: no rule takes it, and there is no default backend: 404"),
    ],
)  # fmt: skip
def test_a_decision_has_a_summary(url: str, words: str) -> None:
    assert answer(url, ingress(rule()), services=[]).summary == words
