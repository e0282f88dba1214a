"""The edits made of a hosts file: what stood there before and after, for undoing and healing.

Each edit is two files in the folder: `0007.before`, the hosts file's bytes, and then `0007.json`,
which makes the edit count. They come before the hosts file is touched, so that there is always a
backup.
"""

import contextlib
import json
import os
from dataclasses import dataclass, replace
from pathlib import Path

from labsupport.base.files import write_atomically

_KEPT = 20


@dataclass(frozen=True)
class Edit:
    """One edit; None stands for no file. `backup` has the bytes of `before`.

    `in_place` while the hosts file itself is being written, so that it may be torn.
    """

    number: int
    backup: Path
    before: bytes | None
    after: bytes | None
    in_place: bool = False

    def __repr__(self) -> str:  # what a notebook shows when an edit was made
        return f"edit {self.number} is made; lab.hosts.undo() takes the last one back"


class Edits:
    """The last edits of one hosts file, in a folder of its own (0700, its files 0600)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def last(self) -> Edit | None:
        """The latest edit, or None."""
        numbers = self._numbers()
        return self._edit(numbers[-1]) if numbers else None

    def begin(self, before: bytes | None, after: bytes | None) -> Edit:
        """Note an edit that is about to be made."""
        self._make_folder()
        numbers = self._numbers()
        number = (numbers[-1] if numbers else 0) + 1
        edit = Edit(number, self._path(number, "before"), before, after)
        self._write(edit.backup, before or b"")
        self._note(edit)
        for old in numbers[: 1 - _KEPT]:
            self._delete(old)
        return edit

    def mark(self, edit: Edit, *, in_place: bool) -> None:
        """Note that the hosts file itself is being written, or no more."""
        self._note(replace(edit, in_place=in_place))

    def forget(self, edit: Edit) -> None:
        """The edit was not made, or is undone."""
        self._delete(edit.number)

    def clear_leftovers(self) -> None:
        """Delete what a killed edit left here; only for who holds the lock."""
        known = {f"{number:04}" for number in self._numbers()}
        for path in self.folder.glob("*"):
            if path.stem not in known:
                path.unlink(missing_ok=True)

    def _numbers(self) -> list[int]:
        names = (path.stem for path in self.folder.glob("*.json"))
        return sorted(int(name) for name in names if name.isdecimal())

    def _edit(self, number: int) -> Edit:
        noted = json.loads(self._path(number, "json").read_bytes())
        backup = self._path(number, "before")
        before = backup.read_bytes() if noted["existed"] else None
        after: str | None = noted["after"]
        data = None if after is None else after.encode("utf-8", "surrogateescape")
        return Edit(number, backup, before, data, noted["in_place"])

    def _note(self, edit: Edit) -> None:
        after = None if edit.after is None else edit.after.decode("utf-8", "surrogateescape")
        existed = edit.before is not None
        noted = {"existed": existed, "after": after, "in_place": edit.in_place}
        self._write(self._path(edit.number, "json"), json.dumps(noted).encode())

    def _delete(self, number: int) -> None:
        for part in ("json", "before"):
            self._path(number, part).unlink(missing_ok=True)

    def _path(self, number: int, part: str) -> Path:
        return self.folder / f"{number:04}.{part}"

    def _make_folder(self) -> None:
        missing = [each for each in (self.folder, *self.folder.parents) if not each.exists()]
        for folder in reversed(missing):
            folder.mkdir(mode=0o700, exist_ok=True)
            self._give_to_user(folder)

    def _write(self, path: Path, data: bytes) -> None:
        write_atomically(path, data)
        self._give_to_user(path)

    def _give_to_user(self, path: Path) -> None:
        """Under sudo, what is made in a user's folder is the user's, who may delete it again."""
        owner = path.parent.stat()
        if os.geteuid() == 0 and owner.st_uid:
            with contextlib.suppress(OSError):
                os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
