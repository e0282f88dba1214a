"""The capstone as a timed exam: start, status, grade, submit.

The clock stands in a file of the instance, so it runs on whatever is restarted. While it runs,
`check` gives no hints for the tasks. Every grading is kept, and nothing kept is taken away.
"""

import textwrap
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime

from labsupport.base.errors import UsageError
from labsupport.base.paths import Instance
from labsupport.base.progress import step
from labsupport.base.types import Json
from labsupport.exercises.attempts import begin
from labsupport.exercises.capstone import TASKS
from labsupport.exercises.exam_notes import ExamNotes
from labsupport.exercises.grading import Grade
from labsupport.exercises.grading import grade as graded
from labsupport.exercises.sitting import (
    DEFAULT_MINUTES,
    MOST_MINUTES,
    Clock,
    Sitting,
    at,
    clock,
    lasting,
    stamp,
)
from labsupport.session import Lab

_AGAIN = "./lab exam start --again"
_WIDTH = 92  # of a task's words in a terminal


def _utc() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class ExamStatus:
    """How the exam stands: the latest sitting and its clock, and what was graded last."""

    sitting: Sitting | None
    clock: Clock | None = None
    result: Json | None = None

    @property
    def state(self) -> str:
        """One word for programs: none, cut-off, running, late or submitted."""
        if self.sitting is None:
            return "none"
        if not self.clock:
            return "cut-off"
        if self.sitting.submitted:
            return "submitted"
        return "late" if self.clock.late else "running"

    def __str__(self) -> str:
        if not self.sitting:
            return "No exam was started here. Start it: ./lab exam start"
        if not self.clock:
            return (
                "Setting up the exam was cut off, and its clock has not begun.\n"
                "Go on with it: ./lab exam start"
            )
        if self.sitting.submitted:
            points = f": {_points(self.result)}" if self.result else ""
            return (
                f"The exam was submitted at {at(self.sitting.submitted)}{points}.\n"
                "Hints are given again: ./lab check NAME\n"
                f"Take it once more, and keep this result: {_AGAIN}"
            )
        return "\n".join(
            [
                *_time(self.sitting, self.clock),
                "",
                *(_task_lines()),
                "See how you stand: ./lab exam grade",
                "Put one task back to its start: ./lab check NAME --start",
                "Hand it in, and end it: ./lab exam submit",
            ]
        )

    __repr__ = __str__

    def to_json(self) -> Json:
        """Plain data; seconds for lengths of time."""
        found: Json = {"state": self.state}
        if self.sitting:
            found |= {"name": self.sitting.name, "minutes": self.sitting.minutes}
        if self.sitting and self.clock:
            found |= {"started": self.sitting.started, **_seconds(self.clock)}
            found |= {"left": self.clock.left, "submitted": self.sitting.submitted or None}
        return found | {"result": self.result}


@dataclass(frozen=True)
class Result:
    """What a grading came to, and when in the exam; `final` when it was submitted."""

    time: str
    sitting: Sitting
    clock: Clock
    grade: Grade
    final: bool

    def __str__(self) -> str:
        ends = (
            ["Submitted. Hints are given again: ./lab check NAME"]
            if self.final
            else ["Go on, or hand it in: ./lab exam submit"]
        )
        return "\n".join([*_time(self.sitting, self.clock), str(self.grade), "", *ends])

    __repr__ = __str__

    def to_json(self) -> Json:
        """The line that is kept; seconds for lengths of time."""
        return {
            "time": self.time,
            "name": self.sitting.name,
            "started": self.sitting.started,
            "minutes": self.sitting.minutes,
            **_seconds(self.clock),
            "final": self.final,
            **self.grade.to_json(),
        }


def start(
    lab: Lab,
    *,
    minutes: int = DEFAULT_MINUTES,
    name: str = "",
    again: bool = False,
    now: Callable[[], datetime] = _utc,
) -> ExamStatus:
    """Set every task up from its start, then let the clock begin.

    What was built for the tasks before is taken away. UsageError when an exam was started already,
    unless `again`: one that runs is submitted as it stands.
    """
    if not 1 <= minutes <= MOST_MINUTES:
        raise UsageError(
            f"an exam takes from 1 to {MOST_MINUTES} minutes",
            found=str(minutes),
            remedy=f"./lab exam start --minutes {DEFAULT_MINUTES}",
        )
    notes = ExamNotes(lab.instance)
    with notes.locked():
        before = notes.sitting()
        if before and before.started and not again:
            raise _started_already(before, now())
        if before and before.running:
            _grade(notes, before, lab, now(), final=True)
        sitting = Sitting(minutes, " ".join(name.split()))
        notes.write(sitting)
        for number, task in enumerate(TASKS, 1):
            title = f"{number} of {len(TASKS)}: {task.exercise.title}"
            with step(title), redirect_stdout(None):
                begin(task.exercise, lab)
        lab.wait_ready(namespace=None)
        notes.write(sitting.begun(now()))
    return status(lab.instance, now=now)


