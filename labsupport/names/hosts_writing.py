"""Putting a hosts file's new bytes in place: whole at once, or byte by byte where that can't be."""

import contextlib
import errno
import fcntl
import glob
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from labsupport.base.errors import LabError

_SUFFIX = ".ingress-lab"
_PATIENCE = 10.0  # seconds for another edit to end
_CANNOT_RENAME = (errno.EBUSY, errno.EXDEV, errno.EACCES, errno.EPERM, errno.EROFS)


class CannotReplace(Exception):
    """The file can't make way for another, but may be written: it is mounted, as in containers."""


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock for edits in a folder: an flock on the folder itself, which leaves no file.

    So the labs of several users exclude each other too. LabError when it is not free in time.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        deadline = time.monotonic() + _PATIENCE
        while not _try_lock(descriptor):
            if time.monotonic() > deadline:
                raise LabError(
                    f"another program is editing files in {folder}",
                    found=f"its lock was not free for {_PATIENCE:g} seconds",
                    remedy=f"see who holds it: fuser -v {folder}",
                )
            time.sleep(0.02)
        yield
    finally:
        os.close(descriptor)


def read(path: Path) -> bytes | None:
    """The file's bytes; None when there is no file."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def replace(path: Path, data: bytes) -> None:
    """Put a new file at `path`, of the same owner, group, mode and attributes as the old.

    Whoever reads sees the old file or the new one, never a part. CannotReplace when the system
    lets only the file's content be changed.
    """
    temporary = ""
    try:
        descriptor, temporary = tempfile.mkstemp(_SUFFIX, f".{path.name}.", path.parent)
        try:
            _write(descriptor, data)
            _make_like(path, descriptor)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(temporary, path)  # noqa: PTH105  each step is a plain call, to be cut off in tests
        _sync(path.parent)
    except OSError as error:
        if error.errno in _CANNOT_RENAME and os.access(path, os.W_OK):
            raise CannotReplace from error
        raise
    finally:
        if temporary:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)  # noqa: PTH108


def overwrite(path: Path, data: bytes) -> None:
    """Change the content of the file itself. Cut off, it leaves a beginning of `data`, then old."""
    descriptor = os.open(path, os.O_WRONLY)
    try:
        _write(descriptor, data)
        os.ftruncate(descriptor, len(data))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(path: Path) -> None:
    """Delete the file."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)  # noqa: PTH108
    _sync(path.parent)


def is_torn(found: bytes, old: bytes, new: bytes) -> bool:
    """Whether `found` is what `overwrite` leaves when it is cut off on the way from old to new."""
    written = next(
        (at for at, pair in enumerate(zip(found, new, strict=False)) if len(set(pair)) > 1),
        min(len(found), len(new)),
    )
    return found[written:] == old[written:]


def clear_leftovers(path: Path) -> None:
    """Delete what killed edits of this file left; only for who holds the lock."""
    for leftover in path.parent.glob(f".{glob.escape(path.name)}.*{_SUFFIX}"):
        with contextlib.suppress(OSError):
            leftover.unlink()


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _make_like(path: Path, descriptor: int) -> None:
    """Give a new file what the old one has besides its content; 0644 when there is none."""
    try:
        old = os.stat(path)  # noqa: PTH116
    except FileNotFoundError:
        os.fchmod(descriptor, 0o644)
        return
    new = os.fstat(descriptor)
    if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
        os.fchown(descriptor, old.st_uid, old.st_gid)
    os.fchmod(descriptor, old.st_mode & 0o7777)
    if hasattr(os, "listxattr"):  # Linux: access lists and security labels are attributes
        for name in _attributes(path):
            with contextlib.suppress(OSError):
                os.setxattr(descriptor, name, os.getxattr(path, name))


def _attributes(path: Path) -> list[str]:
    try:
        return os.listxattr(path)
    except OSError:  # the file system has none
        return []


def _sync(folder: Path) -> None:
    """Make a rename last, where folders can be synced."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
