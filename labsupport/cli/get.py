"""`lab get URL`: a request as the learner's computer makes it, and the way it took."""

import argparse
import json
from pathlib import Path
from typing import Any

from labsupport.base.errors import UsageError
from labsupport.rules.certificates.names import as_address

HELP = "request a URL by the lab's names; print the status, the way and the body"

_FORM = "application/x-www-form-urlencoded"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `lab get`, named as `curl` names them."""
    parser.add_argument("url", help="for example http://kiada.example.com/")
    parser.add_argument(
        "-H", "--header", action="append", default=[], metavar="'NAME: VALUE'", help="send a header"
    )
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
    parser.add_argument("--timeout", type=float, default=10.0, metavar="SECONDS")
    parser.add_argument("--times", action="store_true", help="print how long each hop took")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print the exchange; 0 whatever the status is, as long as an HTTP answer came."""
    from labsupport.session.running import running_lab

    headers = dict(header(text) for text in args.header)
    options: dict[str, Any] = {}
    if args.data:
        options["data"] = "&".join(map(_data, args.data)).encode()
        if "content-type" not in map(str.lower, headers):
            headers["Content-Type"] = _FORM
    method = args.method or ("HEAD" if args.head else "POST" if args.data else "GET")
    answer = running_lab().request(
        method,
        args.url,
        headers=headers,
        resolve=resolved_names(args.resolve),
        sni=args.sni,
        verify=args.cacert or not args.insecure,
        timeout=args.timeout,
        follow=args.follow,
        **options,
    )
    if args.json:
        print(json.dumps(answer.to_json(), indent=2))
    else:
        print(answer.printed(times=args.times, headers=args.include or args.head))
    return 0


def header(text: str) -> tuple[str, str]:
    """A header's name and value; UsageError for what is none."""
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise UsageError(
            "a header is a name, a colon and a value",
            found=repr(text),
            remedy="./lab get -H 'Accept: text/html' http://kiada.example.com/",
        )
    return name.strip(), value.strip()


def _data(text: str) -> str:
    if not text.startswith("@"):
        return text
    try:
        return Path(text[1:]).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"can't read the body from {text[1:]}", found=str(error)) from error


def resolved_names(texts: list[str]) -> str | dict[str, str]:
    """One address for all names, or addresses by name, as `curl --resolve` has them."""
    if len(texts) == 1 and (":" not in texts[0] or as_address(texts[0])):
        return texts[0]
    found = {}
    for text in texts:
        host, _, rest = text.partition(":")
        port, colon, address = rest.partition(":")
        found[host.lower()] = address if colon and port.isdigit() else rest
    return found
