"""The figure at the top of each lesson, as it is meant, not as a cluster happens to be.

`python -m labsupport.diagrams.covers` draws them anew into notebooks/images (needs `dot`).
"""

import sys
from collections.abc import Callable
from pathlib import Path

from labsupport.diagrams import further_covers as further
from labsupport.diagrams.drawn import drawn
from labsupport.diagrams.picture import Picture
from labsupport.rules.flow import GraphBuilder

_APPS = ("kiada", "quiz", "quote")


def welcome() -> Picture:
    """A request's way to one of three pods."""
    build = GraphBuilder("A request in your lab")
    client = build.node("client", "client", "your computer", lit=True)
    balancer = build.node("load-balancer", "lb", "load balancer", lit=True)
    proxy = build.node("proxy", "traefik", "Traefik", lit=True)
    ingress = build.node("ingress", "kiada", "kiada", ["kiada.example.com"])
    service = build.node("service", "kiada", "kiada")
    build.edge(client, balancer, lit=True)
    build.edge(balancer, proxy, lit=True)
    build.edge(ingress, proxy, "configuration", "tells")
    build.edge(ingress, service, "configuration", "names")
    for number in (1, 2, 3):
        pod = build.node("pod", str(number), f"kiada {number}", lit=number == 2)
        build.edge(proxy, pod, lit=number == 2)
        build.edge(service, pod, "configuration")
    return drawn(
        build.graph(),
        "A request goes from your computer through a load balancer and the proxy Traefik to one "
        "of three pods. An Ingress and a Service tell the proxy where to go; the request does "
        "not pass through them.",
    )


def why_ingress() -> Picture:
    """Three front doors against one."""
    build = GraphBuilder("Three addresses, or one")
    outside = build.node("client", "three", "three addresses")
    inside = build.node("client", "one", "one address")
    shared = build.node("load-balancer", "one", "load balancer", lit=True)
    proxy = build.node("proxy", "one", "proxy", lit=True)
    ingress = build.node("ingress", "one", "shared", [f"{app}.example.org" for app in _APPS])
    build.edge(inside, shared, lit=True)
    build.edge(shared, proxy, lit=True)
    build.edge(ingress, proxy, "configuration", "tells")
    for app in _APPS:
        balancer = build.node("load-balancer", app, f"for {app}")
        build.edge(outside, balancer)
        build.edge(balancer, build.node("pod", f"{app}/three", app))
        build.edge(proxy, build.node("pod", f"{app}/one", app, lit=True), lit=True)
    return drawn(
        build.graph(),
        "Three apps reached in two ways. Above: one address, one load balancer and one proxy, "
        "which an Ingress with three hosts tells where to go. Below: three addresses, each with "
        "a load balancer for one app.",
    )


def first_ingress() -> Picture:
    """Who does what: you, the Ingress, the controller and proxy, DNS."""
    build = GraphBuilder("Who does what")
    client = build.node("client", "client", "a visitor", ["quote.example.com"], lit=True)
    dns = build.node("dns", "dns", "DNS", ["gives the address"])
    balancer = build.node("load-balancer", "lb", "load balancer", lit=True)
    proxy = build.node("proxy", "traefik", "Traefik", ["controller and proxy"], lit=True)
    ingress = build.node("ingress", "quote", "quote", ["you write it"])
    service = build.node("service", "quote", "quote", ["knows the pods"])
    pod = build.node("pod", "quote", "quote", lit=True)
    build.edge(client, dns, "lookup", "where is it?")
    build.edge(client, balancer, lit=True)
    build.edge(balancer, proxy, lit=True)
    build.edge(ingress, proxy, "configuration", "tells")
    build.edge(ingress, service, "configuration", "names")
    build.edge(service, pod, "configuration")
    build.edge(proxy, pod, lit=True)
    return drawn(
        build.graph(),
        "You write an Ingress. The controller Traefik reads it and sets up its proxy. DNS gives "
        "a visitor the address; the visitor's request goes through the load balancer and the "
        "proxy to the pod of quote.",
    )


def names() -> Picture:
    """Two questions for an address, then the request."""
    build = GraphBuilder("Who knows the address?")
    client = build.node("client", "client", "your computer", ["tea.example.com?"], lit=True)
    hosts = build.node("hosts-file", "hosts", "hosts file", ["✗ not in it"])
    dns = build.node("name-server", "dns", "DNS", ["✓ the proxy's address"], lit=True)
    proxy = build.node("proxy", "traefik", "Traefik", ["Host: tea.example.com"], lit=True)
    pod = build.node("pod", "kiada", "kiada", lit=True)
    build.edge(client, hosts, "lookup", "1. asks")
    build.edge(client, dns, "lookup", "2. asks")
    build.edge(client, proxy, label="3. sends the request", lit=True)
    build.edge(proxy, pod, lit=True)
    return drawn(
        build.graph(),
        "Your computer wants tea.example.com. It looks into its hosts file first, and the name is "
        "not in it. Then it asks DNS, which knows the proxy's address. Only then it sends the "
        "request there; the proxy finds the rule by the name in the Host header.",
    )


