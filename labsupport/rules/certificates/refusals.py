"""Why a client refuses a certificate chain, in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from labsupport.base.types import Json
from labsupport.rules.certificates.facts import CertificateFacts
from labsupport.rules.certificates.names import as_address, name_match
from labsupport.rules.certificates.reading import BROKEN_HASHES, signed_by

_LEAST_BITS = {"RSA": 2048, "DSA": 2048, "EC": 224}
_NAME_REMEDIES = {
    "other-name": "have a certificate made for the name: ./lab certificate make {name}",
    "wildcard-depth": "list the name itself: ./lab certificate make {name}",
    "no-san": "put the name into subjectAltName: ./lab certificate make {name}",
}


@dataclass(frozen=True)
class Refusal:
    """One reason to refuse.

    `id` is a word for programs, `what` a sentence for people, `remedy` what to do. `openssl` is
    the X509_V_ERR_… number that OpenSSL reports for it (Python: `verify_code`). `certificate` is
    the title of the one at fault.
    """

    id: str
    what: str
    remedy: str
    openssl: int
    certificate: str = ""

    def __str__(self) -> str:
        return self.what

    def to_json(self) -> Json:
        """Plain data."""
        return {
            "id": self.id,
            "what": self.what,
            "remedy": self.remedy,
            "openssl": self.openssl,
            "certificate": self.certificate,
        }


def refusals(
    chain: Sequence[CertificateFacts],
    name: str,
    now: datetime,
    trusted: Sequence[CertificateFacts] = (),
    known: Sequence[CertificateFacts] = (),
) -> tuple[Refusal, ...]:
    """Every reason why a client refuses; none when it accepts.

    `chain` is what the server sent, its own certificate first. `name` is the host or address that
    the client asked for, "" to leave names out. `trusted` are the authorities it believes. `known`
    are certificates that the server might have sent too: they only tell a forgotten intermediate
    from a stranger. The reasons stand in the order in which OpenSSL finds them.
    """
    if not chain:
        why = "the server sent no certificate"
        return (Refusal("no-certificate", why, "look at the proxy's log: ./lab logs traefik", 0),)
    if chain[0].is_ca and any(not each.is_ca for each in chain):
        return (_wrong_order(chain),)
    path, complete = path_of(chain, trusted)
    found = [] if complete else [_broken_path(path, trusted, known)]
    found += _unfit(path)
    found += _weak(path, trusted)
    found += _other_name(chain[0], name)
    found += [each for certificate in path for each in _out_of_date(certificate, now)]
    return tuple(found)


def _wrong_order(chain: Sequence[CertificateFacts]) -> Refusal:
    first = chain[0].title
    own = next(each for each in chain if not each.is_ca).title
    why = f"the authority {first} stands before the server's own certificate, {own}"
    remedy = "put the server's own first: cat leaf.crt intermediate.crt > tls.crt"
    return Refusal("wrong-order", why, remedy, 0, first)


def path_of(
    chain: Sequence[CertificateFacts], trusted: Sequence[CertificateFacts]
) -> tuple[list[CertificateFacts], bool]:
    """The certificates from the server's own up to one believed, and whether that was reached."""
    path = [chain[0]]
    while path[-1] not in trusted:
        at = path[-1]
        issuer = _issuer_among(trusted, at) or _issuer_among(chain[1:], at)
        if issuer is None or issuer in path:
            return path, False
        path.append(issuer)
    return path, True


def _issuer_among(
    certificates: Sequence[CertificateFacts], of: CertificateFacts
) -> CertificateFacts | None:
    return next(
        (each for each in certificates if each.subject == of.issuer and signed_by(of, each)), None
    )


