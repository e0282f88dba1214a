"""What Docker, Podman, nerdctl and kind say when something fails, and what to do about it. Pure.

Each entry says where its text is from: a source file, or a run of the program itself.
"""

from dataclasses import dataclass

INOTIFY = (
    "sudo sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512, "
    "then ./lab up --provider kind"
)
LOAD = (
    "let this machine reach the registries (docker.io, registry.k8s.io), then "
    "./lab up --provider kind; without one, bring the images in a file: "
    "./lab images load FILE (made elsewhere by ./lab images save FILE)"
)
KEEP = (
    "keep the nodes to look at: ./lab up --provider kind --keep, then kind export logs --name NAME"
)


@dataclass(frozen=True)
class Remedy:
    """`text` as it stands in the output (any case), what it `means`, and what to do.

    NAME in it stands for the cluster's: without, kind takes one called `kind`.
    """

    text: str
    means: str
    remedy: str

    def fits(self, output: str) -> bool:
        """Whether the text is in the output."""
        return self.text.casefold() in output.casefold()

    def of(self, cluster: str) -> str:
        """What to do about a cluster of that name."""
        return self.remedy.replace("NAME", cluster)


REMEDIES = (
    # docker CLI 28.2.2 run by a user who may not use the socket; 29 writes "the docker API".
    Remedy(
        "permission denied while trying to connect to the docker",
        "you may not use Docker's socket",
        "sudo usermod -aG docker $USER, then log out and in again; or use rootless Docker: "
        "https://docs.docker.com/engine/security/rootless/",
    ),
    # docker CLI 28.2.2 without a daemon.
    Remedy(
        "cannot connect to the docker daemon",
        "Docker is installed, but its daemon does not answer",
        "sudo systemctl start docker   (Docker Desktop: start the application)",
    ),
    # docker CLI 29 without a daemon.
    Remedy(
        "failed to connect to the docker api",
        "Docker is installed, but its daemon does not answer",
        "sudo systemctl start docker   (Docker Desktop: start the application)",
    ),
    # podman: cmd/podman/main.go; also what a stopped machine on macOS says.
    Remedy(
        "cannot connect to podman",
        "Podman is installed, but its machine does not run",
        "podman machine start   (the first time: podman machine init)",
    ),
    # nerdctl: pkg/rootlessutil/parent_linux.go
    Remedy(
        "rootless containerd not running",
        "nerdctl is installed, but no containerd of yours runs",
        "containerd-rootless-setuptool.sh install",
    ),
    # nerdctl: pkg/clientutil/client.go
    Remedy(
        "cannot access containerd socket",
        "nerdctl is installed, but containerd does not answer",
        "sudo systemctl start containerd",
    ),
    # kind: pkg/cluster/internal/create/create.go, validateProvider
    Remedy(
        "rootless provider requires cgroup v2",
        "rootless containers need cgroup v2 here",
        "boot with systemd.unified_cgroup_hierarchy=1, see "
        "https://kind.sigs.k8s.io/docs/user/rootless/",
    ),
    Remedy(
        'rootless provider requires setting systemd property "Delegate=yes"',
        "systemd does not let your containers limit memory, processes and CPU",
        "give user@.service Delegate=yes as https://kind.sigs.k8s.io/docs/user/rootless/ says, "
        "then log in again",
    ),
    # kind: pkg/cluster/internal/create/create.go, alreadyExists
    Remedy(
        "node(s) already exist for a cluster with the name",
        "another cluster has this lab's name",
        "kind get clusters; have this lab elsewhere: "
        "INGRESS_LAB_HOME=~/lab-kind ./lab up --provider kind",
    ),
    # kind: pkg/cluster/internal/providers/podman/util.go, ensureMinVersion
    Remedy(
        "is too old, please upgrade to",
        "Podman is older than kind wants",
        "update Podman, then ./lab up --provider kind",
    ),
    # Docker's registry: a limit on pulls without an account.
    Remedy(
        "toomanyrequests",
        "Docker Hub's limit on pulls is reached",
        "docker login, or wait an hour; or bring the images in a file: ./lab images load FILE",
    ),
    # What containers and systemd in a node write: kind's known issues, 'too many open files'.
    Remedy("too many open files", "the kernel's limit of file watches is too low", INOTIFY),
    Remedy("inotify watch limit reached", "the kernel's limit of file watches is too low", INOTIFY),
    # ENOSPC, as every program words it.
    Remedy(
        "no space left on device",
        "the disk is full where containers are kept",
        "docker system df, then docker system prune (asks first)",
    ),
    # kind: pkg/cluster/internal/providers/docker/images.go, pull
    Remedy("failed to pull image", "a container image could not be fetched", LOAD),
    # docker run, for an image that is neither here nor to be had.
    Remedy("unable to find image", "a container image could not be fetched", LOAD),
    # docker pull without a route to the registry: Docker 20.10, and moby with containerd's store.
    Remedy(
        'error response from daemon: get "https://', "a container image could not be fetched", LOAD
    ),
    Remedy("failed to resolve reference", "a container image could not be fetched", LOAD),
    # moby: a published port that is in use.
    Remedy(
        "port is already allocated",
        "another container has a port that the cluster needs",
        "docker ps --format '{{.Names}} {{.Ports}}', stop the one that has it",
    ),
    # kind: network.go of each tool.
    Remedy(
        "exhausted attempts trying to find a non-overlapping subnet",
        "no free network is left for the nodes",
        "docker network ls, docker network prune (asks first)",
    ),
    # kind: pkg/cluster/internal/providers/common/cgroups.go. Nodes' systemd does not start:
    # the limits on file watches are the common cause (kind's known issues).
    Remedy(
        "could not find a log line that matches",
        "a node's own system did not start: the kernel's limit of file watches is too low, or "
        "the image is not one of a node",
        INOTIFY,
    ),
    # The kernel ends a process that takes too much: exit status 137 is SIGKILL.
    Remedy(
        "exit status 137",
        "a node was ended: memory is short",
        "free some memory; Docker Desktop: give it more under Settings, Resources",
    ),
    # kubeadm's words in kind's output: its wait for the kubelet or the control plane.
    Remedy(
        "timed out waiting for the condition",
        "Kubernetes did not start in time",
        f"free some CPU and memory, then again; {KEEP}",
    ),
    # kind: pkg/cluster/internal/create/actions/kubeadminit/init.go, kubeadmjoin/join.go
    Remedy(
        "failed to init node with kubeadm",
        "Kubernetes did not start on the first node",
        KEEP,
    ),
    Remedy(
        "failed to join node with kubeadm",
        "a node did not join the cluster",
        KEEP,
    ),
    # kind: pkg/cluster/nodeutils/util.go: a node image with a newer containerd than kind knows.
    Remedy(
        "failed to detect containerd snapshotter",
        "the nodes' image is newer than kind",
        "update kind, or leave out --image",
    ),
    Remedy(
        "unknown containerd config version",
        "the nodes' image is newer than kind",
        "update kind, or leave out --image",
    ),
    # ctr in a node, for an archive that names more platforms than it has (kind issue 3795).
    Remedy(
        "ctr: content digest",
        "the archive names images of other platforms that are not in it",
        "update Docker to 28 or newer, then save and load the images again",
    ),
    # Go's os/exec, in kind's words for a tool that isn't there.
    Remedy(
        "executable file not found in $path",
        "a container tool is missing",
        "install Docker: https://docs.docker.com/engine/install/",
    ),
)
"""In the order of looking: what causes others comes first."""

UNKNOWN = Remedy(
    "",
    "kind does not say more",
    f"{KEEP}; kind's own list: https://kind.sigs.k8s.io/docs/user/known-issues/",
)


def remedy_for(output: str) -> Remedy:
    """What to do about what was said; `UNKNOWN` for words that nobody knows."""
    return next((each for each in REMEDIES if each.fits(output)), UNKNOWN)


def last_lines(output: str, count: int = 4) -> str:
    """The last lines that tell something, from kind's `ERROR:` on; each of a readable length."""
    _, error, rest = output.rpartition("ERROR:")
    lines = [line.strip() for line in f"{error}{rest}".splitlines() if line.strip()]
    # The JSON of `docker info` comes along as one long line.
    telling = [line for line in lines if '{"ID":' not in line]
    return "\n         ".join(line[:300] for line in telling[-count:])
