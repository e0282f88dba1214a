"""`lab convert`: Ingresses as HTTPRoutes of Gateway API, and what can't be converted."""

import argparse
from pathlib import Path

from labsupport.base.errors import UsageError

HELP = "Ingresses as Gateway API's HTTPRoutes; says what can't be converted"

_WORDS = ("ingress", "ingresses", "ing")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `lab convert`."""
    parser.add_argument(
        "what",
        nargs="*",
        metavar="ingress NAME | FILE",
        help="Ingresses of the cluster, or of a manifest; by default all of the namespace",
    )
    parser.add_argument("-n", "--namespace", default="default")


def run(args: argparse.Namespace) -> int:
    """Print YAML; the notes stand before it as comments."""
    first, *names = args.what or ["ingress"]
    if first.lower() in _WORDS:
        _print_live(names, args.namespace)
    elif names:
        raise UsageError(
            "either Ingresses of the cluster or one file can be converted",
            found=" ".join(args.what),
            remedy="./lab convert ingress kiada, or: ./lab convert my-ingress.yaml",
        )
    else:
        _print_file(Path(first))
    return 0


def _print_live(names: list[str], namespace: str) -> None:
    from labsupport.session.running import running_lab

    lab = running_lab()
    try:
        print(lab.convert(*names, namespace=namespace))
    finally:
        lab.close()


def _print_file(path: Path) -> None:
    from labsupport.kube.manifests import objects
    from labsupport.session.gateway import converted_objects

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path} can't be read",
            found=str(error),
            remedy="./lab convert my-ingress.yaml, or: ./lab convert ingress kiada",
        ) from error
    print(converted_objects(objects(text, source=str(path))))
