"""The text of a zone file (RFC 1035, section 5), read and edited with every other byte kept.

A zone file is read as entries: a record with the lines it stands on, and each field's place in the
text. Whoever serves the zone reads the same entries, so what is edited is what is answered. An
edit touches the lines of its own record and the SOA's serial.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import unified_diff

from labsupport.base.errors import LabError
from labsupport.rules.record_values import ascii_name, quoted

DEFAULT_TTL = 60  # seconds, where neither the record nor $TTL says
_LONGEST_TTL = 2**31 - 1
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_TTL = re.compile(r"(?:\d+[smhdw]?)+", re.IGNORECASE)
_TOKENS = re.compile(
    r'"(?P<quoted>(?:\\.|[^"\\\n])*)"|(?P<comment>;[^\n]*)|(?P<end>\n)|(?P<blank>[^\S\n]+)'
    r'|(?P<bracket>[()])|(?P<word>(?:\\.|[^\s;()"\\])+)|(?P<wrong>.)'
)
_NAMES_IN_DATA = {"CNAME": (0,), "NS": (0,), "PTR": (0,), "MX": (1,), "SRV": (3,), "SOA": (0, 1)}
_SERIAL = 2  # which of the SOA's fields


class ZoneTextError(LabError):
    """A zone's text can't be a zone; `line` counts from 1, 0 means the text as a whole."""

    def __init__(self, what: str, line: int = 0, *, remedy: str = "") -> None:
        self.line = line
        super().__init__(f"line {line}: {what}" if line else what, remedy=remedy)


@dataclass(frozen=True)
class Field:
    """One word of a record: its text without quotes, and where it stands in the zone's text."""

    text: str
    start: int
    end: int
    quoted: bool = False


@dataclass(frozen=True)
class Entry:
    """A record as it is written, on the lines `first` to `last` (from 1).

    `owner` is absolute, in lower case and without a final dot; `ttl` is in seconds. Names among
    the `data` are absolute too, with their dot. `inherits`: the owner is that of the entry before.
    """

    first: int
    last: int
    owner: str
    ttl: int
    type: str
    data: tuple[Field, ...]
    inherits: bool

    @property
    def value(self) -> str:
        """The data as it would be written on one line."""
        return " ".join(
            quoted(field.text) if field.quoted or self.type == "TXT" else field.text
            for field in self.data
        )


def entries(text: str, origin: str) -> list[Entry]:
    """The records of the zone `origin` as they stand in its text. ZoneTextError names the line."""
    reader = _Reader(origin)
    found = [reader.entry(words, first, last) for words, first, last in _statements(text)]
    return [entry for entry in found if entry is not None]


def checked(text: str, origin: str) -> list[Entry]:
    """The entries of a zone that can be served; else ZoneTextError (RFC 1034, 3.6.2; 1035, 5.2)."""
    found = entries(text, origin)
    authority = [entry for entry in found if entry.type == "SOA"]
    if not authority:
        raise ZoneTextError(f"the zone {origin} has no SOA record")
    if authority[1:] or authority[0].owner != origin:
        raise ZoneTextError("a zone has one SOA record, at its origin", authority[-1].first)
    aliases = {entry.owner: entry for entry in found if entry.type == "CNAME"}
    for entry in found:
        alias = aliases.get(entry.owner)
        if alias is not None and alias is not entry:
            raise ZoneTextError(
                f"{entry.owner} is an alias (CNAME, line {alias.first}), so it can have no other "
                "record",
                entry.first,
                remedy=f"./lab dns remove {entry.owner} --type CNAME",
            )
    return found


