"""`lab bench`: the lab's figures, measured. One module a bench, each with HELP, measure(args).

A bench works in instances of its own, never in the learner's, and gives figures with a floor or a
peer measured in the same run. `figures` has their shape; `cluster` and `peers` what is measured.
"""

import argparse
import importlib
import json
import sys

from labsupport.base.errors import UsageError
from labsupport.cli.bench.figures import machine

HELP = "measure: start-up, memory, testers, rules, names, proxy"

BENCHES = ("start", "memory", "widgets", "rules", "names", "proxy")
"""The benches, by the names of their modules."""

FEWEST_RUNS = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `lab bench`."""
    parser.add_argument("name", choices=BENCHES, metavar="NAME", help=", ".join(BENCHES))
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--runs", type=int, default=FEWEST_RUNS, help="runs of each figure (5)")
    parser.add_argument(
        "--fresh", action="store_true", help="start: a clone without any cache, to JupyterLab"
    )


def run(args: argparse.Namespace) -> int:
    """Measure and print: a table, or with --json `{"bench", "machine", "results"}`."""
    if args.runs < 1:
        raise UsageError("nothing is measured in less than one run", remedy="--runs 5")
    if args.runs < FEWEST_RUNS:
        print(f"fewer than {FEWEST_RUNS} runs: a first impression only", file=sys.stderr)
    module = importlib.import_module(f"labsupport.cli.bench.{args.name}")
    figures = module.measure(args)
    if args.json:
        results = [figure.to_json() for figure in figures]
        document = {"bench": args.name, "machine": machine(), "results": results}
        print(json.dumps(document, indent=2))
        return 0
    width = max(len(figure.name) for figure in figures)
    for figure in figures:
        spread = f"{min(figure.runs):g} to {max(figure.runs):g}, {len(figure.runs)} runs"
        print(f"{figure.name:<{width}}  {figure.median:>8g} {figure.unit:<2}  ({spread})")
    return 0
