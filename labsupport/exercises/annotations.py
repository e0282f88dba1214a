"""Exercises of the lesson 'Say more with annotations and custom kinds'."""

import re

from labsupport.exercises.exercise import Attempt, Exercise, WrongAnswer
from labsupport.exercises.manifest import ingress
from labsupport.exercises.reach import leads
from labsupport.exercises.verdict import Verdict
from labsupport.exercises.visits import Visit, Visits
from labsupport.rules.annotations import judged
from labsupport.session import Lab

_LESSON = "09-annotations-and-custom-kinds"
_TRAEFIK, _NGINX = "traefik.ingress.kubernetes.io", "nginx.ingress.kubernetes.io"
_KIOSK, _DESK, _TERRACE = (f"{name}.example.com" for name in ("kiosk", "desk", "terrace"))

WORDS = ("understood", "ignored", "breaks")
"""What can become of an annotation, as `who-understands-it` wants it named."""

QUESTIONS = (
    ("traefik", f"{_TRAEFIK}/router.priority", "50"),
    ("traefik", f"{_NGINX}/rewrite-target", "/$1"),
    ("traefik", f"{_TRAEFIK}/router.priorty", "50"),
    ("traefik", f"{_TRAEFIK}/service.sticky.cookie", "true"),
    ("traefik-nginx", f"{_NGINX}/limit-rsp", "5"),
    ("traefik-nginx", f"{_NGINX}/configuration-snippet", "deny all;"),
)
"""The profile of an Ingress' controller, and an annotation of the Ingress."""


def who_understands_it(exercise: Exercise, lab: Lab, /, *answer: object) -> Verdict:
    """One of the `WORDS` for each of the `QUESTIONS`."""
    expected = f"for each Ingress one of: {', '.join(WORDS)}"
    got = ", ".join(str(each) for each in answer) or "no answer yet"
    look = "prefix, spelling, and the object that it stands on"
    if len(answer) != len(QUESTIONS) or not set(answer) <= set(WORDS):
        hint = f"There are {len(QUESTIONS)} of them. Put {', '.join(WORDS[:-1])} or {WORDS[-1]}."
        return Verdict(exercise.name, expected, got, look, hint)
    for number, (question, given) in enumerate(zip(QUESTIONS, answer, strict=True), 1):
        profile, key, value = question
        carrier = {"kind": "Ingress", "metadata": {"name": "asked", "annotations": {key: value}}}
        (judgement,) = judged({**carrier, "spec": {}}, profile)
        if given != judgement.verdict:
            hint = f"Number {number} is not {given}. {key}: {judgement.why}."
            return Verdict(exercise.name, expected, got, look, hint)
    return Verdict(exercise.name, expected, got)


def _annotated(manifest: str, **annotations: str) -> str:
    """The Ingress with annotations of ingress-nginx; `_` stands for `-` in their keys."""
    lines = "".join(
        f'\n    {_NGINX}/{key.replace("_", "-")}: "{value}"' for key, value in annotations.items()
    )
    name = re.search(r"metadata: {(.*)}", manifest)
    assert name
    return manifest.replace(name[0], f"metadata:\n  {name[1]}\n  annotations:{lines}")


def _prioritised(key: str, value: str) -> str:
    """The Ingress `night`, with an annotation of its router."""
    night = ingress("night", {_KIOSK: ["Prefix / -> quote"]})
    return night.replace(
        "{name: night}", f'{{name: night, annotations: {{{_TRAEFIK}/router.{key}: "{value}"}}}}'
    )


def _desk(middleware: str = "") -> str:
    """The Ingress `desk`; with `middleware`, as the annotation names it."""
    plain = ingress("desk", {_DESK: ["Prefix / -> quote"]})
    named = f"{{name: desk, annotations: {{{_TRAEFIK}/router.middlewares: {middleware}}}}}"
    return plain.replace("{name: desk}", named) if middleware else plain


def _friends(ingress_class: str = "nginx", **annotations: str) -> str:
    """The Ingress `friends`, for the host and path of `terrace`."""
    plain = ingress("friends", {_TERRACE: ["Prefix / -> kiada"]}, ingress_class=ingress_class)
    return _annotated(plain, **annotations)


_ASKS = """\
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: {name: asks}
spec: {basicAuth: {secret: visitors}}
---
"""
_VISITORS = """\
apiVersion: v1
kind: Secret
metadata: {name: visitors}
stringData:
  users: "alice:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="
---
"""
_QUOTE = f"http://{_DESK}/quote"
_GUEST = "X-Guest"
_BY_HEADER = {"canary": "true", "canary_by_header": _GUEST, "canary_by_header_value": "friend"}

