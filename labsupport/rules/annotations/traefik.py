"""The annotations that Traefik 3.7.15 reads, by the object they belong on (its documentation)."""

PREFIX = "traefik.ingress.kubernetes.io/"

INGRESS = {
    "router.entrypoints": "the entry points it answers at: web, websecure",
    "router.middlewares": "middlewares to go through: NAMESPACE-NAME@kubernetescrd",
    "router.priority": "the priority of all its rules, in place of the rules' length",
    "router.rulesyntax": "the language of rules; deprecated",
    "router.pathmatcher": "how paths of type ImplementationSpecific match: Path, PathRegexp",
    "router.tls": "answer TLS connections only",
    "router.tls.certresolver": "who is asked for a certificate (ACME)",
    "router.tls.options": "the TLSOption to use: NAMESPACE-NAME@kubernetescrd",
    "router.tls.domains.N.main": "the name to ask a certificate for",
    "router.tls.domains.N.sans": "further names to ask a certificate for",
    "router.observability.accesslogs": "whether its requests are logged",
    "router.observability.metrics": "whether its requests are counted",
    "router.observability.tracing": "whether its requests are traced",
    "router.observability.traceverbosity": "how much is traced: minimal, detailed",
}
"""On an Ingress. One letter wrong in a key, and Traefik leaves the whole Ingress out."""

SERVICE = {
    "service.nativelb": "go to the Service's IP, not to the pods",
    "service.nodeportlb": "go to the node ports",
    "service.serversscheme": "speak https or h2c to the pods",
    "service.serverstransport": "the ServersTransport to use: NAMESPACE-NAME@kubernetescrd",
    "service.passhostheader": "whether the pods see the client's Host header",
    "service.middlewares": "middlewares on the way to this Service",
    "service.sticky.cookie": "send a client back to the same pod, by a cookie",
    "service.sticky.cookie.name": "that cookie's name",
    "service.sticky.cookie.secure": "that cookie only over HTTPS",
    "service.sticky.cookie.samesite": "that cookie's SameSite",
    "service.sticky.cookie.domain": "that cookie's Domain",
    "service.sticky.cookie.httponly": "that cookie not for scripts",
    "service.sticky.cookie.maxage": "that cookie's lifetime in seconds",
    "service.sticky.cookie.path": "that cookie's Path",
}
"""On a Service."""
