"""Flow graphs as data: the way of a request, and how a cluster's objects belong together.

`graph` holds nodes, edges and their twins in words, `request` and `cluster` make graphs from
decisions and objects. Pure: looks and drawing are `labsupport.diagrams`' affair.
"""

from labsupport.rules.flow.cluster import cluster_flow
from labsupport.rules.flow.graph import Edge, FlowGraph, GraphBuilder, Node, alt_text, text
from labsupport.rules.flow.request import request_flow

__all__ = [
    "Edge",
    "FlowGraph",
    "GraphBuilder",
    "Node",
    "alt_text",
    "cluster_flow",
    "request_flow",
    "text",
]
