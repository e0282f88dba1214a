"""`lab check` and `lab progress`."""

import json
from pathlib import Path

import pytest

from labsupport.cli.main import main
from labsupport.exercises import Progress, Verdict, exercises
from labsupport.exercises.clinic import breakages


@pytest.fixture
def up(up: Path) -> Path:
    (up / "progress.jsonl").unlink(missing_ok=True)
    return up


@pytest.mark.usefixtures("up")
def test_a_passed_check_says_what_comes_next(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "count-the-addresses", "50", "1"]) == 0
    out = capsys.readouterr().out
    assert "Done: count-the-addresses" in out
    assert "Next: Two pods are enough, in notebooks/00-welcome.ipynb" in out


@pytest.mark.usefixtures("up")
def test_a_failed_check_exits_with_1_and_a_hint(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "two-pods"]) == 1
    assert "hint:      Put 2 in place of 3" in capsys.readouterr().out


@pytest.mark.usefixtures("up")
def test_a_verdict_as_json_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "count-the-addresses", "1", "1", "--json"]) == 1
    verdict = json.loads(capsys.readouterr().out)
    assert verdict["passed"] is False
    assert "address of its own" in verdict["hint"]


@pytest.mark.usefixtures("up")
def test_an_exercise_can_be_set_up_from_its_start(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "mend-the-backend", "--start"]) == 0
    assert main(["check", "mend-the-backend"]) == 1
    assert "has no port 8080" in capsys.readouterr().out


def test_an_unknown_exercise_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "tow-pods"]) == 2
    assert 'check("two-pods", lab)' in capsys.readouterr().err


def test_without_a_name_the_exercises_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert names == list(exercises())


@pytest.mark.usefixtures("up")
def test_progress_counts_what_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "count-the-addresses", "1", "1"])
    main(["check", "count-the-addresses", "50", "1"])
    capsys.readouterr()
    assert main(["progress", "--json"]) == 0
    progress = json.loads(capsys.readouterr().out)
    assert (progress["done"], progress["total"]) == (1, len(exercises()))
    assert progress["next"] == "two-pods"
    tries = {each["name"]: each["tries"] for each in progress["exercises"]}
    assert tries["count-the-addresses"] == 2


def test_progress_lists_the_cases_of_the_clinic_that_are_mended(
    up: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    progress = Progress(up / "progress.jsonl")
    progress.add(Verdict("zoo", "a page", "none", "the pod", "Look at its log."))
    for name in ("florist", "bakery"):
        progress.add(Verdict(name, "a page", "a page"))
    assert main(["progress"]) == 0
    total = len(breakages())
    assert f"2 of {total} cases of the clinic mended: bakery, florist." in capsys.readouterr().out
    assert main(["progress", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["clinic"]
    assert found == {"mended": ["bakery", "florist"], "total": total}


def test_progress_needs_no_cluster(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["progress"]) == 0
    assert f"0 of {len(exercises())} exercises done." in capsys.readouterr().out
