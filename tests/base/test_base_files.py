"""Atomic writes: whole or not at all, and private."""

import errno
import fcntl
import os
import stat
from pathlib import Path

import pytest

from labsupport.base.errors import StorageError
from labsupport.base.files import append_line, locked_folder, storage_error, write_atomically


def test_a_written_file_is_private_by_default(tmp_path: Path) -> None:
    write_atomically(tmp_path / "token", "secret")
    assert stat.S_IMODE((tmp_path / "token").stat().st_mode) == 0o600


def test_text_is_written_as_utf8(tmp_path: Path) -> None:
    write_atomically(tmp_path / "hosts", "ñ\n")
    assert (tmp_path / "hosts").read_bytes() == "ñ\n".encode()


def test_a_failed_write_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "hosts"
    target.write_text("old")

    def refuse(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", refuse)
    with pytest.raises(StorageError, match="could not write"):
        write_atomically(target, "new")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("hosts", "old")]


def test_a_full_disk_is_named_with_its_remedy(tmp_path: Path) -> None:
    error = storage_error(tmp_path / "x", OSError(errno.ENOSPC, "No space left on device"))
    assert "df -h" in error.remedy


def test_a_missing_folder_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        write_atomically(tmp_path / "missing" / "x", "y")


def test_lines_are_added_each_on_its_own_even_after_a_torn_one(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    append_line(path, "first")
    with path.open("a") as file:
        file.write("torn")
    append_line(path, "é")
    assert path.read_text(encoding="utf-8") == "first\ntorn\né\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_line_that_cannot_be_added_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        append_line(tmp_path, "a folder is no file")


def test_a_folder_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    with locked_folder(folder):
        descriptor = os.open(folder, os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(descriptor)
    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError), locked_folder(tmp_path / "file" / "folder"):
        pass
