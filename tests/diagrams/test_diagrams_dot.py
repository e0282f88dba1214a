"""From a flow graph to DOT: what is dashed, what is thick, and that any label survives."""

import re
import shutil
from typing import get_args

import pytest

from labsupport.diagrams.covers import COVERS
from labsupport.diagrams.dot import dot_source, picture_of
from labsupport.diagrams.look import EDGES, NODES
from labsupport.rules.flow import FlowGraph, GraphBuilder
from labsupport.rules.flow.graph import EdgeKind, NodeKind

needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="needs Graphviz")


def small_graph(label: str = "quote") -> FlowGraph:
    """Proxy to pod, lit, and past a Service."""
    build = GraphBuilder("A small graph")
    proxy = build.node("proxy", "p", "Traefik", lit=True)
    service = build.node("service", "s", label)
    pod = build.node("pod", "q", "quote-1", ["127.9.64.1:8080"], lit=True)
    build.edge(proxy, pod, label="request", lit=True)
    build.edge(service, pod, "configuration", "selects")
    return build.graph()


def line(dot: str, start: str) -> str:
    """The DOT statement that begins with `start`."""
    found = re.search(rf"^\s*{re.escape(start)}.*$", dot, re.MULTILINE)
    assert found
    return found[0]


def test_services_are_dashed_and_pods_are_not() -> None:
    dot = dot_source(small_graph())
    assert "dashed" in line(dot, '"service/s" [')
    assert "dashed" not in line(dot, '"pod/q" [')


def test_the_way_that_was_taken_is_thick() -> None:
    dot = dot_source(small_graph())
    assert "penwidth=2.6" in line(dot, '"proxy/p" -> "pod/q"')
    assert "penwidth=1.1" in line(dot, '"service/s" -> "pod/q"')


def test_kinds_are_written_not_only_coloured() -> None:
    assert "Service" in line(dot_source(small_graph()), '"service/s" [')


def test_the_same_graph_gives_the_same_drawing() -> None:
    assert dot_source(small_graph()) == dot_source(small_graph())


@needs_dot
@pytest.mark.parametrize("label", ["<b>&amp;</b>", 'a "b" \\n', "ünï→", "a->b [x]"])
def test_any_label_is_drawn_as_it_is(label: str) -> None:
    svg = picture_of(small_graph(label)).svg()
    assert svg.startswith("<svg width")  # drawn, not set as text


def test_every_kind_of_node_and_edge_has_a_look() -> None:
    assert set(NODES) == set(get_args(NodeKind))
    assert set(EDGES) == set(get_args(EdgeKind))


@pytest.mark.parametrize("look", NODES.values(), ids=NODES)
def test_captions_stand_out_from_their_box(look: object) -> None:
    assert _contrast(look.line, look.fill) >= 4.5  # type: ignore[attr-defined]  # WCAG AA


@pytest.mark.parametrize("cover", COVERS.values(), ids=COVERS)
def test_a_cover_says_in_a_sentence_what_it_shows(cover: object) -> None:
    picture = cover()  # type: ignore[operator]
    assert picture.alt.endswith(".")
    assert len(picture.alt) > 60


def _contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours (#RRGGBB), as WCAG 2 defines it."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
