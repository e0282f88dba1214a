"""Exercises of the lesson 'Put many services behind one address'."""

from labsupport.exercises.exercise import Attempt, Exercise, WrongAnswer
from labsupport.exercises.manifest import ingress
from labsupport.exercises.reach import leads
from labsupport.exercises.verdict import Verdict
from labsupport.session import Lab

_LESSON = "01-why-ingress"
_APPS = 50
_HOST = "apps.example.org"
_QUOTE, _QUIZ = "Prefix /quote -> quote", "Prefix /questions -> quiz"


def count_the_addresses(
    exercise: Exercise,
    lab: Lab,
    /,
    *answer: object,
) -> Verdict:
    """50 apps need 50 load balancers, or one Ingress with one address."""
    with_load_balancers, with_one_ingress = (*answer, None, None)[:2]
    expected = "the number of addresses for 50 apps, either way"
    got = f"{with_load_balancers!r} with load balancers, {with_one_ingress!r} with one Ingress"
    if (with_load_balancers, with_one_ingress) == (_APPS, 1):
        return Verdict(exercise.name, expected, got)
    return Verdict(
        exercise.name,
        expected,
        got,
        look="the two counts of addresses that you printed for three apps",
        hint=_hint(with_load_balancers, with_one_ingress),
    )


def _hint(with_load_balancers: object, with_one_ingress: object) -> str:
    if with_load_balancers is None or with_one_ingress is None:
        return "Put a number in place of each None."
    if not all(isinstance(each, int) for each in (with_load_balancers, with_one_ingress)):
        return "Write numbers, without quotes around them."
    if with_load_balancers != _APPS:
        return "Each Service of type LoadBalancer takes an address of its own."
    return "All names lead to the proxy, and the proxy has one address."


EXERCISES = (
    Exercise(
        "one-name-two-apps",
        _LESSON,
        "One name, two apps",
        leads,
        ways={f"http://{_HOST}/quote": "quote", f"http://{_HOST}/questions/0": "quiz"},
        start=Attempt(ingress("by-path", {_HOST: [_QUOTE]}), names=(_HOST,)),
        reference=Attempt(ingress("by-path", {_HOST: [_QUOTE, _QUIZ]})),
        wrong=(
            WrongAnswer(
                "the wrong Service",
                Attempt(ingress("by-path", {_HOST: ["Prefix / -> quote"]})),
                "let this one name the Service quiz",
            ),
            WrongAnswer(
                "the path of another page",
                Attempt(ingress("by-path", {_HOST: [_QUOTE, "Prefix /quiz -> quiz"]})),
                "/questions/0 does not begin with /qu",
            ),
        ),
    ),
    Exercise(
        "count-the-addresses",
        _LESSON,
        "Do the numbers",
        count_the_addresses,
        reference=Attempt(answer=(_APPS, 1)),
        wrong=(
            WrongAnswer(
                "one load balancer for all", Attempt(answer=(1, 1)), "takes an address of its own"
            ),
            WrongAnswer(
                "an address for each name", Attempt(answer=(50, 50)), "the proxy has one address"
            ),
        ),
    ),
)
