"""`lab doctor`: what this machine can do for the lab, each gap with its remedy."""

import argparse
import dataclasses
import json

from labsupport.cli import checks

HELP = "what this machine can do, and the remedy for what it can't"

_MARKS = {"ok": "ok  ", "note": "note", "missing": "MISS"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `lab doctor`."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print every finding; 1 when the embedded lab can't run here, else 0."""
    findings = [check() for check in checks.ALL]
    missing = [finding for finding in findings if finding.status == "missing"]
    if args.json:
        rows = [dataclasses.asdict(finding) for finding in findings]
        print(json.dumps({"ok": not missing, "checks": rows}, indent=2))
        return bool(missing)
    for finding in findings:
        print(f"{_MARKS[finding.status]}  {finding.name:<18} {finding.found}")
        if finding.remedy:
            print(f"{'':25}{finding.remedy}")
    if missing:
        names = ", ".join(finding.name for finding in missing)
        print(f"\nThe embedded lab can't run here yet: {names}.")
    else:
        print("\nThe embedded lab can run here: ./lab start")
    return bool(missing)
