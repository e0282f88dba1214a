"""What an instance remembers of the cluster of others that it stands on, in provider.json."""

from dataclasses import asdict, dataclass

from labsupport.base.paths import Instance
from labsupport.kube.access import Access
from labsupport.providers.chosen import Chosen, chosen, understood
from labsupport.providers.existing.joining import Place
from labsupport.providers.names_only import own_access

NAME = "existing"


@dataclass(frozen=True)
class Joined:
    """The name of the context that it was joined by, and where the learner stands there."""

    context: str
    place: Place

    @classmethod
    def of(cls, instance: Instance) -> "Joined | None":
        """That of an instance; None when it stands on another cluster, or on none."""
        found = chosen(instance)
        if found.provider != NAME:
            return None
        with understood(instance):
            kept = found.settings
            return cls(
                kept["context"],
                Place(found.tenancy, tuple(kept["addons"]), kept["controller"]),
            )

    def write(self, instance: Instance) -> None:
        """Keep it."""
        Chosen(NAME, {"context": self.context, **asdict(self.place)}).write(instance)

    def access(self, instance: Instance) -> Access:
        """Access by the kubeconfig that the instance has of the cluster."""
        return own_access(instance, self.place.tenancy)
