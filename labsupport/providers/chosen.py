"""Which cluster an instance stands on, and as whom: kept in its provider.json.

Without that file it is the embedded one. The file is written when a lab is brought up on another,
and goes with `lab down`, so that commands and notebooks find the same cluster.
"""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from labsupport.base.errors import UsageError
from labsupport.base.files import write_atomically
from labsupport.base.paths import Instance
from labsupport.rules.tenancy import WHOLE, Tenancy

EMBEDDED = "embedded"


@dataclass(frozen=True)
class Chosen:
    """The provider's name, and what it has to remember: strings by names of its own."""

    provider: str = EMBEDDED
    settings: dict[str, Any] = field(default_factory=dict)

    def write(self, instance: Instance) -> None:
        """Keep it."""
        write_atomically(instance.make().provider, json.dumps(asdict(self), indent=2) + "\n")


def chosen(instance: Instance) -> Chosen:
    """What the instance stands on; UsageError when its provider.json can't be read."""
    try:
        return Chosen(**json.loads(instance.provider.read_text()))
    except (FileNotFoundError, NotADirectoryError):
        return Chosen()
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(
            f"{instance.provider} does not say which cluster this lab stands on",
            found=str(error),
            remedy=f"rm '{instance.provider}', then ./lab up as before",
        ) from error


def tenancy_of(instance: Instance) -> Tenancy:
    """The part of its cluster that is this instance's; asks nobody."""
    about = chosen(instance).settings.get("tenancy")
    if not about:
        return WHOLE
    return Tenancy(**{**about, "namespaces": tuple(about.get("namespaces", ()))})