EXERCISES = (
    Exercise(
        "who-understands-it",
        _LESSON,
        "Who understands it?",
        who_understands_it,
        reference=Attempt(
            answer=("understood", "ignored", "breaks", "ignored", "ignored", "breaks")
        ),
        wrong=(
            WrongAnswer(
                "one controller's words for another",
                Attempt(
                    answer=("understood", "understood", "breaks", "ignored", "ignored", "breaks")
                ),
                "it is for another controller",
            ),
            WrongAnswer(
                "a Service's annotation on an Ingress",
                Attempt(
                    answer=("understood", "ignored", "breaks", "understood", "ignored", "breaks")
                ),
                "it belongs on a Service, not on an Ingress",
            ),
        ),
    ),
    Exercise(
        "night-goes-first",
        _LESSON,
        "Night goes first",
        leads,
        ways={f"http://{_KIOSK}/quote": "quote", f"http://{_KIOSK}/debug/request": "quote"},
        start=Attempt(
            ingress("kiosk", {_KIOSK: ["Prefix /debug -> kiada"]})
            + "---\n"
            + _prioritised("prioritty", "1000"),
            names=(_KIOSK,),
        ),
        reference=Attempt(_prioritised("priority", "1000")),
        wrong=(
            WrongAnswer(
                "the annotation taken away",
                Attempt(ingress("night", {_KIOSK: ["Prefix / -> quote"]})),
                "default/kiosk: kiosk.example.com, Prefix /debug goes first",
            ),
            WrongAnswer(
                "a priority below the rule's length",
                Attempt(_prioritised("priority", "10")),
                "default/kiosk: kiosk.example.com, Prefix /debug goes first",
            ),
        ),
    ),
    Exercise(
        "a-password-for-the-desk",
        _LESSON,
        "A password for the desk",
        Visits(
            (
                Visit(
                    "a visitor without a password",
                    _QUOTE,
                    401,
                    "Nobody asked for a password. A Middleware is asked only where an Ingress "
                    "names it.",
                ),
                Visit(
                    "a visitor with a wrong password",
                    _QUOTE,
                    401,
                    "Any password was taken. Let the Middleware ask for those in the Secret.",
                    auth=("alice", "wrong"),
                ),
                Visit(
                    "alice with her password",
                    _QUOTE,
                    "quote",
                    "Her password is refused. It stands in the Secret visitors, as a digest.",
                    auth=("alice", "secret"),
                ),
            )
        ),
        start=Attempt(_VISITORS + _desk(), names=(_DESK,)),
        reference=Attempt(_ASKS + _desk("default-asks@kubernetescrd")),
        wrong=(
            WrongAnswer(
                "a Middleware that no Ingress names",
                Attempt(_ASKS + _desk()),
                "only where an Ingress names it",
            ),
            WrongAnswer(
                "its name without the namespace",
                Attempt(_ASKS + _desk("asks@kubernetescrd")),
                'middleware "asks@kubernetescrd" does not exist',
            ),
        ),
    ),
    Exercise(
        "friends-first",
        _LESSON,
        "Friends first",
        Visits(
            (
                Visit(
                    "a friend",
                    f"http://{_TERRACE}/",
                    "kiada",
                    "Friends are not sent to kiada. A second Ingress for the same host and path "
                    'can take a part of the requests: lab.annotations("canary").',
                    headers={_GUEST: "friend"},
                ),
                Visit(
                    "a stranger",
                    f"http://{_TERRACE}/",
                    "quote",
                    "The canary takes strangers, too. Say by which header, and by which value.",
                    headers={_GUEST: "stranger"},
                ),
                Visit(
                    "anybody else",
                    f"http://{_TERRACE}/",
                    "quote",
                    "The canary takes everybody. Say by which header, and by which value.",
                ),
            )
        ),
        start=Attempt(
            ingress("terrace", {_TERRACE: ["Prefix / -> quote"]}, ingress_class="nginx"),
            apps=("traefik-nginx",),
            records={_TERRACE: "PROXY:nginx"},
        ),
        reference=Attempt(_friends(**_BY_HEADER)),
        wrong=(
            WrongAnswer(
                "a share in place of a header",
                Attempt(_friends(canary="true", canary_weight="100")),
                "The canary takes strangers, too.",
            ),
            WrongAnswer(
                "the class forgotten",
                Attempt(_friends("traefik", **_BY_HEADER)),
                "it is for another controller",
            ),
        ),
    ),
)
