"""What every provider can do, and what it gives to the layers above."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol

from labsupport.kube.access import Access
from labsupport.manifests import ADDONS

Progress = Callable[[str], AbstractContextManager[None]]
"""Shows a step's title while the step runs, as `base.progress.step` does."""


def quiet(title: str) -> AbstractContextManager[None]:
    """Progress that nobody sees."""
    return nullcontext()


@dataclass(frozen=True)
class Connection:
    """How a running cluster is reached.

    `network` is the prefix that the lab's own addresses share (`127.42.`), "" where there is
    none. There, a port below 1024 is really `port_offset` higher. `way` tells what to connect to
    for an address and port of the cluster, where this machine has no route to some. `dns` is the
    lab's DNS server, `cache` its caching resolver. `addons` are the manifests that a fresh lab
    brings. `controller` is the namespace of the lab's Traefik, "" where the controller is somebody
    else's. `patience` is for how many seconds pods and load balancers may take.
    """

    access: Access
    network: str
    port_offset: int
    dns: tuple[str, int]
    cache: tuple[str, int] | None = None
    addons: tuple[str, ...] = ADDONS
    controller: str = "traefik"
    patience: float = 60.0
    way: Callable[[str, int], tuple[str, int]] | None = None


@dataclass(frozen=True)
class Wishes:
    """What the user asks for beyond a provider's name; "" and False leave it to the provider.

    `image` and `keep` are for kind: the nodes' image, and whether to leave a cluster that failed
    to come up. The others are for an existing cluster: which context of which kubeconfig, the
    learner's namespace, the domain that their sites lie in, and an IngressClass that is there.
    """

    image: str = ""
    keep: bool = False
    kubeconfig: str = ""
    context: str = ""
    namespace: str = ""
    domain: str = ""
    ingress_class: str = ""


@dataclass(frozen=True)
class ClusterStatus:
    """What a provider knows of its cluster without asking the API server.

    `about` says in words what runs where. `pid` is that of the lab's own process. `memory` is in
    MB (PSS where the system tells it, else RSS): the cluster's own process, and
    all of its pods together. `addresses` and `ports` say who has which, in words.
    """

    provider: str
    running: bool
    about: str
    pid: int | None
    kubeconfig: str
    addresses: dict[str, str]
    ports: dict[str, str]
    memory: dict[str, float]


@dataclass(frozen=True)
class Farewell:
    """What is said after `down`, in whole sentences.

    `ended` where something ran, else `idle`; then `deleted` after `delete`, else `kept`.
    """

    ended: str
    idle: str
    deleted: str
    kept: str


OWN_CLUSTER = Farewell(
    ended="The cluster is stopped.",
    idle="No cluster was running.",
    deleted="Its state is deleted.",
    kept="Start it again with its objects: ./lab up",
)
"""Of a cluster that is the learner's alone."""


class Provider(Protocol):
    """A way to have a cluster."""

    farewell: Farewell

    def up(self, progress: Progress) -> Connection:
        """Start the cluster, or find it running. The kubeconfig is in place when this returns."""

    def down(self, progress: Progress = quiet, *, delete: bool = False) -> bool:
        """Stop what the lab runs; with `delete`, remove what it made and forget its state.

        Whether there was anything running. Nothing of others is touched.
        """

    def belongings(self) -> list[str]:
        """What `down` with `delete` would remove, a line for each; nothing is removed."""

    def connection(self) -> Connection:
        """How to reach the running cluster; ClusterNotRunning when there is none."""

    def status(self) -> ClusterStatus:
        """What is running, and where."""
