"""The flow picture as a widget: drawn soon, its nodes giving their objects."""

import asyncio

import pytest

from labsupport.rules.flow import FlowGraph, GraphBuilder
from labsupport.widgets import flow_view
from labsupport.widgets.flow_view import FlowPanel


def graph(pod: str = "a") -> FlowGraph:
    build = GraphBuilder("A way")
    build.edge(build.node("client", "client", "client"), build.node("pod", pod, f"pod <{pod}>"))
    return build.graph()


@pytest.fixture
def _dot_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where Graphviz is installed, also where it isn't."""
    monkeypatch.setattr(flow_view, "drawn", lambda dot, alt: "<svg/>")


def test_a_chosen_node_shows_its_object_as_text() -> None:
    panel = FlowPanel(lambda node: f"kind: {node.kind} <b>")
    panel.show(graph())
    panel.drawing.selected = "pod/a"
    assert "kind: pod &lt;b&gt;" in panel.details.value
    panel.drawing.selected = ""
    assert panel.details.value == ""


@pytest.mark.usefixtures("_dot_draws")
def test_every_node_has_a_name_for_screen_readers() -> None:
    panel = FlowPanel(str)
    panel.show(graph())
    assert panel.drawing.names == {"client/client": "client", "pod/a": "pod pod <a>"}


def test_nothing_to_show_takes_no_room() -> None:
    panel = FlowPanel(str)
    panel.show(None)
    assert panel.view.layout.display == "none"


@pytest.mark.usefixtures("_dot_draws")
async def test_of_many_graphs_in_a_row_the_last_is_drawn_once() -> None:
    panel = FlowPanel(str)
    drawn: list[object] = []
    panel.drawing.observe(lambda change: drawn.append(change["new"]), "names")
    for pod in "abc":
        panel.show(graph(pod), soon=True)
    assert drawn == []
    await asyncio.sleep(0.3)
    assert drawn == [{"client/client": "client", "pod/c": "pod pod <c>"}]


async def test_a_closed_panel_draws_no_more() -> None:
    panel = FlowPanel(str)
    panel.show(graph(), soon=True)
    panel.close()
    await asyncio.sleep(0.2)
    assert panel.picture is None


def test_without_graphviz_the_browser_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow_view, "drawn", lambda dot, alt: None)
    panel = FlowPanel(str)
    panel.show(graph())
    assert "digraph" in panel.view.children[0].dot_source
