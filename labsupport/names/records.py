"""DNS records as plain data, and as a table to print."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Record:
    """One record: `name` without final dot, `ttl` in seconds, `value` as zone files have it.

    `zone` and `line` (from 1) say where it is written, when it comes from a zone file.
    """

    name: str
    ttl: int
    type: str
    value: str
    zone: str = ""
    line: int = 0

    def to_json(self) -> dict[str, str | int]:
        """`{"name", "ttl", "type", "value"}`, and where it is written, if known."""
        plain: dict[str, str | int] = {
            "name": self.name,
            "ttl": self.ttl,
            "type": self.type,
            "value": self.value,
        }
        return {**plain, "zone": self.zone, "line": self.line} if self.zone else plain


class Records(tuple[Record, ...]):
    """Records that print as a table, as `dig` shows its answer section."""

    __slots__ = ()

    def __str__(self) -> str:
        return "\n".join(as_lines(self))

    def __repr__(self) -> str:
        return str(self)


def as_lines(records: Iterable[Record]) -> list[str]:
    """One line each: name, TTL, type and value, in columns."""
    rows = [(r.name, str(r.ttl), r.type, r.value) for r in records]
    widths = [max((len(row[place]) for row in rows), default=0) for place in range(3)]
    return [
        f"{name:<{widths[0]}}  {ttl:>{widths[1]}}  {kind:<{widths[2]}}  {value}"
        for name, ttl, kind, value in rows
    ]
