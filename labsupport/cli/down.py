"""`lab down`: stop the cluster with all of its processes."""

import argparse

from labsupport.base.paths import instance
from labsupport.base.progress import step

HELP = "stop what the lab runs; its objects are kept"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `lab down`."""
    parser.add_argument(
        "--delete", action="store_true", help="forget the cluster's objects, names and keys too"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="with --delete: only say what would be removed"
    )


def run(args: argparse.Namespace) -> int:
    """Stop what runs; say what was done."""
    from labsupport.providers import provider

    chosen = provider("auto", instance())
    if args.dry_run:
        found = chosen.belongings() if args.delete else []
        print("\n".join(["Would be removed:", *found]) if found else "Nothing would be removed.")
        return 0
    words = chosen.farewell
    ran = chosen.down(step, delete=args.delete)
    print(words.ended if ran else words.idle, words.deleted if args.delete else words.kept)
    return 0
