"""What holds for every lesson beyond its outputs: figures, solutions, cells that stand alone."""

import ast
import builtins
import os
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import nbformat
import pytest
from running_lab import running_lab

from labsupport.cli.lessons import reader
from labsupport.diagrams.covers import COVERS
from labsupport.exercises import check, exercises
from labsupport.exercises.clinic import breakages, is_breakage
from labsupport.session import Lab

FOLDER = Path(__file__).parents[2] / "notebooks"
LESSONS = sorted(path.stem for path in FOLDER.glob("[0-9]*.ipynb"))
FENCE = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
CHECK = re.compile(r'check\("([^"]+)"')


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lab") / "home"


@pytest.fixture(scope="module")
def lab(home: Path) -> Iterator[Lab]:
    with running_lab(home) as lab:
        lab.wait_ready(namespace=None)
        yield lab


def read(lesson: str) -> Any:
    return nbformat.read(FOLDER / f"{lesson}.ipynb", as_version=4)


def code(notebook: Any, tag: str = "") -> list[str]:
    """The code cells, or those with a tag."""
    return [
        cell.source
        for cell in notebook.cells
        if cell.cell_type == "code" and (not tag or tag in cell.metadata.get("tags", []))
    ]


def solutions() -> list[tuple[str, str, str]]:
    """Every solution: its lesson, its exercise, its code."""
    found = []
    for lesson in LESSONS:
        exercise = ""
        for cell in read(lesson).cells:
            if cell.cell_type == "code" and (match := CHECK.search(cell.source)):
                exercise = match[1]
            if "solution" in cell.metadata.get("tags", []):
                match = FENCE.search(cell.source)
                assert match, f"no code in the solution of {exercise}"
                found.append((lesson, exercise, match[1]))
    return found


def asked(notebook: Any, exercise: str) -> list[str]:
    """The code from an exercise's heading to its check."""
    found: list[str] = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            found.append(cell.source)
            if f'check("{exercise}"' in cell.source:
                return found
        elif cell.source.startswith("## "):
            found = []
    raise LookupError(exercise)


def test_every_lesson_has_its_figure() -> None:
    assert set(LESSONS) <= set(COVERS)


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_figure_is_the_one_that_the_code_draws(lesson: str) -> None:
    alt = COVERS[lesson]().alt
    title = read(lesson).cells[0].source
    assert f"![{alt}](images/{lesson}.svg)" in title
    figure = (FOLDER / "images" / f"{lesson}.svg").read_text()
    assert f"<title>{escape(alt)}</title>" in figure


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_cell_needs_no_other_than_the_set_up(lesson: str) -> None:
    notebook = read(lesson)
    known = set(dir(builtins)) | _names("\n".join(code(notebook, "setup")), ast.Store)
    for cell in code(notebook):
        assert _names(cell, ast.Load) - _names(cell, ast.Store) <= known, cell


def test_every_exercise_has_a_solution() -> None:
    wanted = [each.name for each in exercises().values() if each.lesson in LESSONS]
    assert [exercise for _, exercise, _ in solutions() if not is_breakage(exercise)] == wanted


def test_the_cases_of_the_clinic_become_harder() -> None:
    levels = [breakages()[name].level for _, name, _ in solutions() if is_breakage(name)]
    assert len(levels) >= 8
    assert levels == sorted(levels, key=["first", "second", "third"].index)


def test_the_clinic_lists_every_case() -> None:
    listed = "".join(output.get("text", "") for output in _outputs(read("12-clinic")))
    assert [each for each in breakages().values() if each.complaint not in listed] == []


@pytest.mark.usefixtures("lab")
@pytest.mark.parametrize(("lesson", "exercise", "solution"), solutions())
def test_a_solution_passes_its_check(
    home: Path, lesson: str, exercise: str, solution: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INGRESS_LAB_HOME", str(home))
    notebook = read(lesson)
    known: dict[str, Any] = {}
    exec(code(notebook, "setup")[0], known)
    lab, verdicts = known["lab"], []
    known["check"] = lambda *given: verdicts.append(check(*given))
    try:
        for cell in asked(notebook, exercise):
            exec(cell, known)
        exec(solution, known)
        exec("" if CHECK.search(solution) else f'check("{exercise}", lab)', known)
        assert verdicts[-1].passed, str(verdicts[-1])
    finally:
        exec(code(notebook, "teardown")[0], known)
        lab.close()


@pytest.mark.timeout(400)
@pytest.mark.usefixtures("lab")
@pytest.mark.parametrize("lesson", LESSONS)
def test_every_cell_can_be_run_twice(home: Path, lesson: str) -> None:
    notebook = read(lesson)
    notebook.cells = [cell for cell in notebook.cells for _ in range(2) if cell.cell_type == "code"]
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
    with reader(notebook, FOLDER) as client:
        client.execute(env={**os.environ, "INGRESS_LAB_HOME": str(home)})


def _outputs(notebook: Any) -> list[Any]:
    """Every kept output."""
    return [each for cell in notebook.cells for each in cell.get("outputs", [])]


def _names(source: str, context: type[ast.expr_context]) -> set[str]:
    """The names that `source` reads (Load) or gives (Store, imports and arguments included)."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, context):
            found.add(node.id)
        elif isinstance(node, ast.alias) and context is ast.Store:
            found.add(node.asname or node.name)
        elif isinstance(node, ast.arg) and context is ast.Store:
            found.add(node.arg)
        elif isinstance(node, ast.ExceptHandler | ast.FunctionDef) and context is ast.Store:
            found.update([node.name] if node.name else [])
    return found
