"""Starting the daemon's process, and hearing from it that it is ready, or why not.

The two speak over the daemon's standard streams: one JSON line in (`Settings`), one JSON line out
(`{"ready": true}`, or the error). The daemon loads its modules before it reads, so whoever starts
it can meanwhile make what it will need.
"""

import contextlib
import json
import os
import select
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from labsupport.base import errors
from labsupport.base.errors import ClusterError, LabError
from labsupport.base.files import storage_error
from labsupport.base.paths import Instance

if TYPE_CHECKING:
    import psutil

READY_WITHIN = 30.0
_LAST_LINES = 5
_ROOT = Path(__file__).resolve().parents[3]
# With -I, so that no PYTHON* variable or user site of the caller's reaches the daemon.
_CODE = (
    "import sys, importlib; sys.path.insert(0, sys.argv[1]); "
    "importlib.import_module(sys.argv[2]).main(sys.argv[3])"
)


@dataclass(frozen=True)
class Settings:
    """What the daemon is told, besides its home."""

    network: int
    port_offset: int


class Daemon:
    """A daemon's process that has just been started. Use as a context: it closes the streams."""

    def __init__(self, instance: Instance, lock: int, program: str) -> None:
        """Start module `program`, detached; it holds `lock` (a descriptor) until it is ready."""
        self._instance = instance
        command = [sys.executable, "-I", "-c", _CODE, str(_ROOT), program, str(instance.home)]
        try:
            with instance.daemon_log.open("ab") as log:
                self._process = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    cwd=instance.home,
                    env={**os.environ, "INGRESS_LAB_LOCK": str(lock)},
                    pass_fds=(lock,),
                    start_new_session=True,
                )
        except OSError as error:
            raise storage_error(instance.daemon_log, error) from error

    def __enter__(self) -> "Daemon":
        return self

    def __exit__(self, *exception: object) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
        if self._process.poll() is None:
            # It outlives this process on purpose, so nobody shall warn that it still runs.
            self._process.returncode = 0

    def start(self, settings: Settings) -> None:
        """Tell the daemon its settings, and wait until it is ready.

        Raises what kept it from starting; ClusterError with the end of its log when it just died.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(asdict(settings)).encode() + b"\n")
            self._process.stdin.flush()
        heard, _, _ = select.select([self._process.stdout], [], [], READY_WITHIN)
        line = self._process.stdout.readline() if heard else b""
        if not line:
            self._process.kill()
            self._process.wait()
            raise self._died(f"nothing said within {READY_WITHIN:g} s" if not heard else "it died")
        answer = json.loads(line)
        if "error" in answer:
            self._process.wait()
            raise _error(answer)

    def _died(self, how: str) -> ClusterError:
        log = self._instance.daemon_log
        lines = log.read_text(errors="replace").splitlines()[-_LAST_LINES:]
        said = "\n         ".join(lines)
        return ClusterError(
            "the lab's daemon did not start",
            found=f"{how}; its log ends with:\n         {said}",
            remedy=f"read the whole log: less {log}",
        )


def daemons_of(instance: Instance) -> "list[psutil.Process]":
    """The instance's daemons, by their command line: one, or none.

    Also one whose daemon.json is gone, as when somebody removed the folder under it.
    """
    import psutil

    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if _is_daemon(process.info["cmdline"] or [], instance)
    ]


def _is_daemon(command: list[str], instance: Instance) -> bool:
    return command[-4:-2] == [_CODE, str(_ROOT)] and command[-1] == str(instance.home)


def error_line(error: LabError) -> str:
    """`error` as the daemon's answer."""
    answer = {
        "error": type(error).__name__,
        "what": error.what,
        "found": error.found,
        "remedy": error.remedy,
    }
    return json.dumps(answer)


def _error(answer: dict[str, str]) -> LabError:
    kind = getattr(errors, answer["error"], ClusterError)
    error: LabError = kind(answer["what"], found=answer["found"], remedy=answer["remedy"])
    return error
