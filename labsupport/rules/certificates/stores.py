"""Trust stores of operating systems: what it takes to have the lab's authority believed there.

Plans only: which commands put an authority in and take it out. `labsupport.trust.stores` runs
them, after the user said so.
"""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

Command = tuple[str, ...]

FIREFOX = (
    "Firefox has a store of its own: Settings, Privacy & Security, View Certificates, "
    "Authorities, Import. On Windows and macOS it also believes the system's "
    "(about:config, security.enterprise_roots.enabled)."
)


@dataclass(frozen=True)
class StorePlan:
    """How to put one authority into a system's store, and how to take it out again.

    `anchor` is the file that the store will hold, "" where it keeps no files. `needs_root` tells
    whether only the administrator may.
    """

    system: str
    anchor: str
    install: tuple[Command, ...]
    uninstall: tuple[Command, ...]
    needs_root: bool = True

    def shell(self, commands: Sequence[Command]) -> list[str]:
        """The commands as lines to paste, with sudo where that is needed."""
        prefix = "sudo " if self.needs_root else ""
        return [prefix + shlex.join(command) for command in commands]


def store_plan(system: str, certificate: str, name: str, root: str = "") -> StorePlan | None:
    """The plan for a system: "debian", "fedora", "arch", "macos" or "windows"; None for others.

    `certificate` is the authority's file, `name` what its copy is called, without an ending.
    `root` is put before every path of the store.
    """
    if system in _ANCHORS:
        folder, refresh = _ANCHORS[system]
        anchor = f"{root}{folder}/{name}.crt"
        return StorePlan(
            system,
            anchor,
            (("install", "-m", "0644", certificate, anchor), refresh),
            (("rm", "-f", anchor), refresh),
        )
    if system == "macos":
        keychain = f"{root}/Library/Keychains/System.keychain"
        believe = ("security", "add-trusted-cert", "-d", "-r", "trustRoot", "-k", keychain)
        return StorePlan(
            system,
            "",
            ((*believe, certificate),),
            (("security", "remove-trusted-cert", "-d", certificate),),
        )
    if system == "windows":
        return StorePlan(
            system,
            "",
            (("certutil.exe", "-user", "-addstore", "Root", certificate),),
            (("certutil.exe", "-user", "-delstore", "Root", name),),
            needs_root=False,
        )
    return None


_ANCHORS: dict[str, tuple[str, Command]] = {
    "debian": ("/usr/local/share/ca-certificates", ("update-ca-certificates",)),
    "fedora": ("/etc/pki/ca-trust/source/anchors", ("update-ca-trust", "extract")),
    "arch": ("/etc/ca-certificates/trust-source/anchors", ("trust", "extract-compat")),
}
"""Linux: the folder whose files are believed, and the command that has them read."""

ANCHOR_FOLDERS = {system: folder for system, (folder, _) in _ANCHORS.items()}
"""The folder by which each kind of Linux is known."""
