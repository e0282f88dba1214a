"""`kind create cluster`, its own steps shown as the lab's, and what it says when it fails."""

import contextlib
import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from labsupport.base.errors import ClusterError
from labsupport.providers.kind.program import Program
from labsupport.providers.kind.remedies import last_lines, remedy_for
from labsupport.providers.kind.tools import Tool
from labsupport.providers.protocol import Progress

_WAIT = "5m"  # for the control plane; kind goes on after that, with a warning
# kind: pkg/internal/cli/status.go, as it writes where there is no terminal.
_BEGINS = re.compile(r"^ • (?P<title>.+?)  \.\.\.$")
_ENDS = re.compile(r"^ (?P<how>[✓✗]) ")
_TITLE = re.compile(r"[A-Za-z0-9 ()/:.,=<≤-]+")


_TAKEN = "node(s) already exist for a cluster with the name"  # kind: create.go, alreadyExists


class NameTaken(ClusterError):
    """A cluster of that name is there already; kind made nothing."""


def create_cluster(
    program: Program,
    tool: Tool,
    config: Path,
    kubeconfig: Path,
    *,
    name: str,
    keep: bool,
    progress: Progress,
) -> None:
    """Make the cluster that `config` describes, called `name` there; its administrator's kubeconfig
    goes to that file.

    ClusterError with kind's last lines and their remedy, NameTaken where it is that. The nodes are
    then gone, unless `keep`.
    """
    words = [str(program.path), "create", "cluster", "--config", str(config)]
    words += ["--kubeconfig", str(kubeconfig), "--wait", _WAIT, *(["--retain"] if keep else [])]
    environment = {**os.environ, **tool.environment}
    with subprocess.Popen(
        words,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        try:
            said = _Steps(progress).heard(process)
        except BaseException:
            # kind has no handler of its own: whoever interrupts us has mostly ended it too.
            process.terminate()
            raise
    if process.returncode != 0:
        known = remedy_for(said)
        kind_of_error = NameTaken if _TAKEN in said else ClusterError
        raise kind_of_error(
            f"kind could not make the cluster: {known.means}",
            found=last_lines(said),
            remedy=known.of(name),
        )


class _Steps:
    """Shows kind's steps while it runs."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._said: list[str] = []

    def heard(self, process: subprocess.Popen[str]) -> str:
        """All that the process says, to its end."""
        assert process.stdout is not None
        lines = self._kept(process.stdout)
        for line in lines:
            if begins := _BEGINS.match(line.rstrip("\n")):
                with contextlib.suppress(_StepFailed), self._progress(_shown(begins["title"])):
                    _pass_to_the_end_of_a_step(lines, process)
        process.wait()
        return "".join(self._said)

    def _kept(self, lines: Iterable[str]) -> Iterator[str]:
        for line in lines:
            self._said.append(line)
            yield line


class _StepFailed(Exception):
    """A step of kind's failed; what it says comes after that."""


def _pass_to_the_end_of_a_step(lines: Iterator[str], process: subprocess.Popen[str]) -> None:
    for line in lines:
        if ends := _ENDS.match(line):
            if ends["how"] == "✗":
                raise _StepFailed
            return
    if process.wait() != 0:  # it failed between two steps, and did not say how this one ended
        raise _StepFailed


def _shown(title: str) -> str:
    """A step's title without its pictures: `Preparing nodes`."""
    found = _TITLE.match(title)
    return f"kind: {found[0].strip()}" if found else title
