"""A hosts file: the lab's own, which is to it what /etc/hosts is to a computer, or any other."""

import contextlib
import errno
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from labsupport.base.errors import LabError, UsageError
from labsupport.names.hosts_edits import Edit, Edits
from labsupport.names.hosts_writing import (
    CannotReplace,
    clear_leftovers,
    is_torn,
    locked,
    overwrite,
    read,
    remove,
    replace,
)
from labsupport.rules import hosts
from labsupport.rules.hosts_plan import HostsPlan, difference, planned

NEW = "127.0.0.1\tlocalhost\n"
"""A new computer's hosts file."""


class HostsChanged(LabError):
    """Somebody else edited the hosts file; `diff` is what they changed."""

    def __init__(self, what: str, diff: str, remedy: str) -> None:
        self.diff = diff
        super().__init__(what, found=f"this difference\n{diff.rstrip()}", remedy=remedy)


class HostsNotWritable(LabError):
    """This user may not edit the hosts file."""


class HostsFile:
    """A hosts file, read anew each time: whatever edits it, the next look-up sees it.

    Each edit can be had as a plan first, which `apply` makes, and each can be undone. The file is
    replaced whole, so that a killed edit leaves the old file or the new. Where it can't be (it is
    mounted, as in containers) it is written in place, and what was killed there is mended by the
    next edit. `edits` is the folder of the backups, `new` the text that stands for a missing file;
    None: the file must be there. `rename` gives the name that is meant by one as lessons write it.
    """

    def __init__(
        self,
        path: Path,
        edits: Path | None = None,
        *,
        new: str | None = NEW,
        rename: Callable[[str], str] = str,
    ) -> None:
        self.path = path
        self._rename = rename
        self._edits = Edits(edits or path.with_name(f"{path.name}-edits"))
        self._new = new

    # What it says

    def text(self) -> str:
        """The file as it is; as a new computer has it when there is none yet."""
        with self._failures():
            return self._decoded(read(self.path))

    def list(self) -> hosts.Entries:
        """Its entries, in order; they print as a table."""
        return hosts.entries(self.text())

    def address_of(self, name: str) -> str | None:
        """The address the file gives `name`, the first IPv4 one if any; or None."""
        return hosts.address_of(self.text(), self._rename(name))

    def entry_of(self, name: str) -> hosts.Entry | None:
        """The entry whose address `name` has, or None."""
        return hosts.entry_of(self.text(), self._rename(name))

    def diff(self) -> str:
        """What the lab's own block adds to the file, as a unified diff; "" for nothing."""
        text = self.text()
        return difference(hosts.without_block(text), text, ("without the lab", "now"))

    # Edits

    def add(self, name: str, address: str) -> None:
        """Give `name` this address, in the lab's own block; an older entry there is replaced."""
        self._edit(lambda text: _with(text, self._rename(name), address))

    def remove(self, name: str) -> None:
        """Take `name` out of the lab's own block; nothing happens when it isn't there."""
        self._edit(lambda text: hosts.without_name(text, self._rename(name)))

    def undo(self, expected: HostsPlan | None = None) -> HostsPlan:
        """Take the last edit back, byte for byte, and give what that changed.

        HostsChanged when the file was edited by others since, or when it is not `expected`, which
        `plan_undo` gave; UsageError when there is no edit.
        """
        with self._locked() as path:
            plan, edit = self._undoing()
            if expected is not None and expected != plan:
                raise self._changed(expected.before, plan.before)
            self._put(path, edit, edit.before)
            self._edits.forget(edit)
        return plan

    def plan(self, text: str, about: Iterable[str] = (), *, since: str | None = None) -> HostsPlan:
        """The whole text anew; `about` are names to tell of even if nothing changes for them.

        `since` is the text that the edit began with: HostsChanged when the file is another now.
        """
        with self._failures():
            found = read(self.path)
            before = self._decoded(found)
        if since is not None and since != before:
            raise self._changed(since, before)
        return planned(before, text, about, creates=found is None and text != before)

    def plan_add(self, name: str, address: str) -> HostsPlan:
        """What `add` would change."""
        name = self._rename(name)
        return self.plan(_with(self.text(), name, address), [name])

    def plan_remove(self, name: str) -> HostsPlan:
        """What `remove` would change."""
        name = self._rename(name)
        return self.plan(hosts.without_name(self.text(), name), [name])

    def plan_undo(self) -> HostsPlan:
        """What `undo` would change; raises as it does."""
        with self._locked():
            return self._undoing()[0]

    def apply(self, plan: HostsPlan) -> Edit | None:
        """Make the edit; None when there is nothing to do. HostsChanged: look at it again.

        The edit says where the backup is, and whether the file had to be written in place.
        """
        if not plan:
            return None
        data = _encoded(plan.after)
        with self._locked() as path:
            found = read(path)
            if found != (None if plan.creates else _encoded(plan.before)):
                raise self._changed(plan.before, self._decoded(found))
            return self._make(path, found, data)

    def is_writable(self) -> bool:
        """Whether this user may edit the file."""
        path = self._target()
        may_replace = os.access(path.parent, os.W_OK)
        if not path.exists():
            return may_replace
        return os.access(path, os.W_OK) or (may_replace and path.stat().st_uid == os.geteuid())

    def __str__(self) -> str:
        return hosts.printable(self.text()).rstrip("\n")

    def _edit(self, change: Callable[[str], str]) -> None:
        with self._locked() as path:
            found = read(path)
            before = self._decoded(found)
            after = change(before)
            if after != before:
                self._make(path, found, _encoded(after))

    def _make(self, path: Path, found: bytes | None, data: bytes) -> Edit:
        edit = self._edits.begin(found, data)
        return self._put(path, edit, data)

    def _undoing(self) -> tuple[HostsPlan, Edit]:
        edit = self._edits.last()
        if edit is None:
            raise UsageError(
                f"the lab has made no edit of {self.path} that could be undone",
                found=f"no backup in {self._edits.folder}",
                remedy="take single names out: ./lab hosts remove NAME",
            )
        found = read(self.path)
        if found != edit.after:
            raise HostsChanged(
                f"{self.path} was edited by others since the lab's last edit",
                difference(self._decoded(edit.after), self._decoded(found), ("the lab's", "now")),
                f"take single names out: ./lab hosts remove NAME   (the backup: {edit.backup})",
            )
        before, after = self._decoded(found), self._decoded(edit.before)
        return planned(before, after, deletes=edit.before is None), edit

    def _changed(self, planned: str, now: str) -> HostsChanged:
        return HostsChanged(
            f"{self.path} has changed since the edit was planned",
            difference(planned, now, ("as planned", "now")),
            "plan it again, and look at the difference",
        )

    # The act

    def _put(self, path: Path, edit: Edit, data: bytes | None) -> Edit:
        """Have `data` at `path` (None: no file); the edit has it as its `before` or `after`."""
        if data is None:
            remove(path)
            return edit
        try:
            replace(path, data)
            return edit
        except CannotReplace:
            self._edits.mark(edit, in_place=True)
            overwrite(path, data)
            self._edits.mark(edit, in_place=False)
            return Edit(edit.number, edit.backup, edit.before, edit.after, in_place=True)

    def _heal(self, path: Path) -> None:
        """Clear up after an edit that was killed: made, or not made, but nothing in between."""
        clear_leftovers(path)
        self._edits.clear_leftovers()
        edit = self._edits.last()
        if edit is None:
            return
        found = read(path)
        if edit.in_place:
            ends = (edit.before or b"", edit.after or b"")
            if found not in ends and any(
                is_torn(found or b"", *way) for way in (ends, tuple(reversed(ends)))
            ):
                overwrite(path, ends[0])
                found = ends[0]
            self._edits.mark(edit, in_place=False)
        if found == edit.before:
            self._edits.forget(edit)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[Path]:
        """Hold the lock, all healed; gives the file itself where `path` is a link to it."""
        with self._failures():
            path = self._target()
            if self._new is not None:
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with locked(path.parent):
                self._heal(path)
                yield path

    def _target(self) -> Path:
        try:
            path = self.path.resolve()
        except RuntimeError as error:  # Python 3.11 and 3.12 for links in a circle
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from error
        if path.exists() and not path.is_file():
            raise UsageError(
                f"{self.path} is no file", found="a folder or device", remedy="name a hosts file"
            )
        return path

    @contextlib.contextmanager
    def _failures(self) -> Iterator[None]:
        """The system's refusals in words."""
        try:
            yield
        except OSError as error:
            found = error.strerror or str(error)
            if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
                what = f"you may not edit {self.path}"
                raise HostsNotWritable(what, found=found, remedy=f"ls -l {self.path}") from error
            raise LabError(
                f"{self.path} can't be read or written", found=found, remedy=f"ls -l {self.path}"
            ) from error

    def _decoded(self, data: bytes | None) -> str:
        if data is not None:
            return data.decode("utf-8", "surrogateescape")
        if self._new is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        return self._new


def _with(text: str, name: str, address: str) -> str:
    return hosts.with_entry(text, address, [name])


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise UsageError(
            "a hosts file can't hold this text",
            found=f"half a character at position {error.start}",
            remedy="delete that character",
        ) from error
