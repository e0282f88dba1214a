"""The rules that lessons keep to, each broken in one place."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import nbformat.v4 as v4
import pytest

from labsupport.base.types import Json
from labsupport.cli.main import main
from labsupport.cli.notebook_rules import problems

OPENING = """# Send a request

![A request goes from the client through the proxy to a pod](way.svg)

What you'll do, what you'll learn, what you need. 10 minutes.

```
# not a heading
```
"""


def code(source: str, count: int, *tags: str) -> Json:
    cell: Json = v4.new_code_cell(source, execution_count=count, metadata={"tags": list(tags)})
    return cell


@pytest.fixture
def lesson() -> Any:
    notebook = v4.new_notebook(
        metadata={
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python"},
        }
    )
    notebook.cells = [
        v4.new_markdown_cell(OPENING),
        code("from labsupport import Lab\n\nlab = Lab.open()", 1, "setup"),
        v4.new_markdown_cell("## Predict\n\n### What comes back?"),
        code("lab.get('http://kiada.example.com/')", 2),
        v4.new_markdown_cell("## Key points\n\n## In practice"),
        code("lab.close()", 3, "teardown"),
    ]
    return notebook


def said(lesson: Any) -> list[tuple[int, str]]:
    return [(problem.cell, problem.message) for problem in problems(lesson)]


def test_a_lesson_that_keeps_the_rules_has_no_problem(lesson: Any) -> None:
    assert said(lesson) == []


def error_output() -> Any:
    return v4.new_output("error", ename="E", evalue="e", traceback=[])


def drawing(svg: str, **data: str) -> Any:
    return v4.new_output("display_data", data={"image/svg+xml": svg, **data})


def change(cell: int, **fields: Any) -> Callable[[Any], None]:
    return lambda lesson: lesson.cells[cell - 1].update(fields)


def append(cell: int, text: str) -> Callable[[Any], None]:
    def do(lesson: Any) -> None:
        lesson.cells[cell - 1]["source"] += text

    return do


def tag(cell: int, *tags: str) -> Callable[[Any], None]:
    return change(cell, metadata={"tags": list(tags)})


def output(cell: int, value: Any) -> Callable[[Any], None]:
    return change(cell, outputs=[value])


TEXT = {"text/plain": "a request's way"}


@pytest.mark.parametrize(
    ("break_it", "cell", "expected"),
    [
        (lambda lesson: lesson.metadata.kernelspec.update(name="other"), 0, "kernelspec"),
        (append(3, "\n# Another title"), 0, "expected one '# title'"),
        (append(3, "\n##### Deep"), 3, "jumps from level 3 to 5"),
        (append(3, "\n![](x.png)"), 3, "without alt text"),
        (append(3, '\n<img src="x.png" alt="">'), 3, "<img> without alt text"),
        (append(4, "\npass" * 15), 4, "16 lines of code"),
        (append(4, "\n%pip install six"), 4, "installs something"),
        (append(4, "\n!apt-get -y install dot"), 4, "installs something"),
        (append(4, "\nimport yaml"), 4, "imports yaml"),
        (append(4, "\nfrom os import path"), 4, "imports os"),
        (append(4, "\nlab get"), 4, "is not Python"),
        (tag(4, "exercice"), 4, "unknown tag 'exercice'"),
        (change(4, execution_count=None), 4, "execution count is None, expected 2"),
        (change(4, source=""), 4, "is empty"),
        (output(4, error_output()), 4, "fails without the tag"),
        (tag(4, "raises-exception"), 4, "does not fail, but has the tag"),
        (output(4, drawing("<svg/>", **TEXT)), 4, "without a <title>"),
        (output(4, drawing("<svg><title>A way</title></svg>")), 4, "text/plain twin"),
        (
            output(4, v4.new_output("stream", text="in /home/ada/ingress-lab/.lab")),
            4,
            "names a folder of one machine",
        ),
        (lambda lesson: lesson.cells[0].update(source="# Send"), 1, "what you'll do"),
        (change(5, source="## Key points"), 0, "no heading 'In practice'"),
        (change(5, source="## In practice\n\n## Key points"), 0, "comes before"),
        (tag(2), 0, "the first code cell, and only that one, has the tag 'setup'"),
        (tag(4, "teardown"), 0, "the last code cell, and only that one, has the tag 'teardown'"),
    ],
)
def test_a_broken_rule_is_said_with_its_cell(
    lesson: Any, break_it: Callable[[Any], None], cell: int, expected: str
) -> None:
    broken = copy.deepcopy(lesson)
    break_it(broken)
    assert any(number == cell and expected in message for number, message in said(broken)), said(
        broken
    )


def test_an_alternative_text_is_enough(lesson: Any) -> None:
    lesson.cells[3].outputs = [drawing("<svg><title>A way</title></svg>", **TEXT)]
    assert said(lesson) == []


def test_a_cell_may_fail_on_purpose(lesson: Any) -> None:
    tag(4, "raises-exception")(lesson)
    lesson.cells[3].outputs = [error_output()]
    assert said(lesson) == []


def test_the_command_names_the_file_the_cell_and_the_count(
    lesson: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "01-send.ipynb"
    append(4, "\nimport yaml")(lesson)
    nbformat.write(lesson, path)
    assert main(["notebooks", "check", str(path)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"{path}: cell 4: imports yaml; a lesson imports only labsupport",
        "1 lesson checked, 1 problem",
    ]


def test_a_file_that_is_no_notebook_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "01-send.ipynb"
    path.write_text("not JSON")
    assert main(["notebooks", "check", str(path)]) == 1
    assert "is not a notebook" in capsys.readouterr().err
