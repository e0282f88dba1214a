"""Annotations of Ingresses as fields of HTTPRoutes, as far as Gateway API has such fields."""

from collections.abc import Iterator

from labsupport.base.types import Json
from labsupport.rules.ingress.annotations import PREFIX as ROUTER

NGINX = "nginx.ingress.kubernetes.io/"
TRAEFIK = "traefik.ingress.kubernetes.io/"

_DONE = {f"{ROUTER}{key}" for key in ("middlewares", "pathmatcher", "entrypoints", "tls")} | {
    f"{NGINX}{key}"
    for key in (
        "ssl-redirect",
        "force-ssl-redirect",
        "rewrite-target",
        "canary",
        "canary-weight",
        "canary-by-header",
        "canary-by-header-value",
    )
}
_HINTS = {
    f"{ROUTER}priority": "HTTPRoutes have an order of their own, and it can't be changed",
    f"{NGINX}use-regex": "write a match of type RegularExpression by hand",
    f"{NGINX}enable-cors": "a filter of type CORS says it, where the controller has that one",
    f"{NGINX}backend-protocol": "a BackendTLSPolicy says it for the Service",
    f"{NGINX}proxy-read-timeout": "timeouts.backendRequest of a rule says nearly that",
    f"{NGINX}permanent-redirect": "a filter of type RequestRedirect with statusCode 301 says it",
    f"{NGINX}ssl-passthrough": "a TLSRoute says it",
    f"{NGINX}canary-by-cookie": "a header match of type RegularExpression on Cookie says it",
}
_EXTENSION = "a filter of type ExtensionRef, with a kind of your controller's own, may say it"


def annotations_of(ingress: Json) -> Json:
    """The Ingress's annotations."""
    found: Json = ingress["metadata"].get("annotations") or {}
    return found


def is_true(ingress: Json, key: str) -> bool:
    """Whether the annotation is there and says true."""
    return str(annotations_of(ingress).get(key, "")).lower() == "true"


def unconverted(ingress: Json) -> Iterator[str]:
    """What is lost, in words: each annotation for a controller that is not converted."""
    for key in sorted(annotations_of(ingress)):
        if key.startswith((NGINX, TRAEFIK)) and key not in _DONE:
            yield f"the annotation {key} is left out: {_HINTS.get(key, _EXTENSION)}"


def filters(ingress: Json) -> tuple[list[Json], list[str]]:
    """The filters for the Ingress's rules, and what can't be one of them, in words."""
    found: list[Json] = []
    lost: list[str] = []
    annotations = annotations_of(ingress)
    namespace = ingress["metadata"].get("namespace") or "default"
    for word in filter(None, str(annotations.get(f"{ROUTER}middlewares", "")).split(",")):
        name, _, provider = word.strip().partition("@")
        own = name.removeprefix(f"{namespace}-")
        if provider != "kubernetescrd" or own == name:
            lost.append(f"the middleware {word.strip()} is left out: not of this namespace")
            continue
        reference = {"group": "traefik.io", "kind": "Middleware", "name": own}
        found.append({"type": "ExtensionRef", "extensionRef": reference})
    target = str(annotations.get(f"{NGINX}rewrite-target", ""))
    if "$" in target:
        lost.append(f"rewrite-target {target} is left out: no filter knows captured groups")
    elif target:
        path = {"type": "ReplaceFullPath", "replaceFullPath": target}
        found.append({"type": "URLRewrite", "urlRewrite": {"path": path}})
    return found, lost


def redirects_to_https(ingress: Json) -> bool:
    """Whether plain HTTP gets a redirect; ingress-nginx does that wherever there is `tls`."""
    if is_true(ingress, f"{NGINX}force-ssl-redirect"):
        return True
    spec = ingress.get("spec") or {}
    by_default = "true" if spec.get("ingressClassName") == "nginx" else "false"
    wish = str(annotations_of(ingress).get(f"{NGINX}ssl-redirect", by_default)).lower()
    return bool(spec.get("tls")) and wish == "true"


def https_only(ingress: Json) -> bool:
    """Whether Traefik answers TLS connections only, by `router.tls` or `router.entrypoints`."""
    points = str(annotations_of(ingress).get(f"{ROUTER}entrypoints", ""))
    return is_true(ingress, f"{ROUTER}tls") or points.strip() == "websecure"


def is_canary(ingress: Json) -> bool:
    """Whether it is ingress-nginx's second Ingress of a pair: some requests of another's rules."""
    return is_true(ingress, f"{NGINX}canary")


def canary_header(ingress: Json) -> Json | None:
    """The header match that always leads to the canary; None without one."""
    annotations = annotations_of(ingress)
    name = annotations.get(f"{NGINX}canary-by-header")
    value = annotations.get(f"{NGINX}canary-by-header-value", "always")
    return {"name": str(name), "value": str(value)} if name else None


def canary_weight(ingress: Json) -> int:
    """The percentage of requests for the canary; 0 without one that can be read."""
    text = str(annotations_of(ingress).get(f"{NGINX}canary-weight", "0"))
    return min(int(text), 100) if text.isdecimal() else 0
