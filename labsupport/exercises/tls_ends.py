"""Where TLS ends, as both ends say it: what the client was shown, and what the pod received."""

import re
from dataclasses import dataclass

from labsupport.base.errors import LabError, RequestFailed
from labsupport.exercises.exercise import Exercise
from labsupport.exercises.verdict import Verdict
from labsupport.http.exchange import Exchange
from labsupport.kube.wait import settled
from labsupport.session import Lab

CLEAR = "reaches the pod in clear text"
RE_ENCRYPTED = "is opened by the proxy and encrypted anew for the pod"
PASSED_ON = "reaches the pod unopened"
REFUSED = "is refused by the proxy, which does not believe the pod"
"""What `Exercise.ways` asks of a URL that ends in /debug/request."""

_ELSEWHERE = "comes to nothing of that"
_LIVE_SECONDS = 3.0
"""How long a change may take until the controller has it live."""

_BY_PROXY = "X-Forwarded-For"  # only who has read a request can add a header to it
_DISBELIEF = re.compile(rb'error="tls: failed to verify certificate: (?:x509: )?(.*)"')
_LOG_LINES = 20


@dataclass(frozen=True)
class _Seen:
    """What came of a GET: the way its bytes took, the answer if there was one, or the error."""

    way: str
    told: str
    answer: Exchange | None = None
    error: LabError | None = None


def tls_ends(exercise: Exercise, lab: Lab, /, *answer: object) -> Verdict:
    """The check of exercises whose `ways` say how far TLS goes: the first URL in trouble decides.

    The pods have to tell what they received, as the sample apps do at /debug/request.
    """
    expected = ", and ".join(f"{url} {way}" for url, way in exercise.ways.items())
    for url, wanted in exercise.ways.items():
        seen = _settled(lab, url, wanted)
        if seen.way != wanted:
            look, hint = _why(lab, url, wanted, seen)
            return Verdict(exercise.name, expected, seen.told, look, hint)
    return Verdict(exercise.name, expected, "just that")


def _settled(lab: Lab, url: str, wanted: str) -> _Seen:
    """What comes of a GET, once it is what is wanted, or stays something else."""
    return settled(lambda: _seen(lab, url), lambda seen: seen.way == wanted, timeout=_LIVE_SECONDS)


def _seen(lab: Lab, url: str) -> _Seen:
    try:
        answer = lab.client.get(url)
    except LabError as error:
        return _Seen(_ELSEWHERE, f"no answer from {url}: {error.found or error.what}", error=error)
    told = f"{url}: {answer.status} {answer.reason} from {answer.pod or 'the proxy'}"
    if answer.status >= 500 and not answer.pod:
        return _Seen(REFUSED, told, answer)
    if answer.status != 200 or not answer.pod:
        return _Seen(_ELSEWHERE, told, answer)
    received = answer.json()
    if not received["tls"]:
        return _Seen(CLEAR, f"{url}: {answer.pod} received clear text", answer)
    if _BY_PROXY in received["headers"]:
        return _Seen(RE_ENCRYPTED, f"{url}: {answer.pod} received TLS from the proxy", answer)
    return _Seen(PASSED_ON, f"{url}: {answer.pod} received TLS from the client itself", answer)


def _why(lab: Lab, url: str, wanted: str, seen: _Seen) -> tuple[str, str]:
    """Where to look, and what is in the way."""
    if wanted == PASSED_ON:
        return _why_opened(lab, url, seen)
    if wanted == REFUSED and seen.answer and seen.answer.pod:
        return (
            "the ServersTransport that the Service names",
            f"{seen.answer.pod} shows a certificate of an authority that nobody here knows, and "
            "the proxy sent it the request all the same. It encrypts, but does not ask for whom.",
        )
    if seen.way == REFUSED:
        return _why_refused(lab, url)
    if seen.answer and seen.answer.status == 400 and seen.answer.pod:
        return (
            "the Service: the name and number of its port, and its annotations",
            "The proxy speaks plain HTTP to a pod that expects TLS. It goes by the Service: a port "
            "named https, a port 443, or the annotation service.serversscheme.",
        )
    return _diagnosed(lab, url)


def _why_opened(lab: Lab, url: str, seen: _Seen) -> tuple[str, str]:
    """Why TLS did not go through the proxy unopened."""
    winner = lab.explain(url, profile=lab.controller.profile).winner
    if winner is not None:
        return (
            f"the Ingress {winner.route.ingress}, and what the lesson says of both at once",
            f"The Ingress {winner.route.ingress} answers HTTPS for this host too, and goes first. "
            "So the proxy opens TLS before any IngressRouteTCP is asked.",
        )
    if seen.answer and seen.answer.pod:
        return (
            "spec.tls of your IngressRouteTCP",
            "Your route leads to the pod, but the proxy ends TLS itself and hands on what was in "
            "it, in clear text. Passing TLS on has to be asked for.",
        )
    if isinstance(seen.error, RequestFailed) and seen.error.tls and seen.error.tls.certificate:
        names = ", ".join(seen.error.tls.certificate.all_names)
        return (
            "the names in HostSNI, and the certificate that the pod holds",
            f"The client is shown a certificate for {names}. If that is the proxy's, no route "
            "takes this name; if it is the pod's, it lacks this name.",
        )
    if seen.answer:
        return (
            'the IngressRouteTCPs there are: lab.table("ingressroutetcps")',
            "The proxy ended TLS and found nobody to ask: no route at the entry point websecure "
            "takes this name, and no Ingress does.",
        )
    return _diagnosed(lab, url)


def _why_refused(lab: Lab, url: str) -> tuple[str, str]:
    """Why the proxy does not believe the pod, in its own words."""
    pod, namespace = lab.find_pod("traefik")
    look = f'the end of the proxy\'s log: lab.logs("{pod}", namespace="{namespace}", tail=5)'
    log = b"".join(lab.api.log(pod, namespace, tail=_LOG_LINES))
    reasons: list[bytes] = _DISBELIEF.findall(log)
    if not reasons:
        return _diagnosed(lab, url)
    return look, (
        "The proxy speaks TLS with the pod now, but does not believe its certificate: "
        f"{reasons[-1].decode(errors='replace')}. A ServersTransport says for which name the "
        "certificate should be, and which authority to believe; the Service names it."
    )


def _diagnosed(lab: Lab, url: str) -> tuple[str, str]:
    found = lab.diagnose(url)
    why = found.why or "it works now; run the cell again"
    return f'lab.diagnose("{url}")', f"{why[:1].upper()}{why[1:]}."
