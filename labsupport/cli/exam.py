"""`lab exam ...`: the capstone as a timed exam."""

import argparse
import json
from typing import TYPE_CHECKING

from labsupport.base.paths import instance

if TYPE_CHECKING:
    from labsupport.base.types import Json

HELP = "the capstone as a timed exam: start, status, grade, submit, results"

_DEFAULT_MINUTES = 60


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `lab exam` and of each of its actions."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    start = actions.add_parser(
        "start",
        help="set the tasks up from their starts; the clock begins",
        description="What you built for these tasks before is taken away; then the clock begins.",
    )
    start.add_argument("--minutes", type=int, default=_DEFAULT_MINUTES, metavar="N", help="(60)")
    start.add_argument("--name", default="", help="yours, for whoever collects the results")
    start.add_argument(
        "--again", action="store_true", help="although one was started; its result is kept"
    )
    words = {
        "status": "the time left, and the tasks",
        "grade": "the points so far; the exam goes on",
        "submit": "the points, as the final result; the exam ends",
        "results": "every result kept here",
    }
    others = [actions.add_parser(name, help=words[name]) for name in words]
    for action in (start, *others):
        action.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Do what the action says."""
    from labsupport.exercises import exam
    from labsupport.session.running import running_lab

    if args.action == "results":
        return _results(as_json=args.json)
    if args.action == "status":
        done: exam.ExamStatus | exam.Result = exam.status(instance())
    elif args.action == "start":
        lab = running_lab()
        done = exam.start(lab, minutes=args.minutes, name=args.name, again=args.again)
    else:
        act = exam.grade if args.action == "grade" else exam.submit
        done = act(running_lab())
    print(json.dumps(done.to_json(), ensure_ascii=False) if args.json else done)
    return 0


def _results(*, as_json: bool) -> int:
    """Print the results; 1 when lines of the file can't be read."""
    from labsupport.exercises.exam_notes import ExamNotes

    notes = ExamNotes(instance())
    found, torn = notes.results()
    if as_json:
        print(json.dumps({"results": found, "unreadableLines": torn}, ensure_ascii=False))
    else:
        print("\n".join(map(_line, found)) or "No result is kept here.")
        for number in torn:
            print(f"line {number} of {notes.results_path} can't be read; it is left as it is")
    return 1 if torn else 0


def _line(result: "Json") -> str:
    from labsupport.exercises.sitting import lasting

    late = f", late by {lasting(int(result.get('late', 0)))}" if result.get("late") else ""
    kind = "final" if result.get("final") else "in between"
    who = result.get("name") or "no name"
    return f"{result.get('time')}  {result['points']:>3} of {result['of']}  {kind}{late}  {who}"
