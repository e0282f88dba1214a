"""`lab get URL`: a request as the learner's computer makes it, and the way it took."""

import argparse
import json

from labsupport.base.errors import UsageError

HELP = "request a URL by the lab's names; print the status, the way and the body"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `lab get`."""
    parser.add_argument("url", help="for example http://kiada.example.com/")
    parser.add_argument(
        "-H", "--header", action="append", default=[], metavar="'NAME: VALUE'", help="send a header"
    )
    parser.add_argument("-X", "--method", default="GET", help="the HTTP method (GET)")
    parser.add_argument(
        "-k", "--insecure", action="store_true", help="accept any certificate (https)"
    )
    parser.add_argument("--timeout", type=float, default=10.0, metavar="SECONDS")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print the exchange; 0 whatever the status is, as long as an HTTP answer came."""
    from labsupport.session.running import running_lab

    answer = running_lab().request(
        args.method,
        args.url,
        headers=dict(_header(text) for text in args.header),
        verify=not args.insecure,
        timeout=args.timeout,
    )
    print(json.dumps(answer.to_json(), indent=2) if args.json else answer)
    return 0


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise UsageError(
            "a header is a name, a colon and a value",
            found=repr(text),
            remedy="./lab get -H 'Accept: text/html' http://kiada.example.com/",
        )
    return name.strip(), value.strip()
