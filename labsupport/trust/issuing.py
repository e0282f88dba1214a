"""Certificates for lessons: good ones, and the ones that go wrong in real life."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from labsupport.base.errors import CertificateError, UsageError
from labsupport.base.files import write_atomically
from labsupport.base.paths import Instance
from labsupport.rules.certificates import CertificateFacts, chain_of
from labsupport.rules.certificates.kinds import (
    DEFAULT_DAYS,
    ELSEWHERE,
    KINDS,
    MOST_DAYS,
    STRANGER,
)
from labsupport.rules.certificates.names import as_address, ascii_name
from labsupport.rules.certificates.reading import signed_by
from labsupport.rules.formats import dns_subdomain, wildcard_subdomain
from labsupport.trust.authority import Authority, KeyPair, new_key, self_signed

INTERMEDIATE = "Ingress Lab Intermediate CA"


@dataclass(frozen=True)
class Issued:
    """A certificate that was made, with its key; `certificate` and `key` are PEM.

    `certificate` holds what a server sends: its own first, then intermediates. `kind` is one of
    `rules.certificates.kinds.KINDS`.
    """

    certificate: bytes
    key: bytes
    kind: str

    @property
    def chain(self) -> tuple[CertificateFacts, ...]:
        """What the certificates say, in the order sent."""
        return chain_of(self.certificate)

    def write(self, folder: Path, stem: str = "tls") -> tuple[Path, Path]:
        """Put `tls.crt` and `tls.key` (0600) into the folder; gives the two paths."""
        folder.mkdir(parents=True, exist_ok=True)
        certificate, key = folder / f"{stem}.crt", folder / f"{stem}.key"
        write_atomically(key, self.key)
        write_atomically(certificate, self.certificate, mode=0o644)
        return certificate, key

    def __str__(self) -> str:
        first = self.chain[0]
        days = (first.not_after - first.not_before).days
        names = ", ".join(first.all_names) or f"no name (common name {first.common_name})"
        more = "".join(f", with {each.title}" for each in self.chain[1:])
        return (
            f"certificate for {names}: {first.key_type} {first.key_bits}, for {days} days, "
            f"issued by {first.issued_by}{more}"
        )


class Issuer:
    """Issues certificates by the authority of an instance."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    @property
    def authority(self) -> Authority:
        """The instance's own; CertificateError where there is none yet."""
        home = self._instance
        try:
            return Authority(KeyPair(home.ca_certificate.read_bytes(), home.ca_key.read_bytes()))
        except (OSError, ValueError) as error:
            raise CertificateError(
                "this lab has no certificate authority that can be read",
                found=str(error),
                remedy="./lab up",
            ) from error

    @property
    def believed(self) -> tuple[CertificateFacts, ...]:
        """The authority itself, which the lab's client believes; none before `lab up`."""
        certificate = self._instance.ca_certificate
        return chain_of(certificate.read_bytes()) if certificate.exists() else ()

    @property
    def intermediate(self) -> Authority:
        """The instance's intermediate authority, made at first use, and anew before its end."""
        root = self.authority
        certificate, key = self._intermediate_files
        if certificate.exists() and key.exists():
            pair = KeyPair(certificate.read_bytes(), key.read_bytes())
            if _still_good(pair.certificate, root):
                return Authority(pair)
        if not root.may_have_intermediates:
            raise CertificateError(
                "this lab's authority is an old one that may not have intermediates",
                remedy="./lab down --delete && ./lab up",
            )
        made = root.subordinate(INTERMEDIATE, lifetime=timedelta(days=2 * MOST_DAYS))
        certificate.parent.mkdir(mode=0o700, exist_ok=True)
        write_atomically(key, made.pair.key)
        write_atomically(certificate, made.pair.certificate, mode=0o644)
        return made

    @property
    def intermediates(self) -> tuple[CertificateFacts, ...]:
        """The intermediate, if one was made."""
        certificate, _ = self._intermediate_files
        return chain_of(certificate.read_bytes()) if certificate.exists() else ()

    @property
    def _intermediate_files(self) -> tuple[Path, Path]:
        folder = self._instance.home / "trust"
        return folder / "intermediate.crt", folder / "intermediate.key"

    def issue(
        self, names: Sequence[str], kind: str = "good", *, key: str = "ec", days: int = DEFAULT_DAYS
    ) -> Issued:
        """A certificate of this kind for `names`; UsageError for what can't be made."""
        _check(names, kind, key, days)
        pair = _MAKERS[kind](self, names, timedelta(days=days), key)
        return Issued(pair.certificate, pair.key, kind)


