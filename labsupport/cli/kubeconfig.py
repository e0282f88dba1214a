"""`lab kubeconfig`: where kubectl finds the lab's cluster."""

import argparse

from labsupport.base.errors import ClusterNotRunning
from labsupport.base.paths import instance

HELP = "print the path of the lab's kubeconfig, or the file itself"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `lab kubeconfig`."""
    parser.add_argument("--raw", action="store_true", help="print the file, not its path")


def run(args: argparse.Namespace) -> int:
    """Print the path: export KUBECONFIG=$(./lab kubeconfig)."""
    path = instance().kubeconfig
    if not path.exists():
        raise ClusterNotRunning(
            "this lab has no kubeconfig yet", found=f"no file {path}", remedy="./lab up"
        )
    print(path.read_text() if args.raw else path, end="" if args.raw else "\n")
    return 0
