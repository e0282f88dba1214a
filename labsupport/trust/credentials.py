"""What one instance needs to be reached safely: authority, API server certificate, token."""

import secrets
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from labsupport.base.files import write_atomically
from labsupport.base.paths import Instance

if TYPE_CHECKING:
    from labsupport.trust.authority import KeyPair

LIFETIME = timedelta(days=365)
RENEW_BEFORE = timedelta(days=7)


def ensure_credentials(instance: Instance, network: int) -> None:
    """Make what is missing of the instance's CA, API server certificate and token.

    The CA and the certificate are made together and live equally long: a year; both are made
    anew from a week before their end. The token stays. `network` is the N of 127.N.0.0/16.
    """
    if not instance.token.exists():
        write_atomically(instance.token, secrets.token_urlsafe(32))
    if _still_good(instance):
        return
    # Imported here: it costs 0.1 s, and is needed once a year.
    from labsupport.trust.authority import Authority

    authority = Authority.create("Ingress Lab CA", lifetime=LIFETIME)
    server = authority.issue(_server_names(network), lifetime=LIFETIME)
    # The authority's certificate is written last: with it, the set is complete.
    instance.ca_certificate.unlink(missing_ok=True)
    write_atomically(instance.ca_key, authority.pair.key)
    write_atomically(instance.server_key, server.key)
    write_atomically(instance.server_certificate, server.certificate, mode=0o644)
    write_atomically(instance.ca_certificate, authority.pair.certificate, mode=0o644)


def certificate_for(names: Sequence[str], instance: Instance) -> "KeyPair":
    """A new certificate for `names` (DNS names or addresses) from the instance's authority."""
    from labsupport.trust.authority import Authority, KeyPair

    own = KeyPair(instance.ca_certificate.read_bytes(), instance.ca_key.read_bytes())
    return Authority(own).issue(names, lifetime=LIFETIME)


def expiry(ca_certificate: Path) -> datetime:
    """When the authority in this PEM file ends (UTC). OSError or ssl.SSLError if unreadable."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cafile=str(ca_certificate))
    ends = str(context.get_ca_certs()[0]["notAfter"])
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC)


def _still_good(instance: Instance) -> bool:
    files = (instance.ca_key, instance.server_key, instance.server_certificate)
    if not all(file.exists() for file in files):
        return False
    try:
        return expiry(instance.ca_certificate) - datetime.now(UTC) > RENEW_BEFORE
    except (OSError, ssl.SSLError):
        return False


def _server_names(network: int) -> list[str]:
    service = "kubernetes.default.svc"
    return [
        "kubernetes",
        "kubernetes.default",
        service,
        f"{service}.cluster.local",
        "localhost",
        f"127.{network}.0.1",
        f"127.{network}.128.1",
    ]
