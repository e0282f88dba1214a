"""What a lesson must keep to: rules over a notebook's JSON, each giving the problems it finds.

The notebook is nbformat 4 as `nbformat.read` gives it. Cells are counted from 1, as a reader does.
"""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from labsupport.base.types import Json

MAX_LINES = 15
"""The longest code cell, in lines."""

TAGS = {
    "setup",
    "predict",
    "exercise",
    "solution",
    "teardown",
    "raises-exception",
    "nbval-ignore-output",
}
"""The cell tags there are. `setup` and `teardown` mark one cell each of every lesson."""

OPENING = {
    "what you'll do": r"\bdo\b",
    "what you'll learn": r"\blearn\b",
    "what you need": r"\bneed\b",
    "how many minutes it takes": r"\b\d+\s+minutes\b",
}
"""What the markdown before the first code cell says, and the words it is known by."""

CLOSING = ("Key points", "In practice")
"""Headings that every lesson ends with, in this order."""

_INSTALL = re.compile(r"\b(pip3?|conda|mamba|uv|apt(-get)?|brew|npm)\s+(\S+\s+)?(install|add)\b")
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*\s*$", re.MULTILINE)
_IMAGE = re.compile(r"!\[(?P<alt>[^\]]*)\]\(")
_IMG_TAG = re.compile(r"<img\b(?P<attributes>[^>]*)>", re.IGNORECASE)
_ALT = re.compile(r"""\balt\s*=\s*["'][^"']*\w""", re.IGNORECASE)
_HOME = re.compile(r"(?<![\w.])/(home/\w+|root|Users/\w+|tmp|var/folders)/")


@dataclass(frozen=True)
class Problem:
    """A rule not kept: the cell's number from 1 (0: the notebook as a whole), and what is wrong."""

    cell: int
    message: str


def problems(notebook: Json) -> list[Problem]:
    """Every problem of `notebook`, in the order of its cells."""
    found = [problem for rule in RULES for problem in rule(notebook)]
    return sorted(found, key=lambda problem: problem.cell)


def kernel(notebook: Json) -> Iterator[Problem]:
    """The lab's own kernel is the one Jupyter calls python3."""
    metadata = notebook["metadata"]
    name = metadata.get("kernelspec", {}).get("name")
    if name != "python3":
        yield Problem(0, f"kernelspec is {name!r}, expected 'python3'")
    language = metadata.get("language_info", {}).get("name")
    if language != "python":
        yield Problem(0, f"language_info.name is {language!r}, expected 'python'")


def headings(notebook: Json) -> Iterator[Problem]:
    """One title, at the top, and no level left out on the way down."""
    found = [
        (number, len(match[1]), match[2])
        for number, text in _markdown(notebook)
        for match in _HEADING.finditer(text)
    ]
    titles = [number for number, level, _ in found if level == 1]
    if titles != [1]:
        where = ", ".join(map(str, titles)) or "none"
        yield Problem(0, f"expected one '# title', in cell 1; found in cells: {where}")
    for (_, before, _), (number, level, title) in pairwise(found):
        if level > before + 1:
            yield Problem(number, f"heading {title!r} jumps from level {before} to {level}")


def alternative_text(notebook: Json) -> Iterator[Problem]:
    """Every picture says in words what it shows."""
    for number, text in _markdown(notebook):
        if any(not match["alt"].strip() for match in _IMAGE.finditer(text)):
            yield Problem(number, "an image without alt text: ![what it shows](...)")
        if any(not _ALT.search(match["attributes"]) for match in _IMG_TAG.finditer(text)):
            yield Problem(number, '<img> without alt text: <img alt="what it shows" ...>')
    for number, _, data in _output_data(notebook):
        svg = _joined(data.get("image/svg+xml", ""))
        if svg and not re.search(r"<title>\s*\w", svg):
            yield Problem(number, "an SVG output without a <title> that says what it shows")
        if any(kind.startswith("image/") for kind in data) and not data.get("text/plain"):
            yield Problem(number, "a picture in the output without its text/plain twin")


def cell_length(notebook: Json) -> Iterator[Problem]:
    """A code cell holds one idea, and is read without scrolling."""
    for number, cell in _code(notebook):
        lines = len(_source(cell).splitlines())
        if lines > MAX_LINES:
            yield Problem(number, f"{lines} lines of code; at most {MAX_LINES}")


def no_installs(notebook: Json) -> Iterator[Problem]:
    """`./lab` installs; a lesson never does."""
    for number, cell in _code(notebook):
        if match := _INSTALL.search(_source(cell)):
            yield Problem(number, f"installs something ({match[0]!r}); packages belong in the lock")


