"""The course's notebooks as files: which there are, and running one as a reader would."""

import asyncio
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labsupport.base import paths
from labsupport.base.errors import NotebookError, UsageError

if TYPE_CHECKING:
    from nbclient import NotebookClient

_CELL_TIMEOUT = 120  # seconds


@dataclass(frozen=True)
class Failure:
    """The cell a lesson failed at: its number from 1, its first line, and the error."""

    cell: int
    line: str
    error: str


@dataclass(frozen=True)
class Run:
    """One execution of a lesson: how long it took, and where it failed if it did."""

    lesson: Path
    seconds: float
    failure: Failure | None


def found(named: Sequence[str]) -> list[Path]:
    """The notebooks `named`, or all of the course in their order when none is."""
    if named:
        chosen = [Path(name) for name in named]
        if missing := [path for path in chosen if not path.is_file()]:
            raise UsageError(f"no notebook {missing[0]}", remedy="ls notebooks")
        return chosen
    folder = (paths.checkout() or Path.cwd()) / "notebooks"
    if lessons := sorted(folder.glob("[0-9]*.ipynb")):
        return lessons
    raise NotebookError(f"no lessons in {folder}", remedy="run this in the course's checkout")


def execute(lesson: Path, *, save: bool = False) -> Run:
    """Run `lesson` from top to bottom in a fresh kernel; with `save`, keep its outputs.

    A cell tagged `raises-exception` may fail, as it may for a reader.
    """
    import nbformat

    from labsupport.cli.jupyter import own_state

    notebook = nbformat.read(lesson, as_version=4)
    started = time.monotonic()
    with own_state(paths.instance()), reader(notebook, lesson.resolve().parent) as client:
        failure = asyncio.run(_first_failure(client))
    if save and failure is None:
        nbformat.write(notebook, lesson)
    return Run(lesson, time.monotonic() - started, failure)


@contextmanager
def reader(notebook: Any, folder: Path) -> Iterator["NotebookClient"]:
    """Who runs the cells of `notebook` in `folder`, in a kernel not yet started.

    They speak over Unix sockets in a folder of their own. Of TCP ports, Jupyter picks free ones
    first and its kernel takes them a second later, when somebody else may have them.
    """
    from nbclient import NotebookClient
    from traitlets.config import Config

    with tempfile.TemporaryDirectory(prefix="lab-kernel-") as sockets:
        manager = {"transport": "ipc", "connection_file": str(Path(sockets) / "kernel.json")}
        yield NotebookClient(
            notebook,
            config=Config({"KernelManager": manager}),
            timeout=_CELL_TIMEOUT,
            kernel_name="python3",
            record_timing=False,  # would differ each time the outputs are kept
            coalesce_streams=True,
            extra_arguments=["--IPKernelApp.log_level=ERROR"],
            resources={"metadata": {"path": str(folder)}},
        )


async def _first_failure(client: "NotebookClient") -> Failure | None:
    """Run the client's cells in order, up to the first that fails."""
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    async with client.async_setup_kernel():
        for index, cell in enumerate(client.nb.cells):
            try:
                await client.async_execute_cell(cell, index)
            except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
                return _failure(index + 1, cell.source, error)
        client.set_widgets_metadata()
    return None


def _failure(number: int, source: str, error: Exception) -> Failure:
    name, value = getattr(error, "ename", ""), getattr(error, "evalue", "")
    said = f"{name}: {value}" if name else str(error)
    lines = source.strip().splitlines()
    return Failure(number, lines[0] if lines else "", said)
