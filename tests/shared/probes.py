"""Requests to one controller's address, and the Ingresses they are about."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from labsupport.base.types import Json
from labsupport.http.exchange import Exchange
from labsupport.session.lab import Lab

PATIENCE = 30.0  # seconds


def rule(
    name: str,
    *,
    service: str = "quote",
    path: str = "/",
    path_type: str = "Prefix",
    class_name: str | None = None,
    annotations: Mapping[str, str] | None = None,
    host: str = "",
    **spec: Any,
) -> Json:
    """An Ingress with one rule, for the host NAME.example.com."""
    backend = {"service": {"name": service, "port": {"number": 80}}}
    paths = [{"path": path, "pathType": path_type, "backend": backend}]
    rules = [{"host": host or f"{name}.example.com", "http": {"paths": paths}}]
    if class_name is not None:
        spec["ingressClassName"] = class_name
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name, "annotations": dict(annotations or {})},
        "spec": {"rules": rules, **spec},
    }


def route(name: str, host: str, **more: Any) -> Json:
    """An IngressRoute with one rule, for the host HOST.example.com."""
    services = more.pop("services", [{"name": "quote", "port": 80}])
    first = {"kind": "Rule", "match": f"Host(`{host}.example.com`)", "services": services, **more}
    return {
        "apiVersion": "traefik.io/v1alpha1",
        "kind": "IngressRoute",
        "metadata": {"name": name},
        "spec": {"routes": [first]},
    }


class Probe:
    """Sends requests to the address of one controller."""

    def __init__(self, lab: Lab, class_name: str) -> None:
        self._lab = lab
        self.address = lab.controllers[class_name].address

    def __call__(
        self, host: str, path: str = "/debug/request", *, method: str = "GET", **headers: str
    ) -> Exchange:
        """One answer of HOST.example.com; headers as `X_Name="value"`."""
        return self._lab.client.request(
            method,
            f"http://{host}.example.com{path}",
            resolve=self.address,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )

    def until(
        self, good: Callable[[Exchange], bool], host: str, *args: str, **more: Any
    ) -> Exchange:
        """The first answer that is as it should be: a proxy takes a moment to follow."""
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = self(host, *args, **more)
            if good(answer):
                return answer
            assert time.monotonic() < deadline, (answer.status, answer.headers, answer.text)
            time.sleep(0.02)


def has_status(status: int) -> Callable[[Exchange], bool]:
    """Whether an answer has that status."""
    return lambda answer: answer.status == status


def until_true(look: Callable[[], bool], what: str, within: float = PATIENCE) -> None:
    """Look until it is so, for so many seconds."""
    deadline = time.monotonic() + within
    while not look():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)
