"""Exercises of the lesson 'Keep it encrypted to the pod'."""

from labsupport.exercises.exercise import Attempt, Exercise, TlsSecret, WrongAnswer
from labsupport.exercises.manifest import ingress
from labsupport.exercises.tls_ends import CLEAR, PASSED_ON, RE_ENCRYPTED, REFUSED, tls_ends
from labsupport.exercises.verdict import Verdict
from labsupport.session import Lab

_LESSON = "07-encrypted-to-the-pod"
_LEDGER, _DESK, _FORGED, _DEPOSIT = (
    f"{name}.example.com" for name in ("ledger", "desk", "forged", "deposit")
)
_POD = "vault.default.svc"
_AUTHORITY = "lab-ca"
_VAULT = TlsSecret("vault-tls", (_POD, "safe.example.com", _DEPOSIT))

_SERVICE = """\
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: {namespace}, annotations: {{{annotations}}}}}
spec: {{selector: {{app: vault}}, ports: [{{name: {port}, port: {number}, targetPort: https}}]}}
"""
_TRANSPORT = """\
apiVersion: traefik.io/v1alpha1
kind: ServersTransport
metadata: {{name: {name}}}
spec: {{{spec}}}
"""
_ROUTE = """\
apiVersion: traefik.io/v1alpha1
kind: IngressRouteTCP
metadata: {{name: deposit}}
spec:
  entryPoints: [websecure]
  routes:
  - match: HostSNI(`{host}`)
    services: [{{name: vault, port: 443}}]
  tls: {{{tls}}}
"""
_OPTION = "traefik.ingress.kubernetes.io"
_SCHEME = f"{_OPTION}/service.serversscheme: https"
_BELIEVED = f"serverName: {_POD}, rootCAs: [{{configMap: {_AUTHORITY}}}]"

WAYS = ("termination", "re-encryption", "passthrough")
"""The three ways, as `which-way` wants them named."""

_QUESTIONS: tuple[tuple[str, dict[str, str]], ...] = (
    (
        "re-encryption",
        {
            "termination": "behind the proxy everything would be readable",
            "passthrough": "a proxy that cannot read the request cannot see its path",
        },
    ),
    (
        "passthrough",
        {
            "termination": "the proxy would hold the key, and read everything",
            "re-encryption": "between the two handshakes the proxy reads everything",
        },
    ),
    (
        "termination",
        {
            "re-encryption": "an app that knows no TLS cannot shake hands with the proxy",
            "passthrough": "an app that knows no TLS cannot shake hands with the client",
        },
    ),
    (
        "passthrough",
        {
            "termination": "the client shakes hands with the proxy; the pod cannot ask it anything",
            "re-encryption": "the pod shakes hands with the proxy; it never meets the client",
        },
    ),
)
"""For each question of `which-way` the answer, and why it is none of the others."""


def which_way(exercise: Exercise, lab: Lab, /, *answer: object) -> Verdict:
    """One of the `WAYS` for each question."""
    expected = f"for each question one of: {', '.join(WAYS)}"
    got = ", ".join(str(each) for each in answer) or "no answer yet"
    look = "the picture at the top: who reads what"
    if len(answer) != len(_QUESTIONS) or not set(answer) <= set(WAYS):
        hint = f"There are {len(_QUESTIONS)} questions. Put {', '.join(WAYS[:-1])} or {WAYS[-1]}."
        return Verdict(exercise.name, expected, got, look, hint)
    for number, ((right, reasons), given) in enumerate(zip(_QUESTIONS, answer, strict=True), 1):
        if given != right:
            hint = f"Question {number}, {given}: {reasons[str(given)]}."
            return Verdict(exercise.name, expected, got, look, hint)
    return Verdict(exercise.name, expected, got)


def _service(
    name: str, *annotations: str, port: str = "https", number: int = 443, namespace: str = "default"
) -> str:
    return _SERVICE.format(
        name=name,
        annotations=", ".join(annotations),
        port=port,
        number=number,
        namespace=namespace,
    )


def _uses(transport: str) -> str:
    return f"{_OPTION}/service.serverstransport: default-{transport}@kubernetescrd"


def _transport(name: str, spec: str) -> str:
    return _TRANSPORT.format(name=name, spec=spec)


def _all(*manifests: str) -> str:
    return "---\n".join(manifests)


def _ledger(*annotations: str) -> str:
    return _service("ledger", *annotations, port="web", number=8443)


