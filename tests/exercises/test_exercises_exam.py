"""The exam on a live lab: its clock, what is kept of it, and what it keeps back."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from labsupport.base.errors import UsageError
from labsupport.exercises import check, exam, grade, start
from labsupport.exercises.attempts import carry_out, take_away
from labsupport.exercises.capstone import TASKS
from labsupport.exercises.exam_notes import ExamNotes
from labsupport.exercises.progress import Progress
from labsupport.exercises.verdict import WITHHELD
from labsupport.session import Lab

NINE = datetime(2026, 3, 1, 9, tzinfo=UTC)


def after(minutes: float) -> Callable[[], datetime]:
    return lambda: NINE + timedelta(minutes=minutes)


@pytest.fixture
def fresh(lab: Lab) -> Iterator[Lab]:
    """The lab, in which no exam was taken yet."""
    yield lab
    notes = ExamNotes(lab.instance)
    notes.path.unlink(missing_ok=True)
    notes.results_path.unlink(missing_ok=True)
    for task in TASKS:
        take_away(task.exercise, lab)


@pytest.fixture
def running(fresh: Lab) -> Lab:
    """The lab with an exam of an hour that began at nine."""
    exam.start(fresh, name="Ada", now=after(0))
    return fresh


def test_the_tasks_are_set_up_and_the_clock_begins(running: Lab) -> None:
    told = exam.status(running.instance, now=after(20))
    assert told.state == "running"
    assert str(told).startswith("Exam (Ada): 40 min 00 s left of 60 min, since 2026-03-01 09:00")
    assert running.object("ingress", "pedal-workshop")


def test_the_status_says_what_every_task_asks(running: Lab) -> None:
    words = " ".join(str(exam.status(running.instance, now=after(1))).split())
    assert [task.exercise.name for task in TASKS if task.asks not in words] == []


@pytest.mark.parametrize("minutes", [0, -5, 100_000])
def test_a_length_that_makes_no_sense_is_refused_before_anything_is_done(
    fresh: Lab, minutes: int
) -> None:
    with pytest.raises(UsageError):
        exam.start(fresh, minutes=minutes)
    assert exam.status(fresh.instance).state == "none"


def test_starting_twice_does_not_set_the_clock_back(running: Lab) -> None:
    with pytest.raises(UsageError) as caught:
        exam.start(running, now=after(30))
    assert "30 min 00 s left" in caught.value.found
    assert "--again" in caught.value.remedy
    told = exam.status(running.instance, now=after(30)).clock
    assert told
    assert told.left == 30 * 60


def test_starting_anew_on_purpose_hands_the_old_one_in(running: Lab) -> None:
    carry_out(TASKS[0].exercise.reference, running)
    exam.start(running, again=True, now=after(30))
    (kept,), torn = ExamNotes(running.instance).results()
    assert (kept["points"], kept["final"], kept["used"], torn) == (10, True, 1800, [])
    told = exam.status(running.instance, now=after(31)).clock
    assert told
    assert told.used == 60
    assert grade(running).points == 0


def test_a_start_that_was_cut_off_begins_no_clock_and_can_be_gone_on_with(
    fresh: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*given: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(exam, "begin", interrupted)
        with pytest.raises(KeyboardInterrupt):
            exam.start(fresh, now=after(0))
    assert exam.status(fresh.instance).state == "cut-off"
    with pytest.raises(UsageError, match="no exam runs"):
        exam.grade(fresh)
    assert exam.start(fresh, now=after(5)).clock
    assert exam.status(fresh.instance, now=after(5)).state == "running"


def test_while_it_runs_a_check_tells_no_hint_and_afterwards_it_does(running: Lab) -> None:
    verdict = check("pedal-front", running)
    assert (verdict.passed, verdict.look, verdict.hint) == (False, "", WITHHELD)
    assert "no route" in verdict.got
    assert Progress(running.instance.progress).records()[-1].hint == WITHHELD
    exam.submit(running, now=after(10))
    assert "No Ingress names the host" in check("pedal-front", running).hint


def test_while_it_runs_other_exercises_keep_their_hints(running: Lab) -> None:
    assert check("count-the-addresses", running, 1, 1).look


def test_grading_keeps_a_line_and_goes_on(running: Lab) -> None:
    carry_out(TASKS[0].exercise.reference, running)
    found = exam.grade(running, now=after(15))
    assert found.grade.points == 10
    (kept,), _ = ExamNotes(running.instance).results()
    assert kept == found.to_json()
    assert (kept["name"], kept["used"], kept["late"], kept["final"]) == ("Ada", 900, 0, False)
    assert exam.status(running.instance, now=after(16)).state == "running"


def test_grading_when_time_is_up_says_by_how_long_and_still_counts_the_points(
    running: Lab,
) -> None:
    carry_out(TASKS[0].exercise.reference, running)
    found = exam.submit(running, now=after(63))
    assert str(found).startswith("Exam (Ada): late by 3 min 00 s; it had 60 min")
    assert found.to_json()["late"] == 180
    assert found.grade.points == 10
    assert "10 of 100 points, late by 3 min" in str(exam.status(running.instance))


def test_a_clock_that_is_turned_back_is_told_and_gives_nothing_back(running: Lab) -> None:
    exam.status(running.instance, now=after(55))
    found = exam.grade(running, now=after(5))
    assert (found.clock.left, found.to_json()["turnedBack"]) == (300, 3000)
    assert "50 min 00 s behind a time that it showed before" in str(found)


def test_what_was_submitted_can_be_neither_graded_nor_started_again(running: Lab) -> None:
    exam.submit(running, now=after(10))
    for act in (exam.grade, exam.submit, exam.start):
        with pytest.raises(UsageError) as caught:
            act(running, now=after(11))
        assert "submitted at 2026-03-01 09:10 UTC" in caught.value.found
    assert len(ExamNotes(running.instance).results()[0]) == 1


def test_a_submission_is_kept_before_the_exam_ends(
    running: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*given: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(ExamNotes, "add_result", full)
        with pytest.raises(OSError, match="full"):
            exam.submit(running, now=after(10))
    assert exam.status(running.instance, now=after(11)).state == "running"
    assert exam.submit(running, now=after(12)).final


def test_a_task_can_be_put_back_to_its_start_while_the_clock_runs_on(running: Lab) -> None:
    running.delete("ingress", "pedal-workshop")
    start("pedal-workshop", running)
    assert running.object("ingress", "pedal-workshop")
    assert exam.status(running.instance, now=after(9)).state == "running"
