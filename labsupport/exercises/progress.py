"""A learner's progress: one JSON line for each check, in a file of the lab instance."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from labsupport.base.files import append_line
from labsupport.exercises.exercise import Exercise
from labsupport.exercises.verdict import Verdict


@dataclass(frozen=True)
class Record:
    """One check: when (ISO 8601, UTC), of which exercise, and what came of it."""

    time: str
    exercise: str
    passed: bool
    hint: str = ""


@dataclass(frozen=True)
class Standing:
    """Where the learner stands with one exercise: checks so far, and when one first passed."""

    exercise: Exercise
    tries: int
    passed_at: str

    @property
    def passed(self) -> bool:
        """Whether any check passed; undoing it later takes nothing away."""
        return bool(self.passed_at)


class Progress:
    """The records in the file at `path`, which need not be there yet."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, verdict: Verdict) -> None:
        """Keep what came of a check. StorageError when the file system refuses."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        record = Record(now, verdict.exercise, verdict.passed, verdict.hint)
        append_line(self.path, json.dumps(asdict(record), ensure_ascii=False))

    def records(self) -> list[Record]:
        """What was kept, oldest first; a line torn by a crash or an editor is passed over."""
        try:
            text = self.path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return []
        return [record for line in text.splitlines() if (record := _record(line))]

    def standings(self, exercises: Mapping[str, Exercise]) -> list[Standing]:
        """Where the learner stands with each of the exercises, in their order."""
        records = self.records()
        return [_standing(each, records) for each in exercises.values()]


def _standing(exercise: Exercise, records: list[Record]) -> Standing:
    own = [record for record in records if record.exercise == exercise.name]
    return Standing(exercise, len(own), next((each.time for each in own if each.passed), ""))


def _record(line: str) -> Record | None:
    try:
        found = json.loads(line)
        return Record(
            str(found["time"]),
            str(found["exercise"]),
            found["passed"] is True,
            str(found.get("hint", "")),
        )
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
