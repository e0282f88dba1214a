"""A provider that is known by name, and not in this version."""

from typing import NoReturn

from labsupport.base.errors import NotInThisVersion
from labsupport.base.paths import Instance
from labsupport.providers.protocol import ClusterStatus, Connection, Progress, Wishes, quiet


class NotYet:
    """Answers every call with what to use instead. `name` and `what` say who is meant."""

    name = ""
    what = ""

    def __init__(self, instance: Instance, wishes: Wishes) -> None:
        self.instance = instance

    def up(self, progress: Progress) -> Connection:
        """NotInThisVersion."""
        self._refuse()

    def down(self, progress: Progress = quiet, *, delete: bool = False) -> bool:
        """NotInThisVersion."""
        self._refuse()

    def belongings(self) -> list[str]:
        """NotInThisVersion."""
        self._refuse()

    def connection(self) -> Connection:
        """NotInThisVersion."""
        self._refuse()

    def status(self) -> ClusterStatus:
        """NotInThisVersion."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise NotInThisVersion(
            f"the provider '{self.name}' is not in this version",
            found=f"it will be {self.what}",
            remedy="use the embedded cluster, which needs no Docker and no root: ./lab up",
        )