def _broken_path(
    path: list[CertificateFacts],
    trusted: Sequence[CertificateFacts],
    known: Sequence[CertificateFacts],
) -> Refusal:
    last = path[-1]
    if last.self_signed:
        return _self_signed(last, alone=len(path) == 1)
    if _issuer_among(known, last):
        why = (
            f"the server did not send the intermediate {last.issued_by}, which issued "
            f"{last.title}: without it no client finds the way to an authority it believes"
        )
        remedy = "put both into tls.crt, the server's own first: cat leaf.crt intermediate.crt"
        return Refusal("intermediate-missing", why, remedy, 20, last.title)
    why = f"{last.title} was issued by {last.issued_by}, which this client does not believe"
    if any(each.subject == last.issuer for each in trusted):
        why += ": it believes another authority of the same name, with another key"
    remedy = (
        "use a certificate of an authority that clients believe, or, if the issuer is an "
        "intermediate, send that along"
    )
    return Refusal("unknown-issuer", why, remedy, 20, last.title)


def _self_signed(certificate: CertificateFacts, *, alone: bool) -> Refusal:
    if alone:
        why = f"{certificate.title} is self-signed: nobody but itself says that it is right"
        remedy = "have it issued by an authority: ./lab certificate make NAME"
        return Refusal("self-signed", why, remedy, 18, certificate.title)
    why = f"the chain ends in {certificate.title}, an authority which this client does not believe"
    remedy = "let the client believe it (lab.get(url, verify='ca.crt')), or use another authority"
    return Refusal("unknown-issuer", why, remedy, 19, certificate.title)


def _unfit(path: list[CertificateFacts]) -> Iterator[Refusal]:
    leaf, *issuers = path
    if not leaf.for_servers:
        why = f"{leaf.title} may not be used by servers (extendedKeyUsage lacks serverAuth)"
        yield Refusal("not-for-servers", why, "have one made for servers", 26, leaf.title)
    for each in issuers:
        if not each.is_ca:
            why = f"{each.title} signed a certificate, but is no authority (basicConstraints)"
            remedy = "have it issued by an authority: ./lab certificate make NAME"
            yield Refusal("issuer-not-ca", why, remedy, 79, each.title)


def _weak(path: list[CertificateFacts], trusted: Sequence[CertificateFacts]) -> Iterator[Refusal]:
    for place, each in enumerate(path):
        if each.key_bits < _LEAST_BITS.get(each.key_type, 0):
            least = _LEAST_BITS[each.key_type]
            why = (
                f"the key of {each.title} is too weak: {each.key_type} {each.key_bits}, "
                f"and clients want {least} or more"
            )
            remedy = "make a new key: ./lab certificate make NAME"
            yield Refusal("weak-key", why, remedy, 67 if place else 66, each.title)
        if each.signature_hash in BROKEN_HASHES and each not in trusted:
            why = f"{each.title} is signed with {each.signed_with}, which can be forged"
            remedy = "have it issued anew, signed with SHA-256"
            yield Refusal("weak-signature", why, remedy, 68, each.title)


def _other_name(leaf: CertificateFacts, name: str) -> Iterator[Refusal]:
    found = name_match(leaf, name) if name else None
    if found and not found.matched:
        remedy = _NAME_REMEDIES[found.id].format(name=name)
        number = 64 if as_address(name) else 62
        yield Refusal(found.id, found.reason, remedy, number, leaf.title)


def _out_of_date(certificate: CertificateFacts, now: datetime) -> Iterator[Refusal]:
    title = certificate.title
    if now < certificate.not_before:
        why = f"{title} is not valid yet: it will be in {_span(certificate.not_before - now)}"
        remedy = "wait, or set this computer's clock right (date -u shows it)"
        yield Refusal("not-yet-valid", why, remedy, 9, title)
    if now > certificate.not_after:
        why = f"{title} expired {_span(now - certificate.not_after)} ago"
        yield Refusal("expired", why, "renew it: ./lab certificate make NAME", 10, title)


def _span(time: timedelta) -> str:
    """A time in the unit that says enough, rounded."""
    minutes = round(time.total_seconds() / 60)
    hours = minutes // 60
    days = hours // 24
    count, unit = (days, "day") if days else (hours, "hour") if hours else (minutes, "minute")
    return f"{count} {unit}{'' if count == 1 else 's'}"
