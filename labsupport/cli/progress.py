"""`lab progress`: the exercises that are done, the cases that are mended, and the next step."""

import argparse
import json
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from labsupport.base.paths import instance

if TYPE_CHECKING:
    from labsupport.exercises.progress import Standing

HELP = "which exercises are done, which cases are mended, and what comes next"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `lab progress`."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print where the learner stands; no cluster is needed."""
    from labsupport.exercises import Progress, exercises
    from labsupport.exercises.clinic import breakages

    progress = Progress(instance().progress)
    standings, cases = progress.standings(exercises()), list(breakages())
    passed = {each.exercise for each in progress.records() if each.passed}
    mended = [name for name in cases if name in passed]
    if args.json:
        clinic = {"mended": mended, "total": len(cases)}
        print(json.dumps({**_as_json(standings), "clinic": clinic}))
    else:
        names = f": {', '.join(mended)}" if mended else ""
        clinic_line = f"{len(mended)} of {len(cases)} cases of the clinic mended{names}."
        print(_as_text(standings, clinic_line))
    return 0


def next_step(standings: "Sequence[Standing]") -> str:
    """The first exercise that is left, and how to get at it."""
    following = _next(standings)
    if following is None:
        return "All exercises are done."
    exercise = following.exercise
    return (
        f"Next: {exercise.title}, in notebooks/{exercise.lesson}.ipynb\n"
        f"      ./lab check {exercise.name}"
    )


def _next(standings: "Sequence[Standing]") -> "Standing | None":
    return next((each for each in standings if not each.passed), None)


def _as_text(standings: "Sequence[Standing]", clinic: str) -> str:
    lines = []
    for lesson, group in groupby(standings, lambda each: each.exercise.lesson):
        lines += [lesson, *(_line(each) for each in group)]
    done = sum(each.passed for each in standings)
    lines += ["", f"{done} of {len(standings)} exercises done.", clinic, next_step(standings)]
    return "\n".join(lines)


def _line(standing: "Standing") -> str:
    sign = "✓" if standing.passed else "·"
    tries = f"{standing.tries} {'try' if standing.tries == 1 else 'tries'}"
    return f"  {sign} {standing.exercise.name:<24} {tries if standing.tries else ''}".rstrip()


def _as_json(standings: "Sequence[Standing]") -> dict[str, object]:
    following = _next(standings)
    return {
        "done": sum(each.passed for each in standings),
        "total": len(standings),
        "next": following and following.exercise.name,
        "exercises": [
            {
                "name": each.exercise.name,
                "lesson": each.exercise.lesson,
                "title": each.exercise.title,
                "passed": each.passed,
                "passedAt": each.passed_at or None,
                "tries": each.tries,
            }
            for each in standings
        ],
    }
