"""DNS zones: master files (RFC 1035, section 5) in a folder, and what they answer.

A zone's file is `<origin>.zone`. The text is the only source: whoever edits it, the next answer
comes from the new text. A file that can't be read leaves the zone answering SERVFAIL.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dnslib import QTYPE, RCODE, RR

_SUFFIX = ".zone"
_LONGEST_CHAIN = 8


@dataclass
class Zone:
    """One zone: its origin (`example.com`) and its records by lower-case owner name."""

    origin: str
    records: dict[str, list[RR]] = field(default_factory=dict)

    @classmethod
    def parse(cls, origin: str, text: str) -> "Zone":
        """The zone in `text`. ValueError says what is wrong with it."""
        zone = cls(origin)
        try:
            for record in RR.fromZone(text, origin=f"{origin}.", ttl=60):
                zone.records.setdefault(name_of(record.rname), []).append(record)
        except Exception as error:  # dnslib's parser raises whatever its steps raise
            raise ValueError(f"zone {origin}: {error!s}") from error
        if zone.soa is None:
            raise ValueError(f"zone {origin}: no SOA record at its origin")
        return zone

    @property
    def soa(self) -> RR | None:
        """The record that says who is in charge, and for how long 'no' may be remembered."""
        here = self.records.get(self.origin, [])
        return next((record for record in here if record.rtype == QTYPE.SOA), None)

    def at(self, name: str) -> list[RR] | None:
        """The records of `name`, by itself or a wildcard; [] for a name that only has children.

        None when the name does not exist (RFC 4592: a wildcard covers what has no closer name).
        """
        if name in self.records:
            return self.records[name]
        if self._has_below(name):
            return []
        parent = name
        while parent != self.origin:
            parent = parent.partition(".")[2]
            if wild := self.records.get(f"*.{parent}"):
                return [_owned_by(record, name) for record in wild]
            if parent in self.records or self._has_below(parent):
                return None
        return None

    def _has_below(self, name: str) -> bool:
        return any(owner.endswith(f".{name}") for owner in self.records)


@dataclass(frozen=True)
class Answer:
    """What a server says: a response code (RFC 1035, 4.1.1), records, and the SOA for a 'no'."""

    code: int
    records: Sequence[RR] = ()
    authority: RR | None = None


class Zones:
    """The zones of a folder, kept in step with its files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[str, tuple[tuple[int, int, int], Zone | None]] = {}

    def origins(self) -> list[str]:
        """The zones there are, sorted."""
        return sorted(path.name.removesuffix(_SUFFIX) for path in self._files())

    def answer(self, name: str, record_type: int) -> Answer:
        """What the zones say of `name` (no final dot) and a type such as `QTYPE.A`.

        CNAMEs are followed as long as they stay in the lab's zones. REFUSED outside of them.
        """
        found: list[RR] = []
        for _ in range(_LONGEST_CHAIN):
            origin = self.origin_of(name)
            if origin is None:
                return Answer(RCODE.NOERROR if found else RCODE.REFUSED, found)
            zone = self._zone(origin)
            if zone is None:
                return Answer(RCODE.SERVFAIL)
            records = zone.at(name)
            if records is None:
                return Answer(RCODE.NXDOMAIN, found, zone.soa)
            wanted = [r for r in records if record_type in (r.rtype, QTYPE.ANY)]
            alias = next((r for r in records if r.rtype == QTYPE.CNAME), None)
            if wanted or alias is None:
                return Answer(RCODE.NOERROR, [*found, *wanted], None if wanted else zone.soa)
            found.append(alias)
            name = name_of(alias.rdata.label)
        return Answer(RCODE.SERVFAIL, found)

    def origin_of(self, name: str) -> str | None:
        """The closest zone that `name` lies in, or None."""
        inside = [o for o in self.origins() if name == o or name.endswith(f".{o}")]
        return max(inside, key=len, default=None)

    def _files(self) -> list[Path]:
        try:
            return [path for path in self.folder.iterdir() if path.suffix == _SUFFIX]
        except FileNotFoundError:
            return []

    def _zone(self, origin: str) -> Zone | None:
        path = self.folder / f"{origin}{_SUFFIX}"
        try:
            about = path.stat()
            stamp = (about.st_mtime_ns, about.st_size, about.st_ino)
            if self._known.get(origin, (None, None))[0] != stamp:
                self._known[origin] = (stamp, _parsed(origin, path))
        except OSError:
            return None
        return self._known[origin][1]


def name_of(label: object) -> str:
    """A dnslib label as lower-case text with no final dot."""
    return str(label).rstrip(".").lower()


def default_zone(origin: str, server: str) -> str:
    """The text of a new zone: its SOA and NS, the DNS server at the IPv4 address `server`."""
    return (
        f"$ORIGIN {origin}.\n"
        "$TTL 60\n"
        f"@ IN SOA ns.{origin}. admin.{origin}. 1 3600 600 86400 60\n"
        f"@ IN NS ns.{origin}.\n"
        f"ns IN A {server}\n"
    )


def _parsed(origin: str, path: Path) -> Zone | None:
    try:
        return Zone.parse(origin, path.read_text())
    except ValueError:
        return None


def _owned_by(record: RR, name: str) -> RR:
    return RR(name, record.rtype, record.rclass, record.ttl, record.rdata)
