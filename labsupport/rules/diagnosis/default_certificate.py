"""Why the controller's own certificate came in place of one for the host."""

from collections.abc import Iterator
from dataclasses import dataclass

from labsupport.base.types import Json
from labsupport.rules.certificates import name_match
from labsupport.rules.diagnosis import controller, ingress_class
from labsupport.rules.diagnosis.case import Case
from labsupport.rules.diagnosis.facts import Handshake, SecretFacts
from labsupport.rules.diagnosis.findings import Broken, Remedy
from labsupport.rules.diagnosis.host import missing
from labsupport.rules.diagnosis.words import listed
from labsupport.rules.ingress import TRAEFIK
from labsupport.rules.ingress.certificates import TlsEntry, tls_entries
from labsupport.rules.ingress.pattern import host_takes
from labsupport.rules.ingress.route import name_of

TLS_TYPE = "kubernetes.io/tls"
_KEYS = ("tls.crt", "tls.key")


@dataclass(frozen=True)
class _Wanted:
    """An entry of `spec.tls` that should bring the certificate, and what was seen in its place."""

    case: Case
    entry: TlsEntry
    saw: str

    @property
    def namespace(self) -> str:
        return self.entry.secret.partition("/")[0]

    @property
    def name(self) -> str:
        return self.entry.secret.partition("/")[2]

    @property
    def expected(self) -> str:
        return (
            f"Secret {self.entry.secret} of type {TLS_TYPE}, for {self.case.request.host}, as "
            f"Ingress {self.entry.ingress} asks"
        )

    @property
    def make(self) -> Remedy:
        """Making the Secret, with a certificate of the lab's CA."""
        host = self.case.request.host
        command = f"./lab certificate make {host} --secret {self.name} -n {self.namespace}"
        return Remedy(f"make the Secret {self.entry.secret}", command)

    def broken(self, cause: str, why: str, *remedies: Remedy) -> Broken:
        return Broken(cause, self.saw, self.expected, why, remedies)


def why_default(case: Case, shake: Handshake, saw: str) -> Broken | None:
    """The reason, by the Ingresses and Secrets; None when Secrets may not be read."""
    secrets = case.cluster.secrets
    if secrets is None:
        return None
    saw = f"the proxy's own certificate came. {saw[:1].upper()}{saw[1:]}"
    if found := _by_name_asked(case, shake, saw):
        return found
    if found := ingress_class.other_scheme(case, saw):
        return found
    if not case.about_host:
        return missing(case)
    ingresses = _ingresses(case)
    for ingress in ingresses:
        if found := ingress_class.refused(case, ingress):
            return found
    entries = [each for ingress in ingresses for each in _for_host(ingress, case.request.host)]
    for entry in entries:
        if found := _secret_fault(_Wanted(case, entry, saw)):
            return found
    host = case.request.host
    if not any(not e.hosts or any(host_takes(h, host) for h in e.hosts) for e in entries):
        return _no_entry(case, ingresses, saw)
    return controller.unread(case, saw) or ingress_class.not_followed(case, saw)


def _by_name_asked(case: Case, shake: Handshake, saw: str) -> Broken | None:
    """Whether the right certificate is there, but the handshake did not ask for it."""
    host = case.request.host
    if shake.sni == host:
        return None
    choose = TRAEFIK.certificate(case.rules.tls, case.rules.certificates)
    if not choose(host).secret or choose(shake.sni).secret:
        return None
    expected = f"the name {host} in the handshake (SNI): it chooses the certificate"
    if shake.sni:
        cause, why = (
            "sni-other",
            f"in the handshake the client asks for {shake.sni}, not for {host}",
        )
    else:
        cause, why = "no-sni", "the client names no host in the handshake"
    why += "; the Host header comes later, when the certificate is chosen already"
    url = f"https://{host}{case.request.path}"
    address, port = case.facts.sent.address, case.request.port
    given = f" --resolve {address}" if case.facts.naming.by in ("address", "given") else ""
    mends = (
        Remedy(
            "let the client ask for the host of the URL, as it does by itself",
            f"./lab get {url}{given}",
        ),
        Remedy("the same with curl", f"curl --resolve {host}:{port}:{address} {url}"),
    )
    return Broken(cause, saw, expected, why, mends)


