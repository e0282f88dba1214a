"""LoadBalancer against Ingress on a live lab: balancing, sources, cookies, TLS, the pool."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from labsupport.base.errors import UsageError
from labsupport.base.types import Json
from labsupport.kube.wait import until_nothing_missing
from labsupport.session.comparing import Comparison
from labsupport.session.lab import Lab

TRAEFIK = "traefik.ingress.kubernetes.io/"
URL = "http://kiada.example.com/"
CLIENT = "127.0.0.1"
Apply = Callable[..., None]


def balanced(**spec: object) -> Json:
    ports = [{"name": "http", "port": 80, "targetPort": "http"}]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "kiada-lb"},
        "spec": {"type": "LoadBalancer", "selector": {"app": "kiada"}, "ports": ports, **spec},
    }


@pytest.fixture
def annotate(lab: Lab) -> Iterator[Callable[[str], None]]:
    """Set an annotation of Traefik's on Service kiada for the time of one test."""
    before = lab.object("services", "kiada")

    def set_annotations(annotations: dict[str, str | None]) -> None:
        change = {"metadata": {"annotations": annotations}}
        lab.core.patch_namespaced_service("kiada", "default", change)

    names: list[str] = []

    def annotated(name: str) -> None:
        names.append(f"{TRAEFIK}{name}")
        set_annotations({names[-1]: "true"})

    yield annotated
    set_annotations(dict.fromkeys(names))
    until_nothing_missing(
        lambda: [] if followed(lab) else ["pods"], what="pods in Traefik", timeout=10
    )
    assert lab.object("services", "kiada")["spec"] == before["spec"]


def followed(lab: Lab) -> bool:
    servers = [url for name, url, _ in lab.controller.servers().rows if "kiada" in name]
    return len(servers) == 3


def until(lab: Lab, holds: Callable[[Comparison], bool]) -> Comparison:
    """Compare until what Traefik was told has come to it."""
    found: list[Comparison] = []

    def lacks() -> list[str]:
        found.append(lab.compare("kiada-lb", URL, requests=6))
        return [] if holds(found[-1]) else [str(found[-1])]

    until_nothing_missing(lacks, what="another comparison", timeout=10)
    return found[-1]


@pytest.fixture
def node_ip(lab: Lab) -> str:
    return f"{lab.connection.network}0.2"


def test_a_load_balancer_balances_connections_and_an_ingress_requests(
    lab: Lab, apply: Apply
) -> None:
    apply(balanced())
    found = lab.compare("kiada-lb", URL)
    assert len(found.load_balancer.one_connection) == 1
    assert len(found.load_balancer.own_connections) == 3
    assert len(found.ingress.one_connection) == 3
    assert found.pod.own_connections == [12]


def test_every_service_has_an_address_of_its_own_and_the_ingress_one_for_all(
    lab: Lab, apply: Apply
) -> None:
    apply(balanced())
    found = lab.compare("kiada-lb", URL)
    addresses = {way.target.address for way in found.ways}
    assert len(addresses) == 3
    assert found.ingress.target.address == lab.address


def test_the_proxy_goes_to_the_pod_and_not_through_the_services_relay(
    lab: Lab, apply: Apply, node_ip: str
) -> None:
    apply(balanced())
    found = lab.compare("kiada-lb", URL, requests=6)
    assert found.ingress.relayed == 0
    assert node_ip not in found.ingress.callers
    assert found.load_balancer.relayed == 1 + 2 * 6
    assert found.load_balancer.callers == {node_ip}


def test_with_native_load_balancing_the_proxy_goes_through_the_services_relay(
    lab: Lab, apply: Apply, annotate: Callable[[str], None], node_ip: str
) -> None:
    if lab.connection.port_offset:
        pytest.skip("Traefik calls port 80 of the ClusterIP, which this user can't open")
    apply(balanced())
    annotate("service.nativelb")
    found = until(lab, lambda each: each.ingress.callers == {node_ip})
    assert found.ingress.relayed
    assert len(found.ingress.one_connection) == 1  # Traefik keeps its connection: L4 sticks


def test_the_client_is_told_by_a_header_or_kept_by_the_policy_local(
    lab: Lab, apply: Apply, node_ip: str
) -> None:
    apply(balanced(externalTrafficPolicy="Local"))
    found = lab.compare("kiada-lb", URL, requests=2)
    assert found.load_balancer.callers == {CLIENT}
    assert found.load_balancer.forwarded_for == ""
    assert found.ingress.forwarded_for == node_ip  # the relay before Traefik hid the client


def test_a_cookie_keeps_a_visitor_at_one_pod_through_the_ingress_alone(
    lab: Lab, apply: Apply, annotate: Callable[[str], None]
) -> None:
    apply(balanced())
    annotate("service.sticky.cookie")
    found = until(lab, lambda each: len(each.ingress.with_cookies) == 1)
    assert len(found.ingress.own_connections) == 3
    assert len(found.load_balancer.with_cookies) == 3


def test_affinity_by_client_ip_holds_for_the_load_balancer_alone(lab: Lab, apply: Apply) -> None:
    apply(balanced(sessionAffinity="ClientIP"))
    found = lab.compare("kiada-lb", URL)
    assert found.load_balancer.own_connections == [12]
    assert len(found.ingress.own_connections) == 3


def test_tls_ends_at_the_ingress_and_a_plain_load_balancer_has_none(lab: Lab, apply: Apply) -> None:
    apply(balanced())
    found = lab.compare("kiada-lb", URL, requests=1)
    assert found.ingress.tls == "the proxy ends it"
    assert found.load_balancer.tls == "none at port 443: refused"


def test_the_table_is_the_same_each_time_and_the_latency_is_apart(lab: Lab, apply: Apply) -> None:
    apply(balanced())
    found = lab.compare("kiada-lb", URL)
    assert str(found) == str(lab.compare("kiada-lb", URL))
    assert [row[0] for row in found.latency.rows] == ["pod", "load balancer", "Ingress"]
    assert all(float(number) > 0 for row in found.latency.rows for number in row[1:])


def test_a_service_of_another_type_is_told_with_a_remedy(lab: Lab) -> None:
    with pytest.raises(UsageError, match="must be of type LoadBalancer") as failed:
        lab.compare("kiada", URL)
    assert "--type LoadBalancer" in failed.value.remedy


def test_a_url_that_leads_nowhere_is_told(lab: Lab, apply: Apply) -> None:
    apply(balanced())
    with pytest.raises(UsageError, match="must lead to a pod"):
        lab.compare("kiada-lb", "http://nobody.example.com/")


def test_a_pool_too_small_leaves_a_service_pending_until_it_grows(
    lab: Lab, apply: Apply, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        lab.pool(1)
        assert "1 address: " in capsys.readouterr().out
        apply(balanced())
        (row,) = (row for row in lab.table("services").rows if row[0] == "kiada-lb")
        assert "<pending>" in row
    finally:
        lab.pool()
    assert lab.address_of("service", "kiada-lb").startswith(lab.connection.network)


@pytest.mark.parametrize("size", [-1, "two"])
def test_a_pool_of_a_size_that_no_network_has_is_refused(lab: Lab, size: Any) -> None:
    with pytest.raises(UsageError, match="0 to 8128"):
        lab.pool(size)
