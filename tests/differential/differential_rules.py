"""Rule sets and requests drawn at random, near each other's edges."""

from random import Random

from labsupport.base.types import Json
from labsupport.rules.ingress import Request

NAMESPACES = ("one", "one-two")
SERVICES = ("a", "b", "c", "named")
ODD_SERVICES = ("empty", "unready", "ending", "external", "gone", "wrong-port")
CLASSES = {
    "traefik": "traefik.io/ingress-controller",
    "second": "traefik.io/ingress-controller",
    "nginx": "k8s.io/ingress-nginx",
    "foreign": "example.com/controller",
}

_HOSTS = (
    "", "a.test", "a.test", "b.test", "x.a.test", "x.a.test", "*.a.test", "*.a.test", "*.x.a.test",
    "*.test", "*.test", "a-longer-name.test",
)  # fmt: skip
_ASKED_HOSTS = (
    "a.test", "a.test", "a.test", "b.test", "x.a.test", "x.a.test", "x.a.test", "y.a.test",
    "q.x.a.test", "a-longer-name.test", "x.b.test", "other.org", "test",
)  # fmt: skip
_PATHS = (
    "/", "/", "/", "/", "/a", "/a", "/a", "/a", "/a/", "/a/", "/a/b", "/a/b", "/a/b/", "/ab", "/A",
    "/b", "/a.b", "/a/b/c/d/e", "/a-longer-path/than/others", "/caf\u00e9", "/a b", "/a:b", '/q"q',
    "/a%20b", "/a\\b",
)  # fmt: skip
_ASKED_PATHS = (
    *(path for path in _PATHS if path.isascii() and " " not in path and "\\" not in path),
    "/a/bc", "/a//b", "/a/./b", "/a/../b", "/a/b/..", "/%61", "/a%2Fb", "/a%2fb", "/caf%C3%A9",
    "/caf%c3%a9/x", "/a%20b/c", "/c", "/abc", "/a-longer-path", "/a-longer-path/than/others/x",
    "/a%5Cb", "/a%25b", "//a", "/a/b/c/d/e/f", "/a/%2e%2e/b", "/q%22q", "/.",
)  # fmt: skip
_EXPRESSIONS = ("/a.*", "^/a$", "/(a|b)", "b$")

_ROUTER = "traefik.ingress.kubernetes.io/router."
_TRAEFIK_ANNOTATIONS = (
    {"priority": "1"}, {"priority": "40"}, {"priority": "100"}, {"priority": "-3"},
    {"priority": "many"}, {"entrypoints": "web"}, {"entrypoints": "websecure"},
    {"entrypoints": "web,websecure"}, {"entrypoints": "nosuch"}, {"entrypoints": "nosuch,web"},
    {"tls": "true"}, {"tls": "false"}, {"tls": "true", "entrypoints": "web"},
    {"pathmatcher": "Path"}, {"pathmatcher": "PathRegexp"}, {"pathmatcher": "Host"},
    {"middlewares": "default-nosuch@kubernetescrd"}, {"nosuch": "1"}, {"PathMatcher": "Path"},
)  # fmt: skip
_NGINX = "nginx.ingress.kubernetes.io/"
_NGINX_ANNOTATIONS = (
    {"use-regex": "true"}, {"rewrite-target": "/x"}, {"ssl-redirect": "false"},
    {"force-ssl-redirect": "true"}, {"canary": "true", "canary-weight": "0"},
)  # fmt: skip


def rule_set(random: Random, *, nginx: bool) -> list[Json]:
    """A few Ingresses; for the provider for ingress-nginx, or for Traefik's own."""
    names = random.sample(["x", "y", "z", "two-x", "x-a", "w", "v"], random.randint(2, 7))
    return [_ingress(random, name, nginx=nginx) for name in names]


def _ingress(random: Random, name: str, *, nginx: bool) -> Json:
    metadata: Json = {
        "name": name,
        "namespace": random.choice(NAMESPACES),
        "annotations": _annotations(random, nginx=nginx),
    }
    spec: Json = {}
    usual = "nginx" if nginx else "traefik"
    chosen = random.choice([usual] * 12 + ["second", "nginx", "foreign", "missing", "", ""])
    if chosen:
        spec["ingressClassName"] = chosen
    elif random.random() < 0.5:
        metadata["annotations"]["kubernetes.io/ingress.class"] = random.choice(
            [usual, "traefik", "nginx", ""]
        )
    if random.random() < 0.25:
        spec["defaultBackend"] = _backend(random)
    if "defaultBackend" not in spec or random.random() < 0.5:
        spec["rules"] = [_rule(random) for _ in range(random.randint(1, 3))]
    if random.random() < 0.1:
        spec["tls"] = [{"hosts": ["a.test"], "secretName": "nosuch"}]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": metadata,
        "spec": spec,
    }


def _annotations(random: Random, *, nginx: bool) -> dict[str, str]:
    if random.random() > 0.3:
        return {}
    prefix, choices = (_NGINX, _NGINX_ANNOTATIONS) if nginx else (_ROUTER, _TRAEFIK_ANNOTATIONS)
    return {f"{prefix}{key}": value for key, value in random.choice(choices).items()}


def _rule(random: Random) -> Json:
    rule: Json = {"host": host} if (host := random.choice(_HOSTS)) else {}
    if random.random() < 0.05:
        return rule or {"host": "a.test"}
    rule["http"] = {"paths": [_path(random) for _ in range(random.randint(1, 3))]}
    return rule


def _path(random: Random) -> Json:
    path_type = random.choice(["Prefix", "Prefix", "Exact", "ImplementationSpecific"])
    path = random.choice(_PATHS)
    if path_type == "ImplementationSpecific" and random.random() < 0.3:
        path = random.choice(["", *[each for each in _EXPRESSIONS if each[0] == "/"]])
    return {"path": path, "pathType": path_type, "backend": _backend(random)}


def _backend(random: Random) -> Json:
    if random.random() < 0.03:
        return {"resource": {"apiGroup": "example.com", "kind": "Bucket", "name": "assets"}}
    name = random.choice(SERVICES if random.random() < 0.85 else ODD_SERVICES)
    if name == "wrong-port":
        return {"service": {"name": "a", "port": {"number": 81}}}
    port: Json = {"name": "web"} if name == "named" and random.random() < 0.5 else {"number": 80}
    return {"service": {"name": name, "port": port}}


def requests(random: Random, count: int) -> list[Request]:
    """Requests, most of them over plain HTTP."""
    return [_request(random) for _ in range(count)]


def _request(random: Random) -> Request:
    scheme = "https" if random.random() < 0.15 else "http"
    port = random.choice([80, 80, 8080]) if scheme == "http" else 443
    return Request(scheme, random.choice(_ASKED_HOSTS), port, random.choice(_ASKED_PATHS))
