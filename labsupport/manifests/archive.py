"""Modules of the lab as one zip file: how a program in a pod gets what it imports of them."""

import ast
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_PACKAGE = Path(__file__).parents[1].name
_OLDEST = (1980, 1, 1, 0, 0, 0)  # the same modules are the same bytes, whenever they were written


def archive(program: Path) -> bytes:
    """A zip for PYTHONPATH with all modules of the lab that the program needs.

    They are found by their `import` lines, so a module imported by another name is missed. What
    they need beyond the standard library is not in it.
    """
    found: dict[str, Path] = {}
    waiting = [program]
    while waiting:
        for name in _imported(waiting.pop()):
            path = _source(name)
            if path is not None and name not in found:
                found[name] = path
                waiting.append(path)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(found.values()):
            entry = zipfile.ZipInfo(path.relative_to(_ROOT).as_posix(), _OLDEST)
            packed.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _imported(path: Path) -> Iterator[str]:
    """The names that a module's top level may import from the lab, packages before what is in
    them; those that are no modules too."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")
            if parts[0] == _PACKAGE:
                yield from (".".join(parts[: end + 1]) for end in range(len(parts)))


def _source(name: str) -> Path | None:
    path = _ROOT.joinpath(*name.split("."))
    candidates = (path / "__init__.py", path.with_suffix(".py"))
    return next((each for each in candidates if each.is_file()), None)
