"""Do URLs lead where they should over TLS, with certificates that a client believes?"""

from dataclasses import replace
from urllib.parse import urlsplit

from labsupport.base.errors import LabError
from labsupport.exercises.exercise import Exercise
from labsupport.exercises.reach import Obstacle, obstacle, wanted
from labsupport.exercises.verdict import Verdict
from labsupport.exercises.visits import in_the_way
from labsupport.http.exchange import Exchange
from labsupport.kube.wait import settled
from labsupport.rules.certificates import CertificateFacts, name_match
from labsupport.session import Lab

_LIVE_SECONDS = 5.0
"""How long a change may take until the controller has it live."""

_REDIRECTS = (301, 302, 307, 308)
_NOBODY_SENDS = "Nobody sends it on to https. A Middleware acts only where an Ingress names it."


def leads_over_tls(exercise: Exercise, lab: Lab, /, *answer: object) -> Verdict:
    """The check of exercises whose `ways` are https URLs: the first one in trouble decides."""
    expected = f"{wanted(exercise)}, with a certificate that the lab's client accepts"
    for url, app in exercise.ways.items():
        if found := _distrust(lab, url) or obstacle(lab, url, app):
            return Verdict(exercise.name, expected, found.got, found.look, found.hint)
    return Verdict(exercise.name, expected, "just that")


def each_by_its_own(exercise: Exercise, lab: Lab, /, *answer: object) -> Verdict:
    """As `leads_over_tls`; and no host may show a certificate that is for another one, too."""
    verdict = leads_over_tls(exercise, lab)
    verdict = replace(verdict, expected=f"{verdict.expected}, each host by one of its own")
    if not verdict.passed:
        return verdict
    hosts = [urlsplit(url).hostname or "" for url in exercise.ways]
    for host in hosts:
        shown = _settled(lab, host)
        others = [each for each in hosts if each != host and name_match(shown, each).matched]
        if others:
            return replace(
                verdict,
                got=f"{host} shows a certificate for {_names(shown)}",
                look=f'CertificateInspector(lab, "https://{host}/")',
                hint=f"The certificate of {host} is for {', '.join(others)} as well, so everybody "
                "who visits the one reads of the other. Make one for each.",
            )
    return verdict


def sent_to_https(exercise: Exercise, lab: Lab, /, *answer: object) -> Verdict:
    """As `each_by_its_own`; and who asks by http is sent on to the same place by https."""
    verdict = each_by_its_own(exercise, lab)
    verdict = replace(verdict, expected=f"{verdict.expected}, and http is sent on to https")
    for url in exercise.ways if verdict.passed else ():
        plain = url.replace("https://", "http://", 1)
        met = _sent_on(lab, plain, url)
        if not _sends_to(met, url):
            where = f" to {met.location}" if met.location else ""
            missed = f"It is sent on, but should come to the same page by https: {url}"
            look, hint = in_the_way(lab, plain, missed if where else _NOBODY_SENDS)
            got = f"{plain}: {met.status} from {met.pod or 'the proxy'}{where}"
            return replace(verdict, got=got, look=look, hint=hint)
    return verdict


def _sent_on(lab: Lab, plain: str, url: str) -> Exchange:
    """The answer to the http URL, once it leads to `url`, or stays another."""
    return settled(
        lambda: lab.client.get(plain), lambda met: _sends_to(met, url), timeout=_LIVE_SECONDS
    )


def _sends_to(answer: Exchange, url: str) -> bool:
    return answer.status in _REDIRECTS and answer.location == url


def _distrust(lab: Lab, url: str) -> Obstacle | None:
    """What keeps a client from believing the server; None also where no handshake comes about."""
    host = urlsplit(url).hostname or ""
    try:
        shown = _settled(lab, host)
    except LabError:
        return None  # `obstacle` says why
    found = lab.diagnose(url)
    if found.broken != "tls":
        return None
    return Obstacle(
        f"{host} shows a certificate for {_names(shown)}, which the client refuses",
        f'CertificateInspector(lab, "{url}"), and spec.tls of the Ingress',
        f"Why: {found.why}.",
    )


def _settled(lab: Lab, host: str) -> CertificateFacts:
    """The certificate shown for `host`, once it is the one that the cluster's Secrets ask for."""

    def foreseen(shown: CertificateFacts) -> bool:
        chain = lab.trust.foreseen(host).chain
        return not chain or chain[0] == shown

    return settled(lambda: lab.trust.presented(host).certificate, foreseen, timeout=_LIVE_SECONDS)


def _names(certificate: CertificateFacts) -> str:
    return ", ".join(certificate.all_names) or "no name"
