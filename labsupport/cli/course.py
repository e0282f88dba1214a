"""`lab test --provider NAME`: the whole course on a cluster of that provider, made for it."""

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from labsupport.base import paths
from labsupport.base.errors import LabError
from labsupport.base.progress import step
from labsupport.cli import lessons

if TYPE_CHECKING:
    from labsupport.exercises import Exercise
    from labsupport.session.lab import Lab

OPTION = "--provider"


@dataclass(frozen=True)
class Verdict:
    """What became of a lesson: its `failures` in words, its exercises solved, and the seconds."""

    lesson: str
    failures: tuple[str, ...]
    solved: int
    exercises: int
    seconds: float

    def __str__(self) -> str:
        state = "FAIL" if self.failures else "ok  "
        count = f"{self.solved} of {self.exercises} exercises"
        lines = [f"{state} {self.lesson:<34} {count:<18} {self.seconds:6.1f} s"]
        return "\n".join([*lines, *(f"     {each}" for each in self.failures)])


def is_meant(words: Sequence[str]) -> bool:
    """Whether the arguments of `lab test` ask for this."""
    return any(word == OPTION or word.startswith(f"{OPTION}=") for word in words)


def run(words: Sequence[str]) -> int:
    """Bring a cluster up, run every lesson and solve every exercise there; 1 when any failed."""
    args = _parser().parse_args(list(words))
    chosen = lessons.found(args.notebooks)
    with _own_lab(args) as lab:
        verdicts = []
        for lesson in chosen:
            verdicts.append(_verdict(lesson, lab))
            print(verdicts[-1], flush=True)
    failed = [each.lesson for each in verdicts if each.failures]
    print(f"Failed: {', '.join(failed)}." if failed else f"All {len(verdicts)} lessons passed.")
    return bool(failed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lab test", description="The course, lessons and exercises, on a cluster of its own."
    )
    parser.add_argument(OPTION, choices=("embedded", "kind"), required=True)
    parser.add_argument("--image", default="", help="kind's node image (kindest/node:VERSION)")
    parser.add_argument("--keep", action="store_true", help="leave the cluster at the end")
    parser.add_argument(
        "notebooks", nargs="*", metavar="NOTEBOOK", help="default: the whole course"
    )
    return parser


@contextmanager
def _own_lab(args: argparse.Namespace) -> Iterator["Lab"]:
    """A lab in a folder of its own, removed at the end unless `--keep`."""
    from labsupport.base.paths import Instance
    from labsupport.providers import provider
    from labsupport.providers.protocol import Wishes
    from labsupport.session.bringing_up import bring_up

    folder = Path(tempfile.mkdtemp(prefix="lab-test-"))
    home = Instance(folder / "lab")
    wishes = Wishes(image=args.image, keep=args.keep)
    callers = os.environ.get(paths.HOME_VARIABLE)
    os.environ[paths.HOME_VARIABLE] = str(home.home)  # the lessons' kernels find it by that
    try:
        lab = bring_up(home, provider_name=args.provider, wishes=wishes, progress=step)
        try:
            yield lab
        finally:
            lab.close()
    finally:
        if args.keep:
            print(f"Kept: {paths.HOME_VARIABLE}={home.home} ./lab status")
        else:
            provider("auto", home).down(step, delete=True)
            shutil.rmtree(folder)
        del os.environ[paths.HOME_VARIABLE]
        if callers is not None:
            os.environ[paths.HOME_VARIABLE] = callers


def _verdict(lesson: Path, lab: "Lab") -> Verdict:
    from labsupport.exercises import exercises

    started = time.monotonic()
    failures = []
    done = lessons.execute(lesson)
    if done.failure:
        said = done.failure.error.replace("\n", "\n         ")
        failures.append(f"cell {done.failure.cell}, {done.failure.line}: {said}")
    asked = [each for each in exercises().values() if each.lesson == lesson.stem]
    unsolved = [text for each in asked if (text := _unsolved(each, lab))]
    return Verdict(
        lesson.stem,
        (*failures, *unsolved),
        len(asked) - len(unsolved),
        len(asked),
        time.monotonic() - started,
    )


def _unsolved(exercise: "Exercise", lab: "Lab") -> str:
    """What is wrong with the exercise's own solution here; "" when it passes."""
    from labsupport.exercises import check
    from labsupport.exercises.attempts import begin, carry_out, take_away

    try:
        with redirect_stdout(None):
            begin(exercise, lab)
            try:
                carry_out(exercise.reference, lab)
                verdict = check(exercise.name, lab, *exercise.reference.answer)
            finally:
                take_away(exercise, lab)
                lab.wait_ready()
    except LabError as error:
        return f"exercise {exercise.name}: {error}".replace("\n", "\n         ")
    return "" if verdict.passed else f"exercise {exercise.name}: {verdict}"
