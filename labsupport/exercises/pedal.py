"""Exercises of the lesson 'Build a whole site': the tasks of the capstone, and of the exam.

Each has objects, hosts and names of its own, so that one can be undone without the others.
"""

from labsupport.exercises.balanced import stays_at_one_pod
from labsupport.exercises.doors import Door, Doors
from labsupport.exercises.encrypted import sent_to_https
from labsupport.exercises.exercise import (
    NOBODY,
    PROXY,
    Attempt,
    Exercise,
    TlsSecret,
    WrongAnswer,
)
from labsupport.exercises.manifest import ingress
from labsupport.exercises.names import for_everybody
from labsupport.exercises.reach import leads
from labsupport.exercises.tls_ends import PASSED_ON, tls_ends

_LESSON = "20-capstone"
_PEDAL = "pedal.example.com"
_WWW, _SHOPS, _BOOK, _PAY, _RIDES, _OFFICE, _SAFE, _WORKSHOP = (
    f"{name}.{_PEDAL}"
    for name in ("www", "shops", "book", "pay", "rides", "office", "safe", "workshop")
)
_NORTH, _SOUTH = f"north.{_SHOPS}", f"south.{_SHOPS}"
_BERN, _TOMORROW = f"bern.{_PEDAL}", f"opens-tomorrow.{_PEDAL}"
_LOST = f"ofice.{_PEDAL}"
_OPTION = "traefik.ingress.kubernetes.io"
_STICKY = f"{_OPTION}/service.sticky.cookie"

_SERVICE = """\
apiVersion: v1
kind: Service
metadata: {{name: {name}, annotations: {{{annotations}}}}}
spec:
  selector: {{app: {app}}}
  ports: [{{port: 80, targetPort: 8080}}]
"""
_TO_HTTPS = """\
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: {name: pedal-to-https}
spec: {redirectScheme: {scheme: https, permanent: true}}
---
"""
_SAFE_ROUTE = f"""\
apiVersion: traefik.io/v1alpha1
kind: IngressRouteTCP
metadata: {{name: pedal-safe}}
spec:
  entryPoints: [websecure]
  routes:
  - match: HostSNI(`{_SAFE}`)
    services: [{{name: vault, port: 443}}]
  tls: {{TLS}}
"""


def _service(name: str, app: str, annotations: str = "") -> str:
    return _SERVICE.format(name=name, app=app, annotations=annotations)


def _annotated(manifest: str, annotation: str) -> str:
    """The Ingress with an annotation, as `key: value`."""
    return manifest.replace("}\nspec:", f", annotations: {{{annotation}}}}}\nspec:", 1)


def _front(*paths: str) -> str:
    return ingress("pedal-front", {_WWW: paths})


def _shops(*north: str) -> str:
    every = ["Prefix / -> kiada", "Prefix /debug/request -> quote"]
    return ingress("pedal-shops", {f"*.{_SHOPS}": every, _NORTH: north})


def _money(tls: dict[str, list[str]], redirected: bool = True) -> str:
    plain = ingress(
        "pedal-money", {_BOOK: ["Prefix / -> kiada"], _PAY: ["Prefix / -> quote"]}, tls=tls
    )
    named = f"{_OPTION}/router.middlewares: default-pedal-to-https@kubernetescrd"
    return _annotated(plain, named) if redirected else plain


def _rides(annotation: str = "") -> str:
    plain = ingress("pedal-rides", {_RIDES: ["Prefix / -> pedal-rides"]})
    return _annotated(plain, annotation) if annotation else plain


def _office(default: str = "") -> str:
    rules = {_OFFICE: ["Prefix / -> kiada"]}
    return ingress("pedal-office", rules, default=default, ingress_class="internal")


def _workshop(port: int) -> str:
    return ingress("pedal-workshop", {_WORKSHOP: [f"Prefix / -> pedal-workshop:{port}"]})


