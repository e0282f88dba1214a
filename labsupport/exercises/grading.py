"""Grading the capstone as a whole: each task is checked, and the points are added up."""

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from labsupport.base.errors import LabError
from labsupport.base.types import Json
from labsupport.exercises.capstone import TASKS, Task
from labsupport.exercises.check import check
from labsupport.exercises.verdict import WITHHELD, Verdict
from labsupport.session import Lab

_LEFT = 'style="text-align: left; vertical-align: top"'
_WHOLE = 'style="white-space: nowrap"'
_RIGHT = 'style="text-align: right; vertical-align: top"'


@dataclass(frozen=True)
class Mark:
    """One task and the verdict on it: all of its points, or none."""

    task: Task
    verdict: Verdict

    @property
    def points(self) -> int:
        """The points reached."""
        return self.task.points if self.verdict.passed else 0

    @property
    def sign(self) -> str:
        """The sign of the verdict, as a single check shows it."""
        return "✓" if self.verdict.passed else "→"

    def why_not(self) -> list[tuple[str, str]]:
        """Why the points are not reached, as names and words; empty when they are."""
        if self.verdict.passed:
            return []
        hint = "" if self.verdict.hint == WITHHELD else self.verdict.hint
        rows = (("got", self.verdict.got), ("look at", self.verdict.look), ("hint", hint))
        return [(name, words) for name, words in rows if words]

    def to_json(self) -> Json:
        """Plain data, without look and hint."""
        return {
            "name": self.task.exercise.name,
            "points": self.points,
            "of": self.task.points,
            "expected": self.verdict.expected,
            "got": self.verdict.got,
        }


@dataclass(frozen=True)
class Grade:
    """All the marks. Shown as a table in a notebook, as lines in a terminal."""

    marks: Sequence[Mark]

    @property
    def points(self) -> int:
        """The points reached."""
        return sum(mark.points for mark in self.marks)

    @property
    def of(self) -> int:
        """The points that there are."""
        return sum(mark.task.points for mark in self.marks)

    def __str__(self) -> str:
        lines = [f"{self.points} of {self.of} points"]
        for number, mark in enumerate(self.marks, 1):
            reached = f"{mark.points:>2} of {mark.task.points:>2}"
            lines.append(f"  {mark.sign} {reached}  {number}. {mark.task.exercise.title}")
            lines += [f"{'':<17}{name + ':':<9} {words}" for name, words in mark.why_not()]
        return "\n".join(lines)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self._html()}

    def _html(self) -> str:
        # A sign and the numbers carry the outcome; the colour only repeats it.
        colour = "#00795A" if self.points == self.of else "#B35900"
        head = "".join(
            f'<th scope="col" {style}>{name}</th>'
            for name, style in (
                ("", _LEFT),
                ("", _RIGHT),
                ("Task", _LEFT),
                ("Points", _RIGHT),
                ("Of", _RIGHT),
                ("Why not", _LEFT),
            )
        )
        rows = "".join(_row(number, mark) for number, mark in enumerate(self.marks, 1))
        return (
            f'<div role="status" style="border-left: 5px solid {colour}; padding: 2px 12px">'
            f"<p><strong>{self.points} of {self.of} points</strong></p>"
            f"<table><thead><tr>{head}</tr></thead>"
            f"<tbody>{rows}</tbody></table></div>"
        )

    def to_json(self) -> Json:
        """Plain data."""
        return {
            "points": self.points,
            "of": self.of,
            "tasks": [mark.to_json() for mark in self.marks],
        }


def grade(lab: Lab, tasks: Iterable[Task] = TASKS) -> Grade:
    """Check every task of the capstone on `lab`, as `check` does. Nothing in the lab is changed."""
    return Grade([Mark(task, _verdict(task, lab)) for task in tasks])


def _verdict(task: Task, lab: Lab) -> Verdict:
    """The verdict of a check; one that can't be carried out leaves the others their points."""
    name = task.exercise.name
    try:
        return check(name, lab)
    except LabError as error:
        remedy = error.remedy or f'check("{name}", lab)'
        return Verdict(name, "a check that can be carried out", error.what, error.found, remedy)


def _row(number: int, mark: Mark) -> str:
    said = "reached" if mark.verdict.passed else "not reached"
    why = "".join(
        f"<div><strong>{name}:</strong> {html.escape(words)}</div>"
        for name, words in mark.why_not()
    )
    exercise = mark.task.exercise
    return (
        f'<tr><td {_LEFT}><span role="img" aria-label="{said}">{mark.sign}</span></td>'
        f"<td {_RIGHT}>{number}</td>"
        f"<td {_LEFT}>{html.escape(exercise.title)}<br><code {_WHOLE}>{exercise.name}</code></td>"
        f"<td {_RIGHT}>{mark.points}</td><td {_RIGHT}>{mark.task.points}</td>"
        f"<td {_LEFT}>{why}</td></tr>"
    )
