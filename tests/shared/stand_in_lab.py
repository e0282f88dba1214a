"""A lab without a cluster, for testers driven by their traits."""

from collections.abc import Callable, Mapping

from labsupport.base.errors import NameNotFound
from labsupport.base.types import Json
from labsupport.http.exchange import Exchange
from labsupport.rules.tenancy import WHOLE, Tenancy

PODS = {"kiada": "kiada-a", "quote": "quote-a"}


def ingress(name: str, host: str, path: str = "/", path_type: str = "Prefix", to: str = "") -> Json:
    """An Ingress with one path, to the Service of its own name or to `to`."""
    backend = {"service": {"name": to or name, "port": {"number": 80}}}
    paths = [{"path": path, "pathType": path_type, "backend": backend}]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "ingressClassName": "traefik",
            "rules": [{"host": host, "http": {"paths": paths}}],
        },
    }


def service(name: str) -> Json:
    """A Service with the port 80."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"selector": {"app": name}, "ports": [{"name": "http", "port": 80}]},
    }


def endpoint_slice(name: str, pod: str) -> Json:
    """The EndpointSlice of a Service with one pod."""
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": f"{name}-1",
            "namespace": "default",
            "labels": {"kubernetes.io/service-name": name},
        },
        "ports": [{"name": "http", "port": 8080}],
        "endpoints": [{"addresses": ["127.9.64.1"], "targetRef": {"name": pod}}],
    }


def ingress_class() -> Json:
    """The default class, Traefik's."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "IngressClass",
        "metadata": {
            "name": "traefik",
            "annotations": {"ingressclass.kubernetes.io/is-default-class": "true"},
        },
        "spec": {"controller": "traefik.io/ingress-controller"},
    }


class StandInFollower:
    """Objects that the test changes."""

    def __init__(self, held: dict[str, list[Json]], changed: Callable[[], None]) -> None:
        self.held = held
        self.changed = changed
        self.closed = False

    def objects(self, kind: str, /) -> list[Json]:
        return list(self.held.get(kind, []))

    def close(self) -> None:
        self.closed = True


class StandInLab:
    """Two Services with a pod each and an Ingress for kiada; the proxy answers as it is told."""

    def __init__(self, tenancy: Tenancy = WHOLE) -> None:
        self.tenancy = tenancy
        self.status = 200
        self.pod = "kiada-a"
        self.asked: list[str] = []
        self.followers: list[StandInFollower] = []
        self.held: dict[str, list[Json]] = {
            "ingresses": [ingress("kiada", tenancy.host("kiada.example.com"))],
            "ingressclasses": [ingress_class()],
            "services": [service(name) for name in PODS],
            "endpointslices": [endpoint_slice(name, pod) for name, pod in PODS.items()],
            "pods": [],
        }

    def follow(
        self, places: Mapping[str, str | None], changed: Callable[[], None], /
    ) -> StandInFollower:
        self.followers.append(StandInFollower(self.held, changed))
        return self.followers[-1]

    def add(self, kind: str, obj: Json) -> None:
        """Put an object into the cluster, and tell those who follow it."""
        self.held[kind].append(obj)
        for follower in self.followers:
            if not follower.closed:
                follower.changed()

    def get(self, url: str, /) -> Exchange:
        self.asked.append(url)
        if "unknown" in url:
            raise NameNotFound("unknown.example.com has no address", remedy="give it <one>")
        headers = {"X-Pod": self.pod} if self.pod else {}
        reason = "OK" if self.status == 200 else "Not Found"
        return Exchange("GET", url, "127.9.192.1", self.status, reason, headers, b"", ())
