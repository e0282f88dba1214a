"""The way of a request that was sent, by the hops that were seen."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from labsupport.rules.flow.graph import FlowGraph, GraphBuilder, NodeKind


class SeenHop(Protocol):
    """A hop: `kind` is name, tcp, tls, proxy or answer; `text` has its facts, apart by commas."""

    @property
    def kind(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def failed(self) -> bool: ...


class SeenWay(Protocol):
    """One request: its URL, its hops, and the Pod that answered, if it is known."""

    @property
    def url(self) -> str: ...
    @property
    def way(self) -> Sequence[SeenHop]: ...
    @property
    def pod(self) -> str | None: ...


def exchange_flow(ways: Iterable[SeenWay]) -> FlowGraph:
    """The hops of requests that redirects led from one to the next, the last one last."""
    ways = list(ways)
    build = GraphBuilder(f"The way of {ways[0].url if ways else 'no request'}")
    for number, way in enumerate(ways):
        _add(build, way, f"{number}/")
    return build.graph()


def _add(build: GraphBuilder, way: SeenWay, key: str) -> None:
    """The way as a row of nodes, whose ids begin with `key`."""
    last = build.node("client", key, "client", [way.url], lit=True)
    for hop in _hops(way):
        if hop.kind == "name":
            answer = build.node("dns", key, "name", [hop.text], lit=True, failed=hop.failed)
            build.edge(last, answer, "lookup", "where is it?", lit=True)
            continue
        kind, label, detail = _box(hop, way.pod)
        label = f"✗ {label}" if hop.failed else label
        node = build.node(kind, f"{key}{hop.kind}", label, detail, lit=True, failed=hop.failed)
        build.edge(last, node, lit=True)
        last = node


@dataclass(frozen=True)
class _Answering:
    """A proxy that asked nobody, with its own answer."""

    text: str
    kind: str = "proxy"
    failed: bool = False


def _hops(way: SeenWay) -> Sequence[SeenHop]:
    """The hops, where a proxy that answers by itself is the last: there is no Pod to draw."""
    if len(way.way) < 2 or way.pod:
        return way.way
    *others, proxy, answer = way.way
    if proxy.kind != "proxy" or ", server " in proxy.text or answer.failed:
        return way.way
    return [*others, _Answering(f"{proxy.text}, answers {answer.text}")]


def _box(hop: SeenHop, pod: str | None) -> tuple[NodeKind, str, list[str]]:
    """Kind, label and details of the node that stands for a hop."""
    if hop.kind == "tcp":
        address, _, why = hop.text.partition(": ")
        return "address", address, [why] if why else []
    if hop.kind == "tls":
        label, *detail = hop.text.split(", ")
        return ("tls", "handshake", [hop.text]) if hop.failed else ("tls", label, detail)
    if hop.kind == "proxy":
        label, _, told = hop.text.partition(": ")
        return "proxy", label, told.split(", ")
    answer = hop.text.removesuffix(f" from pod {pod}")
    return "pod", pod or "answer", [answer]
