"""Container logs: one file per run of a container, every line with the time it was read."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from labsupport.minicluster.api.logs import LogOptions

MAX_BYTES = 10 * 1024 * 1024  # kubelet's containerLogMaxSize; one older file is kept besides
LONGEST_LINE = 16 * 1024
_POLL = 0.1
_BLOCK = 8 * 1024

_FORMAT = "%Y-%m-%dT%H:%M:%S.%f000Z"


def _stamp() -> bytes:
    return datetime.now(UTC).strftime(_FORMAT).encode() + b" "


class LogFile:
    """Takes a container's output as it comes and writes it line by line with timestamps.

    When the disk is full the line is lost, the container is not: nothing is raised.
    """

    def __init__(self, path: Path, *, max_bytes: int = MAX_BYTES) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._partial = b""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file: BinaryIO = path.open("ab", buffering=0)
        self._size = path.stat().st_size

    def write(self, data: bytes) -> None:
        """Add output; an unfinished line waits for its end."""
        lines = (self._partial + data).split(b"\n")
        self._partial = lines.pop()
        if len(self._partial) > LONGEST_LINE:
            lines.append(self._partial)
            self._partial = b""
        if lines:
            stamp = _stamp()
            self._append(b"".join(stamp + line + b"\n" for line in lines))

    def close(self) -> None:
        """Write what is left and close the file."""
        if self._partial:
            self._append(_stamp() + self._partial + b"\n")
            self._partial = b""
        self._file.close()

    def _append(self, data: bytes) -> None:
        try:
            if self._size + len(data) > self._max_bytes:
                self._rotate()
            self._size += self._file.write(data)
        except OSError:
            return

    def _rotate(self) -> None:
        self._file.close()
        self._path.replace(older(self._path))
        self._file = self._path.open("ab", buffering=0)
        self._size = 0


def older(path: Path) -> Path:
    """Where a log goes when it has grown too big."""
    return path.with_name(f"{path.name}.1")


async def log_lines(
    path: Path, options: LogOptions, is_running: Callable[[], bool]
) -> AsyncIterator[bytes]:
    """The lines of a log, in chunks; when following, until the container has ended."""
    left = options.limit_bytes
    since = _since(options.since_seconds)
    async for line in _stamped_lines(path, options, is_running):
        stamp, _, text = line.partition(b" ")
        if stamp < since:
            continue
        shown = line if options.timestamps else text
        if left is not None:
            shown = shown[:left]
            left -= len(shown)
        yield shown
        if left == 0:
            return


def _since(seconds: int | None) -> bytes:
    """The earliest stamp to show; stamps sort as the times they stand for."""
    if seconds is None:
        return b""
    moment = datetime.now(UTC) - timedelta(seconds=seconds)
    return moment.strftime(_FORMAT).encode()


async def _stamped_lines(
    path: Path, options: LogOptions, is_running: Callable[[], bool]
) -> AsyncIterator[bytes]:
    file = path.open("rb")
    try:
        for line in _written(path, file, options.tail_lines):
            yield line
        while options.follow:
            running = is_running()
            for line in file:
                yield line
            if not running:
                return
            if _was_rotated(path, file):
                file.close()
                file = path.open("rb")
                continue
            await asyncio.sleep(_POLL)
    finally:
        file.close()


def _written(path: Path, file: BinaryIO, tail: int | None) -> Iterator[bytes]:
    """All lines so far, of the older file too, or the last `tail`; `file` is then at its end."""
    recent = file.readlines() if tail is None else _last_lines(file, tail)
    if older(path).exists() and (tail is None or len(recent) < tail):
        with older(path).open("rb") as file_before:
            yield from file_before if tail is None else _last_lines(file_before, tail - len(recent))
    yield from recent


def _last_lines(file: BinaryIO, count: int) -> list[bytes]:
    """The last lines, read from the end: a log is long, and its end is asked for often."""
    end = file.seek(0, os.SEEK_END)
    size, text = _BLOCK, b""
    while len(text) < end and text.count(b"\n") <= count:
        file.seek(max(0, end - size))
        text = file.read(min(size, end))
        size *= 2
    lines = text.split(b"\n")[:-1]
    return [line + b"\n" for line in lines[len(lines) - min(count, len(lines)) :]]


def _was_rotated(path: Path, file: BinaryIO) -> bool:
    try:
        return os.fstat(file.fileno()).st_ino != path.stat().st_ino
    except FileNotFoundError:
        return False
