"""Diagrams: flow graphs of the rules, drawn with Graphviz as pictures for notebooks and pages.

Here live the look (palette, shapes), the way from a graph to DOT and from DOT to a `Picture`, and
the questions to the live cluster that the pictures answer. What leads where is decided in
`labsupport.rules`, never here.
"""

from labsupport.diagrams.exchange import exchange_way
from labsupport.diagrams.live import cluster_map, request_way
from labsupport.diagrams.lookup import name_lookup
from labsupport.diagrams.picture import Picture

__all__ = ["Picture", "cluster_map", "exchange_way", "name_lookup", "request_way"]
