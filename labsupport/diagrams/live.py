"""Pictures of the live cluster."""

from labsupport.diagrams.dot import picture_of
from labsupport.diagrams.namespace import namespace_graph, places_of
from labsupport.diagrams.picture import Picture
from labsupport.rules.flow import request_flow
from labsupport.session import Lab

_RESOLVERS = {"hosts": "hosts file", "dns": "lab DNS", "cache": "caching resolver"}


def cluster_map(lab: Lab, *, namespace: str = "default") -> Picture:
    """What leads where in a namespace: load balancers, proxy, Ingresses, Services and pods."""
    places = places_of(namespace)
    return picture_of(
        namespace_graph(namespace, lambda kind: lab.objects(kind, namespace=places[kind]))
    )


def request_way(lab: Lab, url: str) -> Picture:
    """The way of a GET of `url`, which is really sent: what was asked, who answered, and why.

    NameNotFound or RequestFailed as `lab.get` has them.
    """
    decision = lab.explain(url)
    answer = lab.get(url)
    resolution = lab.client.resolver.resolve(decision.request.host)
    graph = request_flow(
        decision,
        resolver=_RESOLVERS.get(getattr(resolution, "by", ""), ""),
        address=f"{answer.address}:{decision.request.port}",
        proxy="Traefik",
        answered_by=answer.pod or "",
    )
    return picture_of(graph)
