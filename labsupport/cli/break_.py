"""`lab break NAME`: break something in the running lab, to find and mend it."""

import argparse
import json
from typing import TYPE_CHECKING

from labsupport.base.errors import UsageError

if TYPE_CHECKING:
    from labsupport.exercises.clinic import Breakage
    from labsupport.session import Lab

HELP = "break something, to find and mend it: prints what a user complains of, not the cause"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `lab break`."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument("name", nargs="?", metavar="NAME", help="for example bakery")
    which.add_argument("--random", action="store_true", help="one that you have not mended yet")
    which.add_argument("--list", action="store_true", help="list them by their complaints")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Print the complaint; without a name, the list of all."""
    from labsupport.exercises.clinic import break_down, breakage, breakages
    from labsupport.session.running import running_lab

    if not (args.name or args.random):
        found = list(breakages().values())
        if args.json:
            print(json.dumps([each.to_json() for each in found], ensure_ascii=False))
        else:
            print("\n".join(_lines(found)))
        return 0
    if args.name:
        breakage(args.name)  # its name is wrong whether the lab runs or not
    lab = running_lab()
    complaint = break_down(args.name or _any(lab), lab)
    print(json.dumps(complaint.breakage.to_json(), ensure_ascii=False) if args.json else complaint)
    return 0


def _lines(found: "list[Breakage]") -> list[str]:
    """The complaints, those of a level together."""
    lines: list[str] = []
    for level in dict.fromkeys(each.level for each in found):
        lines.append(f"{level} level")
        lines += [f"  {each.name:<12} {each.complaint}" for each in found if each.level == level]
    return [*lines, "", "Break one: ./lab break NAME   or: ./lab break --random"]


def _any(lab: "Lab") -> str:
    """A breakage that can be broken now: one not mended yet, as long as there is any."""
    import secrets

    from labsupport.exercises import Progress
    from labsupport.exercises.clinic import breakage, breakages, broken

    now = broken(lab)
    alone = any(breakage(name).alone for name in now)
    free = [
        each.name
        for each in breakages().values()
        if each.name not in now and not alone and not (now and each.alone)
    ]
    if not free:
        raise UsageError(
            "nothing more can be broken now",
            found=f"broken: {', '.join(now)}",
            remedy="./lab heal --all",
        )
    done = {each.exercise for each in Progress(lab.instance.progress).records() if each.passed}
    return secrets.choice([name for name in free if name not in done] or free)
