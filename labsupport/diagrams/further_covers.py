"""The figures at the top of the lessons from 08 on; see `covers`."""

from labsupport.diagrams.drawn import drawn
from labsupport.diagrams.picture import Picture
from labsupport.rules.flow import GraphBuilder
from labsupport.rules.flow.graph import NodeKind


def inside_the_request() -> Picture:
    """One connection of three requests: passed on whole at layer 4, opened at layer 7."""
    build = GraphBuilder("Who looks inside?")
    kinds: tuple[tuple[NodeKind, str, list[str], str, tuple[int, ...]], ...] = (
        ("proxy", "Traefik", ["layer 7:", "reads requests"], "a request", (1, 2, 3)),
        ("load-balancer", "load balancer", ["layer 4:", "sees bytes"], "the connection", (2,)),
    )
    for kind, name, sees, passed_on, chosen in kinds:
        client = build.node("client", kind, "a visitor", ["1 connection,", "3 requests"], lit=True)
        door = build.node(kind, kind, name, sees, lit=True)
        build.edge(client, door, lit=True)
        for number in (1, 2, 3):
            lit = number in chosen
            pod = build.node("pod", f"{kind}/{number}", f"kiada {number}", lit=lit)
            build.edge(door, pod, label=passed_on if lit else "", lit=lit)
    return drawn(
        build.graph(),
        "A visitor sends three requests over one connection, in two ways. The load balancer at "
        "layer 4 sees bytes, and passes the whole connection on to one of three pods. The proxy "
        "Traefik at layer 7 reads the requests, and sends one to each of the three pods.",
    )


def annotations() -> Picture:
    """An Ingress names a Middleware, which changes the request on its way to the pod."""
    build = GraphBuilder("More than host and path")
    client = build.node("client", "client", "a visitor", ["asks for /app/quote"], lit=True)
    proxy = build.node("proxy", "traefik", "Traefik", lit=True)
    ingress = build.node("ingress", "app", "app", ["host, path, Service,", "and an annotation"])
    middleware = build.node("middleware", "strip", "strip", ["takes /app away"], lit=True)
    pod = build.node("pod", "quote", "quote", ["sees /quote"], lit=True)
    build.edge(client, proxy, lit=True)
    build.edge(ingress, proxy, "configuration", "tells")
    build.edge(ingress, middleware, "configuration", "names")
    build.edge(proxy, middleware, lit=True)
    build.edge(middleware, pod, lit=True)
    return drawn(
        build.graph(),
        "A visitor asks for /app/quote. The Ingress tells the proxy Traefik host, path and "
        "Service, and in an annotation it names the Middleware strip. The request passes that "
        "Middleware, which takes /app away, so the pod of quote sees /quote.",
    )


def several_controllers() -> Picture:
    """Two controllers, each with its class, its address, and its visitors."""
    build = GraphBuilder("Two doors to the same apps")
    ways = (
        ("internal", "an employee", ("Prefix /", "Prefix /quote"), True),
        ("public", "a guest", ("Prefix /quote",), False),
    )
    for name, visitor, paths, lit in ways:
        client = build.node("client", name, visitor, ["cafe.example.com"], lit=lit)
        balancer = build.node("load-balancer", name, "an address of its own", lit=lit)
        proxy = build.node("proxy", name, f"traefik-{name}", [f"serves class {name}"], lit=lit)
        ingress = build.node("ingress", name, f"class {name}", list(paths))
        build.edge(client, balancer, lit=lit)
        build.edge(balancer, proxy, lit=lit)
        build.edge(ingress, proxy, "configuration", "tells")
        if lit:
            build.edge(proxy, build.node("pod", "kiada", "kiada", lit=True), label="/", lit=True)
        build.edge(proxy, build.node("pod", "quote", "quote"), label="/quote")
    return drawn(
        build.graph(),
        "One host, two doors. An employee comes to the address of traefik-internal, which serves "
        "Ingresses of class internal: / leads to kiada, /quote to quote. A guest comes to the "
        "address of traefik-public, which serves class public: only /quote leads anywhere, to the "
        "same pod of quote.",
    )


def own_controller() -> Picture:
    """The loop beside the requests' way: watch, decide, configure, report."""
    build = GraphBuilder("A control loop")
    client = build.node("client", "client", "a visitor", lit=True)
    proxy = build.node("proxy", "caddy", "Caddy", ["carries the requests"], lit=True)
    loop = build.node("controller", "loop", "your program", ["2 decides", "4 reports back"])
    ingress = build.node("ingress", "notice", "notice", ["what is wanted"])
    site = build.node("static-site", "notice", "notice", ["index.html"])
    pod = build.node("pod", "quote", "quote", lit=True)
    build.edge(client, proxy, lit=True)
    build.edge(ingress, loop, "configuration", "1 watches")
    build.edge(loop, proxy, "configuration", "3 configures")
    build.edge(ingress, site, "configuration", "names")
    build.edge(proxy, pod, label="/quote", lit=True)
    return drawn(
        build.graph(),
        "A control loop beside the way of the requests. Your program watches the Ingress notice, "
        "decides, configures the proxy Caddy, and reports back to the Ingress. The Ingress names "
        "an object of kind StaticSite, with the file index.html. A visitor's request passes "
        "Caddy only, on its way to a pod of quote.",
    )


