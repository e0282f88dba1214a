"""The 30 scenarios of kubernetes-sigs/ingress-controller-conformance, restated as data.

What a controller must do with one request, under the Ingress of the scenario's feature. Restated
from the suite's feature files (master f91a799, 2021); none of its code is here.
"""

from dataclasses import dataclass
from typing import Any, Literal

from labsupport.base.types import Json
from labsupport.rules.ingress import Request

Feature = Literal["host rules", "path rules", "default backend", "load balancing", "ingress class"]

CERTIFICATE_HOST = "foo.bar.com"
SECRET = "conformance-tls"  # noqa: S105  # its name; the host's certificate is in it
INVALID_CLASS = "some-invalid-class-name"
PODS = 10
REQUESTS = 100
HEADERS = ("Content-Length", "Content-Type", "Date", "Server")
"""What an answer of a default backend must have; the suite looks at it there only."""


@dataclass(frozen=True)
class Scenario:
    """One request and what must become of it.

    `name` is its own among all. `service` must answer it with 200, None wants a 404. In "load
    balancing" `REQUESTS` of them must reach all `PODS` of the Service; in "ingress class" the
    Ingress must get no address.
    """

    name: str
    feature: Feature
    request: Request
    service: str | None
    method: str = "GET"

    @property
    def wanted(self) -> str:
        """What must happen, in words."""
        if self.feature == "ingress class":
            return "no address"
        if self.feature == "load balancing":
            return f"{REQUESTS} answers from all {PODS} pods"
        return f"200 from {self.service}" if self.service else "404"


def ingress(feature: Feature, *, class_name: str = "", namespace: str = "default") -> Json:
    """The Ingress under which a feature's scenarios are asked.

    `class_name` is that of the controller in question, "" for none; but the one with the invalid
    class keeps that.
    """
    spec = dict(_SPECS[feature])
    if class_name:
        spec.setdefault("ingressClassName", class_name)
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": feature.replace(" ", "-"), "namespace": namespace},
        "spec": spec,
    }


def _backend(service: str, port: int | str = 8080) -> Json:
    key = "name" if isinstance(port, str) else "number"
    return {"service": {"name": service, "port": {key: port}}}


def _rule(host: str, *paths: tuple[str, str, str]) -> Json:
    """A rule for a host; each of its paths is (path type, path, Service)."""
    return {
        "host": host,
        "http": {
            "paths": [
                {"pathType": path_type, "path": path, "backend": _backend(service)}
                for path_type, path, service in paths
            ]
        },
    }


def _named_port(host: str, service: str, port: str) -> Json:
    path = {"pathType": "Prefix", "path": "/", "backend": _backend(service, port)}
    return {"host": host, "http": {"paths": [path]}}


_SPECS: dict[Feature, dict[str, Any]] = {
    "host rules": {
        "tls": [{"hosts": [CERTIFICATE_HOST], "secretName": SECRET}],
        "rules": [
            _rule("*.foo.com", ("Prefix", "/", "wildcard-foo-com")),
            _named_port(CERTIFICATE_HOST, "foo-bar-com", "http"),
        ],
    },
    "path rules": {
        "rules": [
            _rule("exact-path-rules", ("Exact", "/foo", "foo-exact")),
            _rule(
                "prefix-path-rules",
                ("Prefix", "/foo", "foo-prefix"),
                ("Prefix", "/aaa/bbb", "aaa-slash-bbb-prefix"),
                ("Prefix", "/aaa", "aaa-prefix"),
            ),
            _rule(
                "mixed-path-rules",
                ("Prefix", "/foo", "foo-prefix"),
                ("Exact", "/foo", "foo-exact"),
            ),
            _rule(
                "trailing-slash-path-rules",
                ("Prefix", "/aaa/bbb/", "aaa-slash-bbb-slash-prefix"),
                ("Exact", "/foo/", "foo-slash-exact"),
            ),
        ]
    },
    "default backend": {"defaultBackend": _backend("echo-service")},
    "load balancing": {"defaultBackend": _backend("echo-service")},
    "ingress class": {
        "ingressClassName": INVALID_CLASS,
        "rules": [_rule("invalid-class", ("Prefix", "/", "echo-service"))],
    },
}


