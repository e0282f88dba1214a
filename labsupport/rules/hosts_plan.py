"""An edit of a hosts file before it is made: the difference, what names will mean, what to mind."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import unified_diff

from labsupport.rules.hosts import Entry, chosen, entries, printable

_MOST_TOLD = 20  # names and warnings, when a whole file is exchanged


@dataclass(frozen=True)
class NameChange:
    """What a name resolves to before and after; "" for nothing."""

    name: str
    before: str
    after: str

    def __str__(self) -> str:
        now, then = (address or "no address" for address in (self.before, self.after))
        name = printable(self.name)
        return f"{name}: {now}, then {then}" if now != then else f"{name}: {now}, as before"


@dataclass(frozen=True)
class HostsPlan:
    """An edit that is not made yet: the text `before` and `after`. True if it changes anything.

    `changes` has the names that will mean something else, and those the edit is about; `warnings`
    are in words. `creates` and `deletes` say that there is no file before, or none after.
    """

    before: str
    after: str
    changes: tuple[NameChange, ...] = ()
    warnings: tuple[str, ...] = ()
    creates: bool = field(default=False, kw_only=True)
    deletes: bool = field(default=False, kw_only=True)

    def __bool__(self) -> bool:
        return self.before != self.after or self.creates or self.deletes

    @property
    def diff(self) -> str:
        """What would change, as a unified diff; "" for nothing."""
        return difference(self.before, self.after)

    def __str__(self) -> str:
        lines = [self.diff.rstrip("\n") or "nothing changes"]
        lines += [str(change) for change in self.changes[:_MOST_TOLD]]
        if len(self.changes) > _MOST_TOLD:
            lines.append(f"and {len(self.changes) - _MOST_TOLD} names more")
        return "\n".join([*lines, *(f"mind: {each}" for each in self.warnings[:_MOST_TOLD])])


def planned(
    before: str,
    after: str,
    about: Iterable[str] = (),
    *,
    creates: bool = False,
    deletes: bool = False,
) -> HostsPlan:
    """The plan that leads from one text to the other; `about` are names to tell of anyhow."""
    old, new = _by_name(before), _by_name(after)
    asked = {name.lower().removesuffix("."): None for name in about}
    changes = []
    for name in dict.fromkeys([*asked, *new, *old]):
        then, now = (_address(table.get(name, [])) for table in (old, new))
        if name in asked or then != now:
            changes.append(NameChange(name, then, now))
    told = (_warnings(each.name, new.get(each.name, []), asked) for each in changes)
    warnings = tuple(warning for several in told for warning in several)
    return HostsPlan(before, after, tuple(changes), warnings, creates=creates, deletes=deletes)


def difference(before: str, after: str, names: tuple[str, str] = ("now", "then")) -> str:
    """A unified diff of two hosts texts, fit to print; "" when they are equal."""
    old, new = before, after
    if not re.search(r"(?<!\r)\n", before + after):  # CRLF throughout goes without saying
        old, new = (text.replace("\r\n", "\n") for text in (before, after))
    first, second = (f"hosts ({name})" for name in names)
    return "".join(unified_diff(_shown(old), _shown(new), first, second, n=2))


def _shown(text: str) -> list[str]:
    """The lines as a diff has them, each with its line feed."""
    lines = [f"{printable(line)}\n" for line in text.split("\n")]
    last = lines.pop().rstrip("\n")
    return [*lines, f"{last}\n\\ No newline at end of file\n"] if last else lines


def _by_name(text: str) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for entry in entries(text):
        for name in entry.names:
            found.setdefault(name, []).append(entry)
    return found


def _address(found: list[Entry]) -> str:
    entry = chosen(found)
    return entry.address if entry else ""


def _warnings(name: str, found: list[Entry], asked: Iterable[str]) -> Iterator[str]:
    """What to mind of a name, as the entries it will have stand."""
    first = chosen(found)
    if first is None:
        return
    name = printable(name)
    if name == "localhost" and first.address not in ("127.0.0.1", "::1"):
        yield f"programs rely on localhost being 127.0.0.1, not {first.address}"
    if not any(entry.ours for entry in found):
        if name in asked:
            yield f"line {first.line}, which is not the lab's, gives {name} {first.address}"
        return
    if not first.ours:
        yield f"line {first.line}, which is not the lab's, counts first: {name} is {first.address}"
        return
    for entry in found:
        if not entry.ours and (":" in entry.address) != (":" in first.address):
            yield f"line {entry.line} gives {name} {entry.address} too: some programs go there"
        elif not entry.ours and entry.address != first.address:
            yield f"line {entry.line} gives {name} {entry.address}; the lab's line counts first"
