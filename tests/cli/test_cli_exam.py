"""`lab exam`."""

import json
from pathlib import Path

import pytest

from labsupport.cli.main import main
from labsupport.exercises.capstone import TASKS


@pytest.fixture
def up(up: Path) -> Path:
    (up / "exam" / "sitting.json").unlink(missing_ok=True)
    (up / "exam-results.jsonl").unlink(missing_ok=True)
    return up


def words(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


def data(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    found: dict[str, object] = json.loads(words(capsys))
    return found


@pytest.mark.usefixtures("up")
def test_an_exam_from_start_to_submission(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["exam", "start", "--minutes", "30", "--name", "Ada L."]) == 0
    assert words(capsys).startswith("Exam (Ada L.): ")
    assert main(["exam", "grade", "--json"]) == 0
    graded = data(capsys)
    assert (graded["points"], graded["of"], graded["final"]) == (0, 100, False)
    assert main(["check", "pedal-front"]) == 1
    assert "hint:      none while the exam runs" in words(capsys)
    assert main(["exam", "submit"]) == 0
    assert "0 of 100 points" in words(capsys)
    assert main(["exam", "results"]) == 0
    lines = words(capsys).splitlines()
    assert [line.partition("100  ")[2] for line in lines] == ["in between  Ada L.", "final  Ada L."]


def test_the_clock_runs_on_while_the_cluster_is_restarted(
    up: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["exam", "start", "--json"])
    started = data(capsys)["started"]
    main(["down"])
    capsys.readouterr()
    try:
        assert main(["exam", "grade"]) == 1
        assert "./lab up" in capsys.readouterr().err
        assert main(["exam", "status", "--json"]) == 0
        told = data(capsys)
        assert (told["state"], told["started"]) == ("running", started)
    finally:
        main(["up"])
        capsys.readouterr()
    assert main(["exam", "status", "--json"]) == 0
    told = data(capsys)
    assert (told["state"], told["started"]) == ("running", started)
    assert (up / "exam" / "sitting.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.usefixtures("up")
def test_starting_twice_needs_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    main(["exam", "start"])
    assert main(["exam", "start"]) == 2
    assert "./lab exam start --again" in capsys.readouterr().err
    assert main(["exam", "start", "--again"]) == 0
    capsys.readouterr()
    assert main(["exam", "results", "--json"]) == 0
    results = data(capsys)["results"]
    assert isinstance(results, list)
    assert [each["final"] for each in results] == [True]


def test_a_half_written_result_is_named_and_left_alone(
    up: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = up / "exam-results.jsonl"
    file.write_text('{"points": 3, "of": 100, "time": "then", "final": true}\n{"points": 4')
    assert main(["exam", "results"]) == 1
    out = words(capsys)
    assert "  3 of 100  final  no name" in out
    assert f"line 2 of {file} can't be read; it is left as it is" in out
    assert file.read_text().endswith('{"points": 4')


@pytest.mark.parametrize("action", ["grade", "submit"])
@pytest.mark.usefixtures("up")
def test_without_a_start_there_is_nothing_to_grade(
    action: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["exam", action]) == 2
    assert "next:  ./lab exam start" in capsys.readouterr().err


@pytest.mark.parametrize("action", ["start", "grade", "submit"])
def test_without_a_cluster_it_says_how_to_start_one(
    action: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["exam", action]) == 1
    assert "./lab up" in capsys.readouterr().err


def test_the_status_needs_no_cluster(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["exam", "status"]) == 0
    assert "./lab exam start" in words(capsys)
    assert main(["exam", "results"]) == 0
    assert "No result is kept here." in words(capsys)


@pytest.mark.usefixtures("up")
def test_a_length_that_makes_no_sense_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["exam", "start", "--minutes", "0"]) == 2
    assert "--minutes 60" in capsys.readouterr().err


def test_progress_lists_the_tasks_with_their_lesson(capsys: pytest.CaptureFixture[str]) -> None:
    main(["progress"])
    lines = words(capsys).splitlines()
    first = lines.index("20-capstone") + 1
    found = [line.split()[1] for line in lines[first : first + len(TASKS)]]
    assert found == [task.exercise.name for task in TASKS]
