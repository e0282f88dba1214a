"""ingress-nginx's annotations, and which of them Traefik 3.7.15's nginx provider understands."""

PREFIX = "nginx.ingress.kubernetes.io/"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


UNDERSTOOD = _words(
    """
    affinity affinity-canary-behavior allowlist-source-range app-root auth-method auth-realm
    auth-response-headers auth-secret auth-secret-type auth-signin
    auth-tls-pass-certificate-to-upstream auth-tls-secret auth-tls-verify-client auth-type auth-url
    backend-protocol canary canary-by-cookie canary-by-header canary-by-header-pattern
    canary-by-header-value canary-weight canary-weight-total client-body-buffer-size
    cors-allow-credentials cors-allow-headers cors-allow-methods cors-allow-origin
    cors-expose-headers cors-max-age custom-headers custom-http-errors default-backend
    enable-access-log enable-cors enable-global-auth force-ssl-redirect from-to-www-redirect
    limit-burst-multiplier limit-connections limit-rpm limit-rps permanent-redirect
    permanent-redirect-code proxy-body-size proxy-buffer-size proxy-buffering proxy-buffers-number
    proxy-connect-timeout proxy-http-version proxy-max-temp-file-size proxy-next-upstream
    proxy-next-upstream-timeout proxy-next-upstream-tries proxy-read-timeout
    proxy-request-buffering proxy-send-timeout proxy-ssl-name proxy-ssl-secret
    proxy-ssl-server-name proxy-ssl-verify rewrite-target server-alias service-upstream
    session-cookie-domain session-cookie-expires session-cookie-max-age session-cookie-name
    session-cookie-path session-cookie-samesite session-cookie-secure ssl-passthrough ssl-redirect
    temporal-redirect temporal-redirect-code upstream-hash-by upstream-vhost use-regex
    whitelist-source-range x-forwarded-prefix
    """
)
"""What the provider does something with."""

SNIPPETS = frozenset(("auth-snippet", "configuration-snippet", "server-snippet"))
"""Raw nginx configuration: the whole Ingress is left out, unless an option allows snippets."""

FIREWALL = _words(
    "enable-modsecurity enable-owasp-core-rules modsecurity-snippet modsecurity-transaction-id"
)
"""Read, but there is no such firewall in the open-source Traefik: only its log says so."""

UNSUPPORTED = _words(
    """
    auth-tls-error-page auth-tls-match-cn auth-cache-key auth-cache-duration
    auth-keepalive auth-proxy-set-headers disable-proxy-intercept-errors limit-rate
    limit-rate-after limit-whitelist global-rate-limit preserve-trailing-slash proxy-cookie-domain
    proxy-cookie-path proxy-redirect-from proxy-redirect-to proxy-ssl-ciphers
    proxy-ssl-verify-depth proxy-ssl-protocols enable-rewrite-log satisfy
    session-cookie-conditional-samesite-none session-cookie-change-on-failure ssl-ciphers
    ssl-prefer-server-ciphers connection-proxy-header enable-opentracing enable-opentelemetry
    mirror-target denylist-source-range stream-snippet
    """
)
"""ingress-nginx understood these; the provider does not, and does not say so."""
