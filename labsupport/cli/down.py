"""`lab down`: stop the cluster with all of its processes."""

import argparse

from labsupport.base.paths import instance
from labsupport.base.progress import step

HELP = "stop the cluster; its objects are kept"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `lab down`."""
    parser.add_argument(
        "--delete", action="store_true", help="forget the cluster's objects, names and keys too"
    )


def run(args: argparse.Namespace) -> int:
    """Stop what runs; say what was done."""
    from labsupport.providers import provider

    with step("stopping the cluster"):
        ran = provider("auto", instance()).down(delete=args.delete)
    said = "The cluster is stopped." if ran else "No cluster was running."
    kept = "Its state is deleted." if args.delete else "Start it again with its objects: ./lab up"
    print(f"{said} {kept}")
    return 0
