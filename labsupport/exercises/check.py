"""Checking an exercise, or a breakage, by its name; every check is kept in the progress."""

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from types import MappingProxyType

from labsupport.base.errors import StorageError, UsageError
from labsupport.exercises.capstone import TASK_NAMES
from labsupport.exercises.clinic import is_breakage, mended
from labsupport.exercises.exam_notes import ExamNotes
from labsupport.exercises.exercise import Exercise
from labsupport.exercises.progress import Progress
from labsupport.exercises.verdict import Verdict
from labsupport.session import Lab

_LESSONS = (
    "welcome",
    "why_ingress",
    "first_ingress",
    "names",
    "paths",
    "hosts",
    "tls",
    "reencryption",
    "balancing",
    "annotations",
    "classes",
    "own_controller",
    "gateway",
    "pedal",
)
"""The modules that hold each lesson's `EXERCISES`, in the order of the course."""


@cache
def exercises() -> Mapping[str, Exercise]:
    """The exercises there are by name, in the order of the course."""
    modules = (import_module(f"labsupport.exercises.{lesson}") for lesson in _LESSONS)
    return MappingProxyType({each.name: each for module in modules for each in module.EXERCISES})


def exercise(name: str) -> Exercise:
    """The exercise called `name`; UsageError names the nearest when there is none."""
    known = exercises()
    if name not in known:
        nearest = get_close_matches(name, known, 1, 0)[0]
        raise UsageError(
            f'there is no exercise "{name}"',
            found=f"the nearest is {nearest}",
            remedy=f'check("{nearest}", lab), or in a terminal: ./lab check {nearest}',
        )
    return known[name]


def check(name: str, lab: Lab, *answer: object) -> Verdict:
    """Check the exercise `name` on `lab`, with the learner's `answer` where one is asked for.

    So also with a breakage of the clinic. While an exam runs, its tasks get no hints.
    """
    verdict = mended(name, lab) if is_breakage(name) else exercise(name).verdict(lab, *answer)
    if name in TASK_NAMES and ExamNotes(lab.instance).running():
        verdict = verdict.withheld()
    try:
        Progress(lab.instance.progress).add(verdict)
    except StorageError as error:  # the learner still wants to know
        return replace(verdict, note=f"not kept in your progress: {error.what}: {error.found}")
    return verdict
