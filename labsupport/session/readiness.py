"""What a lab still lacks to be ready: pods, and a proxy that knows them."""

from typing import TYPE_CHECKING

from labsupport.base.types import Json
from labsupport.kube.wait import unready_deployments
from labsupport.rules.annotations import judged
from labsupport.rules.ingress.route import default_backend, routes_of
from labsupport.rules.ingress.targets import Directory
from labsupport.session.controller import NAMESPACE, Controller

if TYPE_CHECKING:
    from labsupport.session.lab import Lab


def lacks(lab: "Lab", namespace: str | None) -> list[str]:
    """Deployments that are not rolled out; when all are, pods that the proxy does not know yet."""
    deployments = lab.objects("deployments", namespace=namespace)
    return unready_deployments(deployments) or _not_followed(lab)


def _not_followed(lab: "Lab") -> list[str]:
    """Where a proxy's servers differ from the ready pods behind the Ingresses it serves."""
    directory = Directory(
        lab.objects("services", namespace=None), lab.objects("endpointslices", namespace=None)
    )
    service_ips = {
        each["spec"].get("clusterIP") for each in lab.objects("services", namespace=None)
    }
    ingresses = lab.objects("ingresses", namespace=None)
    found = []
    for controller in {each.name: each for each in lab.controllers.values()}.values():
        if controller.proxy != "Traefik":
            continue
        classes = controller.classes()
        wanted = _wanted(classes, ingresses, directory)
        # One that is left out for an annotation will not be followed, however long we wait.
        readable = [each for each in ingresses if not _left_out(each, controller)]
        needed = _wanted(classes, readable, directory)
        known = _known(controller)
        # By its native load balancing, Traefik goes through the Service and knows no pods.
        if any(server.partition(":")[0] in service_ips for server in known):
            continue
        name = "the proxy" if controller.name == NAMESPACE else f"the proxy {controller.name}"
        found += [f"{name} does not know the pod at {pod} yet" for pod in sorted(needed - known)]
        # On a cluster that we see in part, others' pods are among those that it knows.
        gone = set() if lab.tenancy.namespaces else known - wanted
        found += [f"{name} still knows the pod at {pod}" for pod in sorted(gone)]
    return found


def _wanted(classes: set[str], ingresses: list[Json], directory: Directory) -> set[str]:
    """The ready pods, `address:port`, behind the Ingresses of some classes."""
    # An Ingress without an address has no controller; nobody will follow it.
    served = [
        ingress
        for ingress in ingresses
        if ingress.get("status", {}).get("loadBalancer", {}).get("ingress")
        and ingress["spec"].get("ingressClassName") in classes
    ]
    backends = {route.backend for ingress in served for route in routes_of(ingress)}
    backends |= {default_backend(ingress) for ingress in served if not list(routes_of(ingress))}
    return {
        f"{endpoint.address}:{endpoint.port}"
        for backend in backends
        if backend is not None
        for endpoint in directory.targets(backend).endpoints
    }


def _left_out(ingress: Json, controller: Controller) -> bool:
    """Whether the Ingress has an annotation for which the controller drops it whole."""
    return any(each.verdict == "breaks" for each in judged(ingress, controller.profile))


def _known(controller: Controller) -> set[str]:
    """The servers, `address:port`, that the proxy has from Ingresses; not from IngressRoutes."""
    return {
        url.partition("://")[2]
        for service, url, _ in controller.servers().rows
        if "@" not in service
    }
