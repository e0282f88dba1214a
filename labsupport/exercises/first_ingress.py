"""Exercises of the lesson 'Route your first request with an Ingress'."""

from labsupport.exercises.exercise import Attempt, Exercise, WrongAnswer
from labsupport.exercises.manifest import ingress
from labsupport.exercises.reach import leads

_LESSON = "02-first-ingress"
_QUIZ, _BROKEN = "quiz.example.com", "broken.example.com"

EXERCISES = (
    Exercise(
        "your-own-ingress",
        _LESSON,
        "Your own Ingress",
        leads,
        ways={f"http://{_QUIZ}/questions/0": "quiz"},
        reference=Attempt(ingress("quiz", {_QUIZ: ["Prefix / -> quiz"]}), names=(_QUIZ,)),
        wrong=(
            WrongAnswer(
                "no name for it",
                Attempt(ingress("quiz", {_QUIZ: ["Prefix / -> quiz"]})),
                "An Ingress makes no names.",
            ),
            WrongAnswer(
                "a class that nobody serves",
                Attempt(
                    ingress("quiz", {_QUIZ: ["Prefix / -> quiz"]}, ingress_class="haproxy"),
                    names=(_QUIZ,),
                ),
                "names the class haproxy, which does not exist",
            ),
        ),
    ),
    Exercise(
        "mend-the-backend",
        _LESSON,
        "Mend a broken one",
        leads,
        ways={f"http://{_BROKEN}/quote": "quote"},
        start=Attempt(ingress("broken", {_BROKEN: ["Prefix / -> quote:8080"]}), names=(_BROKEN,)),
        reference=Attempt(ingress("broken", {_BROKEN: ["Prefix / -> quote"]})),
        wrong=(
            WrongAnswer(
                "the port of another app",
                Attempt(ingress("broken", {_BROKEN: ["Prefix / -> quote:3000"]})),
                "has no port 3000; its ports: 80 (http)",
            ),
            WrongAnswer(
                "a Service that is not there",
                Attempt(ingress("broken", {_BROKEN: ["Prefix / -> quotes"]})),
                "default/quotes does not exist",
            ),
        ),
    ),
)
