"""Gateway API on a real Traefik, beside the same site as an Ingress."""

from collections import Counter
from collections.abc import Callable, Iterator
from random import Random

import pytest

from labsupport.base.errors import RequestFailed, UsageError, WaitTimeout
from labsupport.base.types import Json
from labsupport.kube import manifests
from labsupport.manifests import documents
from labsupport.rules.gateway import chosen, converted
from labsupport.rules.ingress import Request, decide
from labsupport.rules.status import StatusError
from labsupport.session.gateway import GatewayController
from labsupport.session.lab import Lab

API = "gateway.networking.k8s.io/v1"
Apply = Callable[..., None]


@pytest.fixture(scope="module")
def gateway(lab: Lab) -> Iterator[GatewayController]:
    lab.install("gateway")
    yield lab.gateway
    lab.uninstall("gateway")


def service(name: str, port: int = 80, **more: object) -> Json:
    return {"name": name, "port": port, **more}


def match(path: str, kind: str = "PathPrefix", **more: object) -> Json:
    return {"path": {"type": kind, "value": path}, **more}


def route(name: str, *rules: Json, namespace: str = "default", parent: Json | None = None) -> Json:
    return {
        "apiVersion": API,
        "kind": "HTTPRoute",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "parentRefs": [parent or {"name": "lab", "namespace": "gateway"}],
            "hostnames": [f"{name}.test"],
            "rules": list(rules),
        },
    }


def ingress(name: str, *paths: tuple[str, str, str], **spec: object) -> Json:
    entries = [
        {"path": path, "pathType": kind, "backend": {"service": {"name": app, "port": {"name": p}}}}
        for path, kind, app in paths
        for p in ["http"]
    ]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"rules": [{"host": f"{name}.test", "http": {"paths": entries}}], **spec},
    }


def app_of(pod: str | None) -> str:
    return (pod or "").rsplit("-", 2)[0]


def test_without_it_the_lab_says_what_to_install(lab: Lab) -> None:
    with pytest.raises(UsageError, match="not installed") as refused:
        lab.gateway.routes()
    assert "./lab install gateway" in refused.value.remedy


def test_definitions_that_were_there_before_stay(lab: Lab, apply: Apply) -> None:
    definition = manifests.objects(documents("gateway-crds"))[0]
    definition["metadata"]["annotations"]["gateway.networking.k8s.io/bundle-version"] = "v9"
    apply(definition)
    lab.install("gateway")
    lab.uninstall("gateway")
    found = lab.object("customresourcedefinitions", definition["metadata"]["name"])
    assert found["metadata"]["annotations"]["gateway.networking.k8s.io/bundle-version"] == "v9"


def test_the_gateway_has_the_address_of_its_controller(
    lab: Lab, gateway: GatewayController
) -> None:
    status = lab.object("gateways", "lab", namespace="gateway")["status"]
    assert [each["value"] for each in status["addresses"]] == [gateway.address]
    assert gateway.address != lab.address


def test_a_converted_site_answers_as_its_ingress_does(
    lab: Lab, gateway: GatewayController, apply: Apply
) -> None:
    apply(ingress("both", ("/", "Prefix", "kiada"), ("/quote", "Prefix", "quote")))
    apply(*lab.convert("both").objects)
    gateway.wait_accepted("both")
    lab.wait_for("http://both.test/", resolve=lab.address)
    table = gateway.compare("both")
    assert {row[3] for row in table.rows} == {"yes"}
    told = {row[0]: row[2] for row in table.rows}
    assert told["http://both.test/quote"] == "200 from quote"
    assert told["http://both.test/quotex"].endswith("from kiada")


def test_exact_goes_before_prefix_where_the_ingress_has_it_the_other_way(
    lab: Lab, gateway: GatewayController, apply: Apply
) -> None:
    apply(ingress("exact", ("/quote", "Prefix", "kiada"), ("/quote", "Exact", "quote")))
    apply(*lab.convert("exact").objects)
    gateway.wait_accepted("exact")
    lab.wait_for("http://exact.test/quote", 404, resolve=lab.address)
    (row,) = gateway.compare("exact", urls=["http://exact.test/quote"]).rows
    assert row[1:] == ["404 from kiada", "200 from quote", "NO"]


