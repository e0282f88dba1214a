"""What `lab doctor` looks at: one function a finding, none of which changes anything."""

import os
import platform
import shutil
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from labsupport.base import paths
from labsupport.base.errors import LabError
from labsupport.base.run import CommandFailed, run, which

Status = Literal["ok", "note", "missing"]

_NETWORKS = range(16, 251)
"""The N of the 127.N.0.0/16 networks that instances choose from."""
_API_PORT = 6443
_MEMORY_MB = 700  # cluster, JupyterLab and one kernel, with room
_DISK_MB = 1200  # .venv and an instance
_TIMEOUT = 10.0  # seconds for a tool to say its version


@dataclass(frozen=True)
class Finding:
    """One thing looked at.

    `status`: ok; note (the lab runs, something is less pleasant or explained); missing (the
    embedded lab can't run). `remedy` is what to do, empty when there is nothing to do.
    """

    name: str
    status: Status
    found: str
    remedy: str = ""


def python() -> Finding:
    """The Python that runs the lab."""
    return Finding("Python", "ok", f"{platform.python_version()} ({sys.executable})")


def git() -> Finding:
    """Git: to fetch the course and its updates."""
    return _tool("git", ["git", "--version"], "needed only to fetch updates: install git")


def dot() -> Finding:
    """Graphviz: pictures as SVG from the kernel."""
    return _tool(
        "dot (Graphviz)",
        ["dot", "-V"],
        "pictures render in the browser instead; for files too: "
        + _install("graphviz", conda="graphviz"),
    )


def kubectl() -> Finding:
    """Kubectl: a learner may use it beside the notebooks."""
    return _tool(
        "kubectl",
        ["kubectl", "version", "--client"],
        "optional; https://kubernetes.io/docs/tasks/tools/, then: "
        "export KUBECONFIG=$(./lab kubeconfig)",
    )


def kind() -> Finding:
    """Kind: for the provider of that name."""
    from labsupport.providers.kind.program import GET, found_program, installed

    if not installed():
        return Finding("kind", "note", "not installed", f"only for --provider kind: {GET}")
    try:
        program = found_program()
    except LabError as error:
        return Finding("kind", "note", f"{error.what} ({error.found})", error.remedy)
    return Finding("kind", "ok", f"{program.shown} ({program.path})")


def docker() -> Finding:
    """Docker, whose daemon may be dead where its command is not."""
    return _container_tool("docker")


def podman() -> Finding:
    """Podman, in place of Docker."""
    return _container_tool("podman")


def nerdctl() -> Finding:
    """nerdctl, in place of Docker."""
    return _container_tool("nerdctl")


def cloud_provider_kind() -> Finding:
    """What gives LoadBalancer Services on kind their addresses."""
    remedy = (
        "only for --provider kind; with Docker its container is used instead, with others: "
        "https://github.com/kubernetes-sigs/cloud-provider-kind/releases"
    )
    return _tool("cloud-provider-kind", ["cloud-provider-kind", "version"], remedy)


def loopback_addresses() -> Finding:
    """Every 127.N.x.y: the lab's nodes, pods and Services each have one."""
    name = "127/8 addresses"
    network = _free_networks()
    if network:
        return Finding(name, "ok", f"{len(network)} free networks 127.N.0.0/16, N in 16..250")
    if not _can_bind("127.254.1.1", 0):
        found = "only 127.0.0.1 can be used"
        remedy = (
            "macOS: sudo ifconfig lo0 alias 127.16.0.1 up, and so for each address the lab "
            "names; or run the lab in a Linux VM"
        )
        return Finding(name, "missing", found, remedy)
    return Finding(name, "missing", "no network 127.N.0.0/16 is free", "stop a lab of another user")


def low_ports() -> Finding:
    """Ports below 1024, which not every user may use."""
    name = "ports below 1024"
    if any(_can_bind("127.254.1.1", port) for port in (80, 443)):
        return Finding(name, "ok", "80 and 443 are used as they are")
    remedy = (
        "the lab's client hides it; to use them: sudo sysctl net.ipv4.ip_unprivileged_port_start=53"
    )
    return Finding(name, "note", "not allowed here: 80 becomes 8080, 443 becomes 8443", remedy)


