"""DNS zones in a folder, and what they answer (RFC 1034, 4.3.2).

A zone's file is `<origin>.zone`. The text is the only source: whoever edits it, the next answer
comes from the new text. A file that is no zone leaves its names answered with SERVFAIL;
`Zones.problems` says what is wrong with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dnslib import QTYPE, RCODE, RD, RDMAP, RR, DNSBuffer

from labsupport.base.errors import LabError
from labsupport.rules.record_values import record_value
from labsupport.rules.zones import Entry, ZoneTextError, checked

LONGEST_CHAIN = 8
"""How many names an answer is looked for under, alias after alias."""

_SUFFIX = ".zone"
_WITHOUT_DATA = ("OPT", "ANY", "AXFR", "IXFR")


@dataclass
class Zone:
    """One zone: its origin (`example.com`) and its records by lower-case owner name."""

    origin: str
    records: dict[str, list[RR]] = field(default_factory=dict)
    _branches: set[str] = field(default_factory=set)

    @classmethod
    def parse(cls, origin: str, text: str) -> "Zone":
        """The zone in `text`. ZoneTextError says what is wrong with it, and in which line."""
        zone = cls(origin)
        for entry in checked(text, origin):
            zone.records.setdefault(entry.owner, []).append(_record(entry))
            parent = entry.owner
            while parent != origin:
                parent = parent.partition(".")[2]
                zone._branches.add(parent)
        return zone

    @property
    def soa(self) -> RR:
        """The record that says who is in charge, and for how long 'no' may be remembered."""
        return next(record for record in self.records[self.origin] if record.rtype == QTYPE.SOA)

    def at(self, name: str) -> list[RR] | None:
        """The records of `name`, by itself or a wildcard; [] for a name that only has children.

        None when the name does not exist (RFC 4592: a wildcard covers what has no closer name).
        """
        if name in self.records:
            return self.records[name]
        if name in self._branches:
            return []
        parent = name
        while parent != self.origin:
            parent = parent.partition(".")[2]
            if wild := self.records.get(f"*.{parent}"):
                return [_owned_by(record, name) for record in wild]
            if parent in self.records or parent in self._branches:
                return None
        return None


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
        self._known: dict[str, tuple[tuple[int, int, int], Zone | LabError]] = {}

    def origins(self) -> list[str]:
        """The zones there are, sorted."""
        return sorted(path.name.removesuffix(_SUFFIX) for path in self._files())

    def problems(self) -> list[str]:
        """What keeps zones from being served, each with its file, line and what is wrong there."""
        read = {origin: self._zone(origin) for origin in self.origins()}
        return [
            f"{path_of(self.folder, origin)}: {found.what}"
            for origin, found in read.items()
            if isinstance(found, LabError)
        ]

    def version(self) -> tuple[tuple[object, ...], ...]:
        """Another value whenever a zone file was written, made or removed."""
        stats = ((path.name, path.stat()) for path in self._files())
        try:
            return tuple((name, s.st_mtime_ns, s.st_size, s.st_ino) for name, s in stats)
        except FileNotFoundError:
            return ()  # one is being removed right now

    def answer(self, name: str, record_type: int) -> Answer:
        """What the zones say of `name` (no final dot) and a type such as `QTYPE.A`.

        CNAMEs are followed as long as they stay in the lab's zones. REFUSED outside of them.
        """
        found: list[RR] = []
        for _ in range(LONGEST_CHAIN):
            origin = self.origin_of(name)
            if origin is None:
                return Answer(RCODE.NOERROR if found else RCODE.REFUSED, found)
            zone = self._zone(origin)
            if isinstance(zone, LabError):
                return Answer(RCODE.SERVFAIL)
            records = zone.at(name)
            if records is None:
                return Answer(RCODE.NXDOMAIN, found, zone.soa)
            wanted = [r for r in records if record_type in (r.rtype, QTYPE.ANY)]
            alias = next((r for r in records if r.rtype == QTYPE.CNAME), None)
            if wanted or alias is None or record_type == QTYPE.ANY:
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

    def _zone(self, origin: str) -> Zone | LabError:
        """The zone as its file has it now, or why there is none."""
        path = path_of(self.folder, origin)
        try:
            about = path.stat()
            stamp = (about.st_mtime_ns, about.st_size, about.st_ino)
            known = self._known.get(origin)
            if known is None or known[0] != stamp:
                known = self._known[origin] = (stamp, _parsed(origin, path))
        except OSError as error:
            return ZoneTextError(f"it can't be read: {error.strerror or error}")
        return known[1]


def path_of(folder: Path, origin: str) -> Path:
    """The file of the zone `origin`."""
    return folder / f"{origin}{_SUFFIX}"


def text_at(path: Path) -> str:
    """A zone file's text, every byte of it; "" when there is none."""
    try:
        # Bytes, not read_text: universal newlines would change a CRLF file.
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return ""


def name_of(label: object) -> str:
    """A dnslib label as lower-case text with no final dot."""
    return str(label).removesuffix(".").lower()


def default_zone(origin: str, server: str) -> str:
    """The text of a new zone: its SOA and NS, the DNS server at the IPv4 address `server`."""
    return (
        f"$ORIGIN {origin}.\n"
        "$TTL 60\n"
        f"@ IN SOA ns.{origin}. admin.{origin}. 1 3600 600 86400 60\n"
        f"@ IN NS ns.{origin}.\n"
        f"ns IN A {server}\n"
    )


def _parsed(origin: str, path: Path) -> Zone | LabError:
    try:
        return Zone.parse(origin, text_at(path))
    except LabError as error:
        return error


def _record(entry: Entry) -> RR:
    """The entry as a record that can be put into a packet, which is tried here."""
    number = QTYPE.reverse.get(entry.type)
    if number is None or entry.type in _WITHOUT_DATA:
        raise ZoneTextError(f"{entry.type} is no type of record", entry.first)
    fields = [value.text for value in entry.data]
    try:
        if entry.type in ("A", "AAAA"):
            fields = [record_value(entry.type, " ".join(fields))]
        data = RDMAP.get(entry.type, RD).fromZone(fields)
        record = RR(f"{entry.owner}.", number, ttl=entry.ttl, rdata=data)
        record.pack(DNSBuffer())
    except LabError as error:
        raise ZoneTextError(f"{error.what}, not {error.found}", entry.first) from error
    except Exception as error:  # dnslib raises whatever its steps raise
        what = f"{entry.type} can't hold {entry.value!r} ({error!s})"
        raise ZoneTextError(what, entry.first) from error
    return record


def _owned_by(record: RR, name: str) -> RR:
    return RR(name, record.rtype, record.rclass, record.ttl, record.rdata)