def test_a_header_leads_to_another_service(
    lab: Lab, gateway: GatewayController, apply: Apply
) -> None:
    header = {"name": "X-Canary", "value": "always"}
    apply(
        route(
            "header",
            {"matches": [match("/")], "backendRefs": [service("kiada")]},
            {"matches": [match("/", headers=[header])], "backendRefs": [service("quote")]},
        )
    )
    gateway.wait_accepted("header")
    url, there = "http://header.test/", {"resolve": gateway.address}
    assert app_of(lab.client.get(url, **there).pod) == "kiada"
    assert app_of(lab.client.get(url, headers={"X-Canary": "always"}, **there).pod) == "quote"


def test_weights_share_the_requests(lab: Lab, gateway: GatewayController, apply: Apply) -> None:
    shares = [service("kiada", weight=80), service("quote", weight=20)]
    apply(route("weights", {"matches": [match("/")], "backendRefs": shares}))
    gateway.wait_accepted("weights")
    with lab.connect("http://weights.test/", resolve=gateway.address) as connection:
        pods = [connection.get("http://weights.test/").pod for _ in range(50)]
    assert Counter(map(app_of, pods)) == {"kiada": 40, "quote": 10}


def test_another_namespaces_service_needs_a_grant(
    lab: Lab, gateway: GatewayController, apply: Apply
) -> None:
    apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    backend = service("quote", namespace="default")
    rule = {"matches": [match("/")], "backendRefs": [backend]}
    apply(route("grant", rule, namespace="shop"))
    with pytest.raises(WaitTimeout, match="HTTPRoutes to be accepted") as refused:
        gateway.wait_accepted("grant", namespace="shop", timeout=1)
    assert "RefNotPermitted" in refused.value.found
    assert lab.client.get("http://grant.test/", resolve=gateway.address).status == 500
    apply(
        {
            "apiVersion": "gateway.networking.k8s.io/v1beta1",
            "kind": "ReferenceGrant",
            "metadata": {"name": "shop", "namespace": "default"},
            "spec": {
                "from": [
                    {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "shop"}
                ],
                "to": [{"group": "", "kind": "Service", "name": "quote"}],
            },
        }
    )
    lab.wait_for("http://grant.test/", resolve=gateway.address)


def test_tls_is_a_listener_and_http_a_redirect(
    lab: Lab, gateway: GatewayController, apply: Apply, made: list[Json]
) -> None:
    lab.trust.store("secure", "secure.test")
    made.append(lab.object("secrets", "secure"))
    site = ingress(
        "secure",
        ("/", "Prefix", "kiada"),
        tls=[{"hosts": ["secure.test"], "secretName": "secure"}],
    )
    wish = {"nginx.ingress.kubernetes.io/ssl-redirect": "true"}
    site["metadata"]["annotations"] = wish
    objects = converted([site], lab.objects("services")).objects
    apply(*objects)
    gateway.wait_accepted("secure", "secure-to-https")
    answer = lab.client.get("https://secure.test/", resolve=gateway.address)
    assert answer.tls is not None
    assert (answer.status, answer.tls.name) == (200, "secure.test")
    plain = lab.client.get("http://secure.test/", resolve=gateway.address)
    assert (plain.status, plain.location) == (308, "https://secure.test/")
    with pytest.raises(RequestFailed):
        lab.client.get("https://kiada.example.com/", resolve=gateway.address)


def test_a_middleware_is_an_extension(lab: Lab, gateway: GatewayController, apply: Apply) -> None:
    strip = {"stripPrefix": {"prefixes": ["/api"]}}
    apply(
        {
            "apiVersion": "traefik.io/v1alpha1",
            "kind": "Middleware",
            "metadata": {"name": "strip", "namespace": "default"},
            "spec": strip,
        }
    )
    reference = {"group": "traefik.io", "kind": "Middleware", "name": "strip"}
    rule = {
        "matches": [match("/api")],
        "filters": [{"type": "ExtensionRef", "extensionRef": reference}],
        "backendRefs": [service("quote")],
    }
    apply(route("extension", rule))
    lab.wait_for("http://extension.test/api/quote", resolve=gateway.address)


