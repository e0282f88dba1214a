"""Pictures of a live cluster: what they show, and what they leave out."""

from collections.abc import Iterator

import pytest
from running_lab import running_lab

from labsupport.base.errors import NameNotFound
from labsupport.diagrams import cluster_map, name_lookup, request_way
from labsupport.session import Lab

URL = "http://kiada.example.com/debug/request"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running_lab(tmp_path_factory.mktemp("lab") / "home") as lab:
        lab.wait_ready(namespace=None)
        yield lab


def test_the_map_leads_from_the_client_through_the_proxy_to_every_pod(lab: Lab) -> None:
    lines = str(cluster_map(lab)).splitlines()
    assert sum("proxy traefik-" in line and "──▶ pod kiada-" in line for line in lines) == 3
    assert any("client ──▶ load balancer traefik" in line for line in lines)


def test_the_map_leaves_the_api_server_out(lab: Lab) -> None:
    assert "kubernetes" not in str(cluster_map(lab))


def test_the_map_of_another_namespace_shows_that_one(lab: Lab) -> None:
    assert "kiada" not in str(cluster_map(lab, namespace="kube-public"))


def test_the_way_of_a_request_ends_at_the_pod_that_answered(lab: Lab) -> None:
    lit = [line for line in str(request_way(lab, URL)).splitlines() if line.startswith("*")]
    assert any("proxy Traefik ──▶ pod kiada-" in line for line in lit)
    assert any("lab DNS" in line for line in lit)


def test_a_request_without_a_rule_ends_at_the_proxy(lab: Lab) -> None:
    lab.hosts.add("nobody.example.com", lab.address)
    picture = request_way(lab, "http://nobody.example.com/")
    lab.hosts.remove("nobody.example.com")
    assert "answers 404" in picture.alt
    assert "pod" not in str(picture)


def test_a_name_without_address_has_no_way(lab: Lab) -> None:
    with pytest.raises(NameNotFound):
        request_way(lab, "http://unheard.example.com/")


def test_a_look_up_shows_who_was_asked(lab: Lab) -> None:
    picture = name_lookup(lab, "kiada.example.com")
    assert f"name server lab DNS (✓ {lab.address})" in str(picture)
    assert picture.alt.startswith("Who knows kiada.example.com? hosts file: ✗")


def test_the_way_of_a_request_tells_of_a_caching_resolver(lab: Lab) -> None:
    lab.dns.use("cache")
    picture = request_way(lab, URL)
    lab.dns.use("authoritative")
    assert "dns caching resolver" in str(picture)
