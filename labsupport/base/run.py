"""Subprocesses: run one to its end, and say clearly when it fails."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from labsupport.base.errors import LabError

_LAST_LINES = 5


class CommandFailed(LabError):
    """A command was missing, ended with an exit code other than 0, or took too long."""


@dataclass(frozen=True)
class Completed:
    """A command that ran to its end: its words, exit code and output as text."""

    command: tuple[str, ...]
    exit_code: int
    stdout: str
    stderr: str


def which(name: str) -> Path | None:
    """The program `name` on PATH, or None."""
    found = shutil.which(name)
    return Path(found) if found else None


def run(
    command: Sequence[str | Path],
    *,
    timeout: float,
    check: bool = True,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    stdin: str = "",
    pass_fds: Sequence[int] = (),
) -> Completed:
    """Run `command` to its end, at most `timeout` seconds, and give back what it said.

    `environment` is added to this process's own; the file descriptors `pass_fds` stay open in the
    command. CommandFailed names the command, its exit code
    and the last lines it wrote; with `check=False` an exit code other than 0 is no failure.
    """
    words = tuple(str(word) for word in command)
    try:
        done = subprocess.run(
            words,
            cwd=cwd,
            env={**os.environ, **environment} if environment else None,
            input=stdin,
            pass_fds=pass_fds,
            capture_output=True,
            timeout=timeout,
            text=True,
            errors="replace",
            check=False,
        )
    except FileNotFoundError as error:
        raise CommandFailed(
            f"could not run {shlex.join(words)}",
            found=f"no program {words[0]} on this machine",
            remedy="./lab doctor",
        ) from error
    except OSError as error:
        raise CommandFailed(f"could not run {shlex.join(words)}", found=str(error)) from error
    except subprocess.TimeoutExpired as error:
        raise CommandFailed(
            f"{shlex.join(words)} did not end", found=f"still running after {timeout:g} s"
        ) from error
    if check and done.returncode != 0:
        said = _last_lines(done.stderr or done.stdout)
        found = f"exit code {done.returncode}" + (f": {said}" if said else "")
        raise CommandFailed(f"{shlex.join(words)} failed", found=found)
    return Completed(words, done.returncode, done.stdout, done.stderr)


def _last_lines(text: str) -> str:
    return "\n    ".join(text.strip().splitlines()[-_LAST_LINES:])