def test_a_listener_at_no_entry_points_port_says_so(
    lab: Lab, gateway: GatewayController, apply: Apply
) -> None:
    listener = {"name": "web", "port": 80, "protocol": "HTTP"}
    apply(
        {
            "apiVersion": API,
            "kind": "Gateway",
            "metadata": {"name": "eighty", "namespace": "default"},
            "spec": {"gatewayClassName": "traefik", "listeners": [listener]},
        },
        route(
            "eighty",
            {"matches": [match("/")], "backendRefs": [service("kiada")]},
            parent={"name": "eighty"},
        ),
    )
    with pytest.raises(WaitTimeout):
        gateway.wait_accepted("eighty", timeout=1)
    (told,) = lab.object("gateways", "eighty")["status"]["listeners"]
    assert "no matching entryPoint for port 80" in told["conditions"][0]["message"]
    row = next(row for row in gateway.routes().rows if row[1] == "eighty")
    assert row[4] == "False"


def test_a_route_of_no_gateway_is_seen_by_nobody(gateway: GatewayController, apply: Apply) -> None:
    apply(route("nowhere", {"matches": [match("/")]}, parent={"name": "nosuch"}))
    row = next(row for row in gateway.routes().rows if row[1] == "nowhere")
    assert row[6].startswith(("no controller has seen it", "NoMatchingParent"))


def test_the_schema_refuses_an_unknown_kind_of_match(
    gateway: GatewayController, apply: Apply
) -> None:
    with pytest.raises(StatusError) as refused:
        apply(route("wrong", {"matches": [match("/", "Prefix")]}))
    assert refused.value.code == 422


@pytest.mark.parametrize("seed", range(4))
def test_the_reading_agrees_with_traefik(
    lab: Lab, gateway: GatewayController, apply: Apply, seed: int
) -> None:
    """Each rule redirects to a host of its own, so that an answer tells who took the request."""
    random = Random(seed)
    hosts = ["a.com", "*.com", "*.a.com", "x.a.com", ""]
    paths = ["/", "/a", "/a/", "/a/b", "/ab", "/a/b/c"]
    wanted = [[], [{"name": "X-One", "value": "1"}]]
    routes = []
    for at, host in enumerate(random.sample(hosts, 4)):
        cases = sorted({(p.rstrip("/") or "/", k) for p in paths for k in ("Exact", "PathPrefix")})
        rules = [
            {
                "matches": [match(path, kind, headers=random.choice(wanted))],
                "filters": [
                    {"type": "RequestRedirect", "requestRedirect": {"hostname": f"r{at}-{number}"}}
                ],
            }
            for number, (path, kind) in enumerate(random.sample(cases, 5))
        ]
        one = route(f"seed{seed}-{at}", *rules)
        one["spec"]["hostnames"] = [host]
        if not host:
            del one["spec"]["hostnames"]
        routes.append(one)
    apply(*routes)
    gateway.wait_accepted(*(each["metadata"]["name"] for each in routes))
    for host in ("a.com", "x.a.com", "y.a.com", "q.x.a.com", "b.org"):
        for path in (*paths, "/a/bc", "/c"):
            for headers in ({}, {"X-One": "1"}):
                url = f"http://{host}{path}"
                request = Request.from_url(url, headers=tuple(headers.items()))
                choice = chosen(request, routes, "traefik")
                if choice.by_chance:
                    continue
                taken = choice.taken
                answer = lab.client.get(url, resolve=gateway.address, headers=headers)
                expected = taken and taken.rule["filters"][0]["requestRedirect"]["hostname"]
                found = answer.location.partition("://")[2].partition("/")[0] or None
                assert found == expected, (url, headers, str(taken))


@pytest.mark.parametrize("seed", range(3))
def test_a_site_made_by_chance_goes_where_the_specification_sends_it(
    lab: Lab, gateway: GatewayController, apply: Apply, seed: int
) -> None:
    random = Random(seed)
    paths = ["/", "/a", "/a/", "/a/b", "/ab", "/a/b/c"]
    kinds = ["Exact", "Prefix", "ImplementationSpecific"]
    apps = ["kiada", "quote", "quiz"]
    site = ingress(
        f"chance{seed}",
        *((random.choice(paths), random.choice(kinds), random.choice(apps)) for _ in range(6)),
    )
    apply(*converted([site], lab.objects("services")).objects)
    gateway.wait_accepted(f"chance{seed}")
    for path in (*paths, "/a/bc", "/c"):
        url = f"http://chance{seed}.test{path}"
        backend = decide(Request.from_url(url), [site]).backend
        answer = lab.client.get(url, resolve=gateway.address)
        assert app_of(answer.pod) == (backend.service if backend else ""), url