Maker = Callable[[Issuer, Sequence[str], timedelta, str], KeyPair]


def _good(issuer: Issuer, names: Sequence[str], lifetime: timedelta, key: str) -> KeyPair:
    return issuer.authority.issue(names, lifetime=lifetime, key=new_key(key))


def _expired(issuer: Issuer, names: Sequence[str], lifetime: timedelta, key: str) -> KeyPair:
    begins = datetime.now(UTC) - lifetime - timedelta(days=1)
    return issuer.authority.issue(names, lifetime=lifetime, begins=begins, key=new_key(key))


def _not_yet(issuer: Issuer, names: Sequence[str], lifetime: timedelta, key: str) -> KeyPair:
    begins = datetime.now(UTC) + timedelta(days=1)
    return issuer.authority.issue(names, lifetime=lifetime, begins=begins, key=new_key(key))


def _other_name(issuer: Issuer, _: Sequence[str], lifetime: timedelta, key: str) -> KeyPair:
    return _good(issuer, [ELSEWHERE], lifetime, key)


def _self_signed(_: Issuer, names: Sequence[str], lifetime: timedelta, __: str) -> KeyPair:
    return self_signed(names, lifetime=lifetime)


def _stranger(_: Issuer, names: Sequence[str], lifetime: timedelta, key: str) -> KeyPair:
    stranger = Authority.create(STRANGER, lifetime=lifetime)
    return stranger.issue(names, lifetime=lifetime, key=new_key(key))


def _weak(issuer: Issuer, names: Sequence[str], lifetime: timedelta, _: str) -> KeyPair:
    return issuer.authority.issue(names, lifetime=lifetime, key=new_key("rsa", 1024))


def _no_san(issuer: Issuer, names: Sequence[str], lifetime: timedelta, key: str) -> KeyPair:
    return issuer.authority.issue(
        names, lifetime=lifetime, key=new_key(key), alternative_names=False
    )


def _by_intermediate(order: Callable[[bytes, bytes], bytes]) -> Maker:
    """A certificate of the intermediate's; `order` joins the leaf's PEM and the intermediate's."""

    def maker(issuer: Issuer, names: Sequence[str], lifetime: timedelta, key: str) -> KeyPair:
        intermediate = issuer.intermediate
        leaf = intermediate.issue(names, lifetime=lifetime, key=new_key(key))
        return KeyPair(order(leaf.certificate, intermediate.pair.certificate), leaf.key)

    return maker


_MAKERS: dict[str, Maker] = {
    "good": _good,
    "expired": _expired,
    "not-yet-valid": _not_yet,
    "other-name": _other_name,
    "self-signed": _self_signed,
    "unknown-issuer": _stranger,
    "weak-key": _weak,
    "no-san": _no_san,
    "intermediate": _by_intermediate(lambda leaf, above: leaf + above),
    "intermediate-missing": _by_intermediate(lambda leaf, _: leaf),
    "wrong-order": _by_intermediate(lambda leaf, above: above + leaf),
}


def _check(names: Sequence[str], kind: str, key: str, days: int) -> None:
    if kind == "weak-signature":
        raise UsageError(
            "the library `cryptography` signs with SHA-1 no more",
            remedy="./lab certificate make NAME --kind weak-signature --openssl tells how it went",
        )
    if kind not in _MAKERS:
        raise UsageError(
            f"no kind of certificate is called {kind!r}", found=f"kinds: {', '.join(KINDS)}"
        )
    if not names:
        raise UsageError("a certificate needs a name", remedy="./lab certificate make NAME")
    if key not in ("ec", "rsa"):
        raise UsageError("the lab makes EC and RSA keys", found=repr(key), remedy='key="rsa"')
    if not 1 <= days <= MOST_DAYS:
        raise UsageError(
            f"the lab's certificates live from 1 to {MOST_DAYS} days", found=f"{days} days"
        )
    for name in names:
        _check_name(name)


def _check_name(name: str) -> None:
    host = ascii_name(name)
    wrong = wildcard_subdomain(host) if host.startswith("*.") else dns_subdomain(host)
    if wrong and not as_address(name):
        raise UsageError(
            "a certificate is for host names, wildcards such as *.example.com, or IP addresses",
            found=repr(name),
            remedy="./lab certificate make kiada.example.com",
        )


def _still_good(certificate: bytes, root: Authority) -> bool:
    facts = chain_of(certificate)[0]
    issuer = chain_of(root.pair.certificate)[0]
    return signed_by(facts, issuer) and facts.days_left(datetime.now(UTC)) > MOST_DAYS
