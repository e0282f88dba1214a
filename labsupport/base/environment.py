"""The lab's own Python environment `.venv`, as the launcher `./lab` makes it.

It runs under whatever Python called `./lab`, before any dependency is there: standard library
only. What is installed is pinned with hashes in locks/; the checkout itself is put on .venv's
path by a `.pth` file, so that nothing is built and an edit counts at once.

An interrupted set-up is repaired: the file `.venv/unfinished` stands for as long as .venv is being
changed, and where it is found .venv is made anew. Two set-ups at once wait for each other.
"""

import fcntl
import importlib.util
import os
import re
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from labsupport.base.errors import LabError
from labsupport.base.progress import step
from labsupport.base.run import CommandFailed, run, which

_NO_LIMIT = 3600.0  # seconds; a slow network is no failure
# Settings of the caller that would send packages elsewhere. Those that say where packages come
# from (indexes, proxies, certificates) are kept.
_LEADING_AWAY = (
    r"PYTHONHOME|PYTHONPATH|__PYVENV_LAUNCHER__|VIRTUAL_ENV|CONDA_PREFIX"
    r"|PIP_(TARGET|PREFIX|ROOT|SRC|USER|PYTHON|REQUIRE_VIRTUALENV|NO_DEPS|CONSTRAINT|REQUIREMENT"
    r"|DRY_RUN|NO_BINARY|ONLY_BINARY|PLATFORM|QUIET)"
    r"|UV_(TARGET|PREFIX|PYTHON|SYSTEM_PYTHON|CONSTRAINT|OVERRIDE|EXCLUDE_NEWER|NO_DEPS"
    r"|PROJECT_ENVIRONMENT|BREAK_SYSTEM_PACKAGES|PYTHON_PREFERENCE|NO_BINARY)"
)


class SetUpFailed(LabError):
    """The environment could not be made."""


def set_up(
    root: str, lock: str, is_current: Callable[[str], bool], stamp: Callable[[str], str]
) -> str | int:
    """Make `.venv` in the checkout `root` hold what locks/<`lock`>.txt pins.

    `is_current` and `stamp` are the launcher's: whether there is nothing to do, and what
    `.venv/installed-<lock>` says when all is done. Returns what the launcher exits with: 0 to go
    on, an exit code, or a message.
    """
    signal.signal(signal.SIGTERM, _as_interrupt)
    try:
        with _one_at_a_time(Path(root)) as held, _clean_environment():
            if not is_current(lock):
                _Environment(Path(root), held).install(lock, is_current, stamp)
    except KeyboardInterrupt:
        print("\nStopped. The next ./lab goes on from here.", file=sys.stderr)
        return 130
    except (LabError, OSError) as error:
        return f"Ingress Lab could not be set up: {error}"
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    return 0


