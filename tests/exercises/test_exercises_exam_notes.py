"""What is kept of an exam survives torn lines and broken files."""

from pathlib import Path

import pytest

from labsupport.base.errors import StorageError
from labsupport.base.paths import Instance
from labsupport.exercises.exam_notes import ExamNotes
from labsupport.exercises.sitting import Sitting

RESULT = {"points": 35, "of": 100, "name": "Zoë"}


@pytest.fixture
def notes(tmp_path: Path) -> ExamNotes:
    notes = ExamNotes(Instance(tmp_path))
    with notes.locked():
        return notes


def test_no_exam_was_taken_at_first(notes: ExamNotes) -> None:
    assert notes.sitting() is None
    assert not notes.running()
    assert notes.results() == ([], [])


def test_a_sitting_is_read_as_it_was_written(notes: ExamNotes) -> None:
    sitting = Sitting(45, "Zoë")
    notes.write(sitting)
    assert notes.sitting() == sitting


@pytest.mark.parametrize("torn", ['{"points": 35, "of"', "null", "[]", '{"of": 100}', "\x00\xff"])
def test_a_half_written_result_spoils_neither_the_others_nor_the_next(
    notes: ExamNotes, torn: str
) -> None:
    notes.add_result(RESULT)
    with notes.results_path.open("a", encoding="latin-1") as file:
        file.write(torn)
    notes.add_result(RESULT)
    assert notes.results() == ([RESULT, RESULT], [2])


def test_only_the_learner_can_read_the_results(notes: ExamNotes) -> None:
    notes.add_result(RESULT)
    assert notes.results_path.stat().st_mode & 0o777 == 0o600


def test_a_note_that_cannot_be_read_is_put_aside_by_hand(notes: ExamNotes) -> None:
    notes.path.write_text("{")
    with pytest.raises(StorageError) as caught:
        notes.sitting()
    assert f"mv {notes.path} {notes.path}.unreadable" in caught.value.remedy
