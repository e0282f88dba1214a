"""`lab.trust`: certificates of the lab's own authority, and what is shown and believed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from labsupport.base.errors import CertificateError, UsageError
from labsupport.base.types import Json
from labsupport.rules.certificates import CertificateFacts, Refusal, refusals
from labsupport.rules.certificates.kinds import DEFAULT_DAYS
from labsupport.rules.certificates.names import as_address, ascii_name
from labsupport.rules.certificates.openssl import openssl_text
from labsupport.rules.ingress import RuleSet, profile_named
from labsupport.rules.status import StatusError
from labsupport.session.certificates import HTTPS, Found, found_at
from labsupport.session.explaining import live_rules
from labsupport.trust.handshake import Presented, presented
from labsupport.trust.issuing import Issued, Issuer
from labsupport.trust.secrets import chain_in, tls_secret

if TYPE_CHECKING:
    from labsupport.session.lab import Lab

_DEFAULT = "default"  # the one TLSStore that Traefik heeds

Names = str | Sequence[str]
"""One name, or several."""


@dataclass(frozen=True)
class Candidate:
    """A certificate that an Ingress names: its Secret, the Ingress, the names it is for.

    `names` is None where the Secret is missing or holds no certificate.
    """

    secret: str
    ingress: str
    names: tuple[str, ...] | None


@dataclass(frozen=True)
class Foreseen:
    """The certificate that a controller will choose for a name, by the rules.

    `secret` is `namespace/name` and `ingress` the Ingress that names it. For the controller's
    default certificate `ingress` is "", and where that is in no Secret, `secret` is too and the
    chain is empty. `candidates` are all that it chooses from by name.
    """

    secret: str
    ingress: str
    reason: str
    chain: tuple[CertificateFacts, ...]
    candidates: tuple[Candidate, ...]


class Trust:
    """Makes certificates by the lab's authority, and looks at those of others.

    `kind` is one of `rules.certificates.kinds.KINDS`: good, expired, other-name and so on; `key`
    is "ec" or "rsa"; certificates live for `days`, at most 90.
    """

    def __init__(self, lab: "Lab") -> None:
        self._lab = lab
        self._issuer = Issuer(lab.instance)

    # Making

    def certificate(
        self, names: Names, kind: str = "good", *, key: str = "ec", days: int = DEFAULT_DAYS
    ) -> Issued:
        """A new certificate with its key, for host names, wildcards or IP addresses."""
        return self._issuer.issue(self._names(names), kind, key=key, days=days)

    def secret(
        self,
        name: str,
        names: Names | Issued,
        kind: str = "good",
        *,
        namespace: str = "default",
        key: str = "ec",
        days: int = DEFAULT_DAYS,
    ) -> Json:
        """A Secret of type kubernetes.io/tls with a certificate, new or given; for `lab.apply`."""
        if not isinstance(names, Issued):
            names = self.certificate(names, kind, key=key, days=days)
        return tls_secret(name, names, namespace)

    def store(
        self,
        name: str,
        names: Names | Issued,
        kind: str = "good",
        *,
        namespace: str = "default",
        key: str = "ec",
        days: int = DEFAULT_DAYS,
    ) -> None:
        """Put a certificate, new or given, into the cluster as the Secret `name`."""
        self._lab.apply(
            self.secret(name, names, kind, namespace=namespace, key=key, days=days),
            namespace=namespace,
        )

    def store_authority(self, name: str, *, namespace: str = "default") -> None:
        """Put the authority's certificate (never its key) into the cluster as a ConfigMap.

        Under the key `ca.crt`, where a Traefik ServersTransport looks for it (`rootCAs`).
        """
        believed = "".join(each.pem for each in self.authority)
        metadata = {"name": name, "namespace": namespace}
        data = {"ca.crt": believed}
        self._lab.apply(
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
        )

    def renew(self, name: str, *, namespace: str = "default", days: int = DEFAULT_DAYS) -> None:
        """Give the Secret `name` a new certificate for the names of its old one."""
        old = chain_in(self._lab.object("secret", name, namespace=namespace))[0]
        key = "rsa" if old.key_type == "RSA" else "ec"
        self.store(name, old.all_names or [old.title], namespace=namespace, key=key, days=days)

    def openssl(
        self, names: Names, kind: str = "good", *, key: str = "ec", days: int = DEFAULT_DAYS
    ) -> str:
        """The shell commands that make the same with openssl; for bash."""
        return openssl_text(
            self._names(names),
            kind,
            folder=str(self._lab.instance.home),
            now=datetime.now(UTC),
            key=key,
            days=days,
        )

    def _names(self, names: Names) -> list[str]:
        return [self._lab.tenancy.host(each) for each in _several(names)]

    # Looking

    @property
    def authority(self) -> tuple[CertificateFacts, ...]:
        """The lab's authority: whom the lab's client believes."""
        return self._issuer.believed

    def refusals(self, chain: Sequence[CertificateFacts], name: str) -> tuple[Refusal, ...]:
        """Why the lab's client refuses a chain for this name, now; none when it accepts."""
        name = self._lab.tenancy.host(name)
        return refusals(chain, name, datetime.now(UTC), self.authority, self._issuer.intermediates)

    def found(self, source: str) -> Found:
        """The certificates at a URL, in `secret/NAME`, in a PEM file or text."""
        return found_at(source, self._lab)

    def presented(self, host: str, sni: str | None = None, *, port: int = HTTPS) -> Presented:
        """What the server shows in a real handshake with the address of `host`.

        `sni` is the name asked for: `host` itself when None, no name when "".
        """
        host = self._lab.tenancy.host(host)
        url_host = f"[{host}]" if ":" in host else host
        with self._lab.connect(f"https://{url_host}:{port}") as connection:
            target = connection.target
        name = ("" if as_address(host) else host) if sni is None else self._lab.tenancy.host(sni)
        return presented(*target.reached, name)

    def foreseen(self, sni: str, *, profile: str = "traefik") -> Foreseen:
        """The certificate that the controller will show for a name ("" for none), by the rules.

        As the profile reads Ingresses and Secrets now; nothing is sent.
        """
        rules = live_rules(self._lab, profile_named(profile))
        name = ascii_name(self._lab.tenancy.host(sni))
        chosen = rules.profile.certificate(rules.tls, rules.certificates)(name)
        candidates = tuple(_candidates(rules))
        if not chosen.secret:
            secret, reason = self._default(chosen.reason)
            return Foreseen(secret, "", reason, self._chain_of(secret), candidates)
        chain = self._chain_of(chosen.secret)
        return Foreseen(chosen.secret, chosen.ingress, chosen.reason, chain, candidates)

    def _default(self, reason: str) -> tuple[str, str]:
        """The Secret of the default certificate, "" where there is none, and the reason in words.

        Traefik takes it from the TLSStore called `default`, unless there are several.
        """
        try:
            stores = self._lab.objects("tlsstores", namespace=None)
        except (UsageError, StatusError):  # no such kind here, or none that we may see
            stores = []
        found = [
            f"{each['metadata']['namespace']}/{name}"
            for each in stores
            if each["metadata"]["name"] == _DEFAULT
            and (name := (each.get("spec") or {}).get("defaultCertificate", {}).get("secretName"))
        ]
        if len(found) != 1 or not self._chain_of(found[0]):
            return "", f"{reason}, which it signed itself"
        return found[0], f"{reason}, by the TLSStore {found[0].partition('/')[0]}/{_DEFAULT}"

    def _chain_of(self, secret: str) -> tuple[CertificateFacts, ...]:
        """The certificates in the Secret `namespace/name`; none where there is no such."""
        namespace, _, name = secret.partition("/")
        try:
            return chain_in(self._lab.object("secret", name, namespace=namespace)) if name else ()
        except (CertificateError, StatusError):
            return ()

    def secrets_with(self, certificate: CertificateFacts) -> list[str]:
        """The Secrets (`namespace/name`) whose certificate is this one."""
        return [
            f"{each['metadata']['namespace']}/{each['metadata']['name']}"
            for each in self._lab.objects("secrets", namespace=None)
            if _first_in(each) == certificate
        ]


def _several(names: Names) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def _candidates(rules: RuleSet) -> Iterator[Candidate]:
    known = rules.certificates or {}
    pairs = dict.fromkeys((entry.secret, entry.ingress) for entry in rules.tls if entry.secret)
    for secret, ingress in pairs:
        names = known.get(secret)
        yield Candidate(secret, ingress, None if names is None else tuple(names))


def _first_in(secret: Json) -> CertificateFacts | None:
    try:
        return chain_in(secret)[0]
    except CertificateError:
        return None
