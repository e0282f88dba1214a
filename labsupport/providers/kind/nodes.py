"""The containers that are the cluster's nodes."""

from dataclasses import dataclass

from labsupport.base.types import Json
from labsupport.providers.kind.tools import Tool

CLUSTER_LABEL = "io.x-k8s.kind.cluster"
ROLE_LABEL = "io.x-k8s.kind.role"
_STOP_SECONDS = "10"  # until a node that does not end is killed
_CONTROL_PLANE = "control-plane"


@dataclass(frozen=True)
class Node:
    """A node's container: its ID, name, role, state (`running`, `exited`) and address."""

    id: str
    name: str
    role: str
    state: str
    address: str

    @property
    def runs(self) -> bool:
        """Whether the container runs."""
        return self.state == "running"


def nodes_of(tool: Tool, cluster: str) -> list[Node]:
    """The nodes of a cluster of that name, whoever made it; the control plane first."""
    label = f"label={CLUSTER_LABEL}={cluster}"
    listed = tool.run("ps", "-a", "-q", "--no-trunc", "--filter", label).stdout.split()
    found = [_node(each) for each in tool.inspected(listed)]
    return sorted(found, key=lambda node: (node.role != _CONTROL_PLANE, node.name))


def start_nodes(tool: Tool, nodes: list[Node]) -> None:
    """Start those that are stopped, the control plane first."""
    for node in nodes:
        if not node.runs:
            tool.run("start", node.id)


def stop_nodes(tool: Tool, nodes: list[Node]) -> None:
    """Stop those that run, workers first; what is in them stays."""
    for node in reversed(nodes):
        if node.runs:
            tool.run("stop", "-t", _STOP_SECONDS, node.id)


def _node(about: Json) -> Node:
    """From what `inspect` tells: the same keys with docker, podman and nerdctl."""
    return Node(
        id=about["Id"],
        name=str(about["Name"]).lstrip("/"),
        role=str((about["Config"].get("Labels") or {}).get(ROLE_LABEL, "")),
        state=str(about["State"]["Status"]),
        address=address_in(about),
    )


def address_in(about: Json) -> str:
    """The first address that `inspect` tells of a container; "" when it has none."""
    networks = (about.get("NetworkSettings") or {}).get("Networks") or {}
    return next((str(each["IPAddress"]) for each in networks.values() if each["IPAddress"]), "")
