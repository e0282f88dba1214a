"""A flow graph as DOT, in the looks of `look`."""

from html import escape
from textwrap import wrap

import graphviz

from labsupport.diagrams.look import CARD, EDGES, FAINT, FONT, NODES, TEXT
from labsupport.diagrams.picture import Picture
from labsupport.rules.flow import Edge, FlowGraph, Node, alt_text, text

_DETAIL_WIDTH = 22  # characters
_LIT_WIDTH, _WIDTH = "2.6", "1.1"
_COLUMNS = (
    ("client", "dns"),
    ("hosts-file", "load-balancer", "address"),
    ("name-server", "tls"),
    ("proxy", "controller", "ingress", "gateway", "secret"),
    ("service", "static-site", "http-route", "middleware"),
    ("pod",),
)
"""Kinds that stand one above the other. The Service's column lies between proxy and pods, so that
the line of the request is seen to pass it by."""


def picture_of(graph: FlowGraph) -> Picture:
    """`graph` as a picture, with the twins in words that the rules give it."""
    return Picture(dot_source(graph), text(graph), alt_text(graph))


def dot_source(graph: FlowGraph) -> str:
    """`graph` laid out from left to right: what a request passes on a line, the rest beside it."""
    drawing = graphviz.Digraph(
        graph_attr={
            "rankdir": "LR",
            "bgcolor": CARD,
            "pad": "0.2",
            "nodesep": "0.2",
            "ranksep": "0.3",
        },
        node_attr={"shape": "box", "fontname": FONT, "fontsize": "13", "margin": "0.1,0.05"},
        edge_attr={"fontname": FONT, "fontsize": "10", "fontcolor": FAINT, "arrowsize": "0.7"},
    )
    columns = {node.id: _column(node) for node in graph.nodes}
    for node in graph.nodes:
        _draw_node(drawing, node)
    for edge in graph.edges:
        _draw_edge(drawing, edge, within=columns[edge.source] == columns[edge.target])
    for column in set(columns.values()):
        with drawing.subgraph(graph_attr={"rank": "same"}) as same:
            for node_id, its_column in columns.items():
                if its_column == column:
                    same.node(node_id)
    return str(drawing.source)


def _column(node: Node) -> int:
    return next(number for number, kinds in enumerate(_COLUMNS) if node.kind in kinds)


def _draw_node(drawing: graphviz.Digraph, node: Node) -> None:
    look = NODES[node.kind]
    drawing.node(
        node.id,
        _label(node),
        color=look.line,
        fillcolor=look.fill,
        shape="octagon" if node.failed else "box",
        style=("filled" if node.failed else "rounded,filled") + (",dashed" if look.dashed else ""),
        penwidth="2" if node.lit else _WIDTH,
        tooltip=f"{look.caption} {node.label}",
    )


def _label(node: Node) -> str:
    """Caption, label and details under one another, as Graphviz's HTML-like text."""
    look = NODES[node.kind]
    caption = [look.caption] if look.caption != node.label else []
    rows = [
        *(f'<font point-size="10" color="{look.line}">{escape(line)}</font>' for line in caption),
        f'<font color="{TEXT}"><b>{escape(node.label)}</b></font>',
        *(
            f'<font point-size="11" color="{TEXT}">{escape(line)}</font>'
            for detail in node.detail
            for line in _lines(detail)
        ),
    ]
    cells = "".join(f"<tr><td>{row}</td></tr>" for row in rows)
    return f'<<table border="0" cellspacing="0" cellpadding="1">{cells}</table>>'


def _lines(detail: str) -> list[str]:
    """`detail` broken at spaces: narrow boxes keep a picture's text large."""
    return wrap(detail, _DETAIL_WIDTH, break_long_words=False, break_on_hyphens=False) or [""]


def _draw_edge(drawing: graphviz.Digraph, edge: Edge, *, within: bool) -> None:
    """An arrow; one `within` a column doesn't move its ends apart."""
    look = EDGES[edge.kind]
    lit = edge.lit and edge.kind == "traffic"
    label = escape(edge.label)
    if label and within:
        # The line of such an arrow runs through its label, which needs a card of its own.
        cell = f'<tr><td cellpadding="2">{label}</td></tr>'
        label = f'<<table border="0" cellspacing="0" bgcolor="{CARD}">{cell}</table>>'
    drawing.edge(
        edge.source,
        edge.target,
        label=label,
        color=look.lit if edge.lit else look.unlit,
        style=look.style,
        arrowhead=look.arrowhead,
        penwidth=_LIT_WIDTH if lit else _WIDTH,
        weight="10" if lit else "1",
        constraint=str(not within).lower(),
    )
