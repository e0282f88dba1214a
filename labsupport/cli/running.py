"""`lab run`: the course, executed against the running lab."""

import argparse
import sys
from pathlib import Path

from labsupport.cli import lessons

HELP = "execute the lessons against the running lab; say which fails where"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `lab run` and of `lab notebooks run`."""
    parser.add_argument(
        "notebooks", nargs="*", metavar="NOTEBOOK", help="default: the whole course"
    )
    parser.add_argument("--save", action="store_true", help="keep the outputs in the notebooks")


def run(args: argparse.Namespace) -> int:
    """Run each lesson; 1 when any failed."""
    chosen = lessons.found(args.notebooks)
    failed = 0
    for lesson in chosen:
        print(f"{_shown(lesson)} ... ", end="", flush=True)
        done = lessons.execute(lesson, save=args.save)
        if done.failure is None:
            print(f"ok ({done.seconds:.1f} s)")
            continue
        failed += 1
        print(f"failed at cell {done.failure.cell} ({done.seconds:.1f} s)")
        print(f"    {done.failure.line}")
        print("    " + done.failure.error.replace("\n", "\n    "))
    print(f"{len(chosen) - failed} of {len(chosen)} lessons ran")
    if failed:
        print("To look at one: ./lab start, then run its cells", file=sys.stderr)
    return bool(failed)


def _shown(path: Path) -> Path:
    """`path` as seen from here, where it is below."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
