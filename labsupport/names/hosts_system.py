"""Hosts files that are not the lab's own, above all this computer's real one."""

import os
import platform
from hashlib import sha256
from pathlib import Path

from labsupport.names.hosts import HostsFile


def system_path() -> Path:
    """Where this computer's hosts file is."""
    if os.name == "nt":
        root = os.environ.get("SystemRoot", r"C:\Windows")  # noqa: SIM112  its name there
        return Path(root, "System32", "drivers", "etc", "hosts")
    return Path("/etc/hosts")


def foreign_hosts(path: Path, home: Path) -> HostsFile:
    """Any hosts file, which must exist; its backups are kept in the instance's folder `home`."""
    place = str(path.absolute())
    words = "-".join(part for part in path.absolute().parts if part.isprintable() and part != "/")
    key = f"{words[-60:].lstrip('-')}-{sha256(os.fsencode(place)).hexdigest()[:8]}"
    return HostsFile(path, home / "other-hosts" / key, new=None)


def is_wsl() -> bool:
    """Whether this is Linux inside of Windows, where the browser reads another hosts file."""
    return "microsoft" in platform.release().lower()
