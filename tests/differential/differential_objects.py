"""Objects near the edge of what an API server takes: whole ones, with a few things changed."""

import copy
from random import Random
from typing import Any

from labsupport.base.types import Json

_BACKEND = {"service": {"name": "kiada", "port": {"number": 80}}}
_LABELS = {"app": "kiada", "example.com/team": "web"}
_CONTAINER: Json = {
    "name": "web",
    "image": "python:3",
    "command": ["python3", "-m", "http.server"],
    "ports": [{"name": "http", "containerPort": 8080}],
    "env": [
        {"name": "A", "value": "1"},
        {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
    ],
    "readinessProbe": {"httpGet": {"path": "/healthz", "port": "http"}, "periodSeconds": 5},
    "volumeMounts": [{"name": "pages", "mountPath": "/pages"}],
}
_POD = {
    "containers": [_CONTAINER],
    "volumes": [{"name": "pages", "configMap": {"name": "pages"}}],
}


def _object(api_version: str, kind: str, **fields: Any) -> Json:
    metadata = {"name": "drawn", "labels": _LABELS, "annotations": {"example.com/note": "text"}}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}


WHOLE: dict[str, Json] = {
    "Ingress": _object(
        "networking.k8s.io/v1",
        "Ingress",
        spec={
            "ingressClassName": "traefik",
            "defaultBackend": {"service": {"name": "quote", "port": {"name": "http"}}},
            "tls": [{"hosts": ["kiada.example.com"], "secretName": "kiada-tls"}],
            "rules": [
                {
                    "host": "kiada.example.com",
                    "http": {
                        "paths": [
                            {"path": "/", "pathType": "Prefix", "backend": _BACKEND},
                            {
                                "path": "/assets",
                                "pathType": "Exact",
                                "backend": {
                                    "resource": {
                                        "apiGroup": "example.com",
                                        "kind": "Bucket",
                                        "name": "assets",
                                    }
                                },
                            },
                        ]
                    },
                },
                {
                    "host": "*.example.org",
                    "http": {
                        "paths": [{"pathType": "ImplementationSpecific", "backend": _BACKEND}]
                    },
                },
            ],
        },
    ),
    "IngressClass": _object(
        "networking.k8s.io/v1",
        "IngressClass",
        spec={
            "controller": "example.com/controller",
            "parameters": {
                "apiGroup": "example.com",
                "kind": "Parameters",
                "name": "own",
                "scope": "Namespace",
                "namespace": "default",
            },
        },
    ),
    "Service": _object(
        "v1",
        "Service",
        spec={
            "type": "LoadBalancer",
            "selector": {"app": "kiada"},
            "sessionAffinity": "ClientIP",
            "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 60}},
            "externalTrafficPolicy": "Local",
            "ports": [
                {"name": "http", "port": 80, "targetPort": "http", "appProtocol": "http"},
                {"name": "https", "port": 443, "targetPort": 8443, "protocol": "TCP"},
            ],
        },
    ),
    "Service of type ClusterIP": _object(
        "v1", "Service", spec={"selector": {"app": "kiada"}, "ports": [{"port": 80}]}
    ),
    "Service of type ExternalName": _object(
        "v1", "Service", spec={"type": "ExternalName", "externalName": "www.example.com"}
    ),
    "Secret": _object(
        "v1",
        "Secret",
        type="kubernetes.io/tls",
        data={"tls.crt": "Y2VydA==", "tls.key": "a2V5"},
    ),
    "ConfigMap": _object(
        "v1", "ConfigMap", data={"index.html": "hello"}, binaryData={"logo.png": "cG5n"}
    ),
    "EndpointSlice": _object(
        "discovery.k8s.io/v1",
        "EndpointSlice",
        addressType="IPv4",
        ports=[{"name": "http", "port": 8080, "protocol": "TCP"}],
        endpoints=[
            {
                "addresses": ["10.1.2.3"],
                "conditions": {"ready": True},
                "hostname": "kiada-1",
                "nodeName": "node",
                "targetRef": {"kind": "Pod", "name": "kiada-1", "namespace": "default"},
                "zone": "here",
                "hints": {"forZones": [{"name": "here"}]},
            }
        ],
    ),
    "Deployment": _object(
        "apps/v1",
        "Deployment",
        spec={
            "replicas": 2,
            "selector": {"matchLabels": {"app": "kiada"}},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}},
            "template": {"metadata": {"labels": {"app": "kiada"}}, "spec": _POD},
        },
    ),
    "Pod": _object("v1", "Pod", spec=_POD),
    "Namespace": _object("v1", "Namespace"),
    "Role": _object(
        "rbac.authorization.k8s.io/v1",
        "Role",
        rules=[{"apiGroups": [""], "resources": ["services"], "verbs": ["get", "list"]}],
    ),
    "RoleBinding": _object(
        "rbac.authorization.k8s.io/v1",
        "RoleBinding",
        roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"},
        subjects=[{"kind": "ServiceAccount", "name": "kiada", "namespace": "default"}],
    ),
}
"""A rich object of each kind that both servers take."""

