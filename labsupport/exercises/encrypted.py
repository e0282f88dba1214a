"""Do URLs lead where they should over TLS, with certificates that a client believes?"""

import contextlib
from dataclasses import replace
from urllib.parse import urlsplit

from labsupport.base.errors import LabError, WaitTimeout
from labsupport.exercises.exercise import Exercise
from labsupport.exercises.reach import Obstacle, obstacle, wanted
from labsupport.exercises.verdict import Verdict
from labsupport.kube.wait import until_nothing_missing
from labsupport.rules.certificates import CertificateFacts, name_match
from labsupport.session import Lab

_LIVE_SECONDS = 5.0
"""How long a change may take until the controller has it live."""


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
    found = [lab.trust.presented(host).certificate]

    def lacks() -> list[str]:
        foreseen = lab.trust.foreseen(host).chain
        if not foreseen or foreseen[0] == found[-1]:
            return []
        found.append(lab.trust.presented(host).certificate)
        return ["the proxy has not followed yet"]

    with contextlib.suppress(WaitTimeout):  # what it shows then is the finding
        until_nothing_missing(lacks, what=f"a certificate for {host}", timeout=_LIVE_SECONDS)
    return found[-1]


def _names(certificate: CertificateFacts) -> str:
    return ", ".join(certificate.all_names) or "no name"
