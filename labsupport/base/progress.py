"""Progress on stderr: one line a step, with the seconds it took."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

_WIDTH = 56


@contextmanager
def step(title: str) -> Iterator[None]:
    """Show `title` while the block runs, then how long it took, or that it failed."""
    sys.stderr.write(f"  {title} ")
    sys.stderr.flush()
    dots = "." * max(3, _WIDTH - len(title))
    started = time.monotonic()
    try:
        yield
    except BaseException:
        sys.stderr.write(f"{dots} failed after {time.monotonic() - started:.1f} s\n")
        raise
    sys.stderr.write(f"{dots} {time.monotonic() - started:.1f} s\n")
