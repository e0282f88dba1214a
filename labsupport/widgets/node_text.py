"""The object behind a node of a flow graph, as a learner reads it."""

from collections.abc import Iterable

from labsupport.base.types import Json
from labsupport.kube.manifests import dumped
from labsupport.rules.flow import Node
from labsupport.widgets.rule_source import Objects

_NOISE = ("uid", "resourceVersion", "generation", "managedFields", "annotations")


def node_text(node: Node, objects: Objects) -> str:
    """An Ingress's or Service's YAML, else the node's own words."""
    kinds = {"ingress": objects.ingresses, "service": objects.services or ()}
    return object_text(node, kinds.get(node.kind, ()))


def object_text(node: Node, candidates: Iterable[Json]) -> str:
    """The YAML of the object that the node's id names (`kind/namespace/name`), else its words."""
    place = node.id.split("/")[1:]
    for obj in candidates:
        metadata = obj["metadata"]
        if [metadata.get("namespace") or "default", metadata["name"]] == place:
            return plain_yaml(obj)
    return str(node)


def plain_yaml(obj: Json) -> str:
    """An object as YAML, without the server's bookkeeping."""
    kept = {key: value for key, value in obj["metadata"].items() if key not in _NOISE}
    return dumped({**obj, "metadata": kept})
