"""DER and PEM read by `cryptography`, which is loaded at first use: that takes 0.1 s."""

import base64
import binascii
import re
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING

from labsupport.base.errors import CertificateError
from labsupport.rules.certificates.facts import CertificateFacts

if TYPE_CHECKING:
    from cryptography import x509

_PEM = re.compile(
    r"-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----\s*(.*?)-----END (?:TRUSTED |X509 )?"
    r"CERTIFICATE-----",
    re.DOTALL,
)

BROKEN_HASHES = ("md5", "sha1")
"""Hashes whose signatures can be forged, and which clients refuse."""


def chain_of(pem: bytes | str) -> tuple[CertificateFacts, ...]:
    """All certificates in a PEM text, in its order; CertificateError when there is none.

    Other PEM blocks, such as keys, and text between the blocks are passed over.
    """
    text = (pem if isinstance(pem, bytes) else pem.encode(errors="replace")).decode(
        "ascii", "replace"
    )
    blocks = _PEM.findall(text)
    if not blocks:
        shown = text.strip().splitlines()[:1] or ["nothing"]
        raise CertificateError(
            "a certificate in PEM begins with -----BEGIN CERTIFICATE-----",
            found=shown[0][:80],
            remedy="DER becomes PEM so: openssl x509 -inform der -in FILE",
        )
    try:
        return tuple(facts_of(base64.b64decode(block.encode())) for block in blocks)
    except binascii.Error as error:
        raise _unreadable(f"what stands between BEGIN and END is not base64: {error}") from error


@lru_cache(maxsize=256)
def facts_of(der: bytes) -> CertificateFacts:
    """What a certificate in DER says; CertificateError when it is none."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd certificates are looked at, not relied on
            return _facts(x509.load_der_x509_certificate(der), der)
    except (
        ValueError,
        UnsupportedAlgorithm,
        x509.InvalidVersion,
        x509.DuplicateExtension,
        x509.UnsupportedGeneralNameType,
    ) as error:
        raise _unreadable(str(error)) from error


def _facts(certificate: "x509.Certificate", der: bytes) -> CertificateFacts:
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import NameOID

    names, addresses = _alternative_names(certificate)
    key_type, key_bits = _key(certificate)
    common = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    algorithm = certificate.signature_hash_algorithm
    return CertificateFacts(
        subject=certificate.subject.rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        common_name=str(common[0].value) if common else "",
        names=names,
        addresses=addresses,
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        is_ca=_is_authority(certificate),
        for_servers=_for_servers(certificate),
        self_signed=_signed(certificate, certificate),
        key_type=key_type,
        key_bits=key_bits,
        signature_hash=algorithm.name if algorithm else "",
        serial=f"{certificate.serial_number:x}",
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(":").upper(),
        der=der,
    )


@lru_cache(maxsize=1024)
def signed_by(certificate: CertificateFacts, issuer: CertificateFacts) -> bool:
    """Whether `issuer` is named as the issuer and its key made the signature."""
    from cryptography import x509

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _signed(
            x509.load_der_x509_certificate(certificate.der),
            x509.load_der_x509_certificate(issuer.der),
        )


def _signed(certificate: "x509.Certificate", issuer: "x509.Certificate") -> bool:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    if certificate.issuer != issuer.subject:
        return False
    algorithm = certificate.signature_hash_algorithm
    if algorithm is not None and algorithm.name in BROKEN_HASHES:
        return True  # `cryptography` computes these no more; the names are what is left to compare
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _alternative_names(certificate: "x509.Certificate") -> tuple[tuple[str, ...], tuple[str, ...]]:
    from cryptography import x509

    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return (), ()
    names = extension.value.get_values_for_type(x509.DNSName)
    addresses = extension.value.get_values_for_type(x509.IPAddress)
    return tuple(name.lower() for name in names), tuple(str(each) for each in addresses)


def _is_authority(certificate: "x509.Certificate") -> bool:
    from cryptography import x509

    try:
        return bool(certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except x509.ExtensionNotFound:
        return False


def _for_servers(certificate: "x509.Certificate") -> bool:
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    any_use = ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE
    return ExtendedKeyUsageOID.SERVER_AUTH in usage or any_use in usage


def _key(certificate: "x509.Certificate") -> tuple[str, int]:
    """The type and size (bits) of the certificate's public key."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return "RSA", key.key_size
    if isinstance(key, ec.EllipticCurvePublicKey):
        return "EC", key.key_size
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "Ed25519", 256
    if isinstance(key, ed448.Ed448PublicKey):
        return "Ed448", 456
    return type(key).__name__.removesuffix("PublicKey").strip("_"), getattr(key, "key_size", 0)


def _unreadable(found: str) -> CertificateError:
    return CertificateError(
        "this is not a certificate that can be read",
        found=found,
        remedy="look at it: openssl x509 -in FILE -noout -text",
    )
