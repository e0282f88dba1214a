"""`lab diagnose URL`: the first broken hop of a request, its cause, and what mends it."""

import argparse
import json

from labsupport.cli.get import header, resolved_names

HELP = "why a URL does not answer: the first broken hop, its cause, and what mends it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `lab diagnose`; those of the request are as `lab get` has them."""
    parser.add_argument("url", help="for example http://kiada.example.com/")
    parser.add_argument(
        "-H", "--header", action="append", default=[], metavar="'NAME: VALUE'", help="send a header"
    )
    parser.add_argument(
        "--resolve",
        action="append",
        default=[],
        metavar="[HOST:[PORT:]]ADDRESS",
        help="go to this address, and ask nobody for the name",
    )
    parser.add_argument("--sni", metavar="NAME", help="ask for another name in the TLS handshake")
    parser.add_argument(
        "--no-sni", dest="sni", action="store_const", const="", help="ask for no name there"
    )
    parser.add_argument(
        "-k", "--insecure", action="store_true", help="accept any certificate (https)"
    )
    parser.add_argument("--cacert", metavar="FILE", help="believe this CA, not the lab's")
    parser.add_argument("--timeout", type=float, default=5.0, metavar="SECONDS")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print the diagnosis; 0 when all is well, 1 when a hop is broken."""
    from labsupport.session.running import running_lab

    lab = running_lab()
    try:
        diagnosis = lab.diagnose(
            args.url,
            headers=dict(header(text) for text in args.header),
            resolve=resolved_names(args.resolve),
            sni=args.sni,
            verify=args.cacert or not args.insecure,
            timeout=args.timeout,
        )
    finally:
        lab.close()
    print(json.dumps(diagnosis.to_json(), ensure_ascii=False) if args.json else diagnosis)
    return 0 if diagnosis.ok else 1
