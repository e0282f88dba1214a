"""`lab lock`: pin every package, for every platform, with its hashes."""

import argparse
import sys
from pathlib import Path

from labsupport.base import paths
from labsupport.base import run as subprocesses
from labsupport.base.errors import UsageError
from labsupport.base.progress import step

HELP = "for maintainers: pin the packages of pyproject.toml anew, into locks/"

INSTALLER = "uv>=0.9"
"""What locks/uv.txt pins: the installer that the launcher fetches where there is none."""

_TIMEOUT = 600.0  # seconds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `lab lock`."""
    parser.add_argument(
        "--upgrade", action="store_true", help="take the newest versions that pyproject.toml allows"
    )


def run(args: argparse.Namespace) -> int:
    """Write locks/lab.txt, locks/dev.txt (which holds lab.txt whole) and locks/uv.txt."""
    root = paths.checkout()
    if root is None:
        raise UsageError("locks are made in a git checkout", remedy="clone the repository first")
    lab = root / "locks" / "lab.txt"
    sources = {
        "lab": ["pyproject.toml"],
        "dev": ["pyproject.toml", "--extra", "dev", "--constraint", str(lab)],
        "uv": ["-"],
    }
    for name, source in sources.items():
        with step(f"pinning locks/{name}.txt"):
            _compile(root, root / "locks" / f"{name}.txt", source, upgrade=args.upgrade)
    print("Pinned. The next ./lab installs from the new locks.")
    return 0


def _compile(root: Path, lock: Path, source: list[str], *, upgrade: bool) -> None:
    uv = subprocesses.which("uv") or Path(sys.executable).with_name("uv")
    command = [str(uv), "pip", "compile", *source, "--output-file", str(lock), "--quiet"]
    command += ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-annotate"]
    command += ["--custom-compile-command", "./lab lock"]
    if upgrade:
        command.append("--upgrade")
    stdin = INSTALLER if source == ["-"] else ""
    subprocesses.run(command, cwd=root, timeout=_TIMEOUT, stdin=stdin)
