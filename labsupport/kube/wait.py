"""Waiting: until nothing is missing, with a deadline, and words for what still is."""

import time
from collections.abc import Callable, Iterable
from typing import TypeVar

from labsupport.base.errors import WaitTimeout
from labsupport.base.types import Json

T = TypeVar("T")


def until_nothing_missing(
    missing: Callable[[], list[str]], *, what: str, timeout: float, every: float = 0.05
) -> None:
    """Look `every` so many seconds until `missing()` is empty.

    WaitTimeout after `timeout` seconds says `what` was waited for and what was missing last.
    """
    deadline = time.monotonic() + timeout
    while lacking := missing():
        if time.monotonic() >= deadline:
            raise WaitTimeout(
                f"waited {timeout:g} s for {what}",
                found="\n         ".join(lacking),
                remedy="look closer: ./lab status, or: kubectl get pods,events -A",
            )
        time.sleep(every)


def settled(
    look: Callable[[], T], good: Callable[[T], bool], *, timeout: float, every: float = 0.05
) -> T:
    """What `look` gives, once that is good; the last that it gave when none is within `timeout` s.

    For what may take a moment to be live: what is found then is the finding.
    """
    deadline = time.monotonic() + timeout
    while not good(found := look()) and time.monotonic() < deadline:
        time.sleep(every)
    return found


def unready_deployments(deployments: Iterable[Json]) -> list[str]:
    """What deployments lack to be fully rolled out, one line each."""
    return [line for deployment in deployments if (line := _unready(deployment))]


def _unready(deployment: Json) -> str:
    metadata, spec = deployment["metadata"], deployment["spec"]
    status = deployment.get("status", {})
    wanted = spec.get("replicas", 1)
    seen = status.get("observedGeneration", 0) >= metadata.get("generation", 0)
    counts = [status.get(f"{state}Replicas", 0) for state in ("updated", "available")]
    if seen and counts == [wanted, wanted] and status.get("replicas", 0) == wanted:
        return ""
    name = f"deployment {metadata['namespace']}/{metadata['name']}"
    older = status.get("replicas", 0) - counts[0]
    return f"{name}: {counts[1]} of {wanted} pods available" + (f", {older} old" if older else "")
