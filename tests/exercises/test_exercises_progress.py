"""Progress is kept line by line, and survives whatever happens to its file."""

import json
from pathlib import Path

import pytest

from labsupport.base.errors import StorageError
from labsupport.exercises import Progress, Verdict, exercises

PASSED = Verdict("two-pods", "2 pods", "2 pods")
FAILED = Verdict("two-pods", "2 pods", "3 pods", "Deployment kiada", "Change the number.")


@pytest.fixture
def progress(tmp_path: Path) -> Progress:
    return Progress(tmp_path / "progress.jsonl")


def test_nothing_is_done_before_the_first_check(progress: Progress) -> None:
    assert progress.records() == []
    assert not any(each.passed for each in progress.standings(exercises()))


def test_each_check_is_one_json_line(progress: Progress) -> None:
    progress.add(FAILED)
    progress.add(PASSED)
    lines = [json.loads(line) for line in progress.path.read_text().splitlines()]
    assert [(line["exercise"], line["passed"]) for line in lines] == [
        ("two-pods", False),
        ("two-pods", True),
    ]


def test_only_the_learner_can_read_it(progress: Progress) -> None:
    progress.add(PASSED)
    assert progress.path.stat().st_mode & 0o777 == 0o600


def test_tries_are_counted_and_the_first_pass_counts(progress: Progress) -> None:
    progress.add(FAILED)
    progress.add(PASSED)
    progress.add(FAILED)
    standing = progress.standings(exercises())[0]
    assert (standing.exercise.name, standing.tries, standing.passed) == ("two-pods", 3, True)


@pytest.mark.parametrize("torn", ['{"time": "2026-', "[]", "null", '"x"', "{}", "\x00\xff"])
def test_a_torn_last_line_spoils_neither_the_others_nor_the_next(
    progress: Progress, torn: str
) -> None:
    progress.add(FAILED)
    with progress.path.open("a", encoding="latin-1") as file:
        file.write(torn)
    progress.add(PASSED)
    assert [record.passed for record in progress.records()] == [False, True]


def test_records_of_exercises_that_no_longer_exist_are_passed_over(progress: Progress) -> None:
    progress.add(Verdict("long-gone", "", ""))
    assert not any(each.tries for each in progress.standings(exercises()))


def test_a_file_that_cannot_be_written_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        Progress(tmp_path).add(PASSED)