def imports(notebook: Json) -> Iterator[Problem]:
    """A lesson imports `labsupport` and nothing else."""
    for number, cell in _code(notebook):
        try:
            tree = ast.parse(_without_magics(_source(cell)))
        except SyntaxError as error:
            if "raises-exception" not in _tags(cell):
                yield Problem(number, f"is not Python: {error.msg}")
            continue
        for module in _imported(tree):
            if module.partition(".")[0] != "labsupport":
                yield Problem(number, f"imports {module}; a lesson imports only labsupport")


def tags(notebook: Json) -> Iterator[Problem]:
    """Only tags that mean something here, so that a typing error is noticed."""
    for number, cell in enumerate(notebook["cells"], 1):
        for tag in _tags(cell):
            if tag not in TAGS:
                yield Problem(number, f"unknown tag {tag!r}; there are: {', '.join(sorted(TAGS))}")


def outputs(notebook: Json) -> Iterator[Problem]:
    """Outputs are those of one run from the top, and name nobody's folders."""
    expected = 0
    for number, cell in _code(notebook):
        if not _source(cell).strip():
            yield Problem(number, "is empty")
            continue
        expected += 1
        count = cell.get("execution_count")
        if count != expected:
            yield Problem(number, f"execution count is {count}, expected {expected}: run all anew")
        failed = any(output["output_type"] == "error" for output in cell["outputs"])
        if failed != ("raises-exception" in _tags(cell)):
            told = "fails without" if failed else "does not fail, but has"
            yield Problem(number, f"{told} the tag raises-exception")
    for number, text, data in _output_data(notebook):
        shown = text + _joined(data.get("text/plain", "")) + _joined(data.get("text/html", ""))
        if match := _HOME.search(shown):
            yield Problem(number, f"the output names a folder of one machine: {match[0]}")


def anatomy(notebook: Json) -> Iterator[Problem]:
    """The parts that every lesson has."""
    code = [number for number, _ in _code(notebook)]
    first = code[0] if code else len(notebook["cells"]) + 1
    opening = "\n".join(text for number, text in _markdown(notebook) if number < first)
    for part, words in OPENING.items():
        if not re.search(words, opening, re.IGNORECASE):
            yield Problem(1, f"the opening does not say {part}")
    titles = [match[2] for _, text in _markdown(notebook) for match in _HEADING.finditer(text)]
    missing = [title for title in CLOSING if title not in titles]
    for title in missing:
        yield Problem(0, f"no heading {title!r}")
    if not missing and titles.index(CLOSING[0]) > titles.index(CLOSING[1]):
        yield Problem(0, f"{CLOSING[0]!r} comes before {CLOSING[1]!r}")
    for tag, place in (("setup", 0), ("teardown", -1)):
        tagged = [number for number, cell in _code(notebook) if tag in _tags(cell)]
        if not code or tagged != [code[place]]:
            which = "first" if place == 0 else "last"
            yield Problem(0, f"the {which} code cell, and only that one, has the tag {tag!r}")


RULES: tuple[Callable[[Json], Iterator[Problem]], ...] = (
    kernel,
    headings,
    alternative_text,
    cell_length,
    no_installs,
    imports,
    tags,
    outputs,
    anatomy,
)
"""Every rule."""


def _source(cell: Json) -> str:
    return _joined(cell["source"])


def _joined(text: str | list[str]) -> str:
    """Multi-line text, which nbformat allows as one string or as a list of lines."""
    return text if isinstance(text, str) else "".join(text)


def _tags(cell: Json) -> list[str]:
    found: list[str] = cell["metadata"].get("tags", [])
    return found


def _code(notebook: Json) -> list[tuple[int, Json]]:
    cells = enumerate(notebook["cells"], 1)
    return [(number, cell) for number, cell in cells if cell["cell_type"] == "code"]


def _markdown(notebook: Json) -> list[tuple[int, str]]:
    """The markdown cells' text without fenced code, where `#` is no heading."""
    cells = enumerate(notebook["cells"], 1)
    return [
        (number, _FENCE.sub("", _source(cell)))
        for number, cell in cells
        if cell["cell_type"] == "markdown"
    ]


def _output_data(notebook: Json) -> Iterator[tuple[int, str, Json]]:
    """Every output: its cell's number, its stream text, and its data by MIME type."""
    for number, cell in _code(notebook):
        for output in cell["outputs"]:
            yield number, _joined(output.get("text", "")), output.get("data", {})


def _without_magics(source: str) -> str:
    """`source` with IPython's own lines (%magic, !shell) taken out."""
    return "\n".join(
        "pass" if line.lstrip().startswith(("%", "!")) else line for line in source.splitlines()
    )


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "."
