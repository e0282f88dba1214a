"""The text of a hosts file, read and edited without touching a byte that is not ours.

Our entries stand in one marked block at the top of the file (the first entry of a name counts, so
ours must come first), and a block that becomes empty goes away, markers and all: adding and then
removing gives back the text as it was. Text is split at line feeds only, and ours end as the
file's first line does, so that CRLF files stay CRLF.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from labsupport.base.errors import LabError, UsageError

BEGIN = "# BEGIN ingress-lab"
END = "# END ingress-lab"
_BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True)
class Entry:
    """One line that gives names to an address; `line` counts from 1."""

    line: int
    address: str
    names: tuple[str, ...]


def entries(text: str) -> list[Entry]:
    """All entries of the text, in order; comments and lines without an address are skipped."""
    found = []
    for number, line in enumerate(text.removeprefix(_BYTE_ORDER_MARK).split("\n"), start=1):
        address, *names = line.partition("#")[0].split() or [""]
        if names and _is_address(address):
            found.append(Entry(number, address, tuple(name.lower() for name in names)))
    return found


def address_of(text: str, name: str) -> str | None:
    """The address the text gives to `name` (in any case), IPv4 before IPv6; None without one."""
    wanted = _normal(name)
    addresses = [entry.address for entry in entries(text) if wanted in entry.names]
    return next((each for each in addresses if ":" not in each), next(iter(addresses), None))


def with_entry(text: str, address: str, names: Iterable[str]) -> str:
    """The text with our block giving `names` to `address`, and to no other of its family.

    Raises UsageError for what is no address or no name, LabError for a torn block.
    """
    wanted = [_checked(name) for name in names]
    if not _is_address(address):
        raise UsageError(
            "A hosts entry needs an IP address.", found=address, remedy="for example 127.0.0.1"
        )
    if not wanted:
        raise UsageError("A hosts entry needs at least one name.")
    before, block, after = _split(text)
    # Only a family's own addresses make way: a name may have one of IPv4 and one of IPv6.
    lines = [
        line if _family(line) != _family(address) else _line_without(line, wanted) for line in block
    ]
    lines.append(f"{address}\t{' '.join(wanted)}")
    return _joined(before, lines, after)


def without_name(text: str, name: str) -> str:
    """The text with `name` taken out of our block; entries that others made stay."""
    before, block, after = _split(text)
    wanted = [_normal(name)]
    return _joined(before, [_line_without(line, wanted) for line in block], after)


def _joined(before: str, lines: list[str], after: str) -> str:
    """The whole text again; an empty block is left out."""
    kept = [line for line in lines if line]
    if not kept:
        return before + after
    end = _line_end(before + after)
    return before + "".join(f"{line}{end}" for line in (BEGIN, *kept, END)) + after


def _split(text: str) -> tuple[str, list[str], str]:
    """What stands before our block, the block's lines without markers, and what stands after."""
    lines = text.split("\n")
    plain = [line.removeprefix(_BYTE_ORDER_MARK).rstrip("\r") for line in lines]
    if BEGIN not in plain:
        before = _BYTE_ORDER_MARK if text.startswith(_BYTE_ORDER_MARK) else ""
        return before, [], text.removeprefix(_BYTE_ORDER_MARK)
    first = plain.index(BEGIN)
    if END not in plain[first:]:
        raise LabError(
            f"The lab's block in the hosts file has no end: a line {END!r} belongs after line "
            f"{first + 1}.",
            found=f"{len(lines) - first - 1} lines after {BEGIN!r}",
            remedy=f"put the line {END!r} after the lab's last entry",
        )
    last = plain.index(END, first)
    before = "".join(f"{line}\n" for line in lines[:first])
    if first == 0 and text.startswith(_BYTE_ORDER_MARK):
        before = _BYTE_ORDER_MARK
    return before, plain[first + 1 : last], "\n".join(lines[last + 1 :])


def _line_without(line: str, names: list[str]) -> str:
    """The entry without these names, "" when none is left; comments stay as they are."""
    content, mark, comment = line.partition("#")
    address, *found = content.split() or [""]
    kept = [name for name in found if name.lower() not in names]
    if kept == found:
        return line
    return f"{address}\t{' '.join(kept)}{mark and ' ' + mark}{comment}" if kept else ""


def _line_end(text: str) -> str:
    line, feed, _ = text.partition("\n")
    return "\r\n" if feed and line.endswith("\r") else "\n"


def _family(line: str) -> int:
    address = (line.split() or [""])[0]
    return ipaddress.ip_address(address.partition("%")[0]).version if _is_address(address) else 0


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.partition("%")[0])  # fe80::1%lo0 is at home in hosts files
    except ValueError:
        return False
    return True


def _normal(name: str) -> str:
    return name.lower().removesuffix(".")


def _checked(name: str) -> str:
    normal = _normal(name)
    if not normal or any(char.isspace() or char == "#" for char in normal):
        raise UsageError(
            "A hosts entry needs names without blanks.",
            found=repr(name),
            remedy="for example kiada.example.com",
        )
    if "*" in normal:
        raise UsageError(
            "A hosts file knows no wildcards: each name needs an entry of its own.",
            found=name,
            remedy=f"name it, for example {normal.replace('*', 'www')}, or use a DNS zone",
        )
    return normal
