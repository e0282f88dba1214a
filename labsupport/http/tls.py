"""TLS handshakes, and what they tell: the certificate, and whether a client should believe it."""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from socket import create_connection, socket
from typing import Any

from labsupport.base.errors import UsageError
from labsupport.base.tls import sent_chain
from labsupport.rules.certificates import (
    CertificateFacts,
    Refusal,
    chain_of,
    facts_of,
    name_match,
    refusals,
)
from labsupport.rules.certificates.names import as_address, ascii_name


@dataclass(frozen=True)
class TlsFacts:
    """What a handshake told.

    `name` is whom the certificate must be for, `sni` what was sent as Server Name Indication
    (RFC 6066; "" for none). `version` and `cipher` are as `ssl` names them. `chain` is as the
    server sent it, its own certificate first. `checked` is False where any certificate was
    accepted; `refusals` are the reasons for which a client that checks refuses, in both cases.
    `believed` says in words whose certificates are believed.
    """

    name: str
    sni: str
    version: str
    cipher: str
    chain: tuple[CertificateFacts, ...]
    checked: bool
    refusals: tuple[Refusal, ...] = ()
    believed: str = "the lab's CA"

    @property
    def certificate(self) -> CertificateFacts | None:
        """The server's own certificate."""
        return self.chain[0] if self.chain else None

    @property
    def accepted(self) -> bool:
        """Whether a client that checks accepts the certificate."""
        return not self.refusals

    @property
    def text(self) -> str:
        """`TLSv1.3, certificate for a.example.com, checked against the lab's CA`."""
        names = ", ".join(self.certificate.all_names) if self.certificate else ""
        parts = [self.version or "TLS", f"certificate for {names or 'no name'}"]
        if self.sni != sni_for(self.name):
            parts.insert(1, f"asked for {self.sni} (SNI)" if self.sni else "no SNI sent")
        if self.checked and self.accepted:
            parts.append(f"checked against {self.believed}")
        elif self.accepted:
            parts.append(f"not checked (a client that believes {self.believed} accepts it)")
        else:
            who = "refused" if self.checked else "not checked; a client that checks refuses"
            parts.append(f"{who}: {'; '.join(map(str, self.refusals))}")
        return ", ".join(parts)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "name": self.name,
            "sni": self.sni,
            "version": self.version,
            "cipher": self.cipher,
            "checked": self.checked,
            "refusals": [each.to_json() for each in self.refusals],
            "chain": [each.to_json() for each in self.chain],
        }


@dataclass(frozen=True)
class TlsSettings:
    """How to shake hands: for which name, with which SNI ("" for none), whom to believe.

    `ca_file` None believes what the system does; `check` False accepts any certificate.
    """

    name: str
    sni: str
    check: bool = True
    ca_file: Path | None = None
    believed: str = "the lab's CA"

    def handshake(self, plain: socket) -> ssl.SSLSocket:
        """`plain` with TLS over it. `ssl.SSLCertVerificationError` or another OSError."""
        context = self._context()
        # Python checks the name that it sends. For another SNI, `checked` does that.
        context.check_hostname = self._sends_its_name and self.check
        context.verify_mode = ssl.CERT_REQUIRED if self.check else ssl.CERT_NONE
        server = self.sni or (as_address(self.name) if context.check_hostname else "")
        return context.wrap_socket(plain, server_hostname=server or None)

    def checked(self, secure: ssl.SSLSocket) -> TlsFacts:
        """What the handshake told; `ssl.SSLCertVerificationError` for a certificate of another
        name, where OpenSSL could not look at that."""
        chain = tuple(facts_of(der) for der in sent_chain(secure))
        cipher = secure.cipher()
        facts = TlsFacts(
            self.name,
            self.sni,
            secure.version() or "TLS",
            cipher[0] if cipher else "",
            chain,
            self.check,
            believed=self.believed,
        )
        if self.check and (self._sends_its_name or name_match(chain[0], self.name).matched):
            return facts  # OpenSSL has checked the rest
        now = datetime.now(UTC)
        found = refusals(chain, self.name, now, self._authorities(secure.context))
        if self.check:
            raise ssl.SSLCertVerificationError(1, "; ".join(map(str, found)))
        return replace(facts, refusals=found)

    @property
    def _sends_its_name(self) -> bool:
        return self.sni == sni_for(self.name)

    def refused(
        self, address: tuple[str, int], timeout: float, error: ssl.SSLCertVerificationError
    ) -> TlsFacts | None:
        """What the certificate says that was refused with `error`; None if it can't be had.

        OpenSSL forgets a chain that it refuses. So the server is asked for it once more.
        """
        look = replace(self, check=False)
        try:
            plain = create_connection(address, timeout=timeout)
            with plain, look.handshake(plain) as secure:
                facts = look.checked(secure)
        except OSError:
            return None
        why = facts.refusals or (_as_openssl_says(error, facts.chain),)
        return replace(facts, checked=True, refusals=why)

    def _context(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
        except ssl.SSLError as error:
            raise UsageError(
                "verify takes True, False or the file of a CA's certificate (PEM)",
                found=f"no certificate in {self.ca_file}",
            ) from error
        # As curl does: whoever is in the CA file is believed, root or not.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.hostname_checks_common_name = False  # as browsers, urllib3 and Go have it
        context.set_alpn_protocols(["http/1.1"])
        if not self.check:
            context.set_ciphers("DEFAULT:@SECLEVEL=0")  # weak certificates are to be seen too
        return context

    def _authorities(self, context: ssl.SSLContext) -> tuple[CertificateFacts, ...]:
        if self.ca_file is not None:
            return chain_of(self.ca_file.read_bytes())
        return tuple(facts_of(der) for der in context.get_ca_certs(binary_form=True))


def sni_for(name: str) -> str:
    """What a client sends for `name` by itself: no final dot, and nothing for an address."""
    return "" if as_address(name) else ascii_name(name)


def checked_sni(sni: str) -> str:
    """`sni` as it can be sent; UsageError for what TLS has no place for."""
    if as_address(sni):
        raise _not_a_name(sni, "an IP address")
    name = ascii_name(sni)
    try:
        name.encode("idna")
    except UnicodeError as error:
        raise _not_a_name(sni, str(error)) from error
    return name


def _not_a_name(sni: str, found: str) -> UsageError:
    return UsageError(
        f"SNI carries a host name, not {sni!r}",
        found=found,
        remedy='give a name, or none: lab.get(url, sni="")',
    )


def _as_openssl_says(
    error: ssl.SSLCertVerificationError, chain: Sequence[CertificateFacts]
) -> Refusal:
    why = getattr(error, "verify_message", "") or str(error)
    code = getattr(error, "verify_code", 0)
    title = chain[0].title if chain else ""
    return Refusal("other", why, "look at the certificate: ./lab get -k --json URL", code, title)