def with_record(
    text: str, origin: str, name: str, record_type: str, value: str, ttl: int, *, also: bool = False
) -> str:
    """The text with one more record at its end; those of the same name and type go, unless `also`.

    `value` is written as it is: see `record_values.record_value`. An alias makes way for an
    address, and addresses for an alias, since a name can't have both.
    """
    held = [entry for entry in entries(text, origin) if entry.owner == name]
    same = [entry for entry in held if entry.type == record_type]
    if any((each.value, each.ttl) == (value, ttl) for each in same) and (also or len(same) == 1):
        return text
    if also:
        doomed = [entry for entry in same if entry.value == value]
    else:
        doomed = [entry for entry in held if _makes_way(entry.type, record_type)]
    kept = _without(text, doomed, entries(text, origin))
    end = "\r\n" if "\r\n" in text else "\n"
    gap = "" if not kept or kept.endswith("\n") else end
    return f"{kept}{gap}{name}. {ttl} IN {record_type} {value}{end}"


def without_records(
    text: str, origin: str, name: str, record_type: str = "", value: str = ""
) -> str:
    """The text less the records of `name`; of one type, and of one value, where they are given."""
    found = entries(text, origin)
    doomed = [
        entry
        for entry in found
        if entry.owner == name
        and entry.type != "SOA"
        and record_type in ("", entry.type)
        and value in ("", entry.value)
    ]
    return _without(text, doomed, found)


def with_new_serial(before: str, after: str, origin: str) -> str:
    """`after` with a serial above that of `before`, so that whoever copies the zone sees it.

    Serials go round in a circle (RFC 1982): half of them are above any one.
    """
    try:
        old = _serial(entries(before, origin))
    except ZoneTextError:
        return after  # what was there was no zone, so nobody has a copy
    new = _serial(entries(after, origin))
    if after == before or old is None or new is None:
        return after
    if 0 < (int(new.text) - int(old.text)) % 2**32 < 2**31:
        return after
    return f"{after[: new.start]}{(int(old.text) + 1) % 2**32}{after[new.end :]}"


def difference(before: str, after: str, name: str) -> str:
    """A unified diff of two texts of the file `name`; "" when they are equal."""
    old, new = (text.splitlines(keepends=True) for text in (before, after))
    shown = unified_diff(old, new, f"{name} (now)", f"{name} (new)", n=2)
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in shown)


class _Reader:
    """What earlier lines say of later ones: the origin, the TTL and the last owner."""

    def __init__(self, origin: str) -> None:
        self.zone = origin
        self.origin = origin
        self.owner = ""
        self.ttl = DEFAULT_TTL

    def entry(self, words: list[Field], first: int, last: int) -> Entry | None:
        """The record of one statement; None for a directive."""
        if words[0].text.startswith("$"):
            self._heed(words, first)
            return None
        inherits = not words[0].text
        if inherits and not self.owner:
            raise ZoneTextError("the first record needs a name at the line's beginning", first)
        if not inherits:
            self.owner = self._absolute(words[0].text, first)
        if self.owner != self.zone and not self.owner.endswith(f".{self.zone}"):
            raise ZoneTextError(f"{self.owner} lies outside of the zone {self.zone}", first)
        ttl, rest = self._ttl_and_class(words[1:], first)
        if len(rest) < 2:
            raise ZoneTextError("a record is: name, TTL (if you like), type, value", first)
        record_type = rest[0].text.upper()
        data = [_unescaped(word) if record_type == "TXT" else word for word in rest[1:]]
        for place in _NAMES_IN_DATA.get(record_type, ()):
            if place < len(data):
                name = self._absolute(data[place].text, first)
                data[place] = replace(data[place], text=f"{name}.")
        return Entry(first, last, self.owner, ttl, record_type, tuple(data), inherits)

    def _heed(self, words: list[Field], line: int) -> None:
        directive, values = words[0].text.upper(), words[1:]
        if directive == "$ORIGIN" and len(values) == 1:
            self.origin = self._absolute(values[0].text, line)
        elif directive == "$TTL" and len(values) == 1:
            self.ttl = _seconds(values[0].text, line)
        else:
            raise ZoneTextError(f"{words[0].text} is not known here, or lacks its value", line)

    def _ttl_and_class(self, words: list[Field], line: int) -> tuple[int, list[Field]]:
        """The TTL, and the words after TTL and class, which come in any order."""
        ttl = None
        while words:
            word = words[0].text.upper()
            if ttl is None and _TTL.fullmatch(word):
                ttl = _seconds(word, line)
            elif word in ("CH", "HS"):
                raise ZoneTextError(f"the class is IN, not {word}", line)
            elif word != "IN":
                break
            words = words[1:]
        return self.ttl if ttl is None else ttl, words

    def _absolute(self, name: str, line: int) -> str:
        if name == "@":
            return self.origin
        if name == ".":
            return ""
        absolute = name if name.endswith(".") or not self.origin else f"{name}.{self.origin}"
        try:
            return ascii_name(absolute)
        except LabError as error:
            raise ZoneTextError(f"{error.what} ({error.found})", line) from error


