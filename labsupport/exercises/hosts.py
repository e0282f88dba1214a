"""Exercises of the lesson 'Match hosts, and know which rule goes first'."""

from dataclasses import replace
from difflib import SequenceMatcher

from labsupport.exercises.exercise import NOBODY, Attempt, Exercise, WrongAnswer
from labsupport.exercises.manifest import ingress
from labsupport.exercises.reach import leads
from labsupport.exercises.reasons import nearness
from labsupport.exercises.verdict import Verdict
from labsupport.kube.manifests import objects
from labsupport.rules.ingress import Decision, Request, decide
from labsupport.rules.ingress.route import default_backend
from labsupport.session import Lab

_LESSON = "05-hosts-and-precedence"
_BLOGS, _SHOPS, _TEAMS, _LOST = (
    f"{name}.example.com" for name in ("blogs", "shops", "teams", "lost")
)
_EVERY_SHOP = ingress("shops", {f"*.{_SHOPS}": ["Prefix / -> kiada"]})
_EVERY_TEAM, _KIADA_TEAM = "Prefix /debug/request -> quote", "Prefix / -> kiada"
_FOUND = {f"found.{_LOST}": ["Prefix /questions -> quiz"]}

QUESTIONED = ingress(
    "questioned",
    {
        "*.example.org": ["Prefix /quote -> quote", "Prefix / -> kiada"],
        "quiz.example.org": ["Prefix / -> quiz", "Exact /quote -> quote"],
    },
)
QUESTIONS = (
    "http://quiz.example.org/quote",
    "http://quiz.example.org/quote/2",
    "http://blog.example.org/quote/2",
    "http://example.org/quote",
)
"""What `who-goes-first` asks about, in the order of the answers."""


def leads_the_lost(exercise: Exercise, lab: Lab, /, *answer: object) -> Verdict:
    """As `leads`; but while nobody takes the lost, the nearest rule is not what to look at."""
    verdict = leads(exercise, lab, *answer)
    caught = any(default_backend(each) for each in lab.objects("ingresses", namespace=None))
    if verdict.passed or caught or "/quote" not in verdict.got:
        return verdict
    return replace(
        verdict,
        look="what an Ingress can say beside rules: spec.defaultBackend",
        hint="No rule can name every host, and no Ingress has a default backend yet.",
    )


def who_goes_first(exercise: Exercise, lab: Lab, /, *answer: object) -> Verdict:
    """The app that takes each of the `QUESTIONS` by Kubernetes' words; "nobody" is an app here."""
    expected = "for each URL the app that takes it, or 'nobody'"
    look = "the order of precedence in the lesson, and the rules in the exercise"
    told = dict(zip(QUESTIONS, answer, strict=False))
    got = ", ".join(str(each) for each in answer) or "no answer yet"
    if len(answer) != len(QUESTIONS) or None in answer:
        count = f"There are {len(QUESTIONS)} URLs. Put kiada, quiz, quote or nobody for each."
        return Verdict(exercise.name, expected, got, look, count)
    for url, app in told.items():
        decision = decide(Request.from_url(url), objects(QUESTIONED))
        if app != _taker(decision):
            return Verdict(exercise.name, expected, got, look, f"{url}: {_why_not(decision, app)}.")
    return Verdict(exercise.name, expected, got)


def _taker(decision: Decision) -> str:
    return decision.backend.service if decision.backend else "nobody"


def _why_not(decision: Decision, app: object) -> str:
    """Why the app that was named does not take it, without naming the one that does."""
    if app == "nobody":
        return "somebody takes it: look for a host that fits, then for a path"
    rules = [
        each
        for each in decision.candidates
        if each.route.backend and each.route.backend.service == app
    ]
    if not rules:
        return f"there is no app called {app}"
    host = decision.request.host
    nearest = min(rules, key=lambda each: (nearness(each), -_likeness(each.route.host, host)))
    return f"not {app}: {nearest.reason}"


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()


