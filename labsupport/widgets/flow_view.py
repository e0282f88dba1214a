"""A flow graph in a notebook: drawn, and each node gives its object when it is chosen."""

import asyncio
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

import anywidget
import ipywidgets
import traitlets

from labsupport.diagrams.dot import picture_of
from labsupport.diagrams.picture import Picture, drawn
from labsupport.rules.flow import FlowGraph, Node
from labsupport.widgets.tester import ASSETS

if TYPE_CHECKING:
    from labsupport.diagrams.browser import BrowserDrawing

_PAUSE = 0.12  # seconds without a further key before a picture is drawn


class FlowView(anywidget.AnyWidget):
    """The drawing; `selected` is the id of the chosen node, "" for none."""

    _esm = ASSETS / "flow_view.js"
    _css = ASSETS / "flow_view.css"

    svg = traitlets.Unicode("<svg xmlns='http://www.w3.org/2000/svg'/>").tag(sync=True)
    names = traitlets.Dict().tag(sync=True)
    selected = traitlets.Unicode("").tag(sync=True)


class FlowPanel:
    """A picture, and below it what is known of the chosen node.

    `described` gives a node's object as text. Where `dot` is missing the browser draws, and no
    node can be chosen.
    """

    def __init__(self, described: Callable[[Node], str]) -> None:
        self._described = described
        self._waiting: asyncio.TimerHandle | None = None
        self._in_browser: BrowserDrawing | None = None
        self.graph: FlowGraph | None = None
        self.picture: Picture | None = None
        self.drawing = FlowView()
        self.details = ipywidgets.HTML()
        self.view = ipywidgets.VBox([self.drawing, self.details])
        self.drawing.observe(lambda _: self._show_details(), "selected")

    def show(self, graph: FlowGraph | None, *, soon: bool = False) -> None:
        """Draw `graph`, None for nothing; `soon` waits until no further graph comes."""
        self.graph = graph
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
        try:
            loop = asyncio.get_running_loop() if soon else None
        except RuntimeError:
            loop = None
        if loop is None:
            self._draw()
        else:
            self._waiting = loop.call_later(_PAUSE, self._draw)

    def close(self) -> None:
        """Draw no more."""
        if self._waiting is not None:
            self._waiting.cancel()
        self.view.close()

    def _draw(self) -> None:
        self.picture = picture_of(self.graph) if self.graph else None
        self.view.layout.display = None if self.picture else "none"
        if self.picture is None or self.graph is None:
            return
        if drawn(self.picture.dot, self.picture.alt) is None:
            self._draw_in_browser(self.picture)
            return
        with self.drawing.hold_sync():
            self.drawing.names = {node.id: str(node) for node in self.graph.nodes}
            self.drawing.svg = self.picture.svg()
        self._show_details()

    def _draw_in_browser(self, picture: Picture) -> None:
        if self._in_browser is None:
            from labsupport.diagrams.browser import BrowserDrawing  # Graphviz as WASM: 1 MB

            self._in_browser = BrowserDrawing(enable_zoom=False)
            self.view.children = (self._in_browser, self.details)
        self._in_browser.dot_source = picture.dot

    def _show_details(self) -> None:
        nodes = {node.id: node for node in self.graph.nodes} if self.graph else {}
        node = nodes.get(self.drawing.selected)
        if node is None:
            self.details.value = ""
            return
        self.details.value = (
            f'<section role="status" aria-label="{escape(node.name)}"><h4>{escape(node.name)}</h4>'
            f"<pre>{escape(self._described(node))}</pre></section>"
        )
