"""Exercises of the lesson 'Move on to Gateway API'."""

from collections.abc import Sequence

from labsupport.exercises.at_gateway import Answers, Call, Shares
from labsupport.exercises.exercise import Attempt, Exercise, WrongAnswer
from labsupport.exercises.manifest import ingress

_LESSON = "13-gateway-api"
_MUSEUM, _RADIO, _LOTTERY, _TOURS, _MOVED = (
    f"http://{name}.example.com" for name in ("museum", "radio", "lottery", "tours", "moved")
)
_INSTALLED = ("gateway",)
"""What each exercise needs; installing it again changes nothing."""

_ROUTE = """\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  parentRefs: [{{name: lab, namespace: {gateway}}}]
  hostnames: [{name}.example.com]
  rules:
"""
_NAMESPACE = """\
apiVersion: v1
kind: Namespace
metadata: {name: tours}
---
"""
_GRANT = """\
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {{name: tours, namespace: {namespace}}}
spec:
  from: [{{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: {asking}}}]
  to: [{{group: "", kind: Service, name: quote}}]
"""


def _route(
    name: str, rules: Sequence[str], *, namespace: str = "default", gateway: str = "gateway"
) -> str:
    """The YAML of an HTTPRoute for `name`.example.com; each rule in YAML's flow style."""
    head = _ROUTE.format(name=name, namespace=namespace, gateway=gateway)
    return head + "".join(f"  - {rule}\n" for rule in rules)


def _to(app: str, *matches: str, more: str = "") -> str:
    """A rule that leads what matches to an app."""
    which = f"matches: [{', '.join(matches)}], " if matches else ""
    return f"{{{which}backendRefs: [{{name: {app}, port: 80{more}}}]}}"


def _path(path: str, kind: str = "PathPrefix", more: str = "") -> str:
    return f"{{path: {{type: {kind}, value: {path}}}{more}}}"


def _shares(kiada: int, quote: int) -> str:
    return _route(
        "lottery",
        [
            f"{{backendRefs: [{{name: kiada, port: 80, weight: {kiada}}}, "
            f"{{name: quote, port: 80, weight: {quote}}}]}}"
        ],
    )


def _moved(more: str) -> str:
    redirect = f"{{scheme: https, hostname: www.example.com{more}}}"
    return _route(
        "moved", [f"{{filters: [{{type: RequestRedirect, requestRedirect: {redirect}}}]}}"]
    )


_SITE = [_to("kiada", _path("/")), _to("quote", _path("/quote"))]
_QUIZ = _to("quiz", _path("/questions"))
_WITH_HEADER = ", headers: [{{name: X-Studio, value: {value}}}]"
_TEST = _path("/", more=_WITH_HEADER.format(value="test"))
_OWN_PATH = ", path: {type: ReplaceFullPath, replaceFullPath: /}"

