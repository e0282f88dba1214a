"""The real kind, built from its module, with what the lab gives it. Its Docker is a stand-in."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import container_tools
import pytest
from container_tools import Machine, machine

from labsupport.base.errors import ClusterError
from labsupport.base.paths import Instance
from labsupport.kube.api import Api
from labsupport.providers.embedded.provider import Embedded
from labsupport.providers.kind import Kind, balancers
from labsupport.providers.kind.configuration import NODE_IMAGES, cluster_config, node_image
from labsupport.providers.kind.making import create_cluster
from labsupport.providers.kind.program import NEWEST, Program, found_program
from labsupport.providers.kind.tools import Tool
from labsupport.providers.protocol import Wishes, quiet

_BUILDS_WITHIN = 90.0  # seconds; one second where Go has it in its cache
DOCKER = Tool("docker", "28.2.2")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The kind binary; the test is skipped where it can't be built."""
    go = shutil.which("go")
    if not go:
        pytest.skip("no Go here to build kind with")
    folder = tmp_path_factory.mktemp("kind-program")
    command = [go, "install", f"sigs.k8s.io/kind@v{NEWEST}"]
    try:
        done = subprocess.run(
            command,
            env={**os.environ, "GOBIN": str(folder)},
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_BUILDS_WITHIN,
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"kind was not built within {_BUILDS_WITHIN:g} s")
    if done.returncode != 0:
        pytest.skip(f"kind can't be built here: {done.stderr.strip().splitlines()[-1]}")
    return folder / "kind"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The kubeconfig of a cluster that answers."""
    api = Instance(tmp_path_factory.mktemp("kind") / "api")
    embedded = Embedded(api)
    embedded.up(quiet)
    yield api.kubeconfig.read_text()
    embedded.down()


@pytest.fixture
def here(tmp_path: Path, built: Path, served: str, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine with the real kind and a stand-in for Docker."""
    made = machine(tmp_path / "bin", monkeypatch, "docker")
    (made.folder / "kind").symlink_to(built)
    made.serve(served)
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setattr(balancers, "_processes", list)
    return made


def create(here: Machine, config: str, folder: Path) -> None:
    """`kind create cluster` with this configuration."""
    path = folder / "kind.yaml"
    path.write_text(config)
    create_cluster(
        found_program(),
        DOCKER,
        path,
        folder / "kubeconfig",
        name="ingress-lab",
        keep=False,
        progress=quiet,
    )


@pytest.mark.usefixtures("here")
def test_the_version_is_read() -> None:
    assert found_program().shown == NEWEST


def test_the_newest_image_is_the_one_that_kind_was_made_with(here: Machine) -> None:
    pinned = node_image(found_program().version)
    config = here.folder / "plain.yaml"
    config.write_text("kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n")
    kubeconfig = str(here.folder / "kubeconfig")
    words = ["kind", "create", "cluster", "--config", str(config), "--kubeconfig", kubeconfig]
    subprocess.run(words, check=True, capture_output=True)
    assert f"docker inspect --type=image {pinned}" in here.calls


def test_every_pinned_image_has_its_whole_digest() -> None:
    for image in NODE_IMAGES.values():
        assert len(image.partition("@sha256:")[2]) == 64


def test_the_labs_configuration_makes_three_nodes(here: Machine, tmp_path: Path) -> None:
    create(here, cluster_config("ingress-lab-1", node_image((0, 33, 0))), tmp_path)
    assert sorted(each["Name"] for each in here.containers) == [
        "ingress-lab-1-control-plane",
        "ingress-lab-1-worker",
        "ingress-lab-1-worker2",
    ]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("nodez: []\n", "nodez"),
        ("nodes:\n  - role: master\n", "master"),
        ("networking:\n  podSubnet: 10.244.0.0/99\n", "10.244.0.0/99"),
    ],
    ids=["unknown field", "unknown role", "bad subnet"],
)
def test_a_wrong_configuration_is_refused(
    here: Machine, tmp_path: Path, wrong: str, said: str
) -> None:
    start = "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n"
    with pytest.raises(ClusterError, match="could not make the cluster") as caught:
        create(here, start + wrong, tmp_path)
    assert said in caught.value.found
    assert here.containers == []


