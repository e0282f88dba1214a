"""How a cluster's objects belong together: load balancers, proxy, Ingresses, Services, Pods."""

from collections.abc import Iterable

from labsupport.base.types import Json
from labsupport.rules.flow.graph import FlowGraph, GraphBuilder, NodeKind
from labsupport.rules.ingress.route import Backend, default_backend, namespace_of, routes_of
from labsupport.rules.ingress.targets import Directory, Endpoint


def cluster_flow(
    ingresses: Iterable[Json],
    services: Iterable[Json],
    slices: Iterable[Json],
    pods: Iterable[Json] = (),
    *,
    controller: tuple[str, str] = ("traefik", "traefik"),
    title: str = "The cluster",
) -> FlowGraph:
    """The given objects and what leads from one to the other; nothing is lit.

    `controller` is the namespace and name of the ingress controller's Service: its Pods are the
    proxy. Pods that no Service selects stand alone. Objects are shown in the order of their
    names, so that the same cluster gives the same graph.
    """
    return _Cluster(sorted(services, key=_key), list(slices), controller, title).flow(
        sorted(ingresses, key=_key), sorted(pods, key=_key)
    )


class _Cluster:
    """What is needed while the graph is collected."""

    def __init__(
        self, services: list[Json], slices: list[Json], controller: tuple[str, str], title: str
    ) -> None:
        self._services = services
        self._controller = controller
        self._directory = Directory(services, slices)
        self._build = GraphBuilder(title)
        self._shown: set[tuple[str, str]] = set()  # namespace and name of Pods
        self._proxy_pods: set[tuple[str, str]] = set()
        self._proxies: list[str] = []  # their nodes

    def flow(self, ingresses: list[Json], pods: list[Json]) -> FlowGraph:
        # The proxy first: Ingresses are drawn to it.
        for service in sorted(self._services, key=lambda each: _key(each) != self._controller):
            self._add_service(service)
        for ingress in ingresses:
            self._add_ingress(ingress)
        for pod in pods:
            if _key(pod) not in self._shown:
                status = pod.get("status") or {}
                detail = [status.get("podIP") or status.get("phase") or "Pending"]
                self._build.node("pod", "/".join(_key(pod)), _key(pod)[1], detail)
        return self._build.graph()

    def _add_service(self, service: Json) -> None:
        build, spec = self._build, service["spec"]
        if not spec.get("selector"):
            return
        is_controller = _key(service) == self._controller
        endpoints = self._endpoints(service)
        pods = [self._pod(service, each, proxy=is_controller) for each in endpoints]
        if is_controller:
            self._proxies = pods
        if spec.get("type") == "LoadBalancer":
            name = "/".join(_key(service))
            client = build.node("client", "client", "client")
            balancer = build.node("load-balancer", name, _key(service)[1], _addresses(service))
            build.edge(client, balancer)
            for pod in pods:
                build.edge(balancer, pod)
        else:
            for pod in pods:
                build.edge(self._service_node(service), pod, "configuration")
            self._service_node(service)

    def _add_ingress(self, ingress: Json) -> None:
        build = self._build
        routes = list(routes_of(ingress))
        hosts = sorted({route.host or "any host" for route in routes}) or ["default backend"]
        node = build.node("ingress", "/".join(_key(ingress)), _key(ingress)[1], hosts)
        for proxy in self._proxies:
            build.edge(node, proxy, "configuration")
        backends = [route.backend for route in routes] + [default_backend(ingress)]
        for backend in filter(None, backends):
            self._add_backend(node, backend)

    def _add_backend(self, ingress: str, backend: Backend) -> None:
        service = next(
            (each for each in self._services if _key(each) == (backend.namespace, backend.service)),
            None,
        )
        if service is None:
            label = backend.service or str(backend)
            key = f"{backend.namespace}/{label}"
            node = self._build.node("service", key, label, ["does not exist"])
            self._build.edge(ingress, node, "configuration")
            return
        node = self._service_node(service)
        self._build.edge(ingress, node, "configuration")
        for endpoint in self._directory.targets(backend).endpoints:
            pod = self._pod(service, endpoint)
            self._build.edge(node, pod, "configuration")
            for proxy in self._proxies:
                self._build.edge(proxy, pod)

    def _endpoints(self, service: Json) -> list[Endpoint]:
        """The ready endpoints of all the Service's ports, one for each Pod."""
        namespace, name = _key(service)
        found: dict[str, Endpoint] = {}
        for port in service["spec"].get("ports") or []:
            backend = Backend(namespace, name, port["port"])
            for endpoint in self._directory.targets(backend).endpoints:
                found.setdefault(endpoint.pod or endpoint.address, endpoint)
        return [found[key] for key in sorted(found)]

    def _service_node(self, service: Json) -> str:
        address = service["spec"].get("clusterIP") or ""
        detail = [address] if address else []
        return self._build.node("service", "/".join(_key(service)), _key(service)[1], detail)

    def _pod(self, service: Json, endpoint: Endpoint, *, proxy: bool = False) -> str:
        namespace, label = _key(service)[0], endpoint.pod or endpoint.address
        self._shown.add((namespace, label))
        if proxy:
            self._proxy_pods.add((namespace, label))
        # Another Service may select the proxy's Pod too: it stays one node.
        kind: NodeKind = "proxy" if (namespace, label) in self._proxy_pods else "pod"
        return self._build.node(kind, f"{namespace}/{label}", label, [endpoint.address])


def _key(obj: Json) -> tuple[str, str]:
    return namespace_of(obj), str(obj["metadata"]["name"])


def _addresses(service: Json) -> list[str]:
    """`IP:port` for each address and port of a load balancer."""
    status = (service.get("status") or {}).get("loadBalancer") or {}
    found = [
        entry.get("ip") or entry.get("hostname") or "" for entry in status.get("ingress") or []
    ]
    ports = [port["port"] for port in service["spec"].get("ports") or []]
    return [f"{address}:{port}" for address in found for port in ports] or ["<pending>"]
