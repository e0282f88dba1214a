"""`lab status`: what runs, where, and what it takes."""

import argparse
import json

from labsupport.base.errors import ClusterNotRunning
from labsupport.base.paths import instance

HELP = "what runs, at which addresses, and the memory it takes"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `lab status`."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print the status; 0 also when nothing runs."""
    from labsupport.providers import provider
    from labsupport.session.status import status_of

    chosen = provider("auto", instance())
    try:
        connection = chosen.connection()
    except ClusterNotRunning:
        status = status_of(chosen, None)
    else:
        from labsupport.session.lab import Lab

        status = Lab(chosen, connection, instance()).status()
    print(json.dumps(status.to_json(), indent=2) if args.json else status)
    return 0
