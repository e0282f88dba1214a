"""`lab ca`: the lab's certificate authority, and the system's trust store when you ask for it."""

import argparse
import sys
from typing import TYPE_CHECKING

from labsupport.base.errors import CertificateError, UsageError

if TYPE_CHECKING:
    from labsupport.base.paths import Instance
    from labsupport.rules.certificates.stores import Command
    from labsupport.trust.stores import SystemStore

HELP = "the lab's certificate authority: show it, or have this computer believe it"

_WARNING = (
    "Whoever has this lab's ca.key could then pretend to be any web site to you. "
    "Take it out again when you are done: ./lab ca uninstall"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `lab ca`."""
    parser.add_argument(
        "action",
        nargs="?",
        default="show",
        choices=["show", "path", "install", "uninstall"],
        help="show what it says (default); print its file's path; put it into this computer's "
        "trust store; take it out",
    )
    parser.add_argument("--yes", action="store_true", help="do it without asking")


def run(args: argparse.Namespace) -> int:
    """Do what was asked for; 1 when the user said no."""
    from labsupport.base.paths import instance
    from labsupport.trust.stores import SystemStore

    home = instance()
    if not home.ca_certificate.exists():
        raise CertificateError(
            "this lab has no certificate authority yet",
            found=f"no file {home.ca_certificate}",
            remedy="./lab up",
        )
    if args.action == "path":
        print(home.ca_certificate)
        return 0
    store = SystemStore(home)
    if args.action == "show":
        print("\n".join(_told(home, store)))
        return 0
    return _changed(store, args.action, sure=args.yes)


def _told(home: "Instance", store: "SystemStore") -> list[str]:
    from datetime import UTC, datetime

    from labsupport.rules.certificates import chain_of

    believed = "believes it" if store.system and store.installed else "does not believe it"
    facts = chain_of(home.ca_certificate.read_bytes())[0]
    return [
        str(home.ca_certificate),
        *(f"  {line}" for line in facts.lines(datetime.now(UTC))),
        f"  this computer {believed}; the lab's own client always does",
    ]


def _changed(store: "SystemStore", action: str, *, sure: bool) -> int:
    from labsupport.rules.certificates.stores import FIREFOX

    plan = store.plan
    commands: tuple[Command, ...] = getattr(plan, action)
    print("This runs:")
    for command in commands:
        print("  " + " ".join(command))
    if action == "install":
        print(_WARNING)
    print(FIREFOX)
    if not (sure or _agreed()):
        print("Nothing was changed.")
        return 1
    getattr(store, action)()
    print(
        "Done: this computer believes the lab's authority"
        + ("" if action == "install" else " no more")
    )
    return 0


def _agreed() -> bool:
    if not sys.stdin.isatty():
        raise UsageError(
            "the trust store is changed only when somebody says yes",
            found="nobody to ask: this is no terminal",
            remedy="add --yes",
        )
    return input("Do it? [y/N] ").strip().lower() in ("y", "yes")
