"""Editing zone files: one record a line, every other byte left as it was."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dnslib import QTYPE

from labsupport.base.errors import UsageError
from labsupport.base.files import locked_folder, write_atomically
from labsupport.names.records import Record, Records
from labsupport.names.zones import Zone, Zones, default_zone, path_of, text_at
from labsupport.rules import zones as zone_text
from labsupport.rules.record_values import ascii_name, record_value, type_of
from labsupport.rules.zones import ZoneTextError


@dataclass(frozen=True)
class ZonePlan:
    """An edit of one zone's file that is not made yet: its text `before` and `after`."""

    origin: str
    before: str
    after: str

    @property
    def diff(self) -> str:
        """What would change, as a unified diff; "" for nothing."""
        return zone_text.difference(self.before, self.after, f"{self.origin}.zone")

    def __str__(self) -> str:
        return self.diff.rstrip("\n") or "nothing changes"


class ZoneFiles:
    """Adds and removes records in a folder of zone files; the server sees it with its next answer.

    `server` is the DNS server's own IPv4 address, for the zones made here. Each edit can be had
    as a plan first, which `apply` makes. `rename` gives the name that is meant by one as lessons
    write it.
    """

    def __init__(self, folder: Path, server: str, rename: Callable[[str], str] = str) -> None:
        self._zones = Zones(folder)
        self._server = server
        self._rename = rename

    @property
    def folder(self) -> Path:
        """Where the zone files are."""
        return self._zones.folder

    def origins(self) -> list[str]:
        """The zones there are, sorted."""
        return self._zones.origins()

    def list(self, origin: str = "") -> Records:
        """The records of one zone, or of all that can be read, as their files have them."""
        if origin and origin not in self.origins():
            raise self._no_zone(f"there is no zone {origin}")
        found = []
        for each in [origin] if origin else self.origins():
            try:
                found += zone_text.entries(self.text(each), each)
            except ZoneTextError:
                if origin:
                    raise
        return Records(
            Record(e.owner, e.ttl, e.type, e.value, self._zones.origin_of(e.owner) or "", e.first)
            for e in found
        )

    def problems(self) -> tuple[str, ...]:
        """What keeps zones from being served: file, line, and what is wrong there."""
        return tuple(self._zones.problems())

    def add(
        self, name: str, value: str, record_type: str = "", *, ttl: int = 60, also: bool = False
    ) -> None:
        """Say that `name` has this record, in place of those of the same type, or beside them.

        Without a type: A or AAAA for an address, CNAME for a name. An alias makes way for an
        address, and the other way round. A zone is made from the name's last two labels when it
        lies in none. UsageError when DNS can't hold the record.
        """
        with locked_folder(self.folder):
            self._write(self.plan_add(name, value, record_type, ttl=ttl, also=also))

    def remove(self, name: str, record_type: str = "", value: str = "") -> None:
        """Take the records of `name` (of one type or value only, if given) out of its zone."""
        if self._zones.origin_of(self._name(name)):
            with locked_folder(self.folder):
                self._write(self.plan_remove(name, record_type, value))

    def has(self, name: str) -> bool:
        """Whether a zone has any record of `name`, by itself or by a wildcard."""
        return bool(self._zones.answer(self._name(name), QTYPE.ANY).records)

    def text(self, origin: str = "example.com") -> str:
        """The zone file's text; "" when there is no such zone."""
        return text_at(path_of(self.folder, origin))

    def text_or_new(self, origin: str) -> str:
        """The zone file's text, or that of a zone with nothing in it yet."""
        return self.text(origin) or default_zone(origin, self._server)

    def _name(self, name: str) -> str:
        return ascii_name(self._rename(name))

    def _value(self, record_type: str, value: str) -> str:
        """The value as a zone file has it; where it is a name, the one that is meant."""
        return record_value(record_type, self._rename(value) if record_type == "CNAME" else value)

    def plan_add(
        self, name: str, value: str, record_type: str = "", *, ttl: int = 60, also: bool = False
    ) -> ZonePlan:
        """What `add` would change."""
        record_type = (record_type or type_of(value)).upper()
        name = self._name(name)
        origin = self._zones.origin_of(name) or ".".join(name.split(".")[-2:])
        after = zone_text.with_record(
            self.text_or_new(origin),
            origin,
            name,
            record_type,
            self._value(record_type, value),
            ttl,
            also=also,
        )
        return self.plan(origin, after)

    def plan_remove(self, name: str, record_type: str = "", value: str = "") -> ZonePlan:
        """What `remove` would change."""
        name = self._name(name)
        origin = self._zones.origin_of(name)
        if origin is None:
            raise self._no_zone(f"{name} lies in no zone of the lab")
        record_type = record_type.upper()
        value = self._value(record_type, value) if value else ""
        before = self.text(origin)
        return self.plan(
            origin, zone_text.without_records(before, origin, name, record_type, value)
        )

    def plan(self, origin: str, text: str) -> ZonePlan:
        """The zone's whole text anew, its serial raised unless that is done already.

        UsageError when the text can't be served.
        """
        before = self.text(origin)
        try:
            after = zone_text.with_new_serial(before, text, origin)
            Zone.parse(origin, after)
        except ZoneTextError as error:
            raise UsageError(
                f"the zone {origin} can't hold this",
                found=error.what,
                remedy=error.remedy or "see what it holds: ./lab dns list",
            ) from error
        return ZonePlan(origin, before, after)

    def apply(self, plan: ZonePlan) -> None:
        """Make the edit, all of it or nothing. UsageError when the file has changed meanwhile."""
        with locked_folder(self.folder):
            if self.text(plan.origin) != plan.before:
                raise UsageError(
                    f"{plan.origin}.zone has changed since the edit was planned",
                    found="another text than the plan begins with",
                    remedy="plan it again, and look at the difference",
                )
            self._write(plan)

    def __str__(self) -> str:
        return "\n".join(self.text(origin).rstrip("\n") for origin in self.origins())

    def _no_zone(self, what: str) -> UsageError:
        found = f"zones: {', '.join(self.origins()) or 'none'}"
        return UsageError(what, found=found, remedy="./lab dns list")

    def _write(self, plan: ZonePlan) -> None:
        if plan.after != plan.before:
            data = plan.after.encode("utf-8", "surrogateescape")
            write_atomically(path_of(self.folder, plan.origin), data, mode=0o644)
