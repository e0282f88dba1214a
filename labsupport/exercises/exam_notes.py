"""What is kept of an exam: the sitting under way, and a line for each grading."""

import json
from contextlib import AbstractContextManager
from dataclasses import asdict

from labsupport.base.errors import StorageError
from labsupport.base.files import append_line, locked_folder, write_atomically
from labsupport.base.paths import Instance
from labsupport.base.types import Json
from labsupport.exercises.sitting import Sitting, parsed


class ExamNotes:
    """The files of one lab instance; neither a restart nor `lab down --delete` takes them away."""

    def __init__(self, instance: Instance) -> None:
        self.folder = instance.exam
        self.path = instance.exam / "sitting.json"
        self.results_path = instance.exam_results

    def sitting(self) -> Sitting | None:
        """The latest sitting, None when there was none. StorageError when it can't be read."""
        try:
            return parsed(json.loads(self.path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            raise StorageError(
                "the note of your exam can't be read",
                found=f"{self.path}: {error}",
                remedy=f"put it aside and begin anew: mv {self.path} {self.path}.unreadable "
                "&& ./lab exam start",
            ) from error

    def running(self) -> bool:
        """Whether an exam is under way."""
        sitting = self.sitting()
        return sitting is not None and sitting.running

    def write(self, sitting: Sitting) -> None:
        """Keep the sitting; it is on disk when this returns."""
        write_atomically(self.path, json.dumps(asdict(sitting), ensure_ascii=False))

    def add_result(self, result: Json) -> None:
        """Keep what a grading came to, as one JSON line."""
        append_line(self.results_path, json.dumps(result, ensure_ascii=False))

    def results(self) -> tuple[list[Json], list[int]]:
        """The results kept, oldest first, and the numbers of the lines that can't be read."""
        try:
            text = self.results_path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return [], []
        found: list[Json] = []
        torn = []
        for number, line in enumerate(text.splitlines(), 1):
            try:
                result = json.loads(line)
                found.append({**result, "points": int(result["points"]), "of": int(result["of"])})
            except (ValueError, LookupError, TypeError):
                torn.append(number)
        return found, torn

    def locked(self) -> AbstractContextManager[None]:
        """One start or submission at a time, also of several processes."""
        return locked_folder(self.folder)
