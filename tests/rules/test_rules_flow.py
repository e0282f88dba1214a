"""The flow graph of a request and of a cluster, and its twins in words."""

from typing import Any

from labsupport.base.types import Json
from labsupport.rules.flow import FlowGraph, alt_text, cluster_flow, request_flow, text
from labsupport.rules.ingress import PROFILES, Request, decide


def service(name: str, namespace: str = "default", **fields: Any) -> Json:
    spec = {"ports": [{"port": 80}], "selector": {"app": name}, **fields.pop("spec", {})}
    return {"metadata": {"name": name, "namespace": namespace}, "spec": spec, **fields}


def endpoint_slice(name: str, *pods: tuple[str, str], namespace: str = "default") -> Json:
    labels = {"kubernetes.io/service-name": name}
    endpoints = [
        {"addresses": [address], "targetRef": {"kind": "Pod", "name": pod}} for pod, address in pods
    ]
    metadata = {"name": f"{name}-1", "namespace": namespace, "labels": labels}
    return {"metadata": metadata, "ports": [{"name": "", "port": 8080}], "endpoints": endpoints}


def ingress(host: str, to: str) -> Json:
    backend = {"service": {"name": to, "port": {"number": 80}}}
    paths = [{"path": "/", "pathType": "Prefix", "backend": backend}]
    spec = {"rules": [{"host": host, "http": {"paths": paths}}]}
    return {"metadata": {"name": to, "namespace": "default"}, "spec": spec}


BALANCED = {"loadBalancer": {"ingress": [{"ip": "127.16.192.1"}]}}
INGRESSES = [ingress("kiada.example.com", "kiada"), ingress("gone.example.com", "gone")]
SERVICES = [
    service("kiada"),
    service("traefik", "traefik", spec={"type": "LoadBalancer"}, status=BALANCED),
    service("traefik-dashboard", "traefik"),
]
SLICES = [
    endpoint_slice("kiada", ("kiada-a", "127.16.64.1"), ("kiada-b", "127.16.64.2")),
    endpoint_slice("traefik", ("traefik-x", "127.16.64.9"), namespace="traefik"),
    endpoint_slice("traefik-dashboard", ("traefik-x", "127.16.64.9"), namespace="traefik"),
]


def flow(url: str, answered_by: str = "") -> FlowGraph:
    decision = decide(Request.from_url(url), INGRESSES, services=SERVICES, slices=SLICES)
    return request_flow(
        decision,
        resolver="lab DNS",
        address="127.16.192.1:80",
        proxy="traefik",
        answered_by=answered_by,
    )


def test_the_way_of_a_request_reads_as_text() -> None:
    assert text(flow("http://kiada.example.com/", "kiada-b")).splitlines() == [
        "The way of http://kiada.example.com/",
        "* client (http://kiada.example.com/) ··▶ dns lab DNS (kiada.example.com is 127.16.192.1)"
        "  [where is it?]",
        "* client ──▶ load balancer (127.16.192.1:80)  [HTTP request]",
        "* load balancer ──▶ proxy traefik  [connection]",
        "* ingress kiada (kiada.example.com Prefix /) ╌╌▶ proxy traefik  [tells]",
        "* ingress kiada ╌╌▶ service kiada (port 80)  [names]",
        "  proxy traefik ──▶ pod kiada-a (127.16.64.1:8080)",
        "  service kiada ╌╌▶ pod kiada-a",
        "* proxy traefik ──▶ pod kiada-b (127.16.64.2:8080)  [request]",
        "* service kiada ╌╌▶ pod kiada-b",
    ]


def test_the_way_of_a_request_reads_as_a_sentence() -> None:
    assert alt_text(flow("http://kiada.example.com/", "kiada-b")) == (
        "The way of http://kiada.example.com/: from the client to load balancer, "
        "then proxy traefik, then pod kiada-b. The proxy follows "
        "ingress kiada (kiada.example.com Prefix /) and service kiada (port 80)."
    )


