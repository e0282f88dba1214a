"""`lab install NAME`: a sample app or a further controller, ready to use."""

import argparse

HELP = "install a sample app or a further ingress controller"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `lab install`."""
    from labsupport.manifests import CONTROLLERS, SAMPLES

    parser.add_argument(
        "name", metavar="NAME", help=f"one of {', '.join((*SAMPLES, *CONTROLLERS))}"
    )
    parser.add_argument("-n", "--namespace", default="default", help="where a sample app goes")
    parser.add_argument(
        "--print", action="store_true", dest="only_print", help="print the YAML, change nothing"
    )


def run(args: argparse.Namespace) -> int:
    """Apply the manifest and wait; or with --print, only show it."""
    from labsupport.session.installing import manifest

    text = manifest(args.name)
    if args.only_print:
        print(text, end="")
        return 0
    from labsupport.session.running import running_lab

    running_lab().install(args.name, namespace=args.namespace)
    return 0
