"""Flow graphs as data: the way of a request, and how a cluster's objects belong together.

`graph` holds nodes, edges and their twins in words, `request`, `cluster`, `exchange` and `lookup`
make graphs from decisions, objects, requests that were sent and names that were looked up. Pure:
looks and drawing are `labsupport.diagrams`' affair.
"""

from labsupport.rules.flow.cluster import cluster_flow
from labsupport.rules.flow.exchange import exchange_flow
from labsupport.rules.flow.graph import Edge, FlowGraph, GraphBuilder, Node, alt_text, text
from labsupport.rules.flow.lookup import lookup_flow, lookup_text
from labsupport.rules.flow.request import request_flow

__all__ = [
    "Edge",
    "FlowGraph",
    "GraphBuilder",
    "Node",
    "alt_text",
    "cluster_flow",
    "exchange_flow",
    "lookup_flow",
    "lookup_text",
    "request_flow",
    "text",
]
