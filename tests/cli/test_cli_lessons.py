"""`lab run`: lessons executed in a real kernel, and where they fail."""

from pathlib import Path

import nbformat
import nbformat.v4 as v4
import pytest

from labsupport.base.errors import UsageError
from labsupport.cli import lessons
from labsupport.cli.main import main


@pytest.fixture
def lesson(tmp_path: Path) -> Path:
    """A lesson that fails on purpose at cell 2 and by accident at cell 4."""
    notebook = v4.new_notebook()
    notebook.cells = [
        v4.new_markdown_cell("# Divide"),
        v4.new_code_cell("1 / 0", metadata={"tags": ["raises-exception"]}),
        v4.new_code_cell("print(80 + 1)"),
        v4.new_code_cell("# a look\n{}['missing']"),
    ]
    path = tmp_path / "01-divide.ipynb"
    nbformat.write(notebook, path)
    return path


def test_a_failing_lesson_names_the_cell_and_the_error(
    lesson: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(lesson)]) == 1
    said = capsys.readouterr().out
    assert "failed at cell 4" in said
    assert "KeyError: 'missing'" in said
    assert "0 of 1 lessons ran" in said


def test_saving_keeps_the_outputs_of_a_lesson_that_ran(lesson: Path) -> None:
    notebook = nbformat.read(lesson, as_version=4)
    notebook.cells.pop()
    nbformat.write(notebook, lesson)
    assert lessons.execute(lesson, save=True).failure is None
    assert nbformat.read(lesson, as_version=4).cells[2].outputs[0].text == "81\n"


def test_a_notebook_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no notebook"):
        lessons.found([str(tmp_path / "99.ipynb")])
