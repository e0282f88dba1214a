"""`lab logs POD`: what a pod writes."""

import argparse
import sys

HELP = "print what a pod has written (a pod's name, or the beginning of one)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `lab logs`."""
    parser.add_argument("pod", help="a pod's name, or how it begins: kiada, traefik")
    parser.add_argument("-n", "--namespace", help="where to look (everywhere)")
    parser.add_argument("-c", "--container", default="", help="which one, where there are several")
    parser.add_argument("-f", "--follow", action="store_true", help="go on as more comes")
    parser.add_argument("--tail", type=int, metavar="LINES", help="the last lines only")


def run(args: argparse.Namespace) -> int:
    """Print the log as it comes."""
    from labsupport.session.running import running_lab

    lab = running_lab()
    name, namespace = lab.find_pod(args.pod, namespace=args.namespace)
    options = {"container": args.container, "follow": args.follow, "tail": args.tail}
    for part in lab.api.log(name, namespace, **options):
        sys.stdout.buffer.write(part)
        sys.stdout.buffer.flush()
    return 0
