"""Exercises of the lesson 'Meet your lab'."""

import contextlib

from labsupport.base.errors import WaitTimeout
from labsupport.exercises.exercise import Attempt, Exercise, WrongAnswer
from labsupport.exercises.verdict import Verdict
from labsupport.kube.wait import until_nothing_missing
from labsupport.session import Lab

_URL = "http://kiada.example.com/debug/request"
_WANTED = 2
_SETTLE_SECONDS = 15.0


def two_pods(exercise: Exercise, lab: Lab, /, *answer: object) -> Verdict:
    """The Deployment kiada asks for two pods, and just two answer."""
    expected = f"the Deployment kiada asks for {_WANTED} pods, and both answer"
    asked = lab.object("deployments", "kiada")["spec"]["replicas"]
    if asked != _WANTED:
        place = "spec.replicas of the Deployment kiada"
        return Verdict(exercise.name, expected, f"it asks for {asked}", place, _hint(asked))
    answering = _answering(lab)
    got = f"it asks for {asked}, and {answering} answer"
    if answering != _WANTED:
        again = "The cluster is still at work. Check once more."
        return Verdict(exercise.name, expected, got, 'the pods: lab.table("pods")', again)
    return Verdict(exercise.name, expected, got)


def _hint(asked: int) -> str:
    if asked == 0:
        return "With no pod at all nobody answers. Put 2 there."
    return f"Put {_WANTED} in place of {asked} in the first line, and run the cell again."


def _answering(lab: Lab) -> int:
    """How many pods answer, once the number has settled or time is up."""
    counts: list[int] = []

    def lacks() -> list[str]:
        counts.append(len(lab.tally(_URL, 6).by_pod))
        return [] if counts[-1] == _WANTED else [f"{counts[-1]} pods answer"]

    with contextlib.suppress(WaitTimeout):  # the last count is the finding
        until_nothing_missing(lacks, what="two pods to answer", timeout=_SETTLE_SECONDS)
    return counts[-1]


EXERCISES = (
    Exercise(
        "two-pods",
        "00-welcome",
        "Two pods are enough",
        two_pods,
        start=Attempt(replicas={"kiada": 3}),
        reference=Attempt(replicas={"kiada": 2}),
        wrong=(
            WrongAnswer("one too few", Attempt(replicas={"kiada": 1}), "Put 2 in place of 1"),
            WrongAnswer("none at all", Attempt(replicas={"kiada": 0}), "nobody answers"),
        ),
    ),
)
