"""Several controllers at once, their classes, and Traefik's own kinds."""

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from probes import Probe, has_status, route, rule, until_true
from tls_requests import custom

from labsupport.base.errors import UsageError
from labsupport.base.types import Json
from labsupport.kube.manifests import objects
from labsupport.manifests import documents
from labsupport.rules.admission import CLASS_ANNOTATION
from labsupport.session.lab import Lab
from labsupport.trust.handshake import presented

Apply = Callable[..., None]


@pytest.fixture(scope="module", autouse=True)
def installed(lab: Lab) -> Iterator[None]:
    names = ("traefik-internal", "traefik-public")
    for name in names:
        lab.install(name)
    yield
    for name in names:
        lab.uninstall(name)


@pytest.fixture
def first(lab: Lab) -> Probe:
    return Probe(lab, "traefik")


@pytest.fixture
def internal(lab: Lab) -> Probe:
    return Probe(lab, "internal")


def ingress_class(name: str, controller: str, **spec: object) -> Json:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "IngressClass",
        "metadata": {"name": name},
        "spec": {"controller": controller, **spec},
    }


# Installing


def test_installing_twice_changes_nothing(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lab.install("traefik-internal")
    lines = capsys.readouterr().out.splitlines()
    assert lines
    assert all(line.endswith(" unchanged") for line in lines)


def test_a_controller_is_waited_for_until_its_address_answers_each_time(lab: Lab) -> None:
    with socket.create_server(("127.0.0.1", 0)) as balancer:
        balancer.settimeout(30)
        place = balancer.getsockname()

        def serve() -> None:
            good = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
            for answer in (b"", good, b"", *[good] * 10):
                connection, _ = balancer.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(answer)

        serving = threading.Thread(target=serve)
        serving.start()
        connection = replace(lab.connection, network="", way=lambda address, port: place)
        other = Lab(lab.provider, connection, lab.instance)
        other.install("traefik-public")
        other.close()
        serving.join(timeout=5)
        assert not serving.is_alive()


def test_uninstalling_leaves_what_was_there_before(lab: Lab, apply: Apply) -> None:
    own = ingress_class("traefik-default", "traefik.io/ingress-controller")
    apply(own)
    lab.install("traefik-default")
    assert lab.controllers["traefik-default"].address
    lab.uninstall("traefik-default")
    assert lab.object("ingressclass", "traefik-default")
    namespaces = [each["metadata"]["name"] for each in lab.objects("namespaces")]
    assert "traefik-default" not in namespaces


def test_what_is_not_installed_is_said_and_no_error(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.uninstall("traefik-nginx")
    assert capsys.readouterr().out == "nothing here was made by installing traefik-nginx\n"


# Classes


def test_each_class_has_an_address_of_its_own(lab: Lab) -> None:
    controllers = lab.controllers
    assert {"traefik", "internal", "public"} <= set(controllers)
    assert len({each.address for each in controllers.values()}) == len(controllers)
    shown = {each["class"]: each["address"] for each in lab.status().controllers}
    assert shown == {name: each.address for name, each in controllers.items()}


def test_a_class_that_nobody_serves_is_told_with_the_controller_to_install(lab: Lab) -> None:
    with pytest.raises(UsageError, match="no controller of class nginx is installed") as caught:
        lab.controllers["nginx"]
    assert caught.value.remedy == 'lab.install("traefik-nginx")'
    assert "internal, public" in caught.value.found
    assert "nginx" not in lab.controllers


def test_a_controller_serves_its_own_class_only(
    lab: Lab, first: Probe, internal: Probe, apply: Apply
) -> None:
    apply(rule("ours", class_name="internal"), rule("theirs", class_name="public"))
    internal.until(has_status(200), "ours")
    Probe(lab, "public").until(has_status(200), "theirs")
    assert internal("theirs").status == 404
    assert first("ours").status == 404
    assert lab.problems() == []


def test_an_ingress_without_a_class_gets_the_default_one(
    lab: Lab, first: Probe, internal: Probe, apply: Apply
) -> None:
    apply(rule("plain"))
    first.until(has_status(200), "plain")
    assert internal("plain").status == 404
    assert lab.object("ingress", "plain")["spec"]["ingressClassName"] == "traefik"


def test_the_address_is_written_once_and_stays(lab: Lab, internal: Probe, apply: Apply) -> None:
    apply(rule("still", class_name="internal"))
    internal.until(has_status(200), "still")
    assert lab.address_of("ingress", "still") == internal.address
    version = lab.object("ingress", "still")["metadata"]["resourceVersion"]
    apply(rule("other", class_name="internal"), rule("another"))
    internal.until(has_status(200), "other")
    assert lab.object("ingress", "still")["metadata"]["resourceVersion"] == version


def test_an_ingress_can_move_to_another_controller(
    first: Probe, internal: Probe, apply: Apply
) -> None:
    apply(rule("moving"))
    first.until(has_status(200), "moving")
    apply(rule("moving", class_name="internal"))
    internal.until(has_status(200), "moving")
    first.until(has_status(404), "moving")


def test_an_unknown_class_is_said(lab: Lab, first: Probe, apply: Apply) -> None:
    apply(rule("lost", class_name="intern"))
    (problem,) = lab.problems()
    assert problem.startswith("Ingress default/lost names the class intern, which does not exist")
    found = lab.diagnose("http://lost.example.com/", resolve=first.address)
    assert found.cause == "class-unknown"


def test_an_ingress_without_any_class_is_said(lab: Lab, first: Probe, apply: Apply) -> None:
    default = lab.object("ingressclass", "traefik")
    lab.api.replace(
        {**default, "metadata": {**default["metadata"], "annotations": {}}}  # no default any more
    )
    try:
        apply(rule("bare"))
        assert "ingressClassName" not in lab.object("ingress", "bare")["spec"]
        assert lab.problems() == ["Ingress default/bare names no class: nobody serves it"]
        found = lab.diagnose("http://bare.example.com/", resolve=first.address)
        assert found.cause == "class-missing"
    finally:
        live = lab.object("ingressclass", "traefik")
        live["metadata"]["annotations"] = default["metadata"]["annotations"]
        lab.api.replace(live)


def test_a_class_without_a_controller_is_said(lab: Lab, first: Probe, apply: Apply) -> None:
    apply(ingress_class("cloud", "example.com/cloud"), rule("orphan", class_name="cloud"))
    expected = (
        "Ingress default/orphan has the class cloud of example.com/cloud, "
        "and no such controller runs here"
    )
    assert lab.problems() == [expected]
    assert expected in lab.status().missing
    found = lab.diagnose("http://orphan.example.com/", resolve=first.address)
    assert found.cause == "class-other"


def test_parameters_that_traefik_never_reads_are_said(lab: Lab) -> None:
    reference = {"apiGroup": "traefik.io", "kind": "Middleware", "name": "any"}
    wanted = next(o for o in objects(documents("traefik-public")) if o["kind"] == "IngressClass")
    live = lab.object("ingressclass", "public")
    lab.api.replace({**live, "spec": {**live["spec"], "parameters": reference}})
    try:
        assert lab.problems() == ["IngressClass public has parameters, which Traefik never reads"]
    finally:
        live = lab.object("ingressclass", "public")
        lab.api.replace({**live, "spec": wanted["spec"]})


def test_a_diagnosis_knows_whose_address_was_asked(lab: Lab, internal: Probe, apply: Apply) -> None:
    apply(rule("there", class_name="internal"), rule("here"))
    internal.until(has_status(200), "there")
    assert lab.diagnose("http://there.example.com/quote", resolve=internal.address).ok
    found = lab.diagnose("http://here.example.com/", resolve=internal.address)
    assert found.cause == "class-other"
    assert "serves only internal" in found.saw


def test_waiting_goes_by_every_controllers_own_ingresses(
    lab: Lab, internal: Probe, apply: Apply
) -> None:
    apply(rule("waited", class_name="internal", service="quiz"))
    lab.wait_ready(namespace=None, timeout=10)
    internal.until(has_status(200), "waited")
    lab.wait_ready(namespace=None, timeout=10)


# Traefik's own kinds


def test_an_ingress_route_is_among_the_routers_and_servers(
    lab: Lab, first: Probe, apply: Apply
) -> None:
    apply(route("own", "own"))
    first.until(has_status(200), "own")
    assert any("own.example.com" in row[1] for row in lab.controller.routers().rows)
    assert any(row[0].startswith("default-own-") for row in lab.controller.servers().rows)
    lab.wait_ready(namespace=None, timeout=5)


def test_an_ingress_route_names_its_class_by_the_old_annotation(
    first: Probe, internal: Probe, apply: Apply
) -> None:
    inner = route("inner", "inner")
    inner["metadata"]["annotations"] = {CLASS_ANNOTATION: "internal"}
    apply(inner)
    internal.until(has_status(200), "inner")
    assert first("inner").status == 404


def test_a_weighted_traefik_service_shares_requests(first: Probe, apply: Apply) -> None:
    shares = [
        {"name": "quote", "port": 80, "weight": 3},
        {"name": "kiada", "port": 80, "weight": 1},
    ]
    apply(
        custom("TraefikService", "shares", {"weighted": {"services": shares}}),
        route("shared", "shared", services=[{"kind": "TraefikService", "name": "shares"}]),
    )
    first.until(has_status(200), "shared")
    pods = [(first("shared").pod or "").partition("-")[0] for _ in range(8)]
    assert sorted(pods) == ["kiada"] * 2 + ["quote"] * 6


def test_tls_options_are_used_by_an_ingress_through_an_annotation(lab: Lab, apply: Apply) -> None:
    key = "traefik.ingress.kubernetes.io/router.tls.options"
    tls = [{"hosts": ["old.example.com"], "secretName": "old"}]
    apply(lab.trust.secret("old", "old.example.com"), rule("old", tls=tls))
    url = "https://old.example.com/debug/request"
    address = (lab.address, 443 + lab.connection.port_offset)
    lab.wait_for(url, resolve=lab.address)
    assert presented(*address, "old.example.com").version == "TLSv1.3"
    apply(custom("TLSOption", "older", {"maxVersion": "VersionTLS12"}))
    apply(rule("old", tls=tls, annotations={key: "default-older@kubernetescrd"}))
    until_true(
        lambda: presented(*address, "old.example.com").version == "TLSv1.2",
        "TLS 1.2 at most",
    )


def test_a_route_that_cannot_be_used_is_said(lab: Lab, first: Probe, apply: Apply) -> None:
    apply(
        route("bad", "bad", middlewares=[{"name": "nobody"}]),
        route("gone", "gone", services=[{"name": "nobody", "port": 80}]),
    )
    until_true(lambda: len(lab.controller.problems()) == 2, "both are said")
    disabled, left_out = lab.controller.problems()
    assert 'middleware "default-nobody@kubernetescrd" does not exist' in disabled
    assert "kubernetes service not found: default/nobody" in left_out
    found = lab.diagnose("http://bad.example.com/", resolve=first.address)
    assert (found.cause, found.why) == ("rule-disabled", disabled)


def test_two_ingresses_that_say_the_same_are_said(lab: Lab, first: Probe, apply: Apply) -> None:
    apply(rule("twin", host="twin.example.com"), rule("twine", host="twin.example.com"))
    first.until(has_status(200), "twin")
    (problem,) = lab.problems()
    assert "say the same: which of them counts is open" in problem
    assert lab.diagnose("http://twin.example.com/quote", resolve=first.address).notes