class _Environment:
    """`.venv` of one checkout, under the set-up lock `held` (a file descriptor)."""

    def __init__(self, root: Path, held: int) -> None:
        self.root = root
        self.venv = root / ".venv"
        self.python = self.venv / "bin" / "python"
        self.unfinished = self.venv / "unfinished"
        self.held = held

    def install(
        self, lock: str, is_current: Callable[[str], bool], stamp: Callable[[str], str]
    ) -> None:
        """Install `lock` and write its stamp last."""
        print(f"Setting up Ingress Lab in {self.venv} (once; about a minute)", file=sys.stderr)
        could_run = lock != "lab" and is_current("lab")
        if self.unfinished.exists() or not self._works():
            self._create()
        self.unfinished.touch()
        try:
            self._install_packages(self.root / "locks" / f"{lock}.txt")
        except CommandFailed:
            if could_run:  # the installer refused before it changed anything: the lab still runs
                self.unfinished.unlink()
            raise
        (self._site_packages() / "ingress-lab.pth").write_text(f"{self.root}\n", encoding="utf-8")
        for done in {lock, "lab"}:  # every lock holds locks/lab.txt whole
            (self.venv / f"installed-{done}").write_text(stamp(done), encoding="utf-8")
        self.unfinished.unlink()

    def _works(self) -> bool:
        """Whether .venv's Python runs, is new enough, and finds its packages."""
        try:
            return (self.venv / "pyvenv.cfg").is_file() and self._site_packages().is_dir()
        except LabError:
            return False

    def _site_packages(self) -> Path:
        code = (
            "import sys, sysconfig; assert sys.version_info >= (3, 11);"
            "print(sysconfig.get_path('purelib'))"
        )
        return Path(run([self.python, "-I", "-c", code], timeout=60).stdout.strip())

    def _create(self) -> None:
        version = ".".join(map(str, sys.version_info[:3]))
        with step(f"making .venv with Python {version}"):
            if self.venv.exists():
                shutil.rmtree(self.venv)
            self.venv.mkdir()
            self.unfinished.touch()
            self._run([sys.executable, "-m", "venv", "--without-pip", self.venv])

    def _install_packages(self, lock: Path) -> None:
        count = len(re.findall(r"^\S+==", lock.read_text(encoding="utf-8"), re.MULTILINE))
        arguments: list[str | Path] = ["install", "--require-hashes", "-r", lock]
        if uv := self._uv():
            try:
                with step(f"installing the {count} packages of {lock.name} with uv"):
                    self._run([uv, "pip", *arguments, "--python", self.python])
                return
            except CommandFailed as error:
                print(f"    {error.found}\n    trying pip instead", file=sys.stderr)
        with step(f"installing the {count} packages of {lock.name} with pip"):
            self._run([*self._pip(), *arguments])

    def _uv(self) -> Path | None:
        """uv from PATH, else fetched into .venv, else None."""
        own = self.venv / "bin" / "uv"
        if found := which("uv") or (own if own.is_file() else None):
            return found
        with step("fetching uv, the fast installer"):
            try:
                pin = self.root / "locks" / "uv.txt"
                self._run([*self._pip(), "install", "--require-hashes", "-r", pin])
            except CommandFailed:
                return None
        return own

    def _pip(self) -> list[str | Path]:
        """The words that call pip on .venv."""
        own: list[str | Path] = [self.python, "-m", "pip"]
        if run([*own, "--version"], timeout=60, check=False).exit_code == 0:
            return own
        if importlib.util.find_spec("ensurepip"):
            self._run([self.python, "-m", "ensurepip", "--default-pip"])
            return own
        if importlib.util.find_spec("pip"):
            return [sys.executable, "-m", "pip", "--python", self.python]
        raise SetUpFailed(
            "this Python can't install packages",
            found=f"neither uv nor ensurepip nor pip with {sys.executable}",
            remedy="sudo apt install python3-venv   (or install uv), then ./lab again",
        )

    def _run(self, command: list[str | Path]) -> None:
        """Run `command`; it holds the set-up lock too, should the launcher be killed meanwhile."""
        try:
            run(command, timeout=_NO_LIMIT, cwd=self.root, pass_fds=(self.held,))
        except CommandFailed as error:
            error.remedy = _remedy(error.found)
            raise


@contextmanager
def _clean_environment() -> Iterator[None]:
    """The caller's environment without what leads packages away, for the length of the block."""
    callers = dict(os.environ)
    for name in callers:
        if re.fullmatch(_LEADING_AWAY, name):
            del os.environ[name]
    # pip.conf may say user = true, which a virtual environment refuses
    os.environ |= {"PIP_USER": "0", "PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(callers)


@contextmanager
def _one_at_a_time(root: Path) -> Iterator[int]:
    """Hold the checkout's set-up lock: an flock on the folder itself, which leaves no file."""
    folder = os.open(root, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with step("waiting for another ./lab that is setting up"):
                fcntl.flock(folder, fcntl.LOCK_EX)
        yield folder
    finally:
        os.close(folder)


def _as_interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _remedy(output: str) -> str:
    if "o space left" in output:
        return "free some space (about 1 GB is needed: df -h .), then ./lab again"
    if re.search(r"hash(es)?\b.*match|mismatch", output, re.IGNORECASE):
        return "a package differs from its pin: check who serves your packages, then ./lab again"
    if re.search(r"resolve|connect|timed? ?out|network|proxy|certificate", output, re.IGNORECASE):
        return "check the connection and proxy (HTTPS_PROXY), then ./lab again"
    return "look at the lines above, then ./lab again; ./lab doctor says what this machine has"
