"""A flow graph as a picture."""

from labsupport.diagrams.dot import dot_source
from labsupport.diagrams.picture import Picture
from labsupport.rules.flow import FlowGraph, text


def drawn(graph: FlowGraph, alt: str) -> Picture:
    """The picture of a flow graph; `alt` says what it shows."""
    return Picture(dot_source(graph), text(graph), alt)
