"""Times as the API writes them: RFC 3339 in UTC."""

from datetime import UTC, datetime


def now() -> str:
    """The current time as `metav1.Time`, to the second: `2026-11-23T07:00:00Z`."""
    return rfc3339(datetime.now(UTC))


def now_micro() -> str:
    """The current time as `metav1.MicroTime`: `2026-11-23T07:00:00.000000Z`."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def rfc3339(moment: datetime) -> str:
    """`moment` as `metav1.Time`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds_since(timestamp: str) -> float:
    """How long ago `timestamp` (RFC 3339) was, in seconds; never negative."""
    then = datetime.fromisoformat(timestamp)
    return max(0.0, (datetime.now(UTC) - then).total_seconds())