def paths() -> Picture:
    """One host, three paths: the longest that fits leads the request."""
    build = GraphBuilder("The longest path goes first")
    client = build.node("client", "client", "a visitor", ["asks for /questions/0"], lit=True)
    proxy = build.node("proxy", "traefik", "Traefik", lit=True)
    ingress = build.node("ingress", "site", "site", ["site.example.com"])
    build.edge(client, proxy, lit=True)
    build.edge(ingress, proxy, "configuration", "tells")
    for app, path in (("kiada", "/"), ("quiz", "/questions"), ("quote", "/quote")):
        lit = app == "quiz"
        pod = build.node("pod", app, app, lit=lit)
        build.edge(proxy, pod, label=f"Prefix {path}", lit=lit)
    return drawn(
        build.graph(),
        "A visitor asks for /questions/0. Of the three rules of the Ingress, Prefix / and Prefix "
        "/questions fit and Prefix /quote does not. The longer one goes first, so the proxy sends "
        "the request to a pod of quiz.",
    )


def hosts() -> Picture:
    """An exact host, a wildcard, and a default backend."""
    build = GraphBuilder("The more exact host goes first")
    client = build.node("client", "client", "a visitor", ["quiz.shops.example.com"], lit=True)
    proxy = build.node("proxy", "traefik", "Traefik", lit=True)
    shops = build.node("ingress", "shops", "shops", ["two rules"])
    lost = build.node("ingress", "lost", "lost", ["a default backend"])
    build.edge(client, proxy, lit=True)
    build.edge(shops, proxy, "configuration", "tells")
    build.edge(lost, proxy, "configuration", "tells")
    for app, host in (
        ("kiada", "*.shops.example.com"),
        ("quiz", "quiz.shops.example.com"),
        ("quote", "anything else"),
    ):
        lit = app == "quiz"
        pod = build.node("pod", app, app, lit=lit)
        build.edge(proxy, pod, label=host, lit=lit)
    return drawn(
        build.graph(),
        "A visitor asks for quiz.shops.example.com. Two rules fit: that very host, and the "
        "wildcard *.shops.example.com. The exact host goes first, so a pod of quiz answers. What "
        "no rule takes goes to the default backend.",
    )


def tls_termination() -> Picture:
    """Encrypted up to the proxy, clear behind it; where the certificate comes from."""
    build = GraphBuilder("TLS ends at the proxy")
    client = build.node("client", "client", "a visitor", ["https://shop.example.com"], lit=True)
    proxy = build.node("proxy", "traefik", "Traefik", ["shows the certificate"], lit=True)
    ingress = build.node("ingress", "shop", "shop", ["spec.tls"])
    secret = build.node("secret", "shop", "shop", ["certificate", "and private key"])
    pod = build.node("pod", "kiada", "kiada", lit=True)
    build.edge(client, proxy, label="HTTPS: nobody can read it", lit=True)
    build.edge(ingress, proxy, "configuration", "tells")
    build.edge(ingress, secret, "configuration", "names")
    build.edge(proxy, pod, label="HTTP: clear text", lit=True)
    return drawn(
        build.graph(),
        "A visitor's request for https://shop.example.com is encrypted as far as the proxy "
        "Traefik, and goes on to the pod of kiada as clear text. The Ingress names a Secret in "
        "spec.tls; from there the proxy has the certificate that it shows, and the private key.",
    )


def encrypted_to_the_pod() -> Picture:
    """Three ways for TLS: where the bytes are clear, and who holds a key."""
    build = GraphBuilder("Three ways for TLS")
    for way, reads, key, onward, pod_key in (
        ("passthrough", "reads the name only", "holds no key", "the same TLS", "holds the key"),
        ("re-encryption", "reads everything", "holds a key", "another TLS", "holds a key"),
        ("termination", "reads everything", "holds the key", "clear text", "holds no key"),
    ):
        sealed = "TLS" in onward
        client = build.node("client", way, way, lit=True)
        proxy = build.node("proxy", way, "Traefik", [reads, key], lit=True)
        pod = build.node("pod", way, "app", [pod_key], lit=sealed)
        build.edge(client, proxy, label="TLS", lit=True)
        build.edge(proxy, pod, label=onward, lit=sealed)
    return drawn(
        build.graph(),
        "Three ways for TLS. Termination: TLS from the client to the proxy, clear text to the pod; "
        "only the proxy holds a key. Re-encryption: TLS to the proxy and another TLS to the pod; "
        "both hold a key, and the proxy reads everything. Passthrough: the same TLS all the way to "
        "the pod, which alone holds a key; the proxy reads the name only.",
    )


COVERS: dict[str, Callable[[], Picture]] = {
    "00-welcome": welcome,
    "01-why-ingress": why_ingress,
    "02-first-ingress": first_ingress,
    "03-names": names,
    "04-paths-and-path-types": paths,
    "05-hosts-and-precedence": hosts,
    "06-tls-termination": tls_termination,
    "07-encrypted-to-the-pod": encrypted_to_the_pod,
    "08-inside-the-request": further.inside_the_request,
    "09-annotations-and-custom-kinds": further.annotations,
    "10-several-controllers": further.several_controllers,
    "11-write-your-own-controller": further.own_controller,
    "12-clinic": further.clinic,
    "13-gateway-api": further.gateway_api,
    "20-capstone": further.capstone,
}
"""Each lesson's figure."""


def main(folder: Path) -> None:
    """Write every figure into `folder`."""
    for lesson, cover in COVERS.items():
        cover().save(folder / f"{lesson}.svg")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "notebooks/images"))
