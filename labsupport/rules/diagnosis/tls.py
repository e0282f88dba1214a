"""Hop 3: the handshake, and a certificate that the client believes."""

from labsupport.rules.certificates import CertificateFacts, Refusal
from labsupport.rules.diagnosis import controller
from labsupport.rules.diagnosis.case import Case
from labsupport.rules.diagnosis.default_certificate import why_default
from labsupport.rules.diagnosis.facts import Handshake, SecretFacts
from labsupport.rules.diagnosis.findings import Broken, Finding, Fine, Remedy, Unused
from labsupport.rules.diagnosis.words import listed

_CAUSES = {
    "expired": "certificate-expired",
    "not-yet-valid": "certificate-not-yet-valid",
    "wildcard-depth": "wildcard-certificate-depth",
    "other-name": "certificate-other-name",
    "no-san": "certificate-other-name",
}
"""The causes by the ids of refusals, the first to be told first; all others mean no trust."""

_OWN_DEFAULT = "TRAEFIK DEFAULT CERT"


def judge(case: Case) -> Finding:
    """Whether the handshake came about, and a client believes the certificate."""
    if case.request.scheme == "http":
        return Unused("plain HTTP: no handshake")
    shake = case.facts.sent.handshake
    if shake is None or not shake.chain:
        return _no_handshake(case, shake)
    saw = f"{shake.version or 'a handshake'}, certificate for {_names(shake.chain[0])}"
    if not shake.refusals:
        return Fine(f"{saw}, believed")
    if not shake.checked:
        reasons = "; ".join(each.what for each in shake.refusals)
        return Fine(f"{saw}, not checked", (f"a client that checks would refuse: {reasons}",))
    return _refused(case, shake, f"{saw}: {shake.refusals[0].what}")


def _names(certificate: CertificateFacts) -> str:
    return listed(certificate.all_names or (certificate.common_name or "no name",))


def _no_handshake(case: Case, shake: Handshake | None) -> Broken:
    """TLS did not come about at all."""
    saw = (shake.failure if shake else "") or case.facts.sent.failure or "no handshake"
    if case.destination.kind == "proxy" and (fault := controller.down(case, saw)):
        return fault
    why = "most likely this port speaks plain HTTP, or what listens there can't take TLS"
    url = case.facts.url.replace("https://", "http://", 1)
    mends = (
        Remedy("ask by plain HTTP", f"./lab get {url}"),
        Remedy("see which Services have which ports", "kubectl get services -A"),
    )
    return Broken("scheme-mismatch", saw, "a TLS handshake", why, mends, sure=False)


def _refused(case: Case, shake: Handshake, saw: str) -> Broken:
    secret = _presented(case, shake.chain[0])
    if _is_default(case, shake.chain[0], secret) and (found := why_default(case, shake, saw)):
        return found
    cause, refusal = _worst(shake.refusals)
    place = f"Secret {secret.place}" if secret else "the server's certificate"
    expected = f"a certificate for {case.request.host} that the client believes"
    return Broken(cause, saw, expected, f"{place}: {refusal.what}", _mends(case, secret, refusal))


def _worst(refusals: tuple[Refusal, ...]) -> tuple[str, Refusal]:
    """The refusal to tell, with its cause."""
    for each, cause in _CAUSES.items():
        for refusal in refusals:
            if refusal.id == each:
                return cause, refusal
    return "certificate-untrusted", refusals[0]


def _mends(case: Case, secret: SecretFacts | None, refusal: Refusal) -> tuple[Remedy, ...]:
    if secret is None:
        return (Remedy(refusal.remedy),)
    make = (
        f"./lab certificate make {case.request.host} --secret {secret.name} -n {secret.namespace}"
    )
    look = f"./lab certificate show secret/{secret.place}"
    return (
        Remedy(f"put another certificate into Secret {secret.place}", make),
        Remedy("look at the one that is there", look),
    )


def _presented(case: Case, leaf: CertificateFacts) -> SecretFacts | None:
    """The Secret that holds the certificate that came; one that an Ingress names goes first."""
    named = {each.secret for each in case.rules.tls}
    found = [
        each
        for each in case.cluster.secrets or ()
        if each.certificate is not None and each.certificate.fingerprint == leaf.fingerprint
    ]
    return min(found, key=lambda each: each.place not in named, default=None)


def _is_default(case: Case, leaf: CertificateFacts, secret: SecretFacts | None) -> bool:
    """Whether the controller gave its own certificate for want of a better one."""
    if secret is None:
        return leaf.common_name == _OWN_DEFAULT
    named = any(each.secret == secret.place for each in case.rules.tls)
    return secret.namespace == case.controller.namespace and not named
