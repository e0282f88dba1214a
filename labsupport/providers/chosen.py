"""Which cluster an instance stands on, and as whom: kept in its provider.json.

Without that file it is the embedded one. The file is written when a lab is brought up on another,
and goes with `lab down --delete`, so that commands and notebooks find the same cluster.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from shlex import quote
from typing import Any

from labsupport.base.errors import UsageError
from labsupport.base.files import write_atomically
from labsupport.base.paths import Instance
from labsupport.rules.tenancy import WHOLE, Tenancy

EMBEDDED = "embedded"
PROVIDERS = (EMBEDDED, "kind", "existing")


@dataclass(frozen=True)
class Chosen:
    """The provider's name, and what it has to remember: strings by names of its own."""

    provider: str = EMBEDDED
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def tenancy(self) -> Tenancy:
        """The part of the cluster that is the instance's."""
        about = self.settings.get("tenancy")
        if not about:
            return WHOLE
        return Tenancy(**{**about, "namespaces": tuple(about["namespaces"])})

    def write(self, instance: Instance) -> None:
        """Keep it."""
        write_atomically(instance.make().provider, json.dumps(asdict(self), indent=2) + "\n")


def chosen(instance: Instance) -> Chosen:
    """What the instance stands on; UsageError when its provider.json can't be read."""
    with understood(instance):
        try:
            found = Chosen(**json.loads(instance.provider.read_text()))
        except (FileNotFoundError, NotADirectoryError):
            return Chosen()
        if found.provider not in PROVIDERS:
            raise ValueError(f"no provider {found.provider!r}")
        return found


def tenancy_of(instance: Instance) -> Tenancy:
    """The part of its cluster that is this instance's; asks nobody."""
    with understood(instance):
        return chosen(instance).tenancy


@contextmanager
def understood(instance: Instance) -> Iterator[None]:
    """For whoever takes provider.json apart: UsageError when it is torn, or another version's."""
    try:
        yield
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise UsageError(
            f"{instance.provider} does not say which cluster this lab stands on",
            found=f"{type(error).__name__}: {error}",
            remedy=f"rm {quote(str(instance.provider))}, then ./lab up as before",
        ) from error
