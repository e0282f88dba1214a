"""The names by which a controller knows the certificates in Secrets."""

import base64
import binascii
from collections.abc import Iterable

from labsupport.base.errors import CertificateError
from labsupport.base.types import Json
from labsupport.rules.certificates import chain_of


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
        return certificate_names(plain.get("tls.crt") or base64.b64decode(encoded["tls.crt"]))
    except (binascii.Error, CertificateError):
        return None


def certificate_names(pem: bytes | str) -> tuple[str, ...]:
    """The names of the first certificate in `pem`, as Traefik counts them.

    That is subjectAltName, and the common name too, though no client heeds that one any more.
    """
    facts = chain_of(pem)[0]
    common = facts.common_name.lower()
    return facts.all_names + ((common,) if common and common not in facts.all_names else ())
