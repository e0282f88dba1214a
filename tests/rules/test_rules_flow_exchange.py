"""The flow graph of requests that were sent."""

from dataclasses import dataclass

from labsupport.rules.flow import alt_text, exchange_flow, text


@dataclass(frozen=True)
class Hop:
    kind: str
    text: str
    failed: bool = False


@dataclass(frozen=True)
class Way:
    way: tuple[Hop, ...]
    url: str = "http://a.test/"
    pod: str | None = None


NAME, TCP = Hop("name", "a.test is 127.9.192.1"), Hop("tcp", "127.9.192.1:80")
PROXY = Hop("proxy", "Traefik: router r, server http://127.9.64.1:8080")


def test_hops_follow_one_another() -> None:
    graph = exchange_flow([Way((NAME, TCP, PROXY, Hop("answer", "200 OK from pod p")), pod="p")])
    traffic = [graph.node(edge.target).label for edge in graph.edges if edge.kind == "traffic"]
    assert traffic == ["127.9.192.1:80", "Traefik", "p"]
    assert "then pod p." in alt_text(graph)


def test_a_proxy_tells_router_and_server_apart() -> None:
    graph = exchange_flow([Way((TCP, PROXY))])
    assert graph.node("proxy/0/proxy").detail == ("router r", "server http://127.9.64.1:8080")


def test_a_proxy_that_asks_nobody_answers_by_itself() -> None:
    proxy = Hop("proxy", "Traefik: router r, asked no server")
    graph = exchange_flow([Way((TCP, proxy, Hop("answer", "503 Service Unavailable")))])
    assert graph.nodes[-1].kind == "proxy"
    assert graph.nodes[-1].detail[-1] == "answers 503 Service Unavailable"
    assert alt_text(graph).endswith("then proxy Traefik, which answers 503 Service Unavailable.")


def test_a_failed_hop_is_marked_with_a_sign_and_says_why() -> None:
    graph = exchange_flow([Way((NAME, Hop("tcp", "127.9.192.1:80: Connection refused", True)))])
    assert graph.nodes[-1].failed
    assert "✗ 127.9.192.1:80 (Connection refused)" in text(graph)


def test_each_request_of_a_chain_has_a_row_of_its_own() -> None:
    moved = Way((NAME, TCP, Hop("answer", "301 Moved Permanently")))
    graph = exchange_flow([moved, Way((NAME, TCP, Hop("answer", "200 OK")), url="http://b.test/")])
    assert len(graph.nodes) == 8
    assert text(graph).startswith("The way of http://a.test/\n")
