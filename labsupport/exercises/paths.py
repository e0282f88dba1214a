"""Exercises of the lesson 'Match paths: Exact, Prefix, and what lies between'."""

from labsupport.exercises.exercise import NOBODY, Attempt, Exercise, WrongAnswer
from labsupport.exercises.manifest import ingress
from labsupport.exercises.reach import leads

_LESSON = "04-paths-and-path-types"
_EXAM, _SLASH, _SITE, _FRONT = (
    f"{name}.example.com" for name in ("exam", "slash", "site", "front")
)
_ALL_OF_SITE = ("Prefix / -> kiada", "Prefix /questions -> quiz", "Prefix /quote -> quote")

EXERCISES = (
    Exercise(
        "one-page-only",
        _LESSON,
        "One page only",
        leads,
        ways={
            f"http://{_EXAM}/questions/0": "quiz",
            f"http://{_EXAM}/questions/1": NOBODY,
            f"http://{_EXAM}/questions/0/": NOBODY,
        },
        start=Attempt(names=(_EXAM,)),
        reference=Attempt(ingress("exam", {_EXAM: ["Exact /questions/0 -> quiz"]})),
        wrong=(
            WrongAnswer(
                "Prefix for the folder",
                Attempt(ingress("exam", {_EXAM: ["Prefix /questions -> quiz"]})),
                "/questions/1 begins with the elements of /questions",
            ),
            WrongAnswer(
                "Prefix for the page",
                Attempt(ingress("exam", {_EXAM: ["Prefix /questions/0 -> quiz"]})),
                "/questions/0/ begins with the elements of /questions/0",
            ),
        ),
    ),
    Exercise(
        "mend-the-path",
        _LESSON,
        "Mend the path",
        leads,
        ways={
            f"http://{_SLASH}/questions": "quiz",
            f"http://{_SLASH}/questions/0": "quiz",
            f"http://{_SLASH}/questionnaire": NOBODY,
        },
        start=Attempt(ingress("slash", {_SLASH: ["Exact /questions/ -> quiz"]}), names=(_SLASH,)),
        reference=Attempt(ingress("slash", {_SLASH: ["Prefix /questions -> quiz"]})),
        wrong=(
            WrongAnswer(
                "only the slash taken away",
                Attempt(ingress("slash", {_SLASH: ["Exact /questions -> quiz"]})),
                "Exact takes /questions only",
            ),
            WrongAnswer(
                "everything to quiz",
                Attempt(ingress("slash", {_SLASH: ["Prefix / -> quiz"]})),
                "/ is a prefix of every path",
            ),
        ),
    ),
    Exercise(
        "three-apps-one-site",
        _LESSON,
        "Three apps, one site",
        leads,
        ways={
            f"http://{_SITE}/": "kiada",
            f"http://{_SITE}/debug/request": "kiada",
            f"http://{_SITE}/questions/0": "quiz",
            f"http://{_SITE}/quote": "quote",
        },
        start=Attempt(ingress("site", {_SITE: _ALL_OF_SITE[:1]}), names=(_SITE,)),
        reference=Attempt(ingress("site", {_SITE: _ALL_OF_SITE})),
        wrong=(
            WrongAnswer(
                "Exact for the folder of questions",
                Attempt(
                    ingress(
                        "site",
                        {_SITE: (_ALL_OF_SITE[0], "Exact /questions -> quiz", _ALL_OF_SITE[2])},
                    )
                ),
                "Exact takes /questions only, not /questions/0",
            ),
            WrongAnswer(
                "the front page by Exact",
                Attempt(ingress("site", {_SITE: ("Exact / -> kiada", *_ALL_OF_SITE[1:])})),
                "Exact takes / only, not /debug/request",
            ),
        ),
    ),
    Exercise(
        "a-front-page-that-shows",
        _LESSON,
        "A front page that shows",
        leads,
        ways={f"http://{_FRONT}/": "kiada", f"http://{_FRONT}/questions/0": "quiz"},
        start=Attempt(
            ingress("front", {_FRONT: ["Exact / -> kiada", "Prefix / -> quiz"]}), names=(_FRONT,)
        ),
        reference=Attempt(
            ingress("front", {_FRONT: ["Exact / -> kiada", "Prefix /questions -> quiz"]})
        ),
        wrong=(
            WrongAnswer(
                "the order of the paths changed",
                Attempt(ingress("front", {_FRONT: ["Prefix / -> quiz", "Exact / -> kiada"]})),
                "Word it so that both agree.",
            ),
            WrongAnswer(
                "everything to kiada",
                Attempt(ingress("front", {_FRONT: ["Prefix / -> kiada"]})),
                "let this one name the Service quiz",
            ),
        ),
    ),
)
