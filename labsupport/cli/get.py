"""`lab get URL`: a request as the learner's computer makes it, and the way it took."""

import argparse
import json
from pathlib import Path

from labsupport.base.errors import UsageError
from labsupport.cli.request_arguments import add_request_arguments, request_options

HELP = "request a URL by the lab's names; print the status, the way and the body"

_FORM = "application/x-www-form-urlencoded"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `lab get`, named as `curl` names them."""
    add_request_arguments(parser, timeout=10.0)
    parser.add_argument("-X", "--method", default="", help="the HTTP method (GET; POST with -d)")
    parser.add_argument(
        "-d",
        "--data",
        action="append",
        default=[],
        metavar="TEXT",
        help="send a body, or @FILE; several are joined by &",
    )
    parser.add_argument("-I", "--head", action="store_true", help="HEAD: headers only")
    parser.add_argument("-i", "--include", action="store_true", help="print the answer's headers")
    parser.add_argument("-L", "--follow", action="store_true", help="go where redirects lead")
    parser.add_argument("--times", action="store_true", help="print how long each hop took")


def run(args: argparse.Namespace) -> int:
    """Print the exchange; 0 whatever the status is, as long as an HTTP answer came."""
    from labsupport.session.running import running_lab

    options = request_options(args)
    if args.data:
        options["data"] = "&".join(map(_data, args.data)).encode()
        if "content-type" not in map(str.lower, options["headers"]):
            options["headers"]["Content-Type"] = _FORM
    method = args.method or ("HEAD" if args.head else "POST" if args.data else "GET")
    answer = running_lab().request(method, args.url, follow=args.follow, **options)
    if args.json:
        print(json.dumps(answer.to_json(), indent=2))
    else:
        print(answer.printed(times=args.times, headers=args.include or args.head))
    return 0


def _data(text: str) -> str:
    if not text.startswith("@"):
        return text
    try:
        return Path(text[1:]).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"can't read the body from {text[1:]}", found=str(error)) from error
