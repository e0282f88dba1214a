"""`lab diagnose URL`: the first broken hop of a request, its cause, and what mends it."""

import argparse
import json

from labsupport.cli.request_arguments import add_request_arguments, request_options

HELP = "why a URL does not answer: the first broken hop, its cause, and what mends it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `lab diagnose`; those of the request are as `lab get` has them."""
    add_request_arguments(parser, timeout=5.0)


def run(args: argparse.Namespace) -> int:
    """Print the diagnosis; 0 when all is well, 1 when a hop is broken."""
    from labsupport.session.running import running_lab

    lab = running_lab()
    try:
        diagnosis = lab.diagnose(args.url, **request_options(args))
    finally:
        lab.close()
    print(json.dumps(diagnosis.to_json(), ensure_ascii=False) if args.json else diagnosis)
    return 0 if diagnosis.ok else 1
