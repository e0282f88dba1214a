"""`lab conformance`: the scenarios of the Ingress conformance suite, on live controllers."""

import argparse
import json
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labsupport.session.conformance import Report

HELP = "ask live controllers the 30 conformance scenarios; say why one departs"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `lab conformance`."""
    parser.add_argument(
        "--controller",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME",
        help="default: traefik traefik-default traefik-nginx lab-controller; "
        "what is not installed is installed for the time being",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print the table and the reasons; 0 whatever the results are, as they are no fault."""
    from labsupport.base.progress import step
    from labsupport.session.conformance import Report, known_names, results_of
    from labsupport.session.running import running_lab

    names = known_names(args.controller)
    lab = running_lab()
    report = Report()
    try:
        for name in names:
            report.begin(name)
            with step(f"the scenarios on {name}"), closing(results_of(lab, name)) as results:
                for result in results:
                    report.add(name, result)
    finally:
        lab.close()
    print(json.dumps(report.to_json(), ensure_ascii=False) if args.json else _told(report))
    return 0


def _told(report: "Report") -> str:
    reasons = [report.why(each.scenario.name, name) for name, each in report.departures()]
    return "\n\n".join([str(report), *reasons])
