"""What people want of a proxy beyond host and path, and how each controller is told so.

None of it is in the Ingress API: so each controller has a way of its own, or none.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Feature:
    """One wish. Each field says how a controller is told; "" where it can't be.

    `traefik` and `nginx` leave the annotations' prefixes out; a kind of Traefik's own is named by
    its kind, and reached by `router.middlewares`. `nginx` is ingress-nginx's way, understood by
    Traefik's nginx provider. `lab` is the lab's own controller.
    """

    wish: str
    traefik: str = ""
    nginx: str = ""
    lab: str = ""


FEATURES = (
    Feature("rules in another order", "router.priority"),
    Feature("regular expressions in paths", "router.pathmatcher: PathRegexp", "use-regex"),
    Feature(
        "another path for the pods", "Middleware stripPrefix, replacePathRegex", "rewrite-target"
    ),
    Feature("sticky sessions", "service.sticky.cookie (on the Service)", "affinity: cookie"),
    Feature("a canary by weight", "TraefikService weighted (in an IngressRoute)", "canary-weight"),
    Feature("a canary by header", "Header() in an IngressRoute", "canary-by-header"),
    Feature("a canary by cookie", "HeaderRegexp() in an IngressRoute", "canary-by-cookie"),
    Feature(
        "HTTP redirected to HTTPS", "Middleware redirectScheme", "ssl-redirect, force-ssl-redirect"
    ),
    Feature("redirects elsewhere", "Middleware redirectRegex", "permanent-redirect, app-root"),
    Feature("only some client addresses", "Middleware ipAllowList", "whitelist-source-range"),
    Feature("CORS", "Middleware headers", "enable-cors, cors-allow-origin"),
    Feature("a password", "Middleware basicAuth", "auth-type: basic, auth-secret"),
    Feature("somebody else asked for leave", "Middleware forwardAuth", "auth-url"),
    Feature("a rate limit", "Middleware rateLimit (429)", "limit-rps (429; nginx itself: 503)"),
    Feature("other headers", "Middleware headers", "custom-headers", "parameters: headers"),
    Feature("a largest body", "Middleware buffering", "proxy-body-size"),
    Feature("timeouts", "ServersTransport", "proxy-read-timeout", "parameters: timeouts"),
    Feature(
        "an access log or none",
        "router.observability.accesslogs",
        "enable-access-log",
        "parameters: accessLog",
    ),
    Feature("only some entry points", "router.entrypoints"),
    Feature("TLS only", "router.tls"),
    Feature("TLS versions and ciphers", "TLSOption, by router.tls.options"),
    Feature("certificates of clients", "TLSOption clientAuth", "auth-tls-secret"),
    Feature("TLS passed through", "IngressRouteTCP passthrough", "ssl-passthrough"),
    Feature("TLS to the pods", "service.serversscheme (on the Service)", "backend-protocol: HTTPS"),
    Feature(
        "the Service's IP, not the pods'", "service.nativelb (on the Service)", "service-upstream"
    ),
    Feature(
        "a page of one's own for errors", "Middleware errors", "custom-http-errors, default-backend"
    ),
    Feature("raw configuration of the proxy", "", "configuration-snippet (refused by default)"),
)
"""Every wish that the lab knows, the most common ones first."""
