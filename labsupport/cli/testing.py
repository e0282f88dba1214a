"""`lab test`: everything that CI asks for, each part even when another failed."""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from labsupport.base import paths
from labsupport.base.errors import UsageError
from labsupport.cli import course

HELP = "all checks: linters, lessons, tests; with arguments, pytest alone; or --provider NAME"
PASSES_ARGUMENTS_ON = True  # to pytest, as they are

_MOST_PROCESSES = 12
"""Each has a loopback network of its own, of which tests/shared/own_network.py keeps 14."""

_MOST_LESSONS = 4
"""At once: each has a cluster of its own."""


@dataclass(frozen=True)
class Part:
    """One part of the checks: its name and command; a `quiet` one is shown when it fails only."""

    name: str
    command: list[str]
    quiet: bool = True


@dataclass(frozen=True)
class Outcome:
    """What became of a part, and the seconds it took."""

    name: str
    passed: bool
    seconds: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `lab test`: pytest's own, which pass by the parser."""
    parser.usage = "lab test [pytest arguments | --provider NAME [--keep] [NOTEBOOK ...]]"


def run(args: argparse.Namespace) -> int:
    """Run the checks in a lab instance of their own; 1 when any failed."""
    root = paths.checkout()
    if root is None:
        raise UsageError("the tests are in a git checkout", remedy="clone the repository first")
    if course.is_meant(args.passed_on):
        return course.run(args.passed_on)
    if args.passed_on:
        command = [*_python("pytest"), *args.passed_on]
        return subprocess.run(command, cwd=root, check=False).returncode
    with tempfile.TemporaryDirectory(prefix="lab-test-") as home:
        environment = {**os.environ, paths.HOME_VARIABLE: home}
        try:
            outcomes = [_outcome(part, root, environment) for part in _parts(root)]
        finally:
            _quietly([*_python("labsupport.cli"), "down", "--delete"], root, environment)
    print("\n" + "\n".join(_line(outcome) for outcome in outcomes))
    failed = [outcome.name for outcome in outcomes if not outcome.passed]
    print(f"Failed: {', '.join(failed)}." if failed else "All passed.")
    return bool(failed)


def _parts(root: Path) -> list[Part]:
    """The quick ones first, pytest's own last, so that its closing line stays in sight."""
    bin_folder, processors = Path(sys.executable).parent, os.cpu_count() or 1
    parts = [
        Part("ruff check", [*_python("ruff"), "check", "."]),
        Part("ruff format", [*_python("ruff"), "format", "--check", "."]),
        Part("mypy", _python("mypy")),
        Part("import-linter", [str(bin_folder / "lint-imports")]),
    ]
    if list((root / "notebooks").glob("*.ipynb")):
        # In their order: what a lesson leaves in the proxy's log would show in one before it.
        nbval = [*_python("pytest"), "notebooks", *_shared_out(min(processors, _MOST_LESSONS))]
        nbval.append("--no-loadscope-reorder")
        parts += [
            Part("lessons: rules", [*_python("labsupport.cli"), "notebooks", "check"]),
            Part("lessons: outputs", nbval, quiet=False),
        ]
    # They wait for others more than half of their time, so a processor has room for two.
    tests = [*_python("pytest"), "tests", *_shared_out(min(2 * processors, _MOST_PROCESSES))]
    return [*parts, Part("tests", tests, quiet=False)]


def _shared_out(processes: int) -> list[str]:
    """Arguments for pytest to run in so many processes."""
    # Files, not single tests, are shared out to them: a file's tests share their cluster.
    return ["--numprocesses", str(processes), "--dist", "loadfile"]


def _outcome(part: Part, root: Path, environment: Mapping[str, str]) -> Outcome:
    started = time.monotonic()
    if part.quiet:
        code, said = _quietly(part.command, root, environment)
    else:
        print(f"\n{part.name}", flush=True)
        code = subprocess.run(part.command, cwd=root, env=environment, check=False).returncode
        said = ""
    outcome = Outcome(part.name, code == 0, time.monotonic() - started)
    if part.quiet:
        print(_line(outcome), flush=True)
    if code and said:
        print(said, flush=True)
    return outcome


def _quietly(command: list[str], root: Path, environment: Mapping[str, str]) -> tuple[int, str]:
    """The exit code of `command` and all it wrote."""
    done = subprocess.run(
        command,
        cwd=root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def _line(outcome: Outcome) -> str:
    return f"{'ok  ' if outcome.passed else 'FAIL'} {outcome.name:<18} {outcome.seconds:6.1f} s"


def _python(module: str) -> list[str]:
    return [sys.executable, "-m", module]
