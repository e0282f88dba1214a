"""A running lab with Traefik and the sample apps, for the length of a block."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from labsupport.base.paths import Instance
from labsupport.session.bringing_up import bring_up
from labsupport.session.lab import Lab


@contextmanager
def running_lab(home: Path) -> Iterator[Lab]:
    """The lab of the instance at `home`, brought up; it is down at the end."""
    lab = bring_up(Instance(home))
    try:
        yield lab
    finally:
        lab.close()
        lab.provider.down()
