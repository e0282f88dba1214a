"""Routes: the rules of Ingresses, one for each path."""

from collections.abc import Iterator
from dataclasses import dataclass

from labsupport.base.types import Json


@dataclass(frozen=True, slots=True)
class Backend:
    """Where a rule sends requests: a port of a Service, or a `resource` of another kind.

    `port` is a number or a name of the Service's port.
    """

    namespace: str
    service: str = ""
    port: int | str = ""
    resource: tuple[str, str, str] | None = None  # API group, kind, name

    def __str__(self) -> str:
        if self.resource is not None:
            return f"{self.resource[1]} {self.resource[2]}"
        return f"Service {self.service}, port {self.port}"

    def to_json(self) -> Json:
        """Plain data: `{namespace, service, port}` or `{namespace, resource}`."""
        if self.resource is not None:
            names = zip(("apiGroup", "kind", "name"), self.resource, strict=True)
            return {"namespace": self.namespace, "resource": dict(names)}
        return {"namespace": self.namespace, "service": self.service, "port": self.port}


@dataclass(frozen=True, slots=True)
class Route:
    """One path of one rule of one Ingress.

    `host` is "" where the rule names none, `path` where the path does. A rule without `http` has
    the path "" and the path type "": it takes all paths of its host, to the default backend of its
    own Ingress (`backend` is None when there is none).
    """

    namespace: str
    name: str
    created: str  # metadata.creationTimestamp
    position: tuple[int, int]  # of the rule in the Ingress, of the path in the rule
    host: str
    path: str
    path_type: str
    backend: Backend | None

    @property
    def ingress(self) -> str:
        """The Ingress as `namespace/name`."""
        return f"{self.namespace}/{self.name}"

    def __str__(self) -> str:
        path = f"{self.path_type} {self.path}".strip() if self.path else "every path"
        return f"{self.ingress}: {self.host or 'any host'}, {path}"


def namespace_of(obj: Json) -> str:
    """The object's namespace; manifests may leave it out."""
    return str(obj["metadata"].get("namespace") or "default")


def name_of(obj: Json) -> str:
    """The object as `namespace/name`."""
    return f"{namespace_of(obj)}/{obj['metadata'].get('name') or ''}"


def created_at(obj: Json) -> str:
    """`metadata.creationTimestamp`: RFC 3339 in UTC, so that its order is that of time."""
    return str(obj["metadata"].get("creationTimestamp") or "")


def backend_of(backend: Json | None, namespace: str) -> Backend | None:
    """The `IngressBackend` as plain values; None when it names neither Service nor resource."""
    backend = backend or {}
    service, resource = backend.get("service"), backend.get("resource")
    if service:
        port = service.get("port") or {}
        name = port.get("name") or port.get("number") or ""
        return Backend(namespace, service.get("name") or "", name)
    if resource:
        group, kind = resource.get("apiGroup") or "", resource.get("kind") or ""
        return Backend(namespace, resource=(group, kind, resource.get("name") or ""))
    return None


def default_backend(ingress: Json) -> Backend | None:
    """The Ingress's `spec.defaultBackend`."""
    spec = ingress.get("spec") or {}
    return backend_of(spec.get("defaultBackend"), namespace_of(ingress))


def routes_of(ingress: Json) -> Iterator[Route]:
    """The routes of one Ingress, in the order it lists them."""
    metadata, spec = ingress["metadata"], ingress.get("spec") or {}
    namespace, created = namespace_of(ingress), created_at(ingress)
    fallback = default_backend(ingress)
    for rule_index, rule in enumerate(spec.get("rules") or []):
        host = (rule.get("host") or "").lower()
        paths = (rule.get("http") or {}).get("paths") or [None]
        for path_index, path in enumerate(paths):
            entry = path or {}
            yield Route(
                namespace,
                metadata.get("name") or "",
                created,
                (rule_index, path_index),
                host,
                entry.get("path") or "",
                entry.get("pathType") or "",
                fallback if path is None else backend_of(entry.get("backend"), namespace),
            )