class TestRefusals:
    """kind's own words for what Docker tells it, and the lab's remedy for them."""

    CONFIG = cluster_config("ingress-lab", node_image((0, 33, 0)))

    def test_a_dead_docker(self, here: Machine, tmp_path: Path) -> None:
        dead = {"code": 1, "out": container_tools.DEAD_DOCKER_JSON}
        here.tell("docker", "info", err=container_tools.DEAD_DOCKER, **dead)
        with pytest.raises(ClusterError) as caught:
            create(here, self.CONFIG, tmp_path)
        assert "failed to get docker info" in caught.value.found
        assert "systemctl start docker" in caught.value.remedy

    def test_no_docker(self, here: Machine, tmp_path: Path) -> None:
        here.remove("docker")
        with pytest.raises(ClusterError) as caught:
            create(here, self.CONFIG, tmp_path)
        assert "install Docker" in caught.value.remedy

    def test_rootless_without_delegation(self, here: Machine, tmp_path: Path) -> None:
        # As a rootless dockerd tells it (moby: daemon/info.go).
        info = '{"ServerVersion":"28","CgroupVersion":"2","SecurityOptions":["name=rootless"]}'
        here.tell("docker", "info", out=info)
        with pytest.raises(ClusterError) as caught:
            create(here, self.CONFIG, tmp_path)
        assert "Delegate=yes" in caught.value.remedy

    def test_rootless_with_cgroup_v1(self, here: Machine, tmp_path: Path) -> None:
        info = '{"ServerVersion":"28","CgroupVersion":"1","SecurityOptions":["name=rootless"]}'
        here.tell("docker", "info", out=info)
        with pytest.raises(ClusterError) as caught:
            create(here, self.CONFIG, tmp_path)
        assert "cgroup v2" in caught.value.found
        assert "unified_cgroup_hierarchy" in caught.value.remedy

    def test_a_name_that_is_taken(self, here: Machine, tmp_path: Path) -> None:
        here.node("ingress-lab")
        with pytest.raises(ClusterError) as caught:
            create(here, self.CONFIG, tmp_path)
        assert "another cluster has this lab's name" in caught.value.what
        assert len(here.containers) == 1

    def test_no_registry(self, here: Machine, tmp_path: Path) -> None:
        absent = "Error response from daemon: No such image: kindest/node\n"
        here.tell("docker", "inspect", "--type=image", code=1, out="[]\n", err=absent)
        # moby: registry/, as its daemon words it without a network.
        here.tell(
            *("docker", "pull"),
            code=1,
            err='Error response from daemon: Get "https://registry-1.docker.io/v2/": dial tcp: '
            "lookup registry-1.docker.io: no such host\n",
        )
        with pytest.raises(ClusterError) as caught:
            create(here, self.CONFIG, tmp_path)
        assert "failed to pull image" in caught.value.found
        assert "./lab images load" in caught.value.remedy

    def test_kubeadm_that_fails(self, here: Machine, tmp_path: Path) -> None:
        words = ["exec", "--privileged", "ingress-lab-control-plane", "kubeadm", "init"]
        here.tell("docker", *words, code=1, err="[kubelet-check] the kubelet is not healthy\n")
        with pytest.raises(ClusterError) as caught:
            create(here, self.CONFIG, tmp_path)
        assert "kind export logs --name ingress-lab" in caught.value.remedy
        assert here.containers == []


def test_the_provider_makes_stops_starts_and_removes_with_it(here: Machine, tmp_path: Path) -> None:
    kind = Kind(Instance(tmp_path / "lab"), Wishes())
    try:
        api = Api(kind.up(quiet).access)
        assert api.list("nodes")
        api.close()
        kind.down()
        assert kind.status().about.startswith("stopped")
        kind.up(quiet)
        assert kind.status().running
    finally:
        kind.down(delete=True)
    assert here.containers == []
    assert not (tmp_path / "user").exists()


@pytest.mark.usefixtures("here")
def test_clusters_are_listed_by_their_nodes() -> None:
    program: Program = found_program()
    assert program.run(DOCKER, "get", "clusters").stdout == ""