_FRONT_DOOR = ("Exact / -> kiada", "Prefix /questions -> quiz", "Exact /quote -> quote")
_BY_NAME = {"book-tls": [_BOOK], "pay-tls": [_PAY]}
_TWO_SECRETS = (TlsSecret("book-tls", (_BOOK,)), TlsSecret("pay-tls", (_PAY,)))
_ONE_SECRET = (TlsSecret("book-tls", (_BOOK, _PAY)),)
_ASTRAY = ingress("pedal-astray", {}, default="quiz", ingress_class="internal")
_PASSING, _OPENING = (
    _SAFE_ROUTE.replace("TLS}", f"{tls}}}")
    for tls in ("passthrough: true", "secretName: vault-tls")
)

EXERCISES = (
    Exercise(
        "pedal-names",
        _LESSON,
        "Names for the customers",
        for_everybody,
        ways={
            f"http://{_PEDAL}/": "kiada",
            f"http://{_BERN}/": "kiada",
            f"http://{_TOMORROW}/": "kiada",
        },
        start=Attempt(
            ingress("pedal", {each: ["Prefix / -> kiada"] for each in (_PEDAL, _BERN, _TOMORROW)})
        ),
        reference=Attempt(records={_PEDAL: PROXY, f"*.{_PEDAL}": PROXY}),
        wrong=(
            WrongAnswer(
                "the hosts file",
                Attempt(names=(_PEDAL, _BERN, _TOMORROW)),
                "no other computer reads your hosts file",
            ),
            WrongAnswer(
                "the wildcard alone",
                Attempt(records={f"*.{_PEDAL}": PROXY}),
                "the star stands for at least one label",
            ),
        ),
    ),
    Exercise(
        "pedal-front",
        _LESSON,
        "One host, three apps",
        leads,
        ways={
            f"http://{_WWW}/": "kiada",
            f"http://{_WWW}/questions": "quiz",
            f"http://{_WWW}/questions/0": "quiz",
            f"http://{_WWW}/quote": "quote",
            f"http://{_WWW}/quote/": NOBODY,
            f"http://{_WWW}/debug/request": NOBODY,
        },
        start=Attempt(names=(_WWW,)),
        reference=Attempt(_front(*_FRONT_DOOR)),
        wrong=(
            WrongAnswer(
                "the front page by Prefix",
                Attempt(_front("Prefix / -> kiada", *_FRONT_DOOR[1:])),
                "Word it so that both agree.",
            ),
            WrongAnswer(
                "the questions by Exact",
                Attempt(_front(_FRONT_DOOR[0], "Exact /questions -> quiz", _FRONT_DOOR[2])),
                "Exact takes /questions only, not /questions/0",
            ),
        ),
    ),
    Exercise(
        "pedal-shops",
        _LESSON,
        "One shop is different",
        leads,
        ways={
            f"http://{_SOUTH}/": "kiada",
            f"http://{_SOUTH}/debug/request": "quote",
            f"http://{_NORTH}/questions/0": "quiz",
            f"http://{_NORTH}/debug/request": "quiz",
        },
        start=Attempt(names=(_NORTH, _SOUTH)),
        reference=Attempt(_shops("Prefix / -> quiz", "Prefix /debug/request -> quiz")),
        wrong=(
            WrongAnswer(
                "the exact host trusted to go first",
                Attempt(_shops("Prefix / -> quiz")),
                "Word it so that both agree.",
            ),
            WrongAnswer(
                "the wildcard alone",
                Attempt(
                    ingress(
                        "pedal-shops",
                        {f"*.{_SHOPS}": ["Prefix / -> kiada", "Prefix /debug/request -> quote"]},
                    )
                ),
                "No rule for this host leads to quiz",
            ),
        ),
    ),
    Exercise(
        "pedal-money",
        _LESSON,
        "Two certificates, and no way in by http",
        sent_to_https,
        ways={f"https://{_BOOK}/": "kiada", f"https://{_PAY}/quote": "quote"},
        start=Attempt(_money({}, redirected=False), names=(_BOOK, _PAY)),
        reference=Attempt(_TO_HTTPS + _money(_BY_NAME), secrets=_TWO_SECRETS),
        wrong=(
            WrongAnswer(
                "a Middleware that no Ingress names",
                Attempt(_TO_HTTPS + _money(_BY_NAME, redirected=False), secrets=_TWO_SECRETS),
                "Nobody sends it on to https.",
            ),
            WrongAnswer(
                "one certificate for both",
                Attempt(_TO_HTTPS + _money({"book-tls": [_BOOK, _PAY]}), secrets=_ONE_SECRET),
                f"is for {_PAY} as well",
            ),
        ),
    ),
    Exercise(
        "pedal-rides",
        _LESSON,
        "A visitor stays at one pod",
        stays_at_one_pod,
        ways={f"http://{_RIDES}/debug/request": "kiada"},
        start=Attempt(f"{_service('pedal-rides', 'kiada')}---\n{_rides()}", names=(_RIDES,)),
        reference=Attempt(_service("pedal-rides", "kiada", f'{_STICKY}: "true"')),
        wrong=(
            WrongAnswer(
                "the annotation at the Ingress",
                Attempt(_rides(f'{_STICKY}: "true"')),
                "at the Service, not at the Ingress",
            ),
            WrongAnswer(
                "affinity by the client's address",
                Attempt(f"{_service('pedal-rides', 'kiada')}  sessionAffinity: ClientIP\n"),
                "sessionAffinity is for connections",
            ),
        ),
    ),
    Exercise(
        "pedal-office",
        _LESSON,
        "A door for the staff",
        Doors(
            (
                Door("internal", f"http://{_OFFICE}/", "kiada", by_name=True),
                Door("internal", f"http://{_LOST}/questions/0", "quiz"),
                Door("traefik", f"http://{_OFFICE}/", NOBODY),
            )
        ),
        start=Attempt(apps=("traefik-internal",)),
        reference=Attempt(f"{_office()}---\n{_ASTRAY}", names=(f"{_OFFICE}@internal",)),
        wrong=(
            WrongAnswer(
                "a default backend beside rules",
                Attempt(_office(default="quiz"), names=(f"{_OFFICE}@internal",)),
                "only in an Ingress without rules",
            ),
            WrongAnswer(
                "the first controller's address",
                Attempt(f"{_office()}---\n{_ASTRAY}", names=(_OFFICE,)),
                "The Ingress is served at another address, by traefik-internal",
            ),
        ),
    ),
    Exercise(
        "pedal-safe",
        _LESSON,
        "Sealed up to the pod",
        tls_ends,
        ways={f"https://{_SAFE}/debug/request": PASSED_ON},
        start=Attempt(
            names=(_SAFE,),
            secrets=(TlsSecret("vault-tls", ("vault.default.svc", _SAFE)),),
            apps=("vault",),
        ),
        reference=Attempt(_PASSING),
        wrong=(
            WrongAnswer(
                "a route that ends TLS",
                Attempt(_OPENING),
                "the proxy ends TLS itself",
            ),
            WrongAnswer(
                "an Ingress",
                Attempt(ingress("pedal-safe", {_SAFE: ["Prefix / -> vault:443"]})),
                "the proxy opens TLS",
            ),
        ),
    ),
    Exercise(
        "pedal-workshop",
        _LESSON,
        "Mend the workshop",
        leads,
        ways={f"http://{_WORKSHOP}/quote": "quote"},
        start=Attempt(
            f"{_service('pedal-workshop', 'quotes')}---\n{_workshop(8080)}", names=(_WORKSHOP,)
        ),
        reference=Attempt(f"{_service('pedal-workshop', 'quote')}---\n{_workshop(80)}"),
        wrong=(
            WrongAnswer(
                "the port alone",
                Attempt(_workshop(80)),
                "no ready endpoints",
            ),
            WrongAnswer(
                "the selector alone",
                Attempt(_service("pedal-workshop", "quote")),
                "no port 8080",
            ),
        ),
    ),
)
