"""`lab check`: an exercise, checked against the running lab, and what comes next."""

import argparse
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labsupport.exercises import Exercise

HELP = "check an exercise against the running lab; without a name, list them"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `lab check`."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="for example two-pods")
    parser.add_argument(
        "answer", nargs="*", metavar="ANSWER", help="your answers, where the exercise asks for any"
    )
    parser.add_argument("--start", action="store_true", help="set the exercise up from its start")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print the verdict; 1 while something is left to do."""
    from labsupport.exercises import Progress, check, exercise, exercises
    from labsupport.exercises.attempts import begin
    from labsupport.session.running import running_lab

    if args.name is None:
        print("\n".join(_line(each) for each in exercises().values()))
        return 0
    wanted = exercise(args.name)
    lab = running_lab()
    if args.start:
        begin(wanted, lab)
        return 0
    verdict = check(wanted.name, lab, *map(_value, args.answer))
    if args.json:
        print(json.dumps(verdict.to_json(), ensure_ascii=False))
    else:
        print(verdict)
        if verdict.passed:
            from labsupport.cli.progress import next_step

            print("\n" + next_step(Progress(lab.instance.progress).standings(exercises())))
    return not verdict.passed


def _line(exercise: "Exercise") -> str:
    return f"{exercise.name:<24} {exercise.title} (notebooks/{exercise.lesson}.ipynb)"


def _value(word: str) -> object:
    """An answer as it was meant: a number where it is one."""
    return int(word) if word.lstrip("-").isdecimal() else word