def status(instance: Instance, *, now: Callable[[], datetime] = _utc) -> ExamStatus:
    """How the exam stands. Needs no cluster."""
    notes = ExamNotes(instance)
    sitting = notes.sitting()
    if sitting is None or not sitting.started:
        return ExamStatus(sitting)
    with notes.locked():  # so that it can't undo a submission that is under way
        sitting = notes.sitting() or sitting
        read = clock(sitting, datetime.fromisoformat(sitting.seen))
        if sitting.running:
            sitting, read = _looked_at(notes, sitting, now())
    results = [each for each in notes.results()[0] if each.get("started") == sitting.started]
    return ExamStatus(sitting, read, results[-1] if results else None)


def grade(lab: Lab, *, now: Callable[[], datetime] = _utc) -> Result:
    """Grade the exam as it stands, and keep that; it goes on. UsageError when none runs."""
    notes = ExamNotes(lab.instance)
    with notes.locked():
        return _grade(notes, _running(notes), lab, now(), final=False)


def submit(lab: Lab, *, now: Callable[[], datetime] = _utc) -> Result:
    """Grade the exam, keep that as its final result, and end it. UsageError when none runs."""
    notes = ExamNotes(lab.instance)
    with notes.locked():
        return _grade(notes, _running(notes), lab, now(), final=True)


def _grade(notes: ExamNotes, sitting: Sitting, lab: Lab, now: datetime, *, final: bool) -> Result:
    sitting, read = _looked_at(notes, sitting, now)
    result = Result(stamp(now), sitting, read, graded(lab), final)
    notes.add_result(result.to_json())
    if final:  # after the result is kept: whatever happens in between, it is not lost
        notes.write(sitting.ended(now))
    return result


def _looked_at(notes: ExamNotes, sitting: Sitting, now: datetime) -> tuple[Sitting, Clock]:
    """What the clock says, and the sitting that remembers having been asked."""
    read = clock(sitting, now)
    sitting = sitting.looked_at(now)
    notes.write(sitting)
    return sitting, read


def _running(notes: ExamNotes) -> Sitting:
    sitting = notes.sitting()
    if sitting and sitting.running:
        return sitting
    if sitting and sitting.submitted:
        raise UsageError(
            "no exam runs here",
            found=f"the last one was submitted at {at(sitting.submitted)}",
            remedy=f"./lab exam status, or take it again: {_AGAIN}",
        )
    cut_off = "one whose start was cut off: its clock has not begun"
    raise UsageError(
        "no exam runs here",
        found=cut_off if sitting else "none was started",
        remedy="./lab exam start",
    )


def _started_already(sitting: Sitting, now: datetime) -> UsageError:
    if sitting.submitted:
        found = f"it was submitted at {at(sitting.submitted)}"
    else:
        found = _time(sitting, clock(sitting, now))[0]
    return UsageError(
        "an exam was started here already, and its clock is not set back",
        found=found,
        remedy=f"./lab exam status, or begin anew and keep the result of this one: {_AGAIN}",
    )


def _time(sitting: Sitting, read: Clock) -> list[str]:
    """How the sitting stands in time, in lines."""
    of = f"{sitting.minutes} min, since {at(sitting.started)}"
    who = f" ({sitting.name})" if sitting.name else ""
    if read.late:
        lines = [f"Exam{who}: late by {lasting(read.late)}; it had {of}"]
    else:
        lines = [f"Exam{who}: {lasting(read.left)} left of {of}"]
    if read.turned_back:
        lines.append(
            f"This computer's clock is {lasting(read.turned_back)} behind a time that it showed "
            "before. The exam counts on from there."
        )
    return lines


def _task_lines() -> list[str]:
    lines = []
    for number, task in enumerate(TASKS, 1):
        name = f"{number}. {task.exercise.name}"
        heading = f"{name:<18} {task.points:>2} points  {task.exercise.title}"
        lines += [
            heading,
            *textwrap.wrap(task.asks, _WIDTH, initial_indent="  ", subsequent_indent="  "),
            "",
        ]
    return lines


def _seconds(read: Clock) -> Json:
    return {"used": read.used, "late": read.late, "turnedBack": read.turned_back}


def _points(result: Json) -> str:
    late = f", late by {lasting(int(result['late']))}" if result.get("late") else ""
    return f"{result['points']} of {result['of']} points{late}"
