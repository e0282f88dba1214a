"""What every provider can do, and what it gives to the layers above."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from labsupport.kube.access import Access

Progress = Callable[[str], AbstractContextManager[None]]
"""Shows a step's title while the step runs, as `base.progress.step` does."""


@dataclass(frozen=True)
class Connection:
    """How a running cluster is reached.

    `network` is the prefix that the lab's own addresses share (`127.42.`), "" where there is
    none. There, a port below 1024 is really `port_offset` higher. `dns` is the lab's DNS server,
    `cache` its caching resolver.
    """

    access: Access
    network: str
    port_offset: int
    dns: tuple[str, int]
    cache: tuple[str, int] | None = None


@dataclass(frozen=True)
class ClusterStatus:
    """What a provider knows of its cluster without asking the API server.

    `memory` is in MB (PSS where the system tells it, else RSS): the cluster's own process, and
    all of its pods together. `addresses` and `ports` say who has which, in words.
    """

    provider: str
    running: bool
    pid: int | None
    kubeconfig: str
    addresses: dict[str, str]
    ports: dict[str, str]
    memory: dict[str, float]


class Provider(Protocol):
    """A way to have a cluster."""

    def up(self, progress: Progress) -> Connection:
        """Start the cluster, or find it running. The kubeconfig is in place when this returns."""

    def down(self, *, delete: bool = False) -> bool:
        """Stop the cluster with every process of it; with `delete`, forget its state too.

        Whether there was anything running.
        """

    def connection(self) -> Connection:
        """How to reach the running cluster; ClusterNotRunning when there is none."""

    def status(self) -> ClusterStatus:
        """What is running, and where."""