def clinic() -> Picture:
    """The eleven questions along a request's way, asked up to the first that is answered by no."""
    build = GraphBuilder("Stop at the first broken hop")
    client = build.node("client", "client", "a visitor", ["gets 503"], lit=True)
    dns = build.node("dns", "dns", "DNS", ["✓ 1 name?"], lit=True)
    balancer = build.node("load-balancer", "lb", "load balancer", ["✓ 2 TCP?"], lit=True)
    tls = build.node("tls", "tls", "handshake", ["✓ 3 certificate?"], lit=True)
    proxy = build.node("proxy", "traefik", "Traefik", ["says 503"], lit=True)
    ingress = build.node("ingress", "shop", "shop", ["✓ 4 host?", "✓ 5 path?", "✓ 6 class?"])
    service = build.node(
        "service", "shop", "shop", ["✓ 7 there?", "✓ 8 port?", "✗ 9 endpoints?"], failed=True
    )
    pod = build.node("pod", "shop", "shop", ["· 10 ready?", "· 11 application?"])
    build.edge(client, dns, "lookup", "where is it?", lit=True)
    build.edge(client, balancer, lit=True)
    build.edge(balancer, tls, lit=True)
    build.edge(tls, proxy, lit=True)
    build.edge(ingress, proxy, "configuration", "tells")
    build.edge(ingress, service, "configuration", "names")
    build.edge(service, pod, "configuration", "knows?")
    build.edge(proxy, pod)
    return drawn(
        build.graph(),
        "Eleven questions along a request's way. 1 name, 2 TCP connection, 3 certificate, 4 host, "
        "5 path, 6 class, 7 Service and 8 port are fine. The Service has no endpoints, which is "
        "question 9: there the search stops. 10, whether the pod is ready, and 11, the "
        "application, are not asked yet.",
    )


def gateway_api() -> Picture:
    """The same pods by an Ingress, and by a Gateway with an HTTPRoute."""
    build = GraphBuilder("One site, two front doors")
    pod = build.node("pod", "kiada", "kiada", lit=True)
    old = build.node("client", "old", "a visitor", ["asks for /"], lit=True)
    old_proxy = build.node("proxy", "old", "Traefik", lit=True)
    ingress = build.node("ingress", "site", "site", ["hosts, paths, certificates, wishes"])
    new = build.node("client", "new", "a visitor", ["asks for /"], lit=True)
    new_proxy = build.node("proxy", "new", "Traefik", lit=True)
    gateway = build.node("gateway", "lab", "lab", ["ports, certificates, who may attach"])
    route = build.node("http-route", "site", "site", ["hosts, paths, headers, weights"])
    for client, proxy, door in ((old, old_proxy, "Ingress"), (new, new_proxy, "Gateway API")):
        build.edge(client, proxy, label=door, lit=True)
        build.edge(proxy, pod, lit=True)
    build.edge(ingress, old_proxy, "configuration", "tells")
    build.edge(gateway, new_proxy, "configuration", "tells")
    build.edge(route, gateway, "configuration", "attaches to")
    return drawn(
        build.graph(),
        "Two ways to the same pod of kiada, each through a proxy Traefik with an address of its "
        "own. One proxy is told by an Ingress, which holds everything: hosts, paths, certificates, "
        "wishes. The other is told by a Gateway, with ports, certificates and who may attach, and "
        "by an HTTPRoute attached to it, with hosts, paths, headers and weights.",
    )


def capstone() -> Picture:
    """A whole site: customers and staff, two controllers, TLS up to the proxy and up to a pod."""
    build = GraphBuilder("One site with everything")
    customer = build.node("client", "customer", "a customer", ["*.pedal.example.com"], lit=True)
    staff = build.node("client", "staff", "the staff", ["office.pedal.example.com"])
    dns = build.node("dns", "dns", "DNS", ["knows every shop"])
    proxy = build.node("proxy", "traefik", "Traefik", ["class traefik"], lit=True)
    inner = build.node("proxy", "internal", "traefik-internal", ["class internal"])
    ingress = build.node("ingress", "money", "book, pay", ["two certificates", "http → https"])
    build.edge(customer, dns, "lookup", "where is it?")
    build.edge(customer, proxy, label="HTTPS", lit=True)
    build.edge(staff, inner)
    build.edge(ingress, proxy, "configuration", "tells")
    for app, label in (("kiada", "/"), ("quiz", "/questions"), ("quote", "/quote")):
        pod = build.node("pod", app, app, lit=app == "quote")
        build.edge(proxy, pod, label=label, lit=app == "quote")
        if app == "kiada":
            build.edge(inner, pod, label="office")
        elif app == "quiz":
            build.edge(inner, pod, label="anything else")
    build.edge(proxy, build.node("pod", "vault", "vault", ["holds the key"]), label="still sealed")
    return drawn(
        build.graph(),
        "One site with everything. Customers ask DNS, which knows every shop below "
        "pedal.example.com, and come over HTTPS to the proxy Traefik. Two hosts have a certificate "
        "each, and http is sent on to https. Paths lead to kiada, quiz and quote; what goes to "
        "vault passes the proxy still sealed. The staff come to a controller of their own, "
        "traefik-internal: the office leads to kiada, and anything else to quiz.",
    )
