"""The kind binary: where it is, and whether it is new enough."""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from labsupport.base.errors import ClusterError
from labsupport.base.run import CommandFailed, Completed, run, which
from labsupport.providers.kind.configuration import NODE_IMAGES, OLDEST
from labsupport.providers.kind.remedies import remedy_for
from labsupport.providers.kind.tools import Tool

_TIMEOUT = 15.0  # seconds
_RUN_TIMEOUT = 900.0  # loading images takes its time
NEWEST = ".".join(map(str, (*max(NODE_IMAGES), 0)))
_OLDEST = ".".join(map(str, (*OLDEST, 0)))
GET = (
    "get kind: brew install kind (macOS), "
    f"go install sigs.k8s.io/kind@v{NEWEST} (with Go), "
    "or https://kind.sigs.k8s.io/docs/user/quick-start/#installation"
)


@dataclass(frozen=True)
class Program:
    """kind as it is installed here."""

    path: Path
    version: tuple[int, ...]

    @property
    def shown(self) -> str:
        """`0.33.0`"""
        return ".".join(map(str, self.version))

    def run(self, tool: Tool, *words: str) -> Completed:
        """Run one of its commands; ClusterError with the remedy for what it says."""
        try:
            return run([self.path, *words], timeout=_RUN_TIMEOUT, environment=tool.environment)
        except CommandFailed as error:
            known = remedy_for(error.found)
            raise ClusterError(error.what, found=error.found, remedy=known.remedy) from error


def installed() -> Path | None:
    """kind from PATH, or of this Python's environment; None when there is none."""
    return which("kind") or next(iter(Path(sys.prefix).glob("bin/kind")), None)


def found_program() -> Program:
    """kind as it is installed; ClusterError when it is missing or too old."""
    path = installed()
    if path is None:
        raise ClusterError(
            "the provider kind needs the program kind",
            found="no program kind on PATH",
            remedy=GET,
        )
    try:
        said = run([path, "version"], timeout=_TIMEOUT).stdout.strip()
    except CommandFailed as error:
        raise ClusterError("kind does not run", found=error.found, remedy=GET) from error
    version = re.search(r"v(\d+)\.(\d+)\.(\d+)", said)
    if not version:
        raise ClusterError(f"{path} is not the kind that is meant", found=said, remedy=GET)
    program = Program(path, tuple(int(each) for each in version.groups()))
    if program.version < OLDEST:
        raise ClusterError(
            f"the lab needs kind {_OLDEST} or newer: older ones can't load images into "
            "today's nodes",
            found=f"{path}, version {program.shown}",
            remedy=GET,
        )
    return program