def _statements(text: str) -> Iterator[tuple[list[Field], int, int]]:
    """Each statement's words, and its first and last line. A blank owner is an empty word."""
    line = first = 1
    depth = 0
    at_start = True
    words: list[Field] = []
    for found in _TOKENS.finditer(text):
        kind = found.lastgroup
        if kind == "end":
            if not depth and _says_something(words):
                yield words, first, line
            line += 1
            at_start = True
            if not depth:
                words, first = [], line
            continue
        if kind == "wrong":
            raise ZoneTextError(f"a lone {found[0]!r}", line)
        if kind == "bracket":
            depth += 1 if found[0] == "(" else -1
            if depth not in (0, 1):
                raise ZoneTextError(f"a {found[0]!r} without its partner", line)
        elif kind == "blank" and at_start and not words and found[0].strip("\ufeff\r"):
            words.append(Field("", found.start(), found.end()))
        elif kind in ("word", "quoted"):
            is_quoted = kind == "quoted"
            words.append(Field(found[kind], found.start(), found.end(), is_quoted))
        at_start = False
    if depth:
        raise ZoneTextError("a '(' without its partner", first)
    if _says_something(words):
        yield words, first, line


def _says_something(words: list[Field]) -> bool:
    return any(word.text or word.quoted for word in words)


def _unescaped(word: Field) -> Field:
    r"""The text that `\"`, `\\` and `\065` stand for (RFC 1035, 5.1)."""
    plain = re.sub(r"\\(\d{3}|.)", lambda m: chr(int(m[1])) if len(m[1]) == 3 else m[1], word.text)
    return replace(word, text=plain)


def _seconds(text: str, line: int) -> int:
    if not _TTL.fullmatch(text):
        raise ZoneTextError(f"{text!r} is no time in seconds, nor one like 1h30m", line)
    parts = re.findall(r"(\d+)([smhdw]?)", text.lower())
    total = sum(int(number) * _UNITS[unit or "s"] for number, unit in parts)
    if total > _LONGEST_TTL:
        raise ZoneTextError(f"{text} is too long a time: at most {_LONGEST_TTL} seconds", line)
    return total


def _serial(found: list[Entry]) -> Field | None:
    data = next((entry.data for entry in found if entry.type == "SOA"), ())
    field = data[_SERIAL] if len(data) > _SERIAL else None
    return field if field is not None and field.text.isdigit() else None


def _makes_way(held: str, new: str) -> bool:
    addresses = ("A", "AAAA")
    return held == new or {held, new} in ({"CNAME", each} for each in addresses)


def _without(text: str, doomed: list[Entry], everything: list[Entry]) -> str:
    """The text less some entries; whoever inherited a name from one of them gets it in writing."""
    lines = text.split("\n")
    gone = {id(entry) for entry in doomed}
    heir_of: Entry | None = None
    for entry in everything:
        if not entry.inherits:
            heir_of = None
        if id(entry) in gone:
            heir_of = heir_of or (None if entry.inherits else entry)
        elif heir_of is not None:
            lines[entry.first - 1] = f"{heir_of.owner}.{lines[entry.first - 1]}"
            heir_of = None
    numbers = {line for entry in doomed for line in range(entry.first, entry.last + 1)}
    return "\n".join(line for number, line in enumerate(lines, 1) if number not in numbers)
