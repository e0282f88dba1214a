"""The flow graph of a name's look-up, and its twin in words."""

from dataclasses import dataclass

from labsupport.rules.flow import lookup_flow, lookup_text, text

NAME = "fair.example.com"


@dataclass(frozen=True)
class Step:
    source: str
    said: str
    address: str = ""
    chosen: bool = False


UNHEARD = Step("hosts", "not in the lab's hosts file")
OLD = Step("cache", "A record in the caching resolver", "192.0.2.1", chosen=True)
NEW = Step("dns", "A record in lab DNS", "192.0.2.2")


def test_the_computer_asks_its_sources_in_order() -> None:
    lines = text(lookup_flow(NAME, [UNHEARD, OLD])).splitlines()
    assert lines[1].endswith("··▶ hosts file (✗ not in the lab's hosts file)  [1.]")
    assert lines[2].endswith("··▶ name server caching resolver (✓ 192.0.2.1)  [2.]")


def test_the_source_whose_address_is_used_is_lit() -> None:
    graph = lookup_flow(NAME, [UNHEARD, OLD, NEW])
    assert [node.label for node in graph.nodes if node.lit][1:] == ["caching resolver"]


def test_the_zones_server_is_asked_by_the_resolver_not_by_the_computer() -> None:
    line = text(lookup_flow(NAME, [UNHEARD, OLD, NEW])).splitlines()[3]
    assert "caching resolver ··▶ name server lab DNS (192.0.2.2, not used)" in line


def test_without_a_resolver_between_the_computer_asks_the_zones_server() -> None:
    line = text(lookup_flow(NAME, [UNHEARD, NEW])).splitlines()[2]
    assert "client your computer ··▶ name server lab DNS" in line


def test_an_address_needs_nobody() -> None:
    step = Step("address", "an IP address", "192.0.2.1", chosen=True)
    assert lookup_flow("192.0.2.1", [step]).edges == ()
    assert lookup_text("192.0.2.1", [step]) == "Who knows 192.0.2.1? It is an address."


def test_the_alternative_text_tells_each_source() -> None:
    assert lookup_text(NAME, [UNHEARD, OLD]) == (
        "Who knows fair.example.com? hosts file: ✗ not in the lab's hosts file; "
        "caching resolver: ✓ 192.0.2.1."
    )
