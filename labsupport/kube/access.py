"""Where an API server is and how it knows us; kubeconfig files."""

import base64
import contextlib
from dataclasses import dataclass, field
from pathlib import Path

from labsupport.base.files import write_atomically

CONTEXT = "ingress-lab"


@dataclass(frozen=True)
class Access:
    """An API server: its URL, the CA that vouches for it, and our bearer token."""

    server: str
    ca_file: Path
    token: str = field(repr=False)


def write_kubeconfig(path: Path, access: Access) -> None:
    """Write a kubeconfig (0600) with one context, `ingress-lab`; never merged into another."""
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


def answers(access: Access, *, timeout: float = 1.0) -> bool:
    """Whether the API server there says that it is ready, to us, and by its certificate."""
    # Imported here: whoever only writes a kubeconfig needs no network.
    import http.client
    import ssl
    from urllib.parse import urlsplit

    try:
        context = ssl.create_default_context(cafile=str(access.ca_file))
        netloc = urlsplit(access.server).netloc
        connection = http.client.HTTPSConnection(netloc, timeout=timeout, context=context)
        with contextlib.closing(connection):
            headers = {"Authorization": f"Bearer {access.token}"}
            connection.request("GET", "/readyz", headers=headers)
            return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
