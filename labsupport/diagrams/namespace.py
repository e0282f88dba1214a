"""What leads where in one namespace: the graph that `cluster_map` and the live map show."""

from collections.abc import Callable

from labsupport.base.types import Json
from labsupport.rules.flow import FlowGraph, cluster_flow

CONTROLLER = ("traefik", "traefik")
"""Namespace and name of the ingress controller's Service."""


def places_of(namespace: str) -> dict[str, str | None]:
    """The kinds that the graph is made from, and where to look for each; None is everywhere."""
    return {
        "ingresses": namespace,
        "services": None,
        "endpointslices": None,
        "pods": namespace,
    }


def namespace_graph(namespace: str, objects: Callable[[str], list[Json]]) -> FlowGraph:
    """Load balancers, proxy, Ingresses, Services and pods of a namespace.

    `objects` gives the objects of a kind, from the place that `places_of` names.
    """
    shown = [
        service
        for service in objects("services")
        if _place(service) == CONTROLLER or service["metadata"]["namespace"] == namespace
    ]
    return cluster_flow(
        objects("ingresses"),
        shown,
        objects("endpointslices"),
        objects("pods"),
        controller=CONTROLLER,
        title=f"What leads where in the namespace {namespace}",
    )


def _place(obj: Json) -> tuple[str, str]:
    return obj["metadata"]["namespace"], obj["metadata"]["name"]
