"""Volumes on disk: published so that a reader sees the old content or the new one, never a mix."""

import hashlib
import shutil
from pathlib import Path

from labsupport.minicluster.node.payloads import Payload

_CURRENT = "..data"


def publish(directory: Path, files: Payload) -> bool:
    """Make `files` the content of a volume's directory; gives whether that changed anything.

    As kubelet's AtomicWriter does it: each top-level name is a link into `..data`, which is a
    link to a directory of its own for each content and moved in one rename.
    """
    directory.mkdir(mode=0o755, parents=True, exist_ok=True)
    version = f"..{_fingerprint(files)}"
    current = directory / _CURRENT
    before = current.readlink().name if current.is_symlink() else ""
    if before == version:
        return False
    _write(directory / version, files)
    fresh = directory / "..data_tmp"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(version)
    fresh.rename(current)
    _link_names(directory, {Path(name).parts[0] for name in files})
    if before:
        shutil.rmtree(directory / before, ignore_errors=True)
    return True


def _fingerprint(files: Payload) -> str:
    digest = hashlib.sha256()
    for name, file in sorted(files.items()):
        digest.update(f"{name}\0{file.mode}\0{len(file.content)}\0".encode())
        digest.update(file.content)
    return digest.hexdigest()[:16]


def _write(directory: Path, files: Payload) -> None:
    shutil.rmtree(directory, ignore_errors=True)  # left by a daemon that was killed meanwhile
    directory.mkdir(mode=0o755)
    for name, file in files.items():
        path = directory / name
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        path.write_bytes(file.content)
        path.chmod(file.mode)


def _link_names(directory: Path, names: set[str]) -> None:
    for entry in directory.iterdir():
        if entry.is_symlink() and not entry.name.startswith("..") and entry.name not in names:
            entry.unlink()
    for name in names:
        link = directory / name
        if not link.is_symlink():
            link.symlink_to(Path(_CURRENT) / name)
