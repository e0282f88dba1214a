"""A certificate authority of the lab's own, by `cryptography`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from labsupport.rules.certificates.names import ascii_name

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

_CLOCK_SKEW = timedelta(minutes=5)
_LONGEST_COMMON_NAME = 64  # RFC 5280, ub-common-name; longer names stand in subjectAltName only


@dataclass(frozen=True)
class KeyPair:
    """A certificate, or a chain of them, and the first one's private key.

    Both PEM; the key is PKCS #8, unencrypted.
    """

    certificate: bytes
    key: bytes


def new_key(kind: str = "ec", bits: int = 2048) -> PrivateKey:
    """A private key: "ec" (P-256), or "rsa" of so many bits (1024 at least)."""
    if kind == "rsa":
        return rsa.generate_private_key(65537, bits)
    return ec.generate_private_key(ec.SECP256R1())


class Authority:
    """A certificate authority: issues certificates for names and addresses."""

    def __init__(self, pair: KeyPair) -> None:
        self.pair = pair
        self._certificate = x509.load_pem_x509_certificate(pair.certificate)
        key = serialization.load_pem_private_key(pair.key, password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError(f"an authority's key is an EC key, not {type(key).__name__}")
        self._key = key

    @classmethod
    def create(cls, common_name: str, *, lifetime: timedelta) -> "Authority":
        """A new self-signed authority, valid from now (less 5 minutes) for `lifetime`.

        One intermediate may stand between it and a server.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name(common_name)
        builder = _builder(name, name, key, *_span(lifetime))
        certificate = _with_authority(builder, key, path_length=1).sign(key, hashes.SHA256())
        return cls(_pair(certificate, key))

    @property
    def may_have_intermediates(self) -> bool:
        """Whether an authority below this one is believed."""
        constraints = self._certificate.extensions.get_extension_for_class(x509.BasicConstraints)
        return constraints.value.path_length != 0

    def subordinate(self, common_name: str, *, lifetime: timedelta) -> "Authority":
        """A new authority, issued by this one: an intermediate."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(common_name)
        builder = _builder(subject, self._certificate.subject, key, *_span(lifetime))
        certificate = (
            _with_authority(builder, key, path_length=0)
            .add_extension(self._identifier(), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return Authority(_pair(certificate, key))

    def issue(
        self,
        names: Sequence[str],
        *,
        lifetime: timedelta,
        begins: datetime | None = None,
        key: PrivateKey | None = None,
        alternative_names: bool = True,
    ) -> KeyPair:
        """A server certificate for `names` (DNS names, wildcards or IP addresses).

        The first name is also the common name. The pair's certificate is the leaf alone. It is
        valid from `begins` (5 minutes ago) for `lifetime` from then, or from now; its `key` is a
        new EC key. Without `alternative_names` there is nothing but the common name.
        """
        key = key or new_key()
        builder = _builder(
            _name(names[0]), self._certificate.subject, key, *_span(lifetime, begins)
        )
        builder = _with_server_use(builder, names if alternative_names else ())
        certificate = builder.add_extension(self._identifier(), critical=False)
        return _pair(certificate.sign(self._key, hashes.SHA256()), key)

    def _identifier(self) -> x509.AuthorityKeyIdentifier:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())


def self_signed(names: Sequence[str], *, lifetime: timedelta) -> KeyPair:
    """A server certificate for `names` that nobody issued but itself."""
    key = new_key()
    name = _name(names[0])
    builder = _with_server_use(_builder(name, name, key, *_span(lifetime)), names)
    return _pair(builder.sign(key, hashes.SHA256()), key)


def _span(lifetime: timedelta, begins: datetime | None = None) -> tuple[datetime, datetime]:
    now = datetime.now(UTC)
    return (begins or now - _CLOCK_SKEW), (begins or now) + lifetime


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: PrivateKey,
    begins: datetime,
    ends: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
    )


def _with_authority(
    builder: x509.CertificateBuilder, key: PrivateKey, *, path_length: int
) -> x509.CertificateBuilder:
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return (
        builder.add_extension(
            x509.BasicConstraints(ca=True, path_length=path_length), critical=True
        )
        .add_extension(_usage(sign_certificates=True), critical=True)
        .add_extension(identifier, critical=False)
    )


def _with_server_use(
    builder: x509.CertificateBuilder, names: Sequence[str]
) -> x509.CertificateBuilder:
    builder = (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(sign_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    )
    if not names:
        return builder
    general = [_general_name(name) for name in names]
    return builder.add_extension(x509.SubjectAlternativeName(general), critical=False)


def _usage(*, sign_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common_name: str) -> x509.Name:
    if len(common_name) > _LONGEST_COMMON_NAME:
        return x509.Name([])
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(ascii_name(name))


def _pair(certificate: x509.Certificate, key: PrivateKey) -> KeyPair:
    return KeyPair(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )
