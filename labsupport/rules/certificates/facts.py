"""What one certificate says."""

import base64
import textwrap
from dataclasses import dataclass, field
from datetime import datetime

from labsupport.base.types import Json


@dataclass(frozen=True)
class CertificateFacts:
    """What an X.509 certificate (RFC 5280) says.

    `subject` and `issuer` are as RFC 4514 writes them (`CN=kiada.example.com`), `common_name` is
    "" where there is none. `names` are the DNS names of subjectAltName in lower case, `addresses`
    its IP addresses. Times are UTC. `for_servers` is whether extendedKeyUsage, if there, allows
    TLS servers. `key_type` is RSA, EC, Ed25519 or the like; `signature_hash` is "" where the
    algorithm fixes it. `serial` is hexadecimal, `fingerprint` SHA-256 as `AB:CD:…`.
    """

    subject: str
    issuer: str
    common_name: str
    names: tuple[str, ...]
    addresses: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    is_ca: bool
    for_servers: bool
    self_signed: bool
    key_type: str
    key_bits: int
    signature_hash: str
    serial: str
    fingerprint: str
    der: bytes = field(repr=False)

    @property
    def all_names(self) -> tuple[str, ...]:
        """DNS names, then addresses: all that the certificate is for."""
        return self.names + self.addresses

    @property
    def title(self) -> str:
        """The common name, or else the first name, or else the subject."""
        return self.common_name or next(iter(self.all_names), self.subject) or "no name"

    @property
    def issued_by(self) -> str:
        """Who signed it: "itself", or the issuer, by its common name where that is all."""
        if self.self_signed:
            return "itself"
        return self.issuer if "," in self.issuer else self.issuer.removeprefix("CN=")

    @property
    def pem(self) -> str:
        """The certificate in the form of files and Secrets (RFC 7468)."""
        body = "\n".join(textwrap.wrap(base64.b64encode(self.der).decode(), 64))
        return f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n"

    def days_left(self, now: datetime) -> int:
        """Whole days until the end, rounded down; negative when it is over."""
        return (self.not_after - now).days

    def validity(self, now: datetime) -> str:
        """When it is valid, and how that looks `now`."""
        span = f"{self.not_before:%Y-%m-%d} to {self.not_after:%Y-%m-%d}"
        left = self.days_left(now)
        good = f"{left} {'day' if left == 1 else 'days'} left"
        return f"{span}: {self._state(now) or good}"

    def brief(self, now: datetime) -> list[str]:
        """The certificate for people, without what differs from one made alike a moment later."""
        kind = "authority: may sign others" if self.is_ca else "server" if self.for_servers else ""
        days = (self.not_after - self.not_before).days
        return [
            f"subject      {self.subject or '(empty)'}",
            f"names        {', '.join(self.all_names) or 'none'}",
            f"issued by    {self.issued_by}",
            f"valid        for {days} days: {self._state(now) or 'now'}",
            f"key          {self.key_type} {self.key_bits}, signed with {self.signed_with}",
            f"use          {kind or 'not for servers'}",
        ]

    def lines(self, now: datetime) -> list[str]:
        """The certificate for people, a fact a line."""
        told = (
            f"valid        {self.validity(now)}" if line.startswith("valid") else line
            for line in self.brief(now)
        )
        return [*told, f"serial       {self.serial}", f"fingerprint  {self.fingerprint}"]

    def _state(self, now: datetime) -> str:
        if now < self.not_before:
            return "not yet valid"
        return "expired" if now > self.not_after else ""

    @property
    def signed_with(self) -> str:
        """The hash of the signature, in words."""
        return self.signature_hash.upper() or "its algorithm's own hash"

    def to_json(self) -> Json:
        """Plain data; times as RFC 3339."""
        return {
            "subject": self.subject,
            "issuer": self.issuer,
            "names": list(self.names),
            "addresses": list(self.addresses),
            "notBefore": self.not_before.isoformat().replace("+00:00", "Z"),
            "notAfter": self.not_after.isoformat().replace("+00:00", "Z"),
            "authority": self.is_ca,
            "forServers": self.for_servers,
            "selfSigned": self.self_signed,
            "key": {"type": self.key_type, "bits": self.key_bits},
            "signatureHash": self.signature_hash,
            "serial": self.serial,
            "fingerprint": self.fingerprint,
        }
