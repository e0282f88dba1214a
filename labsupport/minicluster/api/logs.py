"""What the API server asks of the node when somebody reads a pod's logs."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class LogOptions:
    """`v1.PodLogOptions`. `tail_lines` and `limit_bytes` None mean all there is."""

    follow: bool = False
    previous: bool = False
    timestamps: bool = False
    tail_lines: int | None = None
    since_seconds: int | None = None
    limit_bytes: int | None = None


LogSource = Callable[[str, str, str, LogOptions], AsyncIterator[bytes]]
"""`(namespace, pod, container, options)` -> the log's bytes; StatusError when there is none."""
