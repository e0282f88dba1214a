"""What a lab still lacks to be ready: pods, and a proxy that knows them."""

from typing import TYPE_CHECKING

from labsupport.kube.wait import unready_deployments
from labsupport.rules.ingress.route import default_backend, routes_of
from labsupport.rules.ingress.targets import Directory

if TYPE_CHECKING:
    from labsupport.session.lab import Lab


def lacks(lab: "Lab", namespace: str | None) -> list[str]:
    """Deployments that are not rolled out; when all are, pods that the proxy does not know yet."""
    deployments = lab.objects("deployments", namespace=namespace)
    return unready_deployments(deployments) or _not_followed(lab)


def _not_followed(lab: "Lab") -> list[str]:
    """Where the proxy's servers differ from the ready pods behind the Ingresses it serves."""
    directory = Directory(
        lab.objects("services", namespace=None), lab.objects("endpointslices", namespace=None)
    )
    classes = {each["metadata"]["name"] for each in lab.objects("ingressclasses", namespace=None)}
    # An Ingress without an address has no controller; nobody will follow it. Nor one that got its
    # address before its class was changed to one that there isn't.
    served = [
        ingress
        for ingress in lab.objects("ingresses", namespace=None)
        if ingress.get("status", {}).get("loadBalancer", {}).get("ingress")
        and ingress["spec"].get("ingressClassName") in classes
    ]
    backends = {route.backend for ingress in served for route in routes_of(ingress)}
    backends |= {default_backend(ingress) for ingress in served if not list(routes_of(ingress))}
    wanted = {
        f"{endpoint.address}:{endpoint.port}"
        for backend in backends
        if backend is not None
        for endpoint in directory.targets(backend).endpoints
    }
    known = {url.partition("://")[2] for _, url, _ in lab.controller.servers().rows}
    return [
        *(f"the proxy does not know the pod at {pod} yet" for pod in sorted(wanted - known)),
        *(f"the proxy still knows the pod at {pod}" for pod in sorted(known - wanted)),
    ]