def test_a_request_that_no_rule_takes_ends_at_the_proxy() -> None:
    graph = flow("http://other/")
    assert {node.kind for node in graph.nodes} == {"client", "dns", "load-balancer", "proxy"}
    assert alt_text(graph).endswith("then proxy traefik, which answers 404: no rule takes it.")


def test_a_request_without_a_backend_shows_what_names_it() -> None:
    graph = flow("http://gone.example.com/")
    assert [node.label for node in graph.nodes if node.is_configuration] == ["gone", "gone"]
    assert "which answers 503: nobody behind the Service" in alt_text(graph)


def test_no_request_passes_a_service() -> None:
    graph = flow("http://kiada.example.com/", "kiada-b")
    passed = {edge.target for edge in graph.edges if edge.kind == "traffic"}
    assert all(not graph.node(node_id).is_configuration for node_id in passed)


def test_ids_hold_no_colon_because_graphviz_reads_it_as_a_port() -> None:
    assert not any(":" in node.id for node in flow("http://kiada.example.com/").nodes)


def test_a_cluster_reads_as_text() -> None:
    pods = [{"metadata": {"name": "alone", "namespace": "default"}, "status": {"phase": "Pending"}}]
    graph = cluster_flow(INGRESSES, SERVICES, SLICES, pods)
    assert text(graph).splitlines() == [
        "The cluster",
        "  client ──▶ load balancer traefik (127.16.192.1:80)",
        "  load balancer traefik ──▶ proxy traefik-x (127.16.64.9)",
        "  service kiada ╌╌▶ pod kiada-a (127.16.64.1)",
        "  service kiada ╌╌▶ pod kiada-b (127.16.64.2)",
        "  service traefik-dashboard ╌╌▶ proxy traefik-x",
        "  ingress gone (gone.example.com) ╌╌▶ proxy traefik-x",
        "  ingress gone ╌╌▶ service gone (does not exist)",
        "  ingress kiada (kiada.example.com) ╌╌▶ proxy traefik-x",
        "  ingress kiada ╌╌▶ service kiada",
        "  proxy traefik-x ──▶ pod kiada-a",
        "  proxy traefik-x ──▶ pod kiada-b",
        "  pod alone (Pending)",
    ]


def test_the_same_cluster_gives_the_same_graph() -> None:
    assert cluster_flow(INGRESSES, SERVICES, SLICES) == cluster_flow(
        reversed(INGRESSES), reversed(SERVICES), reversed(SLICES)
    )


def test_each_load_balancer_leads_to_its_own_pods() -> None:
    services = [
        service(name, spec={"type": "LoadBalancer"}, status=BALANCED) for name in ("a", "b")
    ]
    slices = [endpoint_slice("a", ("a-1", "127.16.64.1")), endpoint_slice("b", ("b-1", "::1"))]
    graph = cluster_flow([], services, slices)
    ways = [(graph.node(e.source).label, graph.node(e.target).label) for e in graph.edges]
    assert ways == [("client", "a"), ("a", "a-1"), ("client", "b"), ("b", "b-1")]


def test_a_load_balancer_without_an_address_is_pending() -> None:
    graph = cluster_flow([], [service("a", spec={"type": "LoadBalancer"})], [])
    assert [node.detail for node in graph.nodes] == [(), ("<pending>",)]


def test_a_cluster_is_counted_in_a_sentence() -> None:
    assert alt_text(cluster_flow([], SERVICES[:1], SLICES[:1])) == (
        "The cluster: 2 pods, 1 service."
    )


def test_an_empty_graph_says_so() -> None:
    assert alt_text(cluster_flow([], [], [])) == "The cluster: nothing to show."


def test_where_chance_decides_every_tied_rule_is_shown_and_none_is_lit() -> None:
    twins = [ingress("kiada.example.com", name) for name in "ab"]
    decision = decide(
        Request.from_url("http://kiada.example.com/"), twins, profile=PROFILES["traefik"]
    )
    graph = request_flow(decision, proxy="Traefik")
    shown = {node.id: node.lit for node in graph.nodes if node.kind == "ingress"}
    assert shown == {"ingress/default/a": False, "ingress/default/b": False}
    assert graph.node("proxy/Traefik").detail == ("lets chance decide among equal rules",)
