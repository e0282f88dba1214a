"""Editing zone files: one record a line, every other byte left as it was."""

import re
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

from dnslib import QTYPE, RR

from labsupport.base.errors import UsageError
from labsupport.base.files import write_atomically
from labsupport.names.zones import Zone, Zones, default_zone, name_of

_SERIAL = re.compile(r"(\sSOA\s+\S+\s+\S+\s+\(?\s*)(\d+)", re.IGNORECASE)


class ZoneEditor:
    """Adds and removes records in a folder of zone files; the server sees it with its next answer.

    `server` is the DNS server's own IPv4 address, for the zones made here.
    """

    def __init__(self, folder: Path, server: str) -> None:
        self._zones = Zones(folder)
        self._server = server

    @property
    def folder(self) -> Path:
        """Where the zone files are."""
        return self._zones.folder

    def add(self, name: str, value: str, record_type: str = "", *, ttl: int = 60) -> None:
        """Say that `name` has this record, in place of those of the same type.

        Without a type: A or AAAA for an address, CNAME for a name. A zone is made from the
        name's last two labels when it lies in none. UsageError when DNS can't hold the record.
        """
        record_type = (record_type or _type_of(value)).upper()
        name = name_of(name)
        origin = self._zones.origin_of(name) or ".".join(name.split(".")[-2:])
        value = f"{name_of(value)}." if record_type == "CNAME" else value
        line = f"{name}. {ttl} IN {record_type} {value}\n"
        path = self._path(origin)
        text = path.read_text() if path.exists() else default_zone(origin, self._server)
        if line in text.splitlines(keepends=True):
            return
        kept = _without(text, origin, lambda r: _is(r, name, record_type))
        self._write(origin, kept + ("" if kept.endswith("\n") else "\n") + line)

    def remove(self, name: str, record_type: str = "") -> None:
        """Take the records of `name` (of one type only, if given) out of its zone."""
        name = name_of(name)
        origin = self._zones.origin_of(name)
        if origin is None:
            return
        text = self._path(origin).read_text()
        kept = _without(text, origin, lambda r: _is(r, name, record_type.upper()))
        if kept != text:
            self._write(origin, kept)

    def has(self, name: str) -> bool:
        """Whether a zone has any record of `name`, by itself or by a wildcard."""
        return bool(self._zones.answer(name_of(name), QTYPE.ANY).records)

    def text(self, origin: str = "example.com") -> str:
        """The zone file's text; "" when there is no such zone."""
        path = self._path(origin)
        return path.read_text() if path.exists() else ""

    def __str__(self) -> str:
        return "\n".join(self.text(origin).rstrip("\n") for origin in self._zones.origins())

    def _path(self, origin: str) -> Path:
        return self.folder / f"{origin}.zone"

    def _write(self, origin: str, text: str) -> None:
        text = _SERIAL.sub(lambda found: f"{found[1]}{int(found[2]) + 1}", text, count=1)
        try:
            Zone.parse(origin, text)
        except ValueError as error:
            raise UsageError(
                f"the zone {origin} can't hold this record",
                found=str(error),
                remedy='give a name and its value: lab.dns.add("quote.example.com", lab.address)',
            ) from error
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(self._path(origin), text, mode=0o644)


def _type_of(value: str) -> str:
    try:
        return {4: "A", 6: "AAAA"}[ip_address(value).version]
    except ValueError:
        return "CNAME"


def _is(record: RR, name: str, record_type: str) -> bool:
    return name_of(record.rname) == name and record_type in ("", QTYPE.get(record.rtype))


def _without(text: str, origin: str, unwanted: Callable[[RR], bool]) -> str:
    """`text` less the lines that are, by themselves, an unwanted record."""
    return "".join(
        line
        for line in text.splitlines(keepends=True)
        if not any(unwanted(record) for record in _records_in(line, origin))
    )


def _records_in(line: str, origin: str) -> list[RR]:
    if line[:1] in " \t;$\n" or " SOA " in line:
        return []
    try:
        return list(RR.fromZone(line, origin=f"{origin}.", ttl=60))
    except Exception:  # a line that is part of a longer record is not one by itself
        return []
