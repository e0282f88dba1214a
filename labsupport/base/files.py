"""Files written whole or not at all, and lines added to files."""

import contextlib
import errno
import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from labsupport.base.errors import StorageError


def write_atomically(path: Path, content: str | bytes, mode: int = 0o600) -> None:
    """Put `content` at `path` so that a reader sees the old file or the new one, never a part.

    Text is written as UTF-8. The file gets `mode` whatever the umask is, and is on disk when this
    returns. StorageError when the file system refuses; the old file then stands as it was.
    """
    data = content.encode() if isinstance(content, str) else content
    temporary = None
    try:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, mode)
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        Path(temporary).replace(path)
    except OSError as error:
        raise storage_error(path, error) from error
    finally:
        if temporary:
            with contextlib.suppress(FileNotFoundError):
                Path(temporary).unlink()


@contextlib.contextmanager
def locked_folder(folder: Path) -> Iterator[None]:
    """Hold a folder for oneself, also before other processes; it is made if it is not there.

    By an flock on the folder itself, which leaves no file. StorageError when it can't be made.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise storage_error(folder, error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def append_line(path: Path, line: str) -> None:
    """Put `line` at the end of the file at `path` (0600), on a line of its own.

    Processes that do so at once don't mix their lines; a last line that was torn is left as it
    is. StorageError when the file system refuses.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, f"{_gap(descriptor)}{line}\n".encode())  # in one write
        finally:
            os.close(descriptor)
    except OSError as error:
        raise storage_error(path, error) from error


def _gap(descriptor: int) -> str:
    """The line end that a torn last line lacks."""
    size = os.fstat(descriptor).st_size
    return "\n" if size and os.pread(descriptor, 1, size - 1) != b"\n" else ""


def storage_error(path: Path, error: OSError) -> StorageError:
    """`error`, met while writing `path`, in words and with its remedy."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        remedy = f"free some space (df -h {path.parent}), then run the same command again"
    elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        remedy = f"make {path.parent} writable for you, or set INGRESS_LAB_HOME to a folder that is"
    else:
        remedy = f"look at the folder: ls -ld {path.parent}"
    return StorageError(
        f"could not write {path}", found=error.strerror or str(error), remedy=remedy
    )
