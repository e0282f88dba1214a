"""`lab check`: an exercise or a breakage, checked against the running lab, and what is next."""

import argparse
import json
from typing import TYPE_CHECKING

from labsupport.base.errors import UsageError

if TYPE_CHECKING:
    from labsupport.exercises import Exercise

HELP = "check an exercise or a breakage; without a name, list the exercises"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `lab check`."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="for example two-pods or bakery")
    parser.add_argument(
        "answer", nargs="*", metavar="ANSWER", help="your answers, where the exercise asks for any"
    )
    parser.add_argument("--start", action="store_true", help="set the exercise up from its start")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print the verdict; 1 while something is left to do."""
    from labsupport.exercises import Progress, check, exercise, exercises
    from labsupport.exercises.attempts import begin
    from labsupport.exercises.clinic import is_breakage
    from labsupport.session.running import running_lab

    if args.name is None:
        print("\n".join(_line(each) for each in exercises().values()))
        return 0
    broken_on_purpose = is_breakage(args.name)
    if args.start and broken_on_purpose:
        raise UsageError(f"{args.name} is a breakage", remedy=f"./lab break {args.name}")
    wanted = None if broken_on_purpose else exercise(args.name)
    lab = running_lab()
    if args.start and wanted:
        begin(wanted, lab)
        return 0
    verdict = check(args.name, lab, *map(_value, args.answer))
    if args.json:
        print(json.dumps(verdict.to_json(), ensure_ascii=False))
    else:
        print(verdict)
        if verdict.passed and broken_on_purpose:
            print(f"\nWhen you have seen enough of it: ./lab heal {verdict.exercise}")
        elif verdict.passed:
            from labsupport.cli.progress import next_step

            print("\n" + next_step(Progress(lab.instance.progress).standings(exercises())))
    return not verdict.passed


def _line(exercise: "Exercise") -> str:
    return f"{exercise.name:<24} {exercise.title} (notebooks/{exercise.lesson}.ipynb)"


def _value(word: str) -> object:
    """An answer as it was meant: a number where it is one."""
    return int(word) if word.lstrip("-").isdecimal() else word
