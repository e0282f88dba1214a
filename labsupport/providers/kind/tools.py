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
_SAVES_A_PLATFORM = 28  # Docker's version
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_ASK_TIMEOUT = 15.0  # seconds
_TIMEOUT = 120.0


@dataclass(frozen=True)
class Tool:
    """A container tool that answers.

    `isolated`: this machine has no route to its containers, which run in a virtual machine or in a
    user's own network (rootless). `platform` is that of its images, `linux/amd64`, where it has to
    be told when it saves some.
    """

    name: str
    version: str = ""
    isolated: bool = False
    platform: str = ""

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

    def has(self, image: str) -> bool:
        """Whether it has an image."""
        return self.run("image", "inspect", image, check=False).exit_code == 0

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
    return Answer(name, installed=True, tool=_tool(name, version, about))


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


def _tool(name: str, version: str, about: Json) -> Tool:
    """The tool as its `info` describes it."""
    host = about.get("host") or {}  # podman's
    isolated = (
        sys.platform != "linux"
        or "Docker Desktop" in str(about.get("OperatingSystem"))
        or host.get("serviceIsRemote") is True
        or (host.get("security") or {}).get("rootless") is True
        or any("name=rootless" in each for each in about.get("SecurityOptions") or ())
    )
    # Docker 29 keeps what it pulled for this platform under the names of all, and so it saves it:
    # nodes can't import that (kind issue 3795). Since 28, `save` can be told which is wanted.
    # A daemon that was built by hand may call itself `dev`: it is taken for an old one.
    number = version.partition(".")[0]
    told = name == "docker" and number.isdecimal() and int(number) >= _SAVES_A_PLATFORM
    machine = str(about.get("Architecture"))
    platform = f"linux/{_ARCHITECTURES.get(machine, machine)}" if told else ""
    return Tool(name, version, isolated, platform)
