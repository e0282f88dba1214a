"""Where an API server is, how it knows us, and which part of its cluster is ours."""

import base64
import contextlib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from labsupport.base.files import write_atomically
from labsupport.rules.tenancy import WHOLE, Tenancy

CONTEXT = "ingress-lab"


@dataclass(frozen=True)
class ClientCertificate:
    """By what a client shows who it is in the TLS handshake: two PEM files."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class Access:
    """An API server: its URL, the CA that vouches for it (None: the system's), and who we are.

    That is a bearer token, a client certificate, or a call that gives a token for now, where
    tokens end while a notebook is open. `tenancy` is our part of the cluster.
    """

    server: str
    ca_file: Path | None
    token: str = field(default="", repr=False)
    certificate: ClientCertificate | None = None
    fresh_token: Callable[[], str] | None = field(default=None, repr=False, compare=False)
    tenancy: Tenancy = WHOLE

    def headers(self) -> dict[str, str]:
        """The headers of a request that say who we are; none with a client certificate."""
        token = self.fresh_token() if self.fresh_token else self.token
        return {"Authorization": f"Bearer {token}"} if token else {}

    def tls(self) -> ssl.SSLContext:
        """What a TLS connection to the server takes."""
        context = ssl.create_default_context(cafile=str(self.ca_file) if self.ca_file else None)
        if self.certificate:
            context.load_cert_chain(self.certificate.certificate, self.certificate.key)
        return context


def write_kubeconfig(path: Path, access: Access) -> None:
    """Write a kubeconfig (0600) with one context, `ingress-lab`; never merged into another.

    For an access with a CA and a token of its own.
    """
    assert access.ca_file is not None
    ca = base64.b64encode(access.ca_file.read_bytes()).decode()
    text = (
        "apiVersion: v1\n"
        "kind: Config\n"
        "clusters:\n"
        f"- name: {CONTEXT}\n"
        "  cluster:\n"
        f"    server: {access.server}\n"
        f"    certificate-authority-data: {ca}\n"
        "contexts:\n"
        f"- name: {CONTEXT}\n"
        "  context:\n"
        f"    cluster: {CONTEXT}\n"
        f"    user: {CONTEXT}\n"
        "    namespace: default\n"
        f"current-context: {CONTEXT}\n"
        "users:\n"
        f"- name: {CONTEXT}\n"
        "  user:\n"
        f"    token: {access.token}\n"
    )
    write_atomically(path, text)


def answers(access: Access, *, path: str = "/readyz", timeout: float = 1.0) -> bool:
    """Whether the API server there says that it is ready, to us, and by its certificate.

    `/readyz` is told to anybody; `/api` only to those that the server knows.
    """
    # Imported here: whoever only writes a kubeconfig needs no network.
    import http.client
    from urllib.parse import urlsplit

    try:
        netloc = urlsplit(access.server).netloc
        connection = http.client.HTTPSConnection(netloc, timeout=timeout, context=access.tls())
        with contextlib.closing(connection):
            connection.request("GET", path, headers=access.headers())
            return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