_LEDGER_SITE = ingress(
    "ledger", {_LEDGER: ["Prefix / -> ledger:8443"]}, tls={"ledger-tls": [_LEDGER]}
)
_FORGED_DESK = ingress("desk", {_FORGED: ["Prefix / -> desk:443"]}).replace(
    "{name: desk}", "{name: desk, namespace: forger}"
)
_DESKS = _all(
    "apiVersion: v1\nkind: Namespace\nmetadata: {name: forger}\n",
    _service("desk", _uses("desk")),
    ingress("desk", {_DESK: ["Prefix / -> desk:443"]}, tls={"desk-tls": [_DESK, _FORGED]}),
    _service("desk", _uses("desk"), namespace="forger"),
    _FORGED_DESK,
)
_DEPOSIT_SITE = ingress(
    "deposit", {_DEPOSIT: ["Prefix / -> kiada"]}, tls={"deposit-tls": [_DEPOSIT]}
)
_HTTP_ONLY = _DEPOSIT_SITE.replace(
    "{name: deposit}",
    f"{{name: deposit, annotations: {{{_OPTION}/router.entrypoints: web}}}}",
)
_PASSING, _OPENING = (_ROUTE.format(host=_DEPOSIT, tls=tls) for tls in ("passthrough: true", ""))

EXERCISES = (
    Exercise(
        "which-way",
        _LESSON,
        "Which way?",
        which_way,
        reference=Attempt(answer=("re-encryption", "passthrough", "termination", "passthrough")),
        wrong=(
            WrongAnswer(
                "a path that nobody can read",
                Attempt(answer=("passthrough", "passthrough", "termination", "passthrough")),
                "cannot see its path",
            ),
            WrongAnswer(
                "encrypted twice, taken for never opened",
                Attempt(answer=("re-encryption", "re-encryption", "termination", "passthrough")),
                "between the two handshakes",
            ),
        ),
    ),
    Exercise(
        "speak-tls-to-the-pod",
        _LESSON,
        "Speak TLS to the pod",
        tls_ends,
        ways={f"https://{_LEDGER}/debug/request": RE_ENCRYPTED},
        start=Attempt(
            _all(_ledger(), _LEDGER_SITE),
            names=(_LEDGER,),
            secrets=(TlsSecret("ledger-tls", (_LEDGER,)), _VAULT),
            authority=_AUTHORITY,
            apps=("vault",),
        ),
        reference=Attempt(_all(_ledger(_SCHEME, _uses("ledger")), _transport("ledger", _BELIEVED))),
        wrong=(
            WrongAnswer(
                "the scheme alone",
                Attempt(_ledger(_SCHEME)),
                "doesn't contain any IP SANs",
            ),
            WrongAnswer(
                "the transport alone",
                Attempt(_all(_ledger(_uses("ledger")), _transport("ledger", _BELIEVED))),
                "speaks plain HTTP to a pod that expects TLS",
            ),
        ),
    ),
    Exercise(
        "keep-the-forger-out",
        _LESSON,
        "Keep the forger out",
        tls_ends,
        ways={
            f"https://{_DESK}/debug/request": RE_ENCRYPTED,
            f"https://{_FORGED}/debug/request": REFUSED,
        },
        start=Attempt(
            _all(_DESKS, _transport("desk", "insecureSkipVerify: true")),
            names=(_DESK, _FORGED),
            secrets=(
                TlsSecret("desk-tls", (_DESK, _FORGED)),
                _VAULT,
                TlsSecret("vault-tls", (_POD,), "unknown-issuer", "forger"),
            ),
            authority=_AUTHORITY,
            apps=("vault", "forger/vault"),
        ),
        reference=Attempt(_transport("desk", _BELIEVED)),
        wrong=(
            WrongAnswer(
                "a name, but no authority",
                Attempt(_transport("desk", f"serverName: {_POD}")),
                "signed by unknown authority",
            ),
            WrongAnswer(
                "an authority that is not asked",
                Attempt(_transport("desk", f"{_BELIEVED}, insecureSkipVerify: true")),
                "does not ask for whom",
            ),
        ),
    ),
    Exercise(
        "pass-it-on",
        _LESSON,
        "Pass it on unopened",
        tls_ends,
        ways={
            f"https://{_DEPOSIT}/debug/request": PASSED_ON,
            f"http://{_DEPOSIT}/debug/request": CLEAR,
        },
        start=Attempt(
            _DEPOSIT_SITE,
            names=(_DEPOSIT,),
            secrets=(TlsSecret("deposit-tls", (_DEPOSIT,)), _VAULT),
            apps=("vault",),
        ),
        reference=Attempt(_all(_HTTP_ONLY, _PASSING)),
        wrong=(
            WrongAnswer(
                "a route beside the Ingress",
                Attempt(_PASSING),
                "answers HTTPS for this host too, and goes first",
            ),
            WrongAnswer(
                "a route that ends TLS",
                Attempt(_all(_HTTP_ONLY, _OPENING)),
                "the proxy ends TLS itself",
            ),
        ),
    ),
)
