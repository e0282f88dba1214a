"""Addresses for LoadBalancer Services, by cloud-provider-kind (sigs.k8s.io/cloud-provider-kind).

It serves every kind cluster on this machine, so two of them would fight over the same Services:
where somebody's runs already, the lab uses that one and never ends it. Its own Ingress class and
its Gateway API are switched off, both by --gateway-channel=disabled (pkg/controller/controller.go
of v0.11.1): the lab brings its own controllers of both.
"""

import os
import signal
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from labsupport.base.errors import ClusterError
from labsupport.base.paths import Instance
from labsupport.base.run import which
from labsupport.providers.daemon.record import is_alive
from labsupport.providers.kind.tools import Tool

PROGRAM = "cloud-provider-kind"
VERSION = "v0.11.1"
IMAGE = f"registry.k8s.io/cloud-provider-kind/cloud-controller-manager:{VERSION}"
PROXY_IMAGE = "docker.io/envoyproxy/envoy:v1.33.2"
"""What it starts for each Service (its pkg/constants/constants.go)."""
FLAGS = ("--gateway-channel=disabled",)
LABEL = "io.x-k8s.cloud-provider-kind.cluster"
"""The label of those containers; its value is the kind cluster's name."""
_SOCKET = "/var/run/docker.sock"
_NETWORK = "kind"  # every kind cluster's, unless told otherwise
_CLOCK_TOLERANCE = 2.0  # seconds, as in `daemon.record`
_ENDS_WITHIN = 5.0
_PULLS_WITHIN = 600.0


@dataclass(frozen=True)
class Balancer:
    """The lab's own cloud-provider-kind: a process (`pid`, `started`) or a `container`'s ID."""

    pid: int = 0
    started: float = 0.0
    container: str = ""

    def settings(self) -> dict[str, object]:
        """What provider.json remembers."""
        return asdict(self)

    def process(self) -> psutil.Process | None:
        """The process, if it still runs and is the one that was started."""
        try:
            process = psutil.Process(self.pid) if self.pid else None
            if process and abs(process.create_time() - self.started) < _CLOCK_TOLERANCE:
                return process if is_alive(process) else None
        except psutil.NoSuchProcess:
            pass
        return None

    def runs(self, tool: Tool) -> bool:
        """Whether it is still there."""
        if self.container:
            told = tool.run("ps", "-q", "--no-trunc", "--filter", f"id={self.container}")
            return self.container in told.stdout.split()
        return self.process() is not None


def get_balancer(tool: Tool) -> None:
    """See to it that a cluster can have load balancers, before it is made.

    Where the lab will run the container, its image and Envoy's are pulled.
    """
    if elsewhere(tool) or _program(tool):
        return
    for image in (IMAGE, PROXY_IMAGE):
        if not tool.has(image):
            tool.run("pull", image, timeout=_PULLS_WITHIN)


def ensured_balancer(instance: Instance, tool: Tool) -> Balancer:
    """One of the lab's own, started; an empty one where somebody else's serves."""
    if elsewhere(tool):
        return Balancer()
    program = _program(tool)
    return _process(program, instance, tool) if program else _container(tool, instance)


def _program(tool: Tool) -> Path | None:
    """The program to run; None where it shall be its container."""
    program = which(PROGRAM)
    # In a virtual machine's host the program asks for root; its container does not need it.
    if program and (not tool.isolated or tool.name != "docker"):
        return program
    if tool.name == "docker":
        return None
    # Its image holds the Docker CLI alone.
    raise ClusterError(
        f"LoadBalancer Services need {PROGRAM}, and with {tool.name} it has to be installed",
        found=f"no program {PROGRAM} on PATH",
        remedy=f"go install sigs.k8s.io/{PROGRAM}@{VERSION}, or a release from "
        f"https://github.com/kubernetes-sigs/{PROGRAM}/releases",
    )


def elsewhere(tool: Tool) -> str:
    """A cloud-provider-kind that runs on this machine, in words; "" when there is none."""
    if process := next(iter(_processes()), None):
        return f"process {process.pid}"
    listed = tool.run("ps", "--format", "{{.ID}} {{.Image}}").stdout.splitlines()
    found = [line.split() for line in listed if PROGRAM in line]
    return f"container {found[0][0]}" if found else ""


def end_balancer(tool: Tool, own: Balancer) -> None:
    """End the lab's own.

    By SIGKILL, and not politely: on SIGTERM it removes the load balancers of every kind cluster
    on this machine (its pkg/controller/controller.go, cleanup).
    """
    if process := own.process():
        process.send_signal(signal.SIGKILL)
        psutil.wait_procs([process], timeout=_ENDS_WITHIN)
    if own.container and own.runs(tool):
        tool.run("rm", "-f", own.container)


def remove_load_balancers(tool: Tool, cluster: str) -> None:
    """Remove the containers that carry this cluster's LoadBalancer Services."""
    if made := load_balancers(tool, cluster):
        tool.run("rm", "-f", *made)


def load_balancers(tool: Tool, cluster: str) -> list[str]:
    """The IDs of the containers that carry this cluster's LoadBalancer Services."""
    label = f"label={LABEL}={cluster}"
    return tool.run("ps", "-a", "-q", "--no-trunc", "--filter", label).stdout.split()


def _processes() -> list[psutil.Process]:
    """Every cloud-provider-kind that runs, as far as this user may know."""
    found = psutil.process_iter(["cmdline"])
    # The second word for a script: the first is its interpreter then.
    named = [each for each in found if PROGRAM in map(_base_name, (each.info["cmdline"] or [])[:3])]
    return [each for each in named if is_alive(each)]


def _base_name(word: str) -> str:
    return Path(word).name


def _process(program: Path, instance: Instance, tool: Tool) -> Balancer:
    with log_of(instance).open("ab") as log:
        process = subprocess.Popen(
            [str(program), *FLAGS],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=instance.home,
            env={**os.environ, **tool.environment},
            start_new_session=True,
        )
    process.returncode = 0  # it outlives this process on purpose, so nobody shall warn of it
    try:
        return Balancer(process.pid, psutil.Process(process.pid).create_time())
    except psutil.NoSuchProcess as error:
        raise ClusterError(f"{program} ended at once", remedy=f"less {log_of(instance)}") from error


def _container(tool: Tool, instance: Instance) -> Balancer:
    words = ["run", "--detach", "--network", _NETWORK, "--volume", f"{_socket(tool)}:{_SOCKET}"]
    words += ["--label", f"ingress-lab.home={instance.home}", IMAGE, *FLAGS]
    return Balancer(container=tool.run(*words, timeout=_PULLS_WITHIN).stdout.split()[-1])


def _socket(tool: Tool) -> str:
    """Docker's socket where its containers find it: in a virtual machine, in the usual place."""
    asked = tool.run("context", "inspect", "--format", "{{.Endpoints.docker.Host}}", check=False)
    scheme, _, path = asked.stdout.strip().partition("://")
    own = scheme == "unix" and path.startswith(("/run/", "/var/run/"))
    return path if own else _SOCKET


def log_of(instance: Instance) -> Path:
    """What the process writes."""
    return instance.home / f"{PROGRAM}.log"
