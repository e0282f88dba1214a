"""A shop as data: its objects, its names and its certificate, and so what can be wrong with them.

A breakage is such a shop with some fields changed, and so is what mends it. Pure: `placing` is
what brings a site to a cluster.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from labsupport.base.types import Json
from labsupport.kube.manifests import objects

DOMAIN = "clinic.example.com"
PROXY = "proxy"
"""As an address: the one of the ingress controller."""

_PROGRAMS = Path(__file__).parent / "programs"
_GOODS = '["bread", "tea", "honey"]'
_FIELDS = {
    "POD_NAME": "metadata.name",
    "POD_IP": "status.podIP",
}


@dataclass(frozen=True)
class Certificate:
    """The certificate that is made for a site, in a Secret.

    `names` may be left out for the site's host; `kind` is one of `lab.trust.certificate`'s.
    `elsewhere` puts the Secret into the site's second namespace; `type` and `keys` (of the
    certificate and of its key) are as Traefik reads them, or not.
    """

    names: tuple[str, ...] = ()
    kind: str = "good"
    elsewhere: bool = False
    type: str = "kubernetes.io/tls"
    keys: tuple[str, str] = ("tls.crt", "tls.key")


@dataclass(frozen=True)
class Surroundings:
    """What a site's objects have to know of the lab.

    `proxy` is the address and port at which the proxy speaks TLS. The rest is PEM: `ca` of the
    lab's authority, `certificate` and `key` as made for the site.
    """

    proxy: str
    ca: bytes
    certificate: bytes = b""
    key: bytes = b""


@dataclass(frozen=True)
class Site:
    """One shop in a namespace of its own, `clinic-NAME`, where everything is called NAME.

    Names: `host` is what the URL has, below `DOMAIN`. `record` is the address that DNS gives it:
    `PROXY`, "" for none, or the last two parts of one in the lab's network (`63.254`).
    `stale_record` is what a cache still gives for it. `in_hosts` is the name that the hosts file
    has.

    Ingress: `rule_host` is the rule's host where it is not `host`, `ingress_class` None for
    none, `backend` and `backend_port` name the Service, `secret` is `spec.tls[].secretName`.

    Service and pods: `selector` is the label it looks for. `port` is where the shop listens,
    `target_port` where it is looked for. With `tls_pod` the pod speaks TLS itself. The shop (the
    Service and its pods), or the Ingress, can stand elsewhere: in the namespace `clinic-NAME-2`.

    `monitor_sni` is the name that a monitor tells in its handshake, None for no monitor. `extra`
    is YAML of objects beside all these.
    """

    name: str
    host: str = ""
    record: str = PROXY
    stale_record: str = ""
    in_hosts: str = ""
    rule_host: str = ""
    path: str = "/"
    path_type: str = "Prefix"
    ingress_class: str | None = "traefik"
    annotations: Mapping[str, str] = field(default_factory=dict)
    backend: str = ""
    backend_port: int = 80
    secret: str = ""
    certificate: Certificate | None = None
    service_port: int = 80
    service_annotations: Mapping[str, str] = field(default_factory=dict)
    selector: str = ""
    target_port: int | str = "http"
    port: int = 8080
    image: str = "python:3-alpine"
    probe: str = "/healthz"
    env: Mapping[str, str] = field(default_factory=dict)
    tls_pod: bool = False
    name_of_service: str = ""
    shop_elsewhere: bool = False
    ingress_elsewhere: bool = False
    monitor_sni: str | None = None
    extra: str = ""

    @property
    def namespace(self) -> str:
        return f"clinic-{self.name}"

    @property
    def second_namespace(self) -> str:
        """Where what is `elsewhere` stands."""
        return f"{self.namespace}-2"

    @property
    def namespaces(self) -> list[str]:
        """The namespaces that it takes."""
        return [self.namespace, self.second_namespace] if self._is_split else [self.namespace]

    @property
    def url_host(self) -> str:
        """The host that is asked for."""
        return self.host or f"{self.name}.{DOMAIN}"

    @property
    def tls_secret(self) -> str:
        """The name of the Secret with the site's certificate."""
        return f"{self.name}-tls"

    def objects(self, around: Surroundings) -> list[Json]:
        """All its objects, in the order to make them."""
        found = [_namespace(name) for name in self.namespaces]
        found += [self._secret(self.certificate, around)] if self.certificate else []
        found += [self._programs(around.ca), self._service(), self._deployment(), self._ingress()]
        found += [self._monitor(around.proxy)] if self.monitor_sni is not None else []
        found += objects(self.extra) if self.extra else []
        return found

    @property
    def _is_split(self) -> bool:
        certificate = self.certificate is not None and self.certificate.elsewhere
        return self.shop_elsewhere or self.ingress_elsewhere or certificate

    def _metadata(self, *, elsewhere: bool) -> Json:
        namespace = self.second_namespace if elsewhere else self.namespace
        return {"name": self.name, "namespace": namespace, "labels": {"app": self.name}}

    def _secret(self, certificate: Certificate, around: Surroundings) -> Json:
        data = dict(zip(certificate.keys, (around.certificate, around.key), strict=True))
        data["ca.crt"] = around.ca  # for a proxy that checks a pod which speaks TLS
        return {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": self._metadata(elsewhere=certificate.elsewhere) | {"name": self.tls_secret},
            "type": certificate.type,
            "data": {key: base64.b64encode(value).decode() for key, value in data.items()},
        }

    def _programs(self, ca: bytes) -> Json:
        names = ["shop.py"] if self.monitor_sni is None else ["shop.py", "monitor.py"]
        data = {name: (_PROGRAMS / name).read_text(encoding="utf-8") for name in names}
        if self.monitor_sni is not None:
            data["ca.crt"] = ca.decode()
        metadata = self._metadata(elsewhere=self.shop_elsewhere)
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}

    def _service(self) -> Json:
        metadata = self._metadata(elsewhere=self.shop_elsewhere)
        metadata["name"] = self.name_of_service or self.name
        if self.service_annotations:
            metadata["annotations"] = dict(self.service_annotations)
        port = {"name": "http", "port": self.service_port, "targetPort": self.target_port}
        spec = {"selector": {"app": self.selector or self.name}, "ports": [port]}
        return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}

    def _ingress(self) -> Json:
        metadata = self._metadata(elsewhere=self.ingress_elsewhere)
        if self.annotations:
            metadata["annotations"] = dict(self.annotations)
        service = {"name": self.backend or self.name, "port": {"number": self.backend_port}}
        path = {"path": self.path, "pathType": self.path_type, "backend": {"service": service}}
        host = self.rule_host or self.url_host
        spec: Json = {"ingressClassName": self.ingress_class} if self.ingress_class else {}
        if self.secret:
            spec["tls"] = [{"hosts": [host], "secretName": self.secret}]
        spec["rules"] = [{"host": host, "http": {"paths": [path]}}]
        return {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": metadata,
            "spec": spec,
        }

    def _deployment(self) -> Json:
        settings = {"SHOP": self.name, "GOODS": _GOODS, "PORT": str(self.port), **self.env}
        settings |= {"TLS": "/tls"} if self.tls_pod else {}
        probe: Json = {"httpGet": {"path": self.probe, "port": "http"}}
        container = {
            **self._container("shop", settings, probe),
            "image": self.image,
            "ports": [{"name": "http", "containerPort": self.port}],
        }
        volumes: list[Json] = []
        if self.tls_pod:
            probe["httpGet"]["scheme"] = "HTTPS"
            container["volumeMounts"].append({"name": "tls", "mountPath": "/tls"})
            volumes.append({"name": "tls", "secret": {"secretName": self.tls_secret}})
        return self._pods(self._metadata(elsewhere=self.shop_elsewhere), container, volumes)

    def _monitor(self, proxy: str) -> Json:
        settings = {"HOST": self.url_host, "ADDRESS": proxy, "CA": "/app/ca.crt"}
        settings |= {"SNI": self.monitor_sni} if self.monitor_sni else {}
        container = self._container("monitor", settings, {"httpGet": {"path": "/", "port": 8080}})
        name = "monitor"
        metadata = {"name": name, "namespace": self.namespace, "labels": {"app": name}}
        return self._pods(metadata, container, [])

    def _container(self, program: str, settings: Mapping[str, str], probe: Json) -> Json:
        env: list[Json] = [{"name": name, "value": value} for name, value in settings.items()]
        env += [
            {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}
            for name, path in _FIELDS.items()
        ]
        return {
            "name": program,
            "image": "python:3-alpine",
            "command": ["python3", f"/app/{program}.py"],
            "env": env,
            "readinessProbe": {**probe, "periodSeconds": 1, "failureThreshold": 1},
            "volumeMounts": [{"name": "program", "mountPath": "/app"}],
        }

    def _pods(self, metadata: Json, container: Json, volumes: list[Json]) -> Json:
        """A Deployment of one pod, which ends before its successor begins."""
        labels = {"app": metadata["name"]}
        program = {"name": "program", "configMap": {"name": self.name}}
        pod = {
            "terminationGracePeriodSeconds": 1,
            "containers": [container],
            "volumes": [program, *volumes],
        }
        spec = {
            "replicas": 1,
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        }
        return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def _namespace(name: str) -> Json:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