def _hosts(name: str, url: str, service: str | None) -> Scenario:
    return Scenario(name, "host rules", Request.from_url(url), service)


def _path(name: str, kind: str, path: str, service: str | None) -> Scenario:
    request = Request("http", f"{kind}-path-rules", 80, path)
    return Scenario(name, "path rules", request, service)


def _default(method: str, host: str, path: str) -> Scenario:
    name = f"a default backend takes {method} {path} for {host or 'no host'}"
    return Scenario(
        name, "default backend", Request("http", host, 80, path), "echo-service", method
    )


_A_SLASH = "Prefix /foo ignores the slash at the end of /foo/"
_LONGEST = "Prefix /aaa/bbb takes /aaa/bbb before Prefix /aaa"
_LONGEST_BELOW = "Prefix /aaa/bbb takes /aaa/bbb/ccc before Prefix /aaa"

SCENARIOS: tuple[Scenario, ...] = (
    _hosts("https has the host's certificate", "https://foo.bar.com/", "foo-bar-com"),
    _hosts("http is served beside https", "http://foo.bar.com/", "foo-bar-com"),
    _hosts("a host without a rule gets 404", "http://subdomain.bar.com/", None),
    _hosts("*.foo.com takes bar.foo.com", "http://bar.foo.com/", "wildcard-foo-com"),
    _hosts("*.foo.com does not take baz.bar.foo.com", "http://baz.bar.foo.com/", None),
    _hosts("*.foo.com does not take foo.com", "http://foo.com/", None),
    _path("Exact /foo takes /foo", "exact", "/foo", "foo-exact"),
    _path("Exact /foo does not take /foo/", "exact", "/foo/", None),
    _path("Exact /foo does not take /FOO", "exact", "/FOO", None),
    _path("Exact /foo does not take /bar", "exact", "/bar", None),
    _path("Prefix /foo takes /foo", "prefix", "/foo", "foo-prefix"),
    _path("Prefix /foo takes /foo/", "prefix", "/foo/", "foo-prefix"),
    _path(_A_SLASH, "prefix", "/foo/", "foo-prefix"),  # the suite asks this twice
    _path("Prefix /foo does not take /FOO", "prefix", "/FOO", None),
    _path(_LONGEST, "prefix", "/aaa/bbb", "aaa-slash-bbb-prefix"),
    _path(_LONGEST_BELOW, "prefix", "/aaa/bbb/ccc", "aaa-slash-bbb-prefix"),
    _path("Prefix /aaa takes /aaa/ccc", "prefix", "/aaa/ccc", "aaa-prefix"),
    _path("Prefix /aaa does not take /aaaccc", "prefix", "/aaaccc", None),
    _path("Exact /foo goes before Prefix /foo", "mixed", "/foo", "foo-exact"),
    _path(
        "Prefix /aaa/bbb/ takes /aaa/bbb",
        "trailing-slash",
        "/aaa/bbb",
        "aaa-slash-bbb-slash-prefix",
    ),
    _path(
        "Prefix /aaa/bbb/ takes /aaa/bbb/",
        "trailing-slash",
        "/aaa/bbb/",
        "aaa-slash-bbb-slash-prefix",
    ),
    _path("Exact /foo/ does not take /foo", "trailing-slash", "/foo", None),
    _default("GET", "my-host", "/"),
    _default("GET", "my-host", "/sub-path"),
    _default("POST", "some-host", "/resource"),
    _default("PUT", "", "/resource"),
    _default("DELETE", "some-host", "/resource"),
    _default("PATCH", "my-host", "/resource"),
    Scenario(
        "requests are spread over all pods",
        "load balancing",
        Request("http", "load-balancing", 80, "/"),
        "echo-service",
    ),
    Scenario(
        "a class that does not exist gets no address",
        "ingress class",
        Request("http", "invalid-class", 80, "/"),
        None,
    ),
)
"""All of them, in the order of the suite's features."""
