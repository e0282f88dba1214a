"""`lab uninstall NAME`: remove what `lab install` made."""

import argparse

HELP = "remove what `lab install` made, and nothing else"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `lab uninstall`."""
    parser.add_argument("name", metavar="NAME", help="for example traefik-internal")
    parser.add_argument("-n", "--namespace", default="default", help="where the sample app is")


def run(args: argparse.Namespace) -> int:
    """Delete the objects, and wait until they are gone."""
    from labsupport.session.running import running_lab

    running_lab().uninstall(args.name, namespace=args.namespace)
    return 0
