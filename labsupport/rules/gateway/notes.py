"""Notes: what a conversion leaves out or changes, in words."""

from dataclasses import dataclass

from labsupport.base.types import Json


@dataclass(frozen=True)
class Note:
    """What can't be converted, or behaves otherwise afterwards; `ingress` is `namespace/name`."""

    ingress: str
    message: str

    def __str__(self) -> str:
        return f"{self.ingress}: {self.message}"

    def to_json(self) -> Json:
        """Plain data."""
        return {"ingress": self.ingress, "message": self.message}
