"""What a breakage has changed, noted before it is changed: `clinic/NAME.json` of the instance.

With the note alone everything can be put back, also when the breaking was cut off in the middle.
"""

import json
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from labsupport.base.errors import StorageError
from labsupport.base.files import locked_folder, storage_error, write_atomically
from labsupport.base.paths import Instance
from labsupport.base.types import Json


@dataclass
class Note:
    """One breakage that is under way, or done.

    `time`: when it began (ISO 8601, UTC). `done`: whether all of it was carried out. `proxy`: the
    controller's address then. `namespaces` are the breakage's own. `names`: for each host, what
    the hosts file (`hosts`: address or None) and DNS (`dns`: values and TTLs of A records) had.
    `nameserver`: whom the lab's computer asked, None when that is left alone. `made`: objects
    made outside of the namespaces. `changed`: objects as they were (`before`) and as the breakage
    left them (`after`). `restarts`: Deployments as namespace and name. `content`: the objects in
    the namespaces as the breakage made them.
    """

    name: str
    time: str
    proxy: str
    namespaces: list[str] = field(default_factory=list)
    names: dict[str, Json] = field(default_factory=dict)
    nameserver: str | None = None
    made: list[Json] = field(default_factory=list)
    changed: list[Json] = field(default_factory=list)
    restarts: list[list[str]] = field(default_factory=list)
    content: list[Json] = field(default_factory=list)
    done: bool = False


class Notes:
    """The notes of one lab instance."""

    def __init__(self, instance: Instance) -> None:
        self.folder = instance.clinic

    def find(self, name: str) -> Note | None:
        """The note of a breakage, None when it is not broken. StorageError if it can't be read."""
        path = self._path(name)
        try:
            return Note(**json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            raise StorageError(
                f"the note of what {name} changed can't be read",
                found=f"{path}: {error}",
                remedy="start with a fresh cluster: ./lab down --delete && ./lab up",
            ) from error

    def all(self) -> list[Note]:
        """The notes there are, oldest first."""
        names = sorted(path.stem for path in self.folder.glob("*.json"))
        found = [note for name in names if (note := self.find(name))]
        return sorted(found, key=lambda note: note.time)

    def write(self, note: Note) -> None:
        """Keep the note; it is on disk when this returns."""
        self._make_folder()
        text = json.dumps(asdict(note), indent=1, ensure_ascii=False)
        write_atomically(self._path(note.name), text)

    def remove(self, name: str) -> None:
        """Forget the note of a breakage that is healed."""
        self._path(name).unlink(missing_ok=True)

    def locked(self) -> AbstractContextManager[None]:
        """One breaking or healing at a time, also of several processes."""
        return locked_folder(self.folder)

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise storage_error(self.folder, error) from error

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.json"
