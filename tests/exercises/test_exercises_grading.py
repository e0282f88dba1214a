"""The capstone is graded as a whole: the tasks stand beside each other, and fall alone."""

from collections.abc import Iterator

import pytest

from labsupport.base.errors import ClusterError
from labsupport.exercises import Verdict, grade
from labsupport.exercises.attempts import begin, carry_out, take_away
from labsupport.exercises.capstone import TASKS, Task
from labsupport.exercises.exercise import WrongAnswer
from labsupport.exercises.grading import Grade, Mark
from labsupport.session import Lab

MISTAKES = [
    pytest.param(task, mistake, id=f"{task.exercise.name}: {mistake.name}")
    for task in TASKS
    for mistake in task.exercise.wrong
]
FAILED = Verdict("pedal-safe", "a", "b <c>", "d", "e")


@pytest.fixture(scope="module")
def solved(lab: Lab) -> Iterator[Lab]:
    """The lab with every task set up, and then every reference carried out."""
    for task in TASKS:
        begin(task.exercise, lab)
    for task in TASKS:
        carry_out(task.exercise.reference, lab)
    yield lab
    for task in TASKS:
        take_away(task.exercise, lab)


def missed(lab: Lab) -> list[str]:
    return [mark.task.exercise.name for mark in grade(lab).marks if not mark.points]


def test_a_lab_where_nothing_was_set_up_gets_nothing(lab: Lab) -> None:
    assert grade(lab).points == 0


def test_the_starts_by_themselves_bring_nothing(lab: Lab) -> None:
    for task in TASKS:
        begin(task.exercise, lab)
    points = grade(lab).points
    for task in TASKS:
        take_away(task.exercise, lab)
    assert points == 0


def test_the_references_reach_a_hundred_points_together(solved: Lab) -> None:
    found = grade(solved)
    assert (found.points, found.of) == (100, 100), str(found)


@pytest.mark.parametrize(("task", "mistake"), MISTAKES)
def test_a_wrong_answer_loses_its_own_points_and_no_others(
    task: Task, mistake: WrongAnswer, solved: Lab
) -> None:
    begin(task.exercise, solved)
    carry_out(mistake.attempt, solved)
    try:
        assert missed(solved) == [task.exercise.name]
    finally:
        begin(task.exercise, solved)
        carry_out(task.exercise.reference, solved)


def test_taking_one_task_away_loses_its_own_points_and_no_others(solved: Lab) -> None:
    asked = TASKS[1].exercise
    take_away(asked, solved)
    try:
        assert missed(solved) == [asked.name]
    finally:
        begin(asked, solved)
        carry_out(asked.reference, solved)


def test_a_check_that_fails_itself_leaves_the_others_their_points(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def checked(name: str, lab: Lab) -> Verdict:
        if name == TASKS[0].exercise.name:
            raise ClusterError("the API server is gone", found="no answer", remedy="./lab up")
        return Verdict(name, "a", "a")

    monkeypatch.setattr("labsupport.exercises.grading.check", checked)
    found = grade(lab)
    assert found.points == 100 - TASKS[0].points
    assert found.marks[0].verdict.hint == "./lab up"


def test_each_task_that_is_missed_says_why() -> None:
    lines = str(Grade([Mark(TASKS[6], FAILED)])).splitlines()
    assert lines == [
        "0 of 10 points",
        "  →  0 of 10  1. Sealed up to the pod",
        "                 got:      b <c>",
        "                 look at:  d",
        "                 hint:     e",
    ]


def test_a_hint_that_is_withheld_is_not_shown() -> None:
    assert "hint" not in str(Grade([Mark(TASKS[6], FAILED.withheld())]))


def test_in_a_notebook_the_outcome_is_said_without_colour_and_words_stay_words() -> None:
    page = Grade([Mark(TASKS[6], FAILED)])._repr_mimebundle_()["text/html"]
    assert 'aria-label="not reached"' in page
    assert "b &lt;c&gt;" in page
    assert '<th scope="col"' in page


def test_the_points_of_the_tasks_are_a_hundred() -> None:
    assert sum(task.points for task in TASKS) == 100


def test_a_grade_as_data_tells_an_instructor_what_was_met_and_gives_no_hints() -> None:
    assert Grade([Mark(TASKS[6], FAILED)]).to_json()["tasks"] == [
        {"name": "pedal-safe", "points": 0, "of": 10, "expected": "a", "got": "b <c>"}
    ]