EXERCISES = (
    Exercise(
        "who-goes-first",
        _LESSON,
        "Who goes first?",
        who_goes_first,
        reference=Attempt(answer=("quote", "quiz", "quote", "nobody")),
        wrong=(
            WrongAnswer(
                "the longest path, whatever the host",
                Attempt(answer=("quote", "quote", "quote", "nobody")),
                "its host is more specific",
            ),
            WrongAnswer(
                "a wildcard for no label",
                Attempt(answer=("quote", "quiz", "quote", "quote")),
                "needs one label in place of the *",
            ),
        ),
    ),
    Exercise(
        "a-host-for-every-blog",
        _LESSON,
        "A host for every blog",
        leads,
        ways={
            f"http://anna.{_BLOGS}/": "kiada",
            f"http://zoe.{_BLOGS}/": "kiada",
            f"http://{_BLOGS}/quote": "quote",
            f"http://old.anna.{_BLOGS}/": NOBODY,
        },
        start=Attempt(names=(_BLOGS, f"*.{_BLOGS}")),
        reference=Attempt(
            ingress("blogs", {f"*.{_BLOGS}": ["Prefix / -> kiada"], _BLOGS: ["Prefix / -> quote"]})
        ),
        wrong=(
            WrongAnswer(
                "the wildcard alone",
                Attempt(ingress("blogs", {f"*.{_BLOGS}": ["Prefix / -> kiada"]})),
                "needs one label in place of the *",
            ),
            WrongAnswer(
                "a rule without a host",
                Attempt(
                    ingress("blogs", {"": ["Prefix / -> kiada"], _BLOGS: ["Prefix / -> quote"]})
                ),
                "the rule names no host, so it takes every host",
            ),
        ),
    ),
    Exercise(
        "one-shop-apart",
        _LESSON,
        "One shop apart",
        leads,
        ways={
            f"http://quiz.{_SHOPS}/": "quiz",
            f"http://quiz.{_SHOPS}/questions/0": "quiz",
            f"http://tea.{_SHOPS}/": "kiada",
        },
        start=Attempt(_EVERY_SHOP, names=(f"*.{_SHOPS}",)),
        reference=Attempt(ingress("quiz-shop", {f"quiz.{_SHOPS}": ["Prefix / -> quiz"]})),
        wrong=(
            WrongAnswer(
                "a path in place of a host",
                Attempt(
                    ingress(
                        "shops",
                        {f"*.{_SHOPS}": ["Prefix / -> kiada", "Prefix /questions -> quiz"]},
                    )
                ),
                "/ does not begin with /questions",
            ),
            WrongAnswer(
                "a letter missing in the host",
                Attempt(ingress("quiz-shop", {"quiz.shop.example.com": ["Prefix / -> quiz"]})),
                "That rule is for the host quiz.shop.example.com",
            ),
        ),
    ),
    Exercise(
        "the-host-that-loses",
        _LESSON,
        "The host that loses",
        leads,
        ways={
            f"http://kiada.{_TEAMS}/debug/request": "kiada",
            f"http://anna.{_TEAMS}/debug/request": "quote",
        },
        start=Attempt(
            ingress("teams", {f"*.{_TEAMS}": [_EVERY_TEAM], f"kiada.{_TEAMS}": [_KIADA_TEAM]}),
            names=(f"*.{_TEAMS}",),
        ),
        reference=Attempt(
            ingress(
                "teams",
                {
                    f"*.{_TEAMS}": [_EVERY_TEAM],
                    f"kiada.{_TEAMS}": [_KIADA_TEAM, "Prefix /debug/request -> kiada"],
                },
            )
        ),
        wrong=(
            WrongAnswer(
                "the order of the rules changed",
                Attempt(
                    ingress(
                        "teams", {f"kiada.{_TEAMS}": [_KIADA_TEAM], f"*.{_TEAMS}": [_EVERY_TEAM]}
                    )
                ),
                "Word it so that both agree.",
            ),
            WrongAnswer(
                "the wildcard taken away",
                Attempt(ingress("teams", {f"kiada.{_TEAMS}": [_KIADA_TEAM]})),
                f"No Ingress names the host anna.{_TEAMS}",
            ),
        ),
    ),
    Exercise(
        "a-page-for-the-lost",
        _LESSON,
        "A page for the lost",
        leads_the_lost,
        ways={
            f"http://found.{_LOST}/questions/0": "quiz",
            f"http://found.{_LOST}/quote": "quote",
            f"http://nowhere.{_LOST}/quote": "quote",
        },
        start=Attempt(ingress("found", _FOUND), names=(f"*.{_LOST}",)),
        reference=Attempt(ingress("lost", {}, default="quote")),
        wrong=(
            WrongAnswer(
                "beside the rules",
                Attempt(ingress("found", _FOUND, default="quote")),
                "only in an Ingress without rules",
            ),
            WrongAnswer(
                "the port of the pod",
                Attempt(ingress("lost", {}, default="quote:8080")),
                "has no port 8080; its ports: 80 (http)",
            ),
        ),
    ),
)
