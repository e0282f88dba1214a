"""The operating system's trust store: which it is, and running a plan for it when asked to."""

import hashlib
import platform
from pathlib import Path

from labsupport.base.errors import CertificateError, NotInThisVersion
from labsupport.base.files import write_atomically
from labsupport.base.paths import Instance
from labsupport.base.run import CommandFailed, run
from labsupport.rules.certificates import chain_of
from labsupport.rules.certificates.stores import ANCHOR_FOLDERS, Command, StorePlan, store_plan

_TIMEOUT = 60.0


class SystemStore:
    """The store of this machine, for the authority of one instance.

    Nothing changes before `install` or `uninstall` is called. `root` stands for `/`: tests give
    another folder.
    """

    def __init__(self, instance: Instance, root: Path = Path("/"), system: str = "") -> None:
        self._instance = instance
        self._root = root
        self.system = system or _system(root)

    @property
    def plan(self) -> StorePlan:
        """What to do on this machine; NotInThisVersion where the lab does not know how."""
        # One name an instance, also after its authority was renewed: so it is always found again.
        name = f"ingress-lab-{hashlib.sha256(str(self._instance.home).encode()).hexdigest()[:8]}"
        subject = self._subject() if self.system == "windows" else name
        root = str(self._root).rstrip("/")
        plan = store_plan(self.system, str(self._certificate), subject, root)
        if plan is None:
            raise NotInThisVersion(
                "the lab does not know this system's trust store",
                found=platform.platform(),
                remedy=f"let your browser believe {self._instance.ca_certificate}",
            )
        return plan

    @property
    def installed(self) -> bool:
        """Whether the authority was put in and not taken out, as far as the lab can see."""
        anchor = self.plan.anchor
        return Path(anchor).exists() if anchor else self._copy.exists()

    def install(self) -> None:
        """Have the system believe the authority; CertificateError tells what to run instead."""
        plan = self.plan
        self._run(plan, plan.install)
        self._copy.parent.mkdir(mode=0o700, exist_ok=True)
        write_atomically(self._copy, self._instance.ca_certificate.read_bytes(), mode=0o644)

    def uninstall(self) -> None:
        """Have the system forget the authority; CertificateError tells what to run instead."""
        plan = self.plan
        self._run(plan, plan.uninstall)
        self._copy.unlink(missing_ok=True)

    def _run(self, plan: StorePlan, commands: tuple[Command, ...]) -> None:
        for command in commands:
            try:
                run(command, timeout=_TIMEOUT)
            except CommandFailed as error:
                raise CertificateError(
                    "the system's trust store could not be changed",
                    found=error.found,
                    remedy="run it yourself: " + " && ".join(plan.shell(commands)),
                ) from error

    @property
    def _copy(self) -> Path:
        """The authority as it was put into the store: systems without files find it by that."""
        return self._instance.home / "trust" / "installed.crt"

    @property
    def _certificate(self) -> Path:
        keeps_files = self.system in ANCHOR_FOLDERS
        return (
            self._copy if self._copy.exists() and not keeps_files else self._instance.ca_certificate
        )

    def _subject(self) -> str:
        """How `certutil` finds the authority again: by its serial number."""
        return chain_of(self._certificate.read_bytes())[0].serial


def _system(root: Path) -> str:
    """The kind of system, as `rules.certificates.stores` names it; "" where it is not known."""
    kind = {"Darwin": "macos", "Windows": "windows"}.get(platform.system(), "")
    if kind:
        return kind
    known = (
        system
        for system, folder in ANCHOR_FOLDERS.items()
        if (root / folder.removeprefix("/")).is_dir()
    )
    return next(known, "")
