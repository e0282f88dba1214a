"""Flow graphs: nodes, edges, and their twins in words.

Traffic edges are hops that a request travels, lookup edges questions for an address, and
configuration edges say who tells whom. A Service on an Ingress's way is configuration, not a hop:
the proxy reads its endpoints and goes to the Pod.
`text` is the plain twin of the picture, `alt_text` one for screen readers.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

NodeKind = Literal[
    "client",
    "dns",
    "hosts-file",
    "name-server",
    "load-balancer",
    "address",
    "tls",
    "proxy",
    "controller",
    "ingress",
    "gateway",
    "http-route",
    "secret",
    "middleware",
    "static-site",
    "service",
    "pod",
]
EdgeKind = Literal["traffic", "lookup", "configuration"]

CONFIGURATION_KINDS: frozenset[NodeKind] = frozenset(
    {"ingress", "gateway", "http-route", "secret", "service", "static-site"}
)
"""Kinds that are drawn dashed: objects a proxy reads, which no packet passes."""


@dataclass(frozen=True)
class Node:
    """One box: `id` is unique in its graph, `detail` are further lines below the label.

    At a `failed` one the way ends; its detail says why.
    """

    id: str
    kind: NodeKind
    label: str
    detail: tuple[str, ...] = ()
    lit: bool = False
    failed: bool = False

    @property
    def is_configuration(self) -> bool:
        """Whether this is something the proxy reads, not something bytes pass."""
        return self.kind in CONFIGURATION_KINDS

    @property
    def name(self) -> str:
        """Kind and label in words."""
        kind = "TLS" if self.kind == "tls" else self.kind.replace("-", " ")
        return kind if kind == self.label else f"{kind} {self.label}"

    def __str__(self) -> str:
        return f"{self.name} ({', '.join(self.detail)})" if self.detail else self.name


@dataclass(frozen=True)
class Edge:
    """An arrow between two nodes, by their ids."""

    source: str
    target: str
    kind: EdgeKind = "traffic"
    label: str = ""
    lit: bool = False


@dataclass(frozen=True)
class FlowGraph:
    """A picture's content: nodes and edges in the order they were met, and a title."""

    title: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def node(self, node_id: str) -> Node:
        """The node of that id; KeyError without one."""
        return {node.id: node for node in self.nodes}[node_id]


class GraphBuilder:
    """Collects nodes and edges; what is added twice stays once, lit if it was lit once."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._nodes: dict[str, Node] = {}
        self._edges: dict[tuple[str, str, EdgeKind], Edge] = {}

    def node(
        self,
        kind: NodeKind,
        key: str,
        label: str,
        detail: Iterable[str] = (),
        *,
        lit: bool = False,
        failed: bool = False,
    ) -> str:
        """Adds a node and gives its id back."""
        node_id = f"{kind}/{key}".replace(":", "-")  # Graphviz reads a colon as a port
        known = self._nodes.get(node_id)
        if known is None:
            self._nodes[node_id] = Node(node_id, kind, label, tuple(detail), lit, failed)
        elif lit:
            self._nodes[node_id] = replace(known, lit=True)
        return node_id

    def edge(
        self,
        source: str,
        target: str,
        kind: EdgeKind = "traffic",
        label: str = "",
        *,
        lit: bool = False,
    ) -> None:
        """Adds an arrow."""
        known = self._edges.get((source, target, kind))
        if known is None:
            self._edges[source, target, kind] = Edge(source, target, kind, label, lit)
        elif lit:
            self._edges[source, target, kind] = replace(known, lit=True)

    def graph(self) -> FlowGraph:
        """What was collected."""
        return FlowGraph(self._title, tuple(self._nodes.values()), tuple(self._edges.values()))


def alt_text(graph: FlowGraph) -> str:
    """The picture in a sentence or two, for those who do not see it."""
    way = [graph.node(edge.target) for edge in graph.edges if edge.kind == "traffic" and edge.lit]
    if not way:
        counts = Counter(node.kind for node in graph.nodes)
        shown = ", ".join(_counted(number, kind) for kind, number in sorted(counts.items()))
        return f"{graph.title}: {shown or 'nothing to show'}."
    steps = ", then ".join(node.name for node in way)
    if way[-1].kind == "proxy" and way[-1].detail:
        steps += f", which {way[-1].detail[-1]}"
    read = [str(node) for node in graph.nodes if node.is_configuration and node.lit]
    configured = f" The proxy follows {' and '.join(read)}." if read else ""
    return f"{graph.title}: from the client to {steps}.{configured}"


def _counted(number: int, kind: NodeKind) -> str:
    plurals = {"dns": "name servers", "proxy": "proxies", "ingress": "ingresses"}
    word = kind.replace("-", " ")
    return f"1 {word}" if number == 1 else f"{number} {plurals.get(kind, word + 's')}"


def text(graph: FlowGraph) -> str:
    """The picture as lines of text: the same graph gives the same text.

    `──▶` is traffic, `··▶` a lookup, `╌╌▶` configuration; `*` marks what is lit.
    """
    arrows = {"traffic": "──▶", "lookup": "··▶", "configuration": "╌╌▶"}
    nodes = {node.id: node for node in graph.nodes}
    met: set[str] = set()

    def said(node_id: str) -> str:
        """The node, with its details where it is met first."""
        node = nodes[node_id]
        words = node.name if node_id in met else str(node)
        met.add(node_id)
        return words

    lines = [graph.title]
    for edge in graph.edges:
        mark = "*" if edge.lit else " "
        label = f"  [{edge.label}]" if edge.label else ""
        lines.append(f"{mark} {said(edge.source)} {arrows[edge.kind]} {said(edge.target)}{label}")
    lines += [f"  {node}" for node in graph.nodes if node.id not in met]
    return "\n".join(lines)
