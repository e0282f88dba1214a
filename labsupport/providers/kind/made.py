"""What an instance remembers of its kind cluster, in provider.json."""

from dataclasses import asdict, dataclass, field
from typing import Any

from labsupport.base.paths import Instance
from labsupport.providers.chosen import Chosen, chosen, understood
from labsupport.providers.kind.balancers import Balancer

PROVIDER = "kind"


@dataclass(frozen=True)
class Made:
    """What provider.json remembers of the cluster.

    `whole` is False until it came up once; what has its name is half made then. `containers` are
    its nodes' IDs: by them the lab tells its own cluster from another of that name.
    """

    name: str
    tool: str
    isolated: bool = False
    image: str = ""
    kind_version: str = ""
    whole: bool = False
    containers: tuple[str, ...] = ()
    balancer: Balancer = field(default_factory=Balancer)

    @classmethod
    def of(cls, instance: Instance) -> "Made | None":
        """That of an instance; None when it stands on another cluster, or on none."""
        found = chosen(instance)
        if found.provider != PROVIDER:
            return None
        with understood(instance):
            kept: dict[str, Any] = dict(found.settings)
            balancer = Balancer(**kept.pop("balancer", {}))
            return cls(**{**kept, "containers": tuple(kept["containers"])}, balancer=balancer)

    def write(self, instance: Instance) -> None:
        """Keep it."""
        Chosen(PROVIDER, asdict(self)).write(instance)
