"""The names that a certificate is for."""

import base64
import binascii
from collections.abc import Iterable

from labsupport.base.types import Json


def names_by_secret(secrets: Iterable[Json]) -> dict[str, tuple[str, ...]]:
    """Secrets that hold a certificate, as `namespace/name`, each with its certificate's names.

    Those without a key, or with a `tls.crt` that can't be read, are left out: no controller can
    use them.
    """
    found = {}
    for secret in secrets:
        names = _names_in(secret)
        if names is not None:
            metadata = secret["metadata"]
            found[f"{metadata.get('namespace') or 'default'}/{metadata['name']}"] = names
    return found


def _names_in(secret: Json) -> tuple[str, ...] | None:
    encoded, plain = secret.get("data") or {}, secret.get("stringData") or {}
    if not all(encoded.get(key) or plain.get(key) for key in ("tls.crt", "tls.key")):
        return None
    try:
        certificate = plain.get("tls.crt") or base64.b64decode(encoded["tls.crt"]).decode()
        return certificate_names(certificate.encode())
    except (binascii.Error, ValueError):
        return None


def certificate_names(pem: bytes) -> tuple[str, ...]:
    """The DNS names of the first certificate in `pem`; where it lists none, its common name."""
    # Imported here: it costs 0.1 s, and most Ingresses have no certificate.
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    certificate = x509.load_pem_x509_certificate(pem)
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        common = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return tuple(str(each.value) for each in common)
    return tuple(extension.value.get_values_for_type(x509.DNSName))
