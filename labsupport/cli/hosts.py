"""`lab hosts`: names in the lab's hosts file, or in this computer's real one."""

import argparse
import json
import os
import shlex
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from labsupport.base.errors import ClusterNotRunning, UsageError
from labsupport.base.paths import HOME_VARIABLE, checkout, instance

if TYPE_CHECKING:
    from labsupport.names.hosts import HostsFile
    from labsupport.providers.protocol import Connection
    from labsupport.rules.hosts_plan import HostsPlan

HELP = "names in the lab's hosts file, or with --system in this computer's"

_EPILOG = """\
Edits stand in a marked block; every other byte stays as it is. Each edit leaves a backup in the
lab's folder, and undo gives the file back byte for byte. --system and --file show what would
change and ask first.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `lab hosts`."""
    parser.epilog = _EPILOG
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for action, words in (
        ("list", "the entries"),
        ("add", "give a name an address"),
        ("remove", "take a name out of the lab's block"),
        ("diff", "what the lab's block adds to the file"),
        ("undo", "take the lab's last edit back"),
    ):
        own = actions.add_parser(action, help=words, description=words)
        if action in ("add", "remove"):
            own.add_argument("name", help="for example kiada.example.com")
        if action == "add":
            own.add_argument("address", nargs="?", default="", help="default: the proxy's address")
        if action == "list":
            own.add_argument("--json", action="store_true", help="print a JSON list")
        if action in ("add", "remove", "undo"):
            own.add_argument("--yes", action="store_true", help="don't ask")
        which = own.add_mutually_exclusive_group()
        which.add_argument("--system", action="store_true", help="this computer's hosts file")
        which.add_argument("--file", type=Path, metavar="PATH", help="any other hosts file")


def run(args: argparse.Namespace) -> int:
    """Do it; 1 when an edit was not wanted."""
    hosts = _hosts(args)
    if args.action == "list":
        return _list(hosts, as_json=args.json)
    if args.action == "diff":
        print(hosts.diff().rstrip("\n") or "The lab has no entries here.")
        return 0
    plan = _plan(hosts, args)
    if not plan:
        print(f"Nothing to change in {hosts.path}.")
        return 0
    print(plan, flush=True)
    if args.system or args.file:
        _require_writable(hosts, args)
        if not _agreed(hosts, args):
            print("Nothing was changed.")
            return 1
    _make(hosts, plan, args)
    if args.system and args.action == "add":
        _tell_about_browsers(args)
    return 0


def _hosts(args: argparse.Namespace) -> "HostsFile":
    from labsupport.names.hosts import HostsFile
    from labsupport.names.hosts_system import foreign_hosts, system_path
    from labsupport.providers.chosen import tenancy_of

    home = instance()
    if args.system or args.file:
        return foreign_hosts(system_path() if args.system else args.file, home.home)
    return HostsFile(home.make().hosts, rename=tenancy_of(home).host)


def _list(hosts: "HostsFile", *, as_json: bool) -> int:
    found = hosts.list()
    print(json.dumps([asdict(entry) for entry in found], indent=2) if as_json else found)
    return 0


def _plan(hosts: "HostsFile", args: argparse.Namespace) -> "HostsPlan":
    if args.action == "undo":
        return hosts.plan_undo()
    if args.action == "remove":
        return hosts.plan_remove(args.name)
    if not args.address:
        args.address = _lab_address()
    return hosts.plan_add(args.name, args.address)


def _lab_address() -> str:
    """The address of the ingress controller of the lab that runs."""
    from labsupport.session.running import running_lab

    try:
        lab = running_lab()
    except ClusterNotRunning as error:
        error.remedy = "./lab up, or give the address: ./lab hosts add NAME ADDRESS"
        raise
    try:
        return lab.address
    finally:
        lab.close()


def _require_writable(hosts: "HostsFile", args: argparse.Namespace) -> None:
    from labsupport.names.hosts import HostsNotWritable

    if not hosts.is_writable():
        raise HostsNotWritable(
            f"you may not edit {hosts.path}; nothing was changed",
            found=f"it belongs to {_owner(hosts.path)}",
            remedy=_as_root(args),
        )


def _owner(path: Path) -> str:
    try:
        return path.owner()
    except (KeyError, NotImplementedError):
        return "another user"


def _as_root(args: argparse.Namespace) -> str:
    """The command to paste that does the same with the rights it takes."""
    words = ["./lab" if checkout() else "lab", "hosts", args.action]
    words += [args.name] if "name" in args else []
    words += [args.address] if "address" in args else []
    words += ["--system"] if args.system else ["--file", str(args.file)]
    if os.name == "nt":
        return f"in a terminal run as administrator: {' '.join(words)}"
    # sudo drops the variable that names the instance, whose folder has the backups.
    return shlex.join(["sudo", "env", f"{HOME_VARIABLE}={instance().home}", *words])


def _agreed(hosts: "HostsFile", args: argparse.Namespace) -> bool:
    if args.yes:
        return True
    if not sys.stdin.isatty():
        raise UsageError(
            f"{hosts.path} is edited only when you agree; nothing was changed",
            found="no terminal to ask at",
            remedy="the same command with --yes",
        )
    try:
        answer = input(f"Change {hosts.path} so? [y/N] ")
    except EOFError:
        answer = ""
    return answer.strip().lower() in ("y", "yes")


def _make(hosts: "HostsFile", plan: "HostsPlan", args: argparse.Namespace) -> None:
    where = "./lab hosts undo" + (" --system" if args.system else "")
    where += f" --file {shlex.quote(str(args.file))}" if args.file else ""
    if args.action == "undo":
        hosts.undo(plan)
        print(f"{hosts.path} is as it was before.")
        return
    edit = hosts.apply(plan)
    print(f"{hosts.path} is changed. To take it back: {where}")
    if edit and edit.in_place:
        print(
            "It can't be replaced (it is mounted, as in containers), so it was written in place; "
            f"the backup: {edit.backup}"
        )


def _tell_about_browsers(args: argparse.Namespace) -> None:
    """How the name is reached from outside of the lab: ports, and from where."""
    from labsupport.names.hosts_system import is_wsl

    connection = _connection()
    if connection and connection.network and args.address.startswith(connection.network):
        port = 80 + connection.port_offset
        suffix = "" if port == 80 else f":{port}"
        print(f"In a browser on this machine: http://{args.name}{suffix}/")
        print(f"{args.address} is a loopback address: no other machine reaches it.")
    elif args.address.startswith("127."):
        print(f"{args.address} is a loopback address: no other machine reaches it.")
    if is_wsl():
        print(
            "This is Linux in Windows (WSL). A browser of Windows reads Windows' own hosts file, "
            "and of the loopback addresses it reaches 127.0.0.1 only: use a browser in WSL. "
            "WSL writes /etc/hosts anew when it starts, unless /etc/wsl.conf says "
            "generateHosts=false under [network]."
        )


def _connection() -> "Connection | None":
    from labsupport.providers import provider

    try:
        return provider("auto", instance()).connection()
    except ClusterNotRunning:
        return None
