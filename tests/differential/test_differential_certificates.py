"""Which certificate the real Traefik shows, against what its profile foresees."""

import base64
from datetime import timedelta

import pytest
from differential_cluster import Cluster
from differential_traefik import Traefik

from labsupport.base.types import Json
from labsupport.kube.api import Api
from labsupport.rules.ingress import Request
from labsupport.trust.authority import Authority
from labsupport.trust.certificate_names import names_by_secret

NAMES = {
    "exact": ["a.test"],
    "wild": ["*.a.test"],
    "both": ["b.test", "*.b.test"],
    "another": ["c.test", "a.test"],
}
ASKED = ["a.test", "x.a.test", "b.test", "x.b.test", "c.test", "y.x.a.test", "other.test"]


@pytest.fixture(scope="module")
def serials(api: Api) -> dict[str, str]:
    """Secrets with certificates: the serial number of each, with the Secret that has it."""
    from cryptography import x509

    authority = Authority.create("test", lifetime=timedelta(days=1))
    found = {}
    for name, names in NAMES.items():
        pair = authority.issue(names, lifetime=timedelta(days=1))
        data = {"tls.crt": pair.certificate, "tls.key": pair.key}
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "namespace": "one"},
            "type": "kubernetes.io/tls",
            "data": {key: base64.b64encode(value).decode() for key, value in data.items()},
        }
        api.create(secret)
        serial = x509.load_pem_x509_certificate(pair.certificate).serial_number
        found[format(serial, "x")] = f"one/{name}"
    return found


def ingress(name: str, *secrets: str) -> Json:
    path = {
        "path": "/",
        "pathType": "Prefix",
        "backend": {"service": {"name": "a", "port": {"number": 80}}},
    }
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name, "namespace": "one"},
        "spec": {
            "ingressClassName": "traefik",
            "rules": [{"host": f"{name}.test", "http": {"paths": [path]}}],
            "tls": [{"hosts": ["listed.test"], "secretName": secret} for secret in secrets],
        },
    }


@pytest.mark.parametrize(
    "ingresses",
    [
        [ingress("a", "exact", "wild")],
        [ingress("a", "wild"), ingress("b", "both")],
        [ingress("a", "nosuch", "exact"), ingress("b", "both")],
        [ingress("a", "exact", "another", "wild")],
    ],
)
def test_the_certificate_is_the_one_foreseen(
    ingresses: list[Json],
    api: Api,
    cluster: Cluster,
    traefiks: dict[str, Traefik],
    serials: dict[str, str],
) -> None:
    proxy = traefiks["traefik"]
    cluster.exchange(ingresses, proxy)
    rules = cluster.rules("traefik", names_by_secret(api.list("secrets")))
    for host in ASKED:
        decision = rules.decide(Request("https", host, 443, "/"))
        assert decision.certificate is not None
        shown = serials.get(proxy.certificate_serial(host), "")
        assert shown == decision.certificate.secret, host
