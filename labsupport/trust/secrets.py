"""Certificates as Kubernetes keeps them: Secrets of type kubernetes.io/tls."""

import base64
import binascii

from labsupport.base.errors import CertificateError
from labsupport.base.types import Json
from labsupport.rules.certificates import CertificateFacts, chain_of
from labsupport.trust.issuing import Issued

TLS = "kubernetes.io/tls"


def tls_secret(name: str, issued: Issued, namespace: str = "default") -> Json:
    """The Secret object, ready to be applied."""
    data = {"tls.crt": issued.certificate, "tls.key": issued.key}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "type": TLS,
        "data": {key: base64.b64encode(value).decode() for key, value in data.items()},
    }


def chain_in(secret: Json) -> tuple[CertificateFacts, ...]:
    """The certificates in a Secret's `tls.crt`; CertificateError when there is none."""
    metadata = secret["metadata"]
    where = f"Secret {metadata.get('namespace') or 'default'}/{metadata['name']}"
    encoded = (secret.get("data") or {}).get("tls.crt")
    plain = (secret.get("stringData") or {}).get("tls.crt")
    if not encoded and not plain:
        keys = ", ".join(sorted(secret.get("data") or {})) or "no key"
        raise CertificateError(
            f"{where} has no certificate: a Secret of type {TLS} keeps it under tls.crt",
            found=f"type {secret.get('type') or 'Opaque'}, with {keys}",
            remedy=f"kubectl create secret tls {metadata['name']} --cert=tls.crt --key=tls.key",
        )
    try:
        return chain_of(plain or base64.b64decode(encoded or ""))
    except (binascii.Error, CertificateError) as error:
        found = error.found if isinstance(error, CertificateError) else str(error)
        raise CertificateError(
            f"what {where} keeps under tls.crt is not a certificate", found=found
        ) from error
