"""`lab certificate`: make certificates, look at them, and ask what a client would say."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from labsupport.base.errors import UsageError

if TYPE_CHECKING:
    from labsupport.rules.certificates import CertificateFacts
    from labsupport.session.certificates import Found

    Chain = tuple[CertificateFacts, ...]

HELP = "make a certificate of the lab's authority; show or verify one of a URL, Secret or file"

_EXAMPLE = "./lab certificate make kiada.example.com --secret kiada"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `lab certificate`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    make = actions.add_parser("make", help="a new certificate and key")
    make.add_argument("names", nargs="+", metavar="NAME", help="host name, *.wildcard or address")
    make.add_argument("--kind", default="good", metavar="KIND", help="good, expired, …; see below")
    make.add_argument("--rsa", action="store_true", help="an RSA key in place of an EC one")
    make.add_argument("--days", type=int, default=30, metavar="N", help="its lifetime (30)")
    make.add_argument("--out", metavar="DIR", help="put tls.crt and tls.key there")
    make.add_argument("--secret", metavar="NAME", help="put it into the cluster as a Secret")
    make.add_argument("-n", "--namespace", default="default", metavar="NAMESPACE")
    make.add_argument(
        "--openssl", action="store_true", help="only print the openssl commands for the same"
    )
    make.epilog = _kinds()
    make.formatter_class = argparse.RawDescriptionHelpFormatter
    for name, words in (("show", "what it says"), ("verify", "whether a client accepts it")):
        look = actions.add_parser(name, help=words)
        look.add_argument(
            "source", metavar="SOURCE", help="URL or host, secret/[NAMESPACE/]NAME, or a PEM file"
        )
        look.add_argument("--name", default="", metavar="HOST", help="the name a client asks for")
        look.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Do what was asked for; `verify` gives 1 when a client refuses."""
    if args.action == "make":
        return _make(args)
    return _look(args)


def _kinds() -> str:
    from labsupport.rules.certificates.kinds import KINDS

    width = max(map(len, KINDS))
    return "\n".join(["kinds:", *(f"  {kind:<{width}}  {words}" for kind, words in KINDS.items())])


def _make(args: argparse.Namespace) -> int:
    from labsupport.base.paths import instance
    from labsupport.trust.issuing import Issuer

    key = "rsa" if args.rsa else "ec"
    if args.openssl:
        print(_openssl(args, key), end="")
        return 0
    if not args.out and not args.secret:
        raise UsageError(
            "say where the certificate shall go",
            found="neither --out nor --secret",
            remedy=_EXAMPLE,
        )
    issued = Issuer(instance()).issue(args.names, args.kind, key=key, days=args.days)
    print(issued)
    if args.out:
        for path in issued.write(Path(args.out)):
            print(f"  {path}")
    if args.secret:
        from labsupport.session.running import running_lab

        lab = running_lab()
        try:
            lab.trust.store(args.secret, issued, namespace=args.namespace)
        finally:
            lab.close()
    return 0


def _openssl(args: argparse.Namespace, key: str) -> str:
    from datetime import UTC, datetime

    from labsupport.base.paths import instance
    from labsupport.rules.certificates.openssl import openssl_text

    return openssl_text(
        args.names,
        args.kind,
        folder=str(instance().home),
        now=datetime.now(UTC),
        key=key,
        days=args.days,
    )


def _look(args: argparse.Namespace) -> int:
    from datetime import UTC, datetime

    from labsupport.rules.certificates import refusals

    found, trusted, known = _found(args.source)
    now = datetime.now(UTC)
    name = args.name or found.name
    reasons = refusals(found.chain, name, now, trusted, known)
    if args.json:
        plain = {
            "place": found.place,
            "name": name or None,
            "chain": [each.to_json() for each in found.chain],
            "refusals": [each.to_json() for each in reasons],
        }
        print(json.dumps(plain, indent=2, ensure_ascii=False))
    else:
        from labsupport.rules.certificates.telling import chain_lines, verdict_lines

        lines = chain_lines(found.chain, now) if args.action == "show" else []
        print("\n".join([f"{found.place}:", *lines, *verdict_lines(name, reasons)]))
    return 1 if reasons and args.action == "verify" else 0


def _found(source: str) -> "tuple[Found, Chain, Chain]":
    """The certificates at `source`, the lab's authority, and its intermediates.

    A file can be looked at while the cluster is down.
    """
    from labsupport.base.paths import instance
    from labsupport.session.certificates import found_at
    from labsupport.session.running import running_lab
    from labsupport.trust.issuing import Issuer

    lab = None if Path(source).is_file() else running_lab()
    issuer = Issuer(instance())
    try:
        return found_at(source, lab), issuer.believed, issuer.intermediates
    finally:
        if lab is not None:
            lab.close()
