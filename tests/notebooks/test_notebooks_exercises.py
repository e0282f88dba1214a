"""What a lesson shows of an exercise is what the exercise says of itself."""

import ast
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from labsupport.exercises import Exercise, exercises
from labsupport.exercises.capstone import TASKS, Task
from labsupport.exercises.exercise import TlsSecret
from labsupport.kube.manifests import objects

FOLDER = Path(__file__).parents[2] / "notebooks"
MANIFEST = re.compile(r'"""\n?(apiVersion.*?)"""', re.DOTALL)
WITH_MANIFEST = [each for each in exercises().values() if each.reference.manifest]
WITH_START = [
    each
    for each in exercises().values()
    if each.start.manifest
    and f'start(\\"{each.name}\\"' not in (FOLDER / f"{each.lesson}.ipynb").read_text()
]
"""Exercises whose lesson shows the start, rather than having it set up by name."""


def parts(exercise: Exercise) -> list[str]:
    """The sources of the exercise's cells: from its heading to its solution."""
    cells: list[Any] = nbformat.read(FOLDER / f"{exercise.lesson}.ipynb", as_version=4).cells
    check = next(i for i, cell in enumerate(cells) if f'check("{exercise.name}"' in cell.source)
    first = max(i for i in range(check) if cells[i].source.startswith("## "))
    last = next(i for i in range(check, len(cells)) if "solution" in cells[i].metadata["tags"])
    return [cell.source for cell in cells[first : last + 1]]


def specs(source: str) -> list[Any]:
    """What each manifest in `source` asks for; the class may be left to the default."""
    found = []
    for manifest in MANIFEST.findall(source):
        for obj in objects(manifest):
            spec = {key: value for key, value in obj["spec"].items() if key != "ingressClassName"}
            found.append((obj["metadata"]["name"], spec))
    return found


def specs_of(manifest: str) -> list[Any]:
    return specs(f'"""{manifest}"""')


def stored(source: str) -> list[TlsSecret]:
    """The Secrets that a cell makes by `lab.trust.store`."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "lab.trust.store":
            name, names, *kind = map(ast.literal_eval, node.args)
            words = {each.arg: ast.literal_eval(each.value) for each in node.keywords if each.arg}
            several = (names,) if isinstance(names, str) else tuple(names)
            found.append(TlsSecret(name, several, *kind, **words))
    return found


@pytest.mark.parametrize("exercise", exercises().values(), ids=list(exercises()))
def test_the_heading_is_the_exercises_title(exercise: Exercise) -> None:
    heading = parts(exercise)[0].splitlines()[0]
    assert heading.casefold() == f"## Exercise: {exercise.title}".casefold()


@pytest.mark.parametrize("exercise", WITH_MANIFEST, ids=[each.name for each in WITH_MANIFEST])
def test_the_solution_shown_is_the_reference(exercise: Exercise) -> None:
    assert specs(parts(exercise)[-1]) == specs_of(exercise.reference.manifest)


@pytest.mark.parametrize("exercise", WITH_START, ids=[each.name for each in WITH_START])
def test_the_lesson_begins_an_exercise_where_the_command_line_does(exercise: Exercise) -> None:
    shown = [spec for source in parts(exercise)[:-1] for spec in specs(source)]
    assert shown == specs_of(exercise.start.manifest)


@pytest.mark.parametrize("exercise", WITH_START, ids=[each.name for each in WITH_START])
def test_the_lesson_begins_an_exercise_with_the_same_secrets(exercise: Exercise) -> None:
    (cell,) = (each for each in parts(exercise)[:-1] if f'check("{exercise.name}"' in each)
    assert stored(cell) == list(exercise.start.secrets)


@pytest.mark.parametrize("task", TASKS, ids=[task.exercise.name for task in TASKS])
def test_the_capstone_asks_in_the_words_of_the_exam(task: Task) -> None:
    number = TASKS.index(task) + 1
    assert f"**Task {number}, {task.points} points.** {task.asks}" in parts(task.exercise)[0]
