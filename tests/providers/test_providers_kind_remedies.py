"""What kind and the container tools say, and the remedy for each text."""

from pathlib import Path

import container_tools
import pytest

from labsupport.providers.kind.remedies import REMEDIES, UNKNOWN, Remedy, last_lines, remedy_for

ROOT = Path(__file__).resolve().parents[2]

# Each as it stands in a run or a source; see `REMEDIES` for which.
SAID = {
    "recorded: docker without a daemon": (container_tools.DEAD_DOCKER, "systemctl start docker"),
    "recorded: no right to the socket": (container_tools.NO_PERMISSION, "usermod -aG docker"),
    "recorded: kind without a registry": (container_tools.NO_REGISTRY, "./lab images load"),
    "podman without its machine": (container_tools.DEAD_PODMAN, "podman machine start"),
    "docker 29 without a daemon": (
        "failed to connect to the docker API at unix:///var/run/docker.sock; check if the path is "
        "correct and if the daemon is running: dial unix /var/run/docker.sock: connect: no such "
        "file or directory",
        "systemctl start docker",
    ),
    "docker 29, no right to the socket": (
        "permission denied while trying to connect to the docker API at "
        "unix:///var/run/docker.sock",
        "usermod -aG docker",
    ),
    "nerdctl, rootless": (
        "FATA[0000] rootless containerd not running? (hint: use `containerd-rootless-setuptool.sh "
        "install` to start rootless containerd): stat /run/user/1000/containerd-rootless: no such "
        "file or directory",
        "containerd-rootless-setuptool.sh install",
    ),
    "nerdctl": (
        'FATA[0000] cannot access containerd socket "/run/containerd/containerd.sock": '
        "no such file or directory",
        "systemctl start containerd",
    ),
    "cgroup v1": (
        "ERROR: failed to create cluster: running kind with rootless provider requires cgroup v2, "
        "see https://kind.sigs.k8s.io/docs/user/rootless/",
        "unified_cgroup_hierarchy",
    ),
    "no delegation": (
        "ERROR: failed to create cluster: running kind with rootless provider requires setting "
        'systemd property "Delegate=yes", see https://kind.sigs.k8s.io/docs/user/rootless/',
        "Delegate=yes",
    ),
    "name taken": (
        "ERROR: failed to create cluster: node(s) already exist for a cluster with the name "
        '"ingress-lab"',
        "INGRESS_LAB_HOME",
    ),
    "old podman": (
        'ERROR: failed to create cluster: podman version "1.6.4" is too old, please upgrade to '
        '"1.8.0" or later',
        "update Podman",
    ),
    "pulls limited": (
        "Command Output: Error response from daemon: toomanyrequests: You have reached your "
        "unauthenticated pull rate limit.",
        "docker login",
    ),
    "file watches": ("Failed to create inotify object: Too many open files", "max_user_watches"),
    "watch limit, not the disk": (
        "Failed to add a watch: inotify watch limit reached\nNo space left on device",
        "max_user_watches",
    ),
    "a node's systemd": (
        "ERROR: failed to create cluster: could not find a log line that matches "
        '"Reached target .*Multi-User System.*|detected cgroup v1"',
        "max_user_watches",
    ),
    "disk full": (
        "write /var/lib/docker/tmp/GetImageBlob: no space left on device",
        "docker system prune",
    ),
    "docker run without the image": (
        "Unable to find image 'registry.k8s.io/x:v1' locally\ndocker: Error response from daemon",
        "./lab images load",
    ),
    "port taken": (
        "Error response from daemon: driver failed programming external connectivity: Bind for "
        "127.0.0.1:6443 failed: port is already allocated",
        "docker ps",
    ),
    "no subnet": (
        "ERROR: failed to create cluster: failed to ensure docker network: exhausted attempts "
        "trying to find a non-overlapping subnet",
        "docker network prune",
    ),
    "out of memory": (
        'command "docker exec --privileged kind-control-plane kubeadm init" failed with error: '
        "exit status 137",
        "free some memory",
    ),
    "kubeadm's time": (
        "ERROR: failed to create cluster: failed to init node with kubeadm: command failed\n"
        "error execution phase wait-control-plane: timed out waiting for the condition",
        "free some CPU",
    ),
    "kubeadm init": (
        "ERROR: failed to create cluster: failed to init node with kubeadm: exit status 1",
        "--keep",
    ),
    "kubeadm join": (
        "ERROR: failed to create cluster: failed to join node with kubeadm: exit status 1",
        "--keep",
    ),
    "kind older than the image": (
        "ERROR: failed to detect containerd snapshotter",
        "update kind",
    ),
    "kind much older than the image": (
        "unknown containerd config version: 4 (supported versions: 2 and 3)",
        "update kind",
    ),
    "images of several platforms": (
        'ERROR: failed to load image: command "docker exec --privileged -i kind-control-plane ctr '
        '--namespace=k8s.io images import" failed with error: exit status 1\n\nCommand Output: '
        "ctr: content digest sha256:b1addbe72465a718643cff9e60a58e6df1841e29: not found",
        "update Docker to 28",
    ),
    "docker 20.10, pulling without a route": (
        'Error response from daemon: Get "https://registry.k8s.io/v2/": dial tcp: lookup '
        "registry.k8s.io on 10.0.0.53:53: dial udp 10.0.0.53:53: connect: network is unreachable",
        "./lab images load",
    ),
    "docker with containerd's store, pulling without a route": (
        'Error response from daemon: failed to resolve reference "docker.io/kindest/node": '
        "dial tcp: lookup registry-1.docker.io: no such host",
        "./lab images load",
    ),
    "no docker at all": (
        'ERROR: failed to create cluster: failed to get docker info: command "docker info '
        '--format \'{{json .}}\'" failed with error: exec: "docker": executable file not found '
        "in $PATH\n\nCommand Output: ",
        "install Docker",
    ),
}


@pytest.mark.parametrize(("said", "remedy"), SAID.values(), ids=list(SAID))
def test_a_text_gets_its_remedy(said: str, remedy: str) -> None:
    assert remedy in remedy_for(said).remedy


@pytest.mark.parametrize("remedy", REMEDIES, ids=lambda each: each.text)
def test_every_remedy_is_the_answer_to_some_text(remedy: Remedy) -> None:
    assert remedy in [remedy_for(said) for said, _ in SAID.values()]


@pytest.mark.parametrize("remedy", REMEDIES, ids=lambda each: each.text)
def test_every_remedy_stands_in_the_documentation(remedy: Remedy) -> None:
    rows = (ROOT / "docs" / "kind.md").read_text()
    assert f"| `{remedy.text}` | {remedy.means} | {remedy.remedy} |" in rows


def test_an_unknown_text_still_has_a_next_step() -> None:
    assert remedy_for("something new") is UNKNOWN
    assert "known-issues" in UNKNOWN.remedy


def test_the_last_lines_leave_out_the_json_of_docker_info() -> None:
    said = (
        "ERROR: failed to create cluster: failed to get docker info: exit status 1\n\n"
        f"Command Output: {container_tools.DEAD_DOCKER_JSON}{container_tools.DEAD_DOCKER}"
    )
    assert "{" not in last_lines(said)
    assert last_lines(said).endswith("Is the docker daemon running?")
