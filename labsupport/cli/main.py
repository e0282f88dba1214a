"""The command `lab`: finds the subcommand's module, imports that one only, and words failures."""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from types import ModuleType

from labsupport.base.errors import LabError

COMMANDS = {
    "start": "start",
    "up": "up",
    "status": "status",
    "get": "get",
    "explain": "explain",
    "diagnose": "diagnose",
    "convert": "convert",
    "hosts": "hosts",
    "dns": "dns",
    "certificate": "certificate",
    "ca": "ca",
    "install": "install",
    "uninstall": "uninstall",
    "images": "images",
    "conformance": "conformance",
    "logs": "logs",
    "kubeconfig": "kubeconfig",
    "down": "down",
    "check": "check",
    "break": "break_",
    "heal": "heal",
    "progress": "progress",
    "exam": "exam",
    "run": "running",
    "doctor": "doctor",
    "test": "testing",
    "notebooks": "notebooks",
    "bench": "bench",
    "lock": "lock",
}
"""Each subcommand, in the order of the help, and its module in this package."""

INTERRUPTED = 130
BROKEN_PIPE = 141


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the subcommand that `arguments` (default: the process's) name; give its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = _run(words)
        sys.stdout.flush()
    except LabError as error:
        if os.environ.get("INGRESS_LAB_DEBUG"):
            raise
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has left; nothing more may be written to it, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    return code


def _run(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help", "help"):
        print(_help())
        return 0
    name, *rest = words
    if name not in COMMANDS:
        print(f"lab: no command {name!r}\n\n{_help()}", file=sys.stderr)
        return 2
    module = _module(name)
    parser = argparse.ArgumentParser(prog=f"lab {name}", description=module.HELP)
    module.add_arguments(parser)
    passed_on = rest if getattr(module, "PASSES_ARGUMENTS_ON", False) else []
    if passed_on in (["-h"], ["--help"]):
        passed_on = []
    args = parser.parse_args([] if passed_on else rest)
    args.passed_on = passed_on
    code: int = module.run(args)
    return code


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"labsupport.cli.{COMMANDS[name]}")


def _help() -> str:
    lines = [f"  {name:<11} {_module(name).HELP}" for name in COMMANDS]
    return "\n".join(
        [
            "usage: lab COMMAND [...]",
            "",
            "Ingress Lab: a teaching lab for Kubernetes Ingress in Jupyter.",
            "",
            *lines,
            "",
            "lab COMMAND --help says more. First time here: lab start",
        ]
    )
