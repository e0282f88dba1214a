"""The SQLite file: its tables, its settings, and its errors in the lab's words."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from labsupport.base.errors import StorageError

SCHEMA_VERSION = 1

_SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    resource TEXT NOT NULL,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (resource, namespace, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS history (
    resource_version INTEGER PRIMARY KEY,
    type TEXT NOT NULL,
    resource TEXT NOT NULL,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    previous TEXT
);
"""


def opened(path: Path) -> sqlite3.Connection:
    """A connection to the file at `path`, made with its tables when it is new.

    WAL lets the event loop read while the writer thread writes; FULL makes a commit survive a
    power cut; the page cache is small because the operating system has one already. Only the
    owner may read the file: it holds Secrets.
    """
    path.touch(mode=0o600)
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA cache_size = -512")
        connection.execute("PRAGMA journal_size_limit = 4194304")
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        if found not in (0, SCHEMA_VERSION):
            raise StorageError(
                f"The cluster's state in {path} was written by another version of the lab.",
                found=f"state version {found}, this version reads {SCHEMA_VERSION}",
                remedy="./lab down --delete, then ./lab up",
            )
        if found == 0:
            connection.executescript(_SCHEMA)
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turns what SQLite and the file system raise into a `StorageError` that says what to do."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise storage_error(path, error) from error


def storage_error(path: Path, error: sqlite3.Error | OSError) -> StorageError:
    """A failure of the storage in words for people."""
    code = getattr(error, "sqlite_errorname", "")
    if code.startswith("SQLITE_FULL"):
        remedy = f"make room on the disk of {path.parent} (df -h {path.parent}), then try again"
    elif code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        remedy = "./lab down --delete, then ./lab up"
    else:
        remedy = f"look at the file and its disk (ls -l {path}; df -h {path.parent})"
    return StorageError(
        f"The cluster's state could not be read or written ({path}); "
        "nothing acknowledged earlier is lost.",
        found=f"{error}{f' ({code})' if code else ''}",
        remedy=remedy,
    )