def _ingresses(case: Case) -> list[Json]:
    """The Ingresses about the host, that of the rule meant first."""
    places = [case.meant.ingress] if case.meant else []
    places += [each.route.ingress for each in case.about_host if each.route.host]
    found = [case.ingress(place) for place in dict.fromkeys(places)]
    return [each for each in found if each is not None]


def _for_host(ingress: Json, host: str) -> Iterator[TlsEntry]:
    """The entries with a Secret, those that list the host first.

    Traefik stops at the first entry whose Secret it can't use, so those before count too.
    """
    entries = [each for each in tls_entries(ingress) if each.secret]
    yield from sorted(entries, key=lambda each: not any(host_takes(h, host) for h in each.hosts))


def _secret_fault(wanted: _Wanted) -> Broken | None:
    secret = wanted.case.secret(wanted.entry.secret)
    if secret is None:
        return _no_secret(wanted)
    if any(key not in secret.keys for key in _KEYS) or secret.fault:
        return _no_tls_secret(wanted, secret)
    if secret.certificate is None:
        return None
    match = name_match(secret.certificate, wanted.case.request.host)
    if match.matched:
        return None
    listed_here = any(host_takes(h, wanted.case.request.host) for h in wanted.entry.hosts)
    if wanted.entry.hosts and not listed_here:
        return None
    deep = match.id == "wildcard-depth"
    cause = "wildcard-certificate-depth" if deep else "certificate-other-name"
    why = f"the certificate in Secret {secret.place} is not for this host: {match.reason}"
    return wanted.broken(cause, why, wanted.make)


def _no_secret(wanted: _Wanted) -> Broken:
    secrets = wanted.case.cluster.secrets or ()
    elsewhere = [each for each in secrets if each.name == wanted.name]
    if not elsewhere:
        beside = [e.name for e in secrets if e.namespace == wanted.namespace and e.type == TLS_TYPE]
        why = f"Secret {wanted.entry.secret} does not exist"
        why += f"; TLS Secrets in this namespace: {listed(sorted(beside))}"
        return wanted.broken("secret-missing", why, wanted.make)
    found = elsewhere[0]
    why = (
        f"Secret {wanted.entry.secret} does not exist; there is {found.place}, but an Ingress can "
        "only name Secrets of its own namespace"
    )
    copy = (
        f"kubectl -n {found.namespace} get secret {found.name} -o yaml "
        f"| sed 's/namespace: {found.namespace}/namespace: {wanted.namespace}/' "
        "| kubectl create -f -"
    )
    words = f"copy it to the namespace {wanted.namespace}"
    return wanted.broken("secret-elsewhere", why, Remedy(words, copy), wanted.make)


def _no_tls_secret(wanted: _Wanted, secret: SecretFacts) -> Broken:
    has = f"type {secret.type or 'Opaque'} with the keys {listed(secret.keys)}"
    why = f"Secret {secret.place} is of {has}; needed are {' and '.join(_KEYS)}"
    if all(key in secret.keys for key in _KEYS):
        why = f"Secret {secret.place} ({has}) holds no certificate: {secret.fault}"
    delete = f"kubectl -n {secret.namespace} delete secret {secret.name}"
    anew = Remedy(
        "a Secret's type can't be changed: delete it, and make it anew",
        f"{delete}\n{wanted.make.command}",
    )
    own = f"kubectl -n {secret.namespace} create secret tls {secret.name} --cert=FILE --key=FILE"
    return wanted.broken("secret-wrong-type", why, anew, Remedy("make it from files of yours", own))


def _no_entry(case: Case, ingresses: list[Json], saw: str) -> Broken:
    host = case.request.host
    places = listed(name_of(each) for each in ingresses) if ingresses else "the rule's Ingress"
    why = f"spec.tls of Ingress {places} names no Secret for {host}"
    yaml = f"spec:\n  tls:\n    - hosts: [{host}]\n      secretName: SECRET"
    namespace = case.meant.namespace if case.meant else "default"
    make = f"./lab certificate make {host} --secret SECRET -n {namespace}"
    mends = (
        Remedy("name a Secret in the Ingress", yaml),
        Remedy("make that Secret first", make),
    )
    return Broken("tls-missing", saw, f"a certificate for {host}", why, mends)
