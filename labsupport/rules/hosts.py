"""The text of a hosts file, read and edited without touching a byte that is not ours.

Our entries stand in one marked block at the top of the file (the first entry of a name counts, so
ours must come first), and a block that becomes empty goes away, markers and all: adding and then
removing gives back the text as it was. Text is split at line feeds only, and ours end as the
file's first line does, so that CRLF files stay CRLF. Bytes that are no UTF-8 are expected as
`surrogateescape` decodes them.

What is read is what glibc reads: ASCII blanks part the words of a line, `#` begins a comment
anywhere, and a NUL ends the line. Beyond it, as on macOS, an IPv6 address may have a scope.
"""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from labsupport.base.errors import LabError, UsageError

BEGIN = "# BEGIN ingress-lab"
END = "# END ingress-lab"
_BYTE_ORDER_MARK = "\ufeff"


_BLANKS = re.compile(r"[ \t\v\f\r]+")
_UTF_16 = ("\udcff\udcfe", "\udcfe\udcff")  # its byte order marks, as no UTF-8


@dataclass(frozen=True)
class Entry:
    """One line that gives names to an address; `line` counts from 1, `ours`: in the lab's block."""

    line: int
    address: str
    names: tuple[str, ...]
    ours: bool = False


class Entries(tuple[Entry, ...]):
    """Entries in their order; prints as a table."""

    __slots__ = ()

    def __str__(self) -> str:
        width = max((len(entry.address) for entry in self), default=0)
        rows = [
            f"{entry.line:>4}  {entry.address:<{width}}  {printable(' '.join(entry.names))}"
            f"{'   (the lab)' if entry.ours else ''}"
            for entry in self
        ]
        return "\n".join(["line  address and names", *rows]) if rows else "no entries"

    __repr__ = __str__


def printable(text: str) -> str:
    """The text with control characters, and bytes that are no UTF-8, as escapes like `\\x00`."""
    return "".join(char if char in "\n\t" or char.isprintable() else _escape(char) for char in text)


def _escape(char: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in char.encode("utf-8", "surrogateescape"))


def entries(text: str) -> Entries:
    """All entries of the text, in order; comments and lines without an address are skipped."""
    found = []
    ours = False
    for number, line in enumerate(_lines(text), start=1):
        ours = line == BEGIN or (ours and line != END)
        address, *names = _words(line) or [""]
        if names and _is_address(address):
            found.append(Entry(number, address, tuple(map(_lower, names)), ours))
    return Entries(found)


def address_of(text: str, name: str) -> str | None:
    """The address the text gives to `name` (in any case), IPv4 before IPv6; None without one."""
    entry = entry_of(text, name)
    return entry.address if entry else None


def entry_of(text: str, name: str) -> Entry | None:
    """The entry that counts for `name`: the first with an IPv4 address, else the first."""
    return chosen(entry for entry in entries(text) if _normal(name) in entry.names)


def chosen(found: Iterable[Entry]) -> Entry | None:
    """Of the entries of one name, in order, the one that counts."""
    of_the_name = list(found)
    plain = (entry for entry in of_the_name if ":" not in entry.address)
    return next(plain, of_the_name[0] if of_the_name else None)


def problems(text: str) -> list[str]:
    """The lines that are neither entries nor comments, and why, in words."""
    found = []
    for number, line in enumerate(_lines(text), start=1):
        address, *names = _words(line) or [""]
        wildcards = [name for name in names if "*" in name]
        if address and not _is_address(address):
            found.append(f"line {number} is skipped: {printable(address)!r} is no IP address")
        elif address and not names:
            found.append(f"line {number} is skipped: it gives {address} no name")
        elif wildcards:
            found.append(f"line {number}: {wildcards[0]} is no wildcard here, only a strange name")
    return found


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
    family = _family(address)
    if all(_given(block, name, family) == [address] for name in wanted):
        return text
    lines = [line if _family(line) != family else _line_without(line, wanted) for line in block]
    return _joined(before, [*lines, f"{address}\t{' '.join(wanted)}"], after)


def without_name(text: str, name: str) -> str:
    """The text with `name` taken out of our block; entries that others made stay."""
    before, block, after = _split(text)
    lines = [_line_without(line, [_normal(name)]) for line in block]
    return text if lines == block else _joined(before, lines, after)


def without_block(text: str) -> str:
    """The text as it would be without the lab: its block taken out."""
    before, _, after = _split(text)
    return before + after


def _joined(before: str, lines: list[str], after: str) -> str:
    """The whole text again; an empty block is left out."""
    kept = [line for line in lines if line]
    if not kept:
        return before + after
    end = _line_end(before + after)
    return before + "".join(f"{line}{end}" for line in (BEGIN, *kept, END)) + after


def _split(text: str) -> tuple[str, list[str], str]:
    """What stands before our block, the block's lines without markers, and what stands after."""
    if text.startswith(_UTF_16):
        raise LabError(
            "The hosts file is UTF-16, which no system reads.",
            found="a UTF-16 byte order mark",
            remedy="save it as plain text (UTF-8, or ANSI in Notepad), then try again",
        )
    lines = text.split("\n")
    plain = _lines(text)
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
    _, mark, comment = line.partition("#")
    address, *found = _words(line) or [""]
    kept = [name for name in found if _lower(name) not in names]
    if kept == found:
        return line
    return f"{address}\t{' '.join(kept)}{mark and ' ' + mark}{comment}" if kept else ""


def _line_end(text: str) -> str:
    line, feed, _ = text.partition("\n")
    return "\r\n" if feed and line.endswith("\r") else "\n"


def _lines(text: str) -> list[str]:
    """The lines without what ends them."""
    return [line.rstrip("\r") for line in text.removeprefix(_BYTE_ORDER_MARK).split("\n")]


def _words(line: str) -> list[str]:
    content = line.partition("#")[0].partition("\0")[0]
    return [word for word in _BLANKS.split(content) if word]


def _given(block: list[str], name: str, family: int) -> list[str]:
    """The addresses of one family that the block's lines give to a name."""
    lines = [_words(line) for line in block if _family(line) == family]
    return [words[0] for words in lines if name in map(_lower, words[1:])]


def _family(line: str) -> int:
    address = (_words(line) or [""])[0]
    return ipaddress.ip_address(address.partition("%")[0]).version if _is_address(address) else 0


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.partition("%")[0])  # fe80::1%lo0 is at home in hosts files
    except ValueError:
        return False
    return True


def _lower(name: str) -> str:
    """In small letters, as far as names are ASCII: the Kelvin sign is no k."""
    return name.lower() if name.isascii() else name


def _normal(name: str) -> str:
    return _lower(name).removesuffix(".")


def _checked(name: str) -> str:
    normal = _normal(name)
    if "/" in normal:
        host = urlsplit(normal if "://" in normal else f"//{normal}").hostname
        raise UsageError(
            "A hosts entry needs a name, not a URL.",
            found=name,
            remedy=f"give the host alone: {host or 'kiada.example.com'}",
        )
    if not normal or "#" in normal or not normal.isprintable() or " " in normal:
        raise UsageError(
            "A hosts entry needs names without blanks, # and the like.",
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
