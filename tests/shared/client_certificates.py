"""Certificates by which people show an API server who they are."""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from labsupport.trust.authority import Authority, KeyPair

_SKEW = timedelta(minutes=5)


def client_certificate(
    authority: Authority, user: str, group: str, *, lifetime: timedelta
) -> KeyPair:
    """A certificate of `user` in `group`, for so long from now; below zero it has ended."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer_key = serialization.load_pem_private_key(authority.pair.key, password=None)
    assert isinstance(issuer_key, ec.EllipticCurvePrivateKey)
    names = [(NameOID.ORGANIZATION_NAME, group), (NameOID.COMMON_NAME, user)]
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(kind, text) for kind, text in names]))
        .issuer_name(x509.load_pem_x509_certificate(authority.pair.certificate).subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + min(lifetime, timedelta()) - _SKEW)
        .not_valid_after(now + lifetime)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
    return KeyPair(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )
