"""The arguments that say how a request is made, for every command that makes one."""

import argparse
from typing import Any

from labsupport.base.errors import UsageError
from labsupport.rules.certificates.names import as_address


def add_request_arguments(parser: argparse.ArgumentParser, *, timeout: float) -> None:
    """The URL and the client's options, named as `curl` names them; `timeout` in seconds."""
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
    parser.add_argument("--timeout", type=float, default=timeout, metavar="SECONDS")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def request_options(args: argparse.Namespace) -> dict[str, Any]:
    """What the arguments say, as `lab.get` and `lab.diagnose` take it."""
    return {
        "headers": dict(_header(text) for text in args.header),
        "resolve": _resolved_names(args.resolve),
        "sni": args.sni,
        "verify": args.cacert or not args.insecure,
        "timeout": args.timeout,
    }


def _header(text: str) -> tuple[str, str]:
    """A header's name and value; UsageError for what is none."""
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise UsageError(
            "a header is a name, a colon and a value",
            found=repr(text),
            remedy="./lab get -H 'Accept: text/html' http://kiada.example.com/",
        )
    return name.strip(), value.strip()


def _resolved_names(texts: list[str]) -> str | dict[str, str]:
    """One address for all names, or addresses by name, as `curl --resolve` has them."""
    if len(texts) == 1 and (":" not in texts[0] or as_address(texts[0])):
        return texts[0]
    found = {}
    for text in texts:
        host, _, rest = text.partition(":")
        port, colon, address = rest.partition(":")
        found[host.lower()] = address if colon and port.isdigit() else rest
    return found
