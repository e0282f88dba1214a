"""The way from a name to an address, by the sources that were asked."""

from collections.abc import Sequence
from typing import Protocol

from labsupport.rules.flow.graph import FlowGraph, GraphBuilder, NodeKind

_TITLES = {
    "hosts": "hosts file",
    "dns": "lab DNS",
    "cache": "caching resolver",
    "system": "this machine's resolver",
}


class SeenStep(Protocol):
    """A source that was asked: `said` is its answer in words, `address` "" when it gave none."""

    @property
    def source(self) -> str: ...
    @property
    def said(self) -> str: ...
    @property
    def address(self) -> str: ...
    @property
    def chosen(self) -> bool: ...


def lookup_flow(name: str, steps: Sequence[SeenStep]) -> FlowGraph:
    """Who was asked for `name`, in order, and what each said.

    The zone's own server beside a caching resolver is asked by that one, not by the computer.
    """
    build = GraphBuilder(f"Who knows {name}?")
    client = build.node("client", "client", "your computer", lit=True)
    nodes: dict[str, str] = {}
    for place, step in enumerate(steps, 1):
        if step.source == "address":
            continue
        kind: NodeKind = "hosts-file" if step.source == "hosts" else "name-server"
        title, told = _TITLES[step.source], [_told(step)]
        node = nodes[step.source] = build.node(kind, step.source, title, told, lit=step.chosen)
        if step.source == "dns" and "cache" in nodes:
            build.edge(nodes["cache"], node, "lookup", "once it has forgotten")
        else:
            build.edge(client, node, "lookup", f"{place}.", lit=step.chosen)
    return build.graph()


def lookup_text(name: str, steps: Sequence[SeenStep]) -> str:
    """The same in a sentence or two, for those who do not see the picture."""
    told = [f"{_TITLES[each.source]}: {_told(each)}" for each in steps if each.source in _TITLES]
    return f"Who knows {name}? {'; '.join(told) or 'It is an address'}."


def _told(step: SeenStep) -> str:
    if step.chosen:
        return f"✓ {step.address}"
    return f"{step.address}, not used" if step.address else f"✗ {step.said}"
