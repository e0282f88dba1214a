"""Requests by a bare socket, to see what a TLS client sees; and the objects of such tests."""

import json
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any

from cryptography import x509

from labsupport.session.lab import Lab

_ROUTER = "traefik.ingress.kubernetes.io/router"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: str
    certificate: x509.Certificate | None

    @property
    def seen(self) -> dict[str, Any]:
        """What the pod says that it received."""
        seen: dict[str, Any] = json.loads(self.body)
        return seen

    @property
    def names(self) -> list[str]:
        """The host names of the certificate that was shown."""
        assert self.certificate is not None
        kind = x509.SubjectAlternativeName
        return self.certificate.extensions.get_extension_for_class(kind).value.get_values_for_type(
            x509.DNSName
        )


def ask(
    lab: Lab,
    host: str,
    *,
    scheme: str = "https",
    sni: str | None = None,
    path: str = "/debug/request",
) -> Answer:
    """One request with no lab client between: a socket, a handshake, HTTP/1.1."""
    offset = lab.connection.port_offset
    port = (443 if scheme == "https" else 80) + offset
    with socket.create_connection((lab.address, port), timeout=5) as plain:
        if scheme == "http":
            return said(plain, host, path)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        name = host if sni is None else sni or None
        with context.wrap_socket(plain, server_hostname=name) as secure:
            return said(secure, host, path)


def said(connection: socket.socket, host: str, path: str) -> Answer:
    request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    connection.sendall(request.encode())
    response = HTTPResponse(connection)
    response.begin()
    body = response.read().decode()
    certificate = None
    if isinstance(connection, ssl.SSLSocket):
        certificate = x509.load_der_x509_certificate(connection.getpeercert(True) or b"")
    headers = {name.lower(): value for name, value in response.getheaders()}
    response.close()
    return Answer(response.status, headers, body, certificate)


def until(lab: Lab, host: str, good: Callable[[Answer], bool], **options: Any) -> Answer:
    """The first answer that is as it should be: Traefik takes a moment to follow."""
    deadline = time.monotonic() + 30
    while True:
        answer = ask(lab, host, **options)
        if good(answer):
            return answer
        assert time.monotonic() < deadline, (answer.status, answer.headers, answer.body)
        time.sleep(0.02)


def is_ok(answer: Answer) -> bool:
    return answer.status == 200


def shows(*names: str) -> Callable[[Answer], bool]:
    """Whether the certificate is for these names; it may come a moment after the route."""
    return lambda answer: answer.names == list(names)


def ingress(
    host: str, *, secret: str = "", service: str = "quote", port: object = 80, **annotations: str
) -> dict[str, Any]:
    backend_port = {"number": port} if isinstance(port, int) else {"name": port}
    backend = {"service": {"name": service, "port": backend_port}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    tls = [{"hosts": [host], "secretName": secret}] if secret else []
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "name": host,
            "annotations": {f"{_ROUTER}.{name}": value for name, value in annotations.items()},
        },
        "spec": {"tls": tls, "rules": [{"host": host, "http": {"paths": [path]}}]},
    }


def custom(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "traefik.io/v1alpha1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": spec,
    }


def shown_serial(answer: Answer) -> int:
    assert answer.certificate is not None
    return answer.certificate.serial_number