def memory() -> Finding:
    """Memory left for a cluster, JupyterLab and a kernel."""
    import psutil

    free = psutil.virtual_memory().available // 2**20
    if free >= _MEMORY_MB:
        return Finding("memory", "ok", f"{free} MB available")
    remedy = f"about {_MEMORY_MB} MB is comfortable: close something"
    return Finding("memory", "note", f"{free} MB available", remedy)


def disk() -> Finding:
    """Disk space where the instance lives."""
    home = paths.instance().home
    existing = next(folder for folder in (home, *home.parents) if folder.is_dir())
    free = shutil.disk_usage(existing).free // 2**20
    if free >= _DISK_MB:
        return Finding("disk space", "ok", f"{free} MB free in {existing}")
    remedy = f"free some (about {_DISK_MB} MB is comfortable), or set INGRESS_LAB_HOME elsewhere"
    return Finding("disk space", "note", f"{free} MB free in {existing}", remedy)


def writable_home() -> Finding:
    """Whether the instance's directory can be written."""
    home = paths.instance().home
    existing = next(folder for folder in (home, *home.parents) if folder.is_dir())
    if os.access(existing, os.W_OK):
        return Finding("instance", "ok", str(home))
    remedy = "export INGRESS_LAB_HOME=~/ingress-lab"
    return Finding("instance", "missing", f"{home} is not writable", remedy)


def kubeconfig() -> Finding:
    """A KUBECONFIG of the user's, which the lab never reads or writes."""
    value = os.environ.get("KUBECONFIG")
    if not value:
        return Finding("KUBECONFIG", "ok", "not set")
    return Finding("KUBECONFIG", "note", f"{value}: harmless, the lab uses its own")


def system() -> Finding:
    """The operating system, and what is different on it."""
    release = platform.release()
    if sys.platform == "darwin":
        found = f"macOS {platform.mac_ver()[0]}: loopback addresses need aliases (see 127/8)"
        return Finding("system", "note", found)
    if "microsoft" in release.lower():
        found = f"WSL {release}: full; JupyterLab's address opens in the Windows browser"
        return Finding("system", "ok", found)
    return Finding("system", "ok", f"{platform.system()} {release}, {platform.machine()}")


ALL: tuple[Callable[[], Finding], ...] = (
    system,
    python,
    writable_home,
    loopback_addresses,
    low_ports,
    memory,
    disk,
    dot,
    git,
    kubectl,
    kind,
    docker,
    podman,
    nerdctl,
    cloud_provider_kind,
    kubeconfig,
)
"""Every check, in the order shown."""


def _tool(name: str, command: list[str], remedy: str) -> Finding:
    """Whether a tool is there and says its version; its absence is never more than a note."""
    if not which(command[0]):
        return Finding(name, "note", "not installed", remedy)
    try:
        answer = run(command, timeout=_TIMEOUT)
    except CommandFailed as error:
        return Finding(name, "note", error.found.splitlines()[-1].strip(), remedy)
    said = (answer.stdout or answer.stderr).strip().splitlines()
    return Finding(name, "ok", said[0] if said else "installed")


def _container_tool(name: str) -> Finding:
    """Whether a container tool is there, and its daemon answers."""
    from labsupport.providers.kind.remedies import last_lines, remedy_for
    from labsupport.providers.kind.tools import asked

    answer = asked(name)
    if answer.tool:
        return Finding(name, "ok", f"answers, version {answer.tool.version}")
    if not answer.installed:
        remedy = "only for --provider kind: Docker, Podman or nerdctl, any one of them"
        return Finding(name, "note", answer.said, remedy)
    remedy = f"only for --provider kind: {remedy_for(answer.said).remedy}"
    return Finding(name, "note", f"does not answer: {last_lines(answer.said, 1)}", remedy)


def _install(package: str, *, conda: str) -> str:
    if (Path(sys.prefix) / "conda-meta").is_dir():
        return f"conda install -y {conda}"
    return f"brew install {package}" if sys.platform == "darwin" else f"sudo apt install {package}"


def _free_networks() -> list[int]:
    return [number for number in _NETWORKS if _can_bind(f"127.{number}.0.1", _API_PORT)]


def _can_bind(address: str, port: int) -> bool:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((address, port))
        except OSError:
            return False
    return True
