"""The way of one request through an ingress controller."""

from labsupport.rules.flow.graph import FlowGraph, GraphBuilder
from labsupport.rules.ingress import Backend, Decision, Route


def request_flow(
    decision: Decision,
    *,
    resolver: str = "",
    address: str = "",
    proxy: str = "proxy",
    answered_by: str = "",
) -> FlowGraph:
    """The way of the request that was decided, the part it took lit.

    `resolver` says by what the name was resolved (`lab hosts`, `lab DNS`), `address` is the load
    balancer's `IP:port`, `proxy` the controller's name, `answered_by` the Pod that answered; what
    is unknown may stay "". Pods that could have answered are shown unlit.
    """
    request = decision.request
    build = GraphBuilder(f"The way of {request.url}")
    client = build.node("client", "client", "client", [request.url], lit=True)
    if resolver:
        ip = address.rpartition(":")[0]
        answer = [f"{request.host} is {ip}"] if ip else []
        dns = build.node("dns", resolver, resolver, answer, lit=True)
        build.edge(client, dns, "lookup", "where is it?", lit=True)
    place = [address] if address else []
    balancer = build.node("load-balancer", "address", "load balancer", place, lit=True)
    build.edge(client, balancer, label=f"{request.scheme.upper()} request", lit=True)
    controller = build.node("proxy", proxy, proxy, _own_answer(decision), lit=True)
    build.edge(balancer, controller, label="connection", lit=True)
    service = _configured_way(build, decision, controller)
    for endpoint in decision.endpoints if service else ():
        lit = bool(answered_by) and endpoint.pod == answered_by
        place = [f"{endpoint.address}:{endpoint.port}"]
        label = endpoint.pod or endpoint.address
        pod = build.node("pod", label, label, place, lit=lit)
        build.edge(controller, pod, label="request" if lit else "", lit=lit)
        build.edge(service, pod, "configuration", lit=lit)
    return build.graph()


def _own_answer(decision: Decision) -> list[str]:
    """What the proxy answers itself, where it reaches no Pod."""
    if decision.outcome == "undetermined":
        return ["lets chance decide among equal rules"]
    if decision.status == 308:
        return ["answers 308: redirects to HTTPS"]
    if decision.status == 404:
        return ["answers 404: no rule takes it"]
    if decision.status != 200:
        return [f"answers {decision.status}: nobody behind the Service"]
    return []


def _configured_way(build: GraphBuilder, decision: Decision, controller: str) -> str:
    """Ingress and backend as the proxy reads them; gives the backend's node, "" without one."""
    for tied in decision.candidates:
        if tied.verdict == "tie" and tied.route.backend is not None:
            rule = _rule_words(tied.route)
            _configured(build, controller, tied.route.ingress, rule, tied.route.backend, lit=False)
    if decision.backend is None:
        return ""
    rule = _rule_words(decision.winner.route) if decision.winner else "default backend"
    return _configured(build, controller, decision.ingress, rule, decision.backend, lit=True)


def _configured(
    build: GraphBuilder, controller: str, ingress: str, rule: str, backend: Backend, *, lit: bool
) -> str:
    """An Ingress that tells the controller of a backend; gives the backend's node."""
    node = build.node("ingress", ingress, ingress.partition("/")[2], [rule], lit=lit)
    build.edge(node, controller, "configuration", "tells", lit=lit)
    label = backend.service or str(backend)
    detail = [f"port {backend.port}"] if backend.service else []
    service = build.node("service", f"{backend.namespace}/{label}", label, detail, lit=lit)
    build.edge(node, service, "configuration", "names", lit=lit)
    return service


def _rule_words(route: Route) -> str:
    return " ".join(filter(None, (route.host or "any host", route.path_type, route.path)))
