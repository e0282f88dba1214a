"""Docker, Podman and nerdctl: which is installed, and which answers.

kind picks the first whose command is there, even when its daemon is dead and another would do
(pkg/internal/runtime, pkg/cluster/provider.go). The lab asks each, and tells kind which.
"""

import json
import os
import sys
from dataclasses import dataclass

from labsupport.base.errors import ClusterError, UsageError
from labsupport.base.run import CommandFailed, Completed, run, which
from labsupport.base.types import Json
from labsupport.providers.kind.remedies import remedy_for

TOOLS = ("docker", "podman", "nerdctl")
"""In the order in which they are tried."""
VARIABLE = "KIND_EXPERIMENTAL_PROVIDER"
"""The environment variable by which kind and cloud-provider-kind are told which tool to use."""
_ASK_TIMEOUT = 15.0  # seconds
_TIMEOUT = 120.0


@dataclass(frozen=True)
class Tool:
    """A container tool that answers. `in_vm`: its containers' network is not this machine's."""

    name: str
    version: str = ""
    in_vm: bool = False

    @property
    def environment(self) -> dict[str, str]:
        """What makes kind use this one."""
        return {VARIABLE: self.name}

    def run(self, *words: str, timeout: float = _TIMEOUT, check: bool = True) -> Completed:
        """Run one of its commands; ClusterError with the remedy for what it says."""
        try:
            return run([self.name, *words], timeout=timeout, check=check)
        except CommandFailed as error:
            known = remedy_for(error.found)
            raise ClusterError(error.what, found=error.found, remedy=known.remedy) from error

    def inspected(self, containers: list[str]) -> list[Json]:
        """What the tool tells of these containers."""
        if not containers:
            return []
        found: list[Json] = json.loads(self.run("inspect", *containers).stdout)
        return found


@dataclass(frozen=True)
class Answer:
    """What came of asking a tool: `tool` when it answers, else what it `said`."""

    name: str
    installed: bool
    tool: Tool | None = None
    said: str = ""


def asked(name: str) -> Answer:
    """Ask the tool `name` for its daemon."""
    if not which(name):
        return Answer(name, installed=False, said="not installed")
    try:
        if name == "docker" and "podman" in run([name, "-v"], timeout=_ASK_TIMEOUT).stdout:
            return Answer(name, installed=False, said="not installed (`docker` is Podman here)")
        words = [name, "info", "--format", "{{json .}}"]
        told = run(words, timeout=_ASK_TIMEOUT, check=False)
        if told.exit_code:
            return Answer(name, installed=True, said=(told.stderr or told.stdout).strip())
        about = json.loads(told.stdout)
    except CommandFailed as error:
        return Answer(name, installed=True, said=error.found)
    except ValueError:
        return Answer(name, installed=True, said="its `info` is no JSON")
    version = _version(about)
    if not version:  # some releases end well, and only say in their JSON that nobody answered
        errors = about.get("ServerErrors") or ["its daemon does not answer"]
        return Answer(name, installed=True, said=str(errors[0]))
    return Answer(name, installed=True, tool=Tool(name, version, _in_vm(about)))


def found_tool(name: str = "") -> Tool:
    """The tool `name`, else the one that $KIND_EXPERIMENTAL_PROVIDER names, else the first that
    answers; ClusterError says of each why not."""
    wanted = name or os.environ.get(VARIABLE, "")
    if wanted and wanted not in TOOLS:
        raise UsageError(
            f"${VARIABLE} names no container tool that the lab knows",
            found=repr(wanted),
            remedy=f"unset {VARIABLE}   (it may be {', '.join(TOOLS)})",
        )
    answers = []
    for each in [wanted] if wanted else TOOLS:
        answers.append(asked(each))
        if tool := answers[-1].tool:
            return tool
    installed = [each for each in answers if each.installed]
    raise ClusterError(
        "kind needs Docker, Podman or nerdctl, and none answers"
        if not wanted
        else f"{wanted} does not answer",
        found="\n         ".join(f"{each.name}: {each.said}" for each in answers),
        remedy=remedy_for(installed[0].said).remedy
        if installed
        else "install Docker: https://docs.docker.com/engine/install/   "
        "or use the embedded cluster, which needs none: ./lab up",
    )


def _version(about: Json) -> str:
    """The daemon's version: docker and nerdctl tell it at the top, podman deeper."""
    own = about.get("version") or {}
    return str(about.get("ServerVersion") or own.get("Version") or "")


def _in_vm(about: Json) -> bool:
    """Whether containers run in a virtual machine: always but on Linux, and in Docker Desktop."""
    remote = (about.get("host") or {}).get("serviceIsRemote") is True
    desktop = "Docker Desktop" in str(about.get("OperatingSystem"))
    return sys.platform != "linux" or remote or desktop