EXERCISES = (
    Exercise(
        "the-museum-by-the-gateway",
        _LESSON,
        "The museum by the Gateway",
        Answers(
            (
                Call(f"{_MUSEUM}/", "200 from kiada"),
                Call(f"{_MUSEUM}/quote", "200 from quote"),
                Call(f"{_MUSEUM}/questions/0", "200 from quiz"),
                Call(f"{_MUSEUM}/questionnaire", "404 from kiada"),
            )
        ),
        start=Attempt(
            ingress(
                "museum",
                {
                    "museum.example.com": [
                        "Prefix / -> kiada",
                        "Prefix /quote -> quote",
                        "Prefix /questions -> quiz",
                    ]
                },
            ),
            apps=_INSTALLED,
        ),
        reference=Attempt(_route("museum", [*_SITE, _QUIZ])),
        wrong=(
            WrongAnswer(
                "a Gateway without its namespace",
                Attempt(_route("museum", [*_SITE, _QUIZ], gateway="default")),
                "asks for the Gateway default/lab, and there is none. There are: gateway/lab",
            ),
            WrongAnswer(
                "Exact for the folder",
                Attempt(_route("museum", [*_SITE, _to("quiz", _path("/questions", "Exact"))])),
                "PathPrefix / takes it: no other route takes it. It leads to kiada",
            ),
        ),
    ),
    Exercise(
        "a-studio-of-its-own",
        _LESSON,
        "A studio of its own",
        Answers(
            (
                Call(f"{_RADIO}/", "200 from kiada"),
                Call(f"{_RADIO}/", "200 from quote", {"X-Studio": "test"}),
                Call(f"{_RADIO}/", "200 from kiada", {"X-Studio": "live"}),
            )
        ),
        start=Attempt(_route("radio", [_to("kiada")]), apps=_INSTALLED),
        reference=Attempt(_route("radio", [_to("kiada", _path("/")), _to("quote", _TEST)])),
        wrong=(
            WrongAnswer(
                "two matches, of which either will do",
                Attempt(
                    _route(
                        "radio",
                        [
                            _to("kiada", _path("/")),
                            _to(
                                "quote",
                                _path("/", "Exact"),
                                f"{{{_WITH_HEADER.format(value='test')[2:]}}}",
                            ),
                        ],
                    )
                ),
                "Exact / takes it: its sum of path, headers and host is greater. It leads to quote",
            ),
            WrongAnswer(
                "the header's rule in place of the other",
                Attempt(_route("radio", [_to("quote", _TEST)])),
                "No rule takes it, so the proxy says 404. Rules: default/radio: "
                "radio.example.com, PathPrefix /, X-Studio: test",
            ),
        ),
    ),
    Exercise(
        "one-in-five",
        _LESSON,
        "One in five",
        Shares(f"{_LOTTERY}/", {"kiada": 40, "quote": 10}),
        start=Attempt(_shares(1, 1), apps=_INSTALLED),
        reference=Attempt(_shares(80, 20)),
        wrong=(
            WrongAnswer("weights of 5 and 1", Attempt(_shares(5, 1)), "quote (1 of 6)"),
            WrongAnswer(
                "a rule for each",
                Attempt(_route("lottery", [_to("kiada"), _to("quote")])),
                "Behind it stands default/lottery: lottery.example.com, PathPrefix /",
            ),
        ),
    ),
    Exercise(
        "let-the-tours-in",
        _LESSON,
        "Let the tours in",
        Answers((Call(f"{_TOURS}/quote", "200 from quote"),)),
        start=Attempt(
            _NAMESPACE
            + _route("tours", [_to("quote", more=", namespace: default")], namespace="tours"),
            apps=_INSTALLED,
        ),
        reference=Attempt(_GRANT.format(namespace="default", asking="tours")),
        wrong=(
            WrongAnswer(
                "a grant beside the route",
                Attempt(_GRANT.format(namespace="tours", asking="tours")),
                "lets HTTPRoutes of namespace tours use, in its own namespace tours, Service quote",
            ),
            WrongAnswer(
                "a grant to the wrong namespace",
                Attempt(_GRANT.format(namespace="default", asking="default")),
                "lets HTTPRoutes of namespace default use",
            ),
        ),
    ),
    Exercise(
        "what-the-converter-left",
        _LESSON,
        "What the converter left",
        Answers(
            (
                Call(f"{_MOVED}/", "301 https://www.example.com/"),
                Call(f"{_MOVED}/tickets", "301 https://www.example.com/"),
            )
        ),
        start=Attempt(_route("moved", [_to("kiada", _path("/"))]), apps=_INSTALLED),
        reference=Attempt(_moved(f"{_OWN_PATH}, statusCode: 301")),
        wrong=(
            WrongAnswer(
                "no status", Attempt(_moved(_OWN_PATH)), "status 302, for now, not for good"
            ),
            WrongAnswer(
                "the visitor's path kept",
                Attempt(_moved(", statusCode: 301")),
                "the visitor's path is kept",
            ),
        ),
    ),
)
"""This lesson's exercises, in its order."""
