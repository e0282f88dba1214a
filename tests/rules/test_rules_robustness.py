"""Whatever a well-formed object leaves out or leaves empty, the rules answer instead of failing."""

import copy
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from labsupport.base.types import Json
from labsupport.manifests import documents
from labsupport.rules.defaults import with_defaults
from labsupport.rules.validation import creation_errors, update_errors

EXTRA = """
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: default, finalizers: [a.b/c]}
spec:
  containers:
  - name: web
    image: python:3
    env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: k}}}, {name: B, value: b}]
    envFrom: [{configMapRef: {name: c}}]
    lifecycle: {preStop: {httpGet: {port: 80}}, stopSignal: SIGTERM}
    resources: {limits: {cpu: 1, memory: 64Mi}, requests: {cpu: 500m}}
    startupProbe: {exec: {command: [x]}}
    livenessProbe: {tcpSocket: {port: http}}
  volumes: [{name: s, secret: {secretName: s, items: [{key: k, path: p}]}}, {name: e}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: a, namespace: default, annotations: {kubernetes.io/ingress.class: traefik}}
spec:
  ingressClassName: traefik
  defaultBackend: {resource: {apiGroup: a.b, kind: C, name: d}}
  tls: [{hosts: [a.example.com, "*.example.com"], secretName: tls}]
  rules:
  - host: "*.example.com"
    http: {paths: [{path: /a, pathType: Exact, backend: {service: {name: a, port: {name: b}}}}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: a, namespace: default}
addressType: IPv4
endpoints:
- {addresses: [127.16.64.1], hints: {forZones: [{name: a}]}, hostname: h, nodeName: n}
ports: [{name: "", port: 80, protocol: TCP, appProtocol: http}]
---
apiVersion: v1
kind: Endpoints
metadata: {name: a, namespace: default}
subsets: [{addresses: [{ip: 127.16.64.1}], ports: [{port: 80, name: a}]}]
"""


def samples() -> list[Json]:
    text = "\n---\n".join([*(documents(name) for name in ("kiada", "traefik")), EXTRA])
    return [document for document in yaml.safe_load_all(text) if document]


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The paths of everything inside the value but its kind."""
    inner: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        inner = [(key, each) for key, each in value.items() if key not in ("apiVersion", "kind")]
    elif isinstance(value, list):
        inner = list(enumerate(value))
    found = [] if not path else [path]
    for key, each in inner:
        found += places(each, (*path, key))
    return found


def parent(obj: Json, path: tuple[str | int, ...]) -> Any:
    """What holds the place, or None when it is gone already."""
    value: Any = obj
    for key in path[:-1]:
        try:
            value = value[key]
        except (KeyError, IndexError):
            return None
    known = value if isinstance(value, dict) else range(len(value))
    return value if path[-1] in known else None


@pytest.mark.parametrize("sample", samples(), ids=lambda each: each["kind"])
@settings(max_examples=30)
@given(data=st.data())
def test_an_object_with_holes_is_judged(sample: Json, data: st.DataObject) -> None:
    obj = copy.deepcopy(sample)
    for path in data.draw(st.lists(st.sampled_from(places(sample)), min_size=1, max_size=4)):
        holder = parent(obj, path)
        if holder is None:
            continue
        if isinstance(holder, dict) and data.draw(st.booleans()):
            del holder[path[-1]]
        else:
            holder[path[-1]] = type(holder[path[-1]])()  # empty, of the same type
    obj.setdefault("metadata", {})
    whole = with_defaults(sample["kind"], sample)
    draft = with_defaults(sample["kind"], obj)
    for error in creation_errors(sample["kind"], draft):
        assert error.field
        assert error.body
    update_errors(sample["kind"], draft, whole)
    update_errors(sample["kind"], draft, whole, "status")