_TEXTS = (
    "", "a", "A", "a_b", "-a", "a-", "a.b", "a..b", ".", "1", "80", "kiada.example.com",
    "*.example.com", "*", "*.*.com", "a.*.com", "KIADA.example.com", "example.com.", "a" * 63,
    "a" * 64, "a." * 126 + "a", "a." * 127 + "a", "10.0.0.1", "127.0.0.1", "010.0.0.1", "::1",
    "fe80::1", "2001:db8::1", "224.0.0.1", "169.254.1.1", "0.0.0.0", "None", "/", "/a", "a/b",
    "a/b/c", "/a/", "//", "/a//b", "/a/../b", "/a/..", "/a/.", "/%2f", "/%2F", "/a b", "/é",
    "Prefix", "prefix", "Exact", "ImplementationSpecific", "TCP", "UDP", "SCTP", "tcp", "http",
    "HTTP", "a-very-long-port-name", "a--b", "1a", "Cluster", "Local", "ClusterIP", "NodePort",
    "LoadBalancer", "ExternalName", "ClientIP", "IPv4", "IPv6", "FQDN", "Always", "Never",
    "Recreate", "Role", "User", "ServiceAccount", "Opaque", "kubernetes.io/tls", "Namespace",
    "kubernetes.io/h2c", "example.com/a", "é", "a\tb", 'a"b', "a\\b", "YQ==", "50%", "150%", "-1",
)  # fmt: skip
_NUMBERS = (0, 1, -1, 80, 8080, 10250, 30080, 65535, 65536, 86400, 86401, 2**31, 2**63, 1.5)
_OTHERS: tuple[Any, ...] = (None, True, False, [], {}, [""], ["a", "a"], {"a": "b"}, {"unknown": 1})


def drawn(random: Random, whole: Json, changes: int) -> Json:
    """`whole` with so many things changed: left out, said twice, or said otherwise."""
    obj = copy.deepcopy(whole)
    for _ in range(changes):
        places = [place for place in _places(obj) if place[1] not in ("apiVersion", "kind")]
        if places:
            _change(random, *random.choice(places))
    return obj


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every place in the object: who holds it, by which key."""
    keys: list[Any]
    if isinstance(value, dict):
        keys = list(value)
    elif isinstance(value, list):
        keys = list(range(len(value)))
    else:
        return []
    return [place for key in keys for place in [(value, key), *_places(value[key])]]


def _change(random: Random, holder: Any, key: Any) -> None:
    how = random.random()
    if how < 0.15:
        del holder[key]
    elif how < 0.25 and isinstance(holder, list):
        holder.append(copy.deepcopy(holder[key]))
    elif how < 0.30 and isinstance(holder, dict):
        holder[random.choice(["extra", key.upper(), *_TEXTS[:12]])] = holder[key]
    else:
        holder[key] = _value(random, holder[key])


def _value(random: Random, now: Any) -> Any:
    """Most often one of the same type."""
    usual: Any = _OTHERS
    if isinstance(now, str):
        usual = _TEXTS
    elif isinstance(now, int) and not isinstance(now, bool):
        usual = _NUMBERS
    pool = usual if random.random() < 0.85 else random.choice((_TEXTS, _NUMBERS, _OTHERS))
    return copy.deepcopy(random.choice(pool))
