"""Stand-ins for docker, podman, nerdctl, kind and cloud-provider-kind: programs on a PATH of their
own that answer as the real ones do, and keep a log of how they were called.

Their containers are lines in a file; nothing runs. What a test wants to fail is `told` to fail with
the text that the real program was recorded with, or that its source has: each says from where.
"""

import json
import os
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).parent / "container_tools_program.py"
NODE_LABELS = ("io.x-k8s.kind.cluster", "io.x-k8s.kind.role")

# Recorded: docker CLI 28.2.2 without a daemon, `docker info --format '{{json .}}'`; rc 1. Its JSON
# is cut to the fields that are looked at.
DEAD_DOCKER_JSON = (
    '{"ID":"","Containers":0,"ServerVersion":"","OperatingSystem":"","Warnings":null}\n'
)
DEAD_DOCKER = (
    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. "
    "Is the docker daemon running?\n"
)
# Recorded: docker CLI 28.2.2 as a user without the right to its socket; rc 1.
NO_PERMISSION = (
    "permission denied while trying to connect to the Docker daemon socket at "
    'unix:///var/run/docker.sock: Get "http://%2Fvar%2Frun%2Fdocker.sock/v1.50/info": '
    "dial unix /var/run/docker.sock: connect: permission denied\n"
)
# From podman's source, cmd/podman/main.go; rc 125.
DEAD_PODMAN = (
    "Cannot connect to Podman. Please verify your connection to the Linux system using "
    "`podman system connection list`, or try `podman machine init` and `podman machine start` to "
    "manage a new Linux VM\nError: unable to connect to Podman socket\n"
)
# Recorded: kind v0.33.0 on a docker whose `docker pull` fails; rc 1. The digests are cut.
NO_REGISTRY = (
    'Creating cluster "ingress-lab" ...\n'
    " • Ensuring node image (kindest/node:v1.37.0) 🖼️  ...\n"
    " ✗ Ensuring node image (kindest/node:v1.37.0) 🖼️\n"
    'ERROR: failed to create cluster: failed to pull image "kindest/node:v1.37.0@sha256:a1ed": '
    'command "docker pull kindest/node:v1.37.0@sha256:a1ed" failed with error: exit status 1\n\n'
    "Command Output: Error response from daemon: "
    'Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host\n'
)


@dataclass
class Answer:
    """What a program says when its words begin so, in place of what it would do."""

    program: str
    words: list[str]
    code: int = 0
    out: str = ""
    err: str = ""
    sleep: float = 0.0


@dataclass
class Machine:
    """A machine with such programs: `folder` is its PATH, before the system's own."""

    folder: Path
    answers: list[Answer] = field(default_factory=list)

    def install(self, *names: str) -> None:
        """Put the programs of these names on its PATH."""
        self.folder.mkdir(exist_ok=True)
        for name in names:
            path = self.folder / name
            path.write_text(f"#!{sys.executable} -I\n{PROGRAM.read_text()}")
            path.chmod(0o755)

    def remove(self, name: str) -> None:
        """Take a program off its PATH."""
        (self.folder / name).unlink()

    def tell(self, program: str, *words: str, **said: Any) -> None:
        """Let a call whose words begin so end with `code`, `out` and `err`, after `sleep` s."""
        self.answers.append(Answer(program, list(words), **said))
        self._write("answers.json", [vars(each) for each in self.answers])

    def forget(self) -> None:
        """Let every program do again what it does."""
        self.answers.clear()
        self._write("answers.json", [])

    def serve(self, kubeconfig: str) -> None:
        """Let the cluster's API server be the one of this kubeconfig."""
        self._write("kubeconfig", kubeconfig)

    @property
    def calls(self) -> list[str]:
        """How the programs were called, as words."""
        log = self.folder / "calls.log"
        return log.read_text().splitlines() if log.exists() else []

    @property
    def images(self) -> list[str]:
        """The images that are on the machine, as Docker shortens their names."""
        path = self.folder / "images.json"
        found: list[str] = json.loads(path.read_text()) if path.exists() else []
        return found

    @property
    def containers(self) -> list[dict[str, Any]]:
        """Every container there is: Id, Name, Image, State, Labels."""
        path = self.folder / "containers.json"
        found: list[dict[str, Any]] = json.loads(path.read_text()) if path.exists() else []
        return found

    def add(self, name: str, labels: dict[str, str], image: str = "") -> None:
        """A container of somebody else's, which runs."""
        self._put(name, image, labels)

    def node(self, cluster: str, role: str = "control-plane") -> None:
        """A node of a kind cluster of somebody else's."""
        labels = dict(zip(NODE_LABELS, (cluster, role), strict=True))
        self._put(f"{cluster}-{role}", "kindest/node", labels)

    def _put(self, name: str, image: str, labels: dict[str, str]) -> None:
        other = {"Id": f"other-{name}", "Name": name, "Image": image, "State": "running"}
        self._write("containers.json", [*self.containers, {**other, "Labels": labels}])

    def _write(self, name: str, content: Any) -> None:
        self.folder.mkdir(exist_ok=True)
        text = content if isinstance(content, str) else json.dumps(content)
        (self.folder / name).write_text(text)


def machine(folder: Path, monkeypatch: pytest.MonkeyPatch, *names: str) -> Machine:
    """A machine with the programs of these names, on whose PATH this test runs from now on.

    Nothing else of this machine's is on it but bash and what the shell needs.
    """
    made = Machine(folder)
    made.install(*names)
    for name in ("bash", "cat", "sh", "env"):
        if (found := shutil.which(name)) and not (folder / name).exists():
            (folder / name).symlink_to(found)
    monkeypatch.setenv("PATH", os.fspath(folder))
    monkeypatch.setenv("INGRESS_LAB_STAND_INS", os.fspath(folder))
    for name in ("KIND_EXPERIMENTAL_PROVIDER", "DOCKER_HOST"):
        monkeypatch.delenv(name, raising=False)
    return made
