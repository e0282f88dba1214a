"""TLS behind Traefik, on a real cluster: encrypted anew, or passed on to the pod unopened."""

import base64
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cryptography import x509
from tls_requests import ask, custom, ingress, is_ok, shown_serial, shows, until

from labsupport.base.errors import UsageError
from labsupport.session.lab import Lab

SERVICE = "traefik.ingress.kubernetes.io/service"
VAULT = "vault.tls.example.com"


@pytest.fixture(scope="module")
def vault(lab: Lab) -> Iterator[Lab]:
    """The lab with the app that speaks TLS itself, and what Traefik needs to believe it."""
    lab.trust.store("vault-tls", VAULT)
    lab.install("vault")
    authority = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "lab-ca"},
        "data": {"ca.crt": lab.instance.ca_certificate.read_text()},
    }
    lab.apply(authority)
    lab.wait_ready()
    yield lab
    for kind in ("deployment", "service", "configmap"):
        lab.delete(kind, "vault")
    lab.delete("secret", "vault-tls")
    lab.delete(authority)


# Re-encryption


def test_an_https_backend_that_traefik_does_not_trust_is_500_and_the_log_says_why(
    vault: Lab, apply: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    apply(ingress(VAULT, service="vault", port="https"))
    until(vault, VAULT, lambda answer: answer.status == 500)
    vault.logs(vault.find_pod("traefik")[0], namespace="traefik")
    assert "failed to verify certificate: x509" in capsys.readouterr().out


@pytest.mark.parametrize(
    "spec",
    [{"serverName": VAULT, "rootCAs": [{"configMap": "lab-ca"}]}, {"insecureSkipVerify": True}],
)
def test_traefik_encrypts_anew_for_an_https_backend(
    vault: Lab, transport: Callable[..., None], apply: Callable[..., None], spec: dict[str, Any]
) -> None:
    transport(spec)
    apply(vault.trust.secret("front", "*.tls.example.com"))
    apply(ingress(VAULT, secret="front", service="vault", port="https"))
    answer = until(vault, VAULT, lambda a: is_ok(a) and shows("*.tls.example.com")(a))
    assert answer.seen["tls"]["version"] == "TLSv1.3"
    assert answer.seen["tls"]["server_name"] == spec.get("serverName", "")
    assert answer.seen["headers"]["X-Forwarded-Proto"] == "https"


def test_a_server_name_that_the_pods_certificate_is_not_for_is_500(
    vault: Lab, transport: Callable[..., None], apply: Callable[..., None]
) -> None:
    transport({"serverName": "other.example.com", "rootCAs": [{"configMap": "lab-ca"}]})
    apply(ingress(VAULT, service="vault", port="https"))
    until(vault, VAULT, lambda answer: answer.status == 500)


@pytest.fixture
def transport(vault: Lab, apply: Callable[..., None]) -> Iterator[Callable[..., None]]:
    """Have Traefik speak to Service vault by a ServersTransport, for the time of one test."""

    def used(spec: dict[str, Any]) -> None:
        apply(custom("ServersTransport", "vault", spec))
        annotated(vault, "default-vault@kubernetescrd")

    yield used
    annotated(vault, None)


def annotated(lab: Lab, transport: str | None) -> None:
    """Give Service vault its ServersTransport, or take it away."""
    service = lab.object("service", "vault")
    annotations = service["metadata"].setdefault("annotations", {})
    annotations.pop(f"{SERVICE}.serverstransport", None)
    if transport:
        annotations[f"{SERVICE}.serverstransport"] = transport
    lab.api.replace(service)


def serial(encoded: str) -> int:
    return x509.load_pem_x509_certificate(base64.b64decode(encoded)).serial_number


# Passthrough


@pytest.fixture
def passthrough(vault: Lab, apply: Callable[..., None]) -> None:
    """A route for vault's name by which TLS goes through Traefik unopened."""
    route = {"match": f"HostSNI(`{VAULT}`)", "services": [{"name": "vault", "port": 443}]}
    spec = {"entryPoints": ["websecure"], "routes": [route], "tls": {"passthrough": True}}
    apply(custom("IngressRouteTCP", "vault", spec))


def test_with_passthrough_the_client_speaks_tls_with_the_pod_itself(
    vault: Lab, passthrough: None
) -> None:
    answer = until(vault, VAULT, is_ok)
    pod = vault.object("secret", "vault-tls")["data"]["tls.crt"]
    assert shown_serial(answer) == serial(pod)
    assert answer.seen["tls"]["server_name"] == VAULT
    assert "X-Forwarded-For" not in answer.seen["headers"]


def test_passthrough_leaves_no_line_in_the_access_log(
    vault: Lab, passthrough: None, capsys: pytest.CaptureFixture[str]
) -> None:
    until(vault, VAULT, shows(VAULT))
    assert ask(vault, VAULT, path="/debug/request/unread").status == 200
    until(vault, "kiada.example.com", is_ok, path="/debug/request/read")
    deadline = time.monotonic() + 20
    while "/debug/request/read" not in (log := capsys.readouterr().out):
        assert time.monotonic() < deadline
        vault.logs(vault.find_pod("traefik")[0], namespace="traefik", tail=20)
    assert "/debug/request/unread" not in log


def test_an_ingress_on_the_same_entry_point_wins_over_passthrough(
    vault: Lab, passthrough: None, apply: Callable[..., None]
) -> None:
    """Unlike what Traefik's documentation says of TCP routers."""
    until(vault, VAULT, shows(VAULT))
    apply(ingress(VAULT))
    until(vault, VAULT, shows("traefik.example.com"))
    apply(ingress(VAULT, entrypoints="web"))
    until(vault, VAULT, shows(VAULT))
    assert ask(vault, VAULT, scheme="http").seen["app"] == "quote"


# What the pod and the connections tell


def test_clear_text_to_the_tls_pod_is_refused_in_words(vault: Lab) -> None:
    address = vault.object("service", "vault")["spec"]["clusterIP"]
    answer = vault.get(f"http://{address}:443/")
    assert (answer.status, (answer.pod or "")[:6]) == (400, "vault-")
    assert "Clear text" in answer.text
    (connection,) = vault.connections("vault", namespace="default", limit=1)
    assert not connection.is_tls
    assert "HTTP request GET / HTTP/1.1, readable" in str(connection)


def test_a_client_that_does_not_trust_the_pod_leaves_a_line_in_its_log(
    vault: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    address = vault.object("service", "vault")["spec"]["clusterIP"]
    port = 443 + vault.connection.port_offset
    with (
        pytest.raises(ssl.SSLCertVerificationError),
        socket.create_connection((address, port)) as plain,
    ):
        ssl.create_default_context().wrap_socket(plain, server_hostname=VAULT)
    deadline = time.monotonic() + 20
    while "no TLS handshake" not in capsys.readouterr().out:
        assert time.monotonic() < deadline
        vault.logs(vault.find_pod("vault")[0])


def test_a_sample_that_there_is_not_is_named(lab: Lab) -> None:
    with pytest.raises(UsageError, match="'safe' can't be installed"):
        lab.install("safe")


def test_a_service_without_connections_says_so(lab: Lab) -> None:
    assert str(lab.connections("nobody")) == "no connections to Service traefik/nobody yet"
