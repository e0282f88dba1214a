"""Processes of pods that outlived their daemon (it was killed): found by their environment."""

import contextlib
import os
import time
from collections.abc import Callable

import psutil

from labsupport.minicluster.node.process import MARKER

_GRACE = 3.0
_POLL = 0.01


def leftovers(instance_id: str) -> list[psutil.Process]:
    """The processes of this user that belong to pods of this instance."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.uids().real != os.getuid():
                continue
            owner, _, _ = process.environ().get(MARKER, "").rpartition("/")
            if owner == instance_id:
                found.append(process)
        except (psutil.Error, OSError):
            continue  # gone meanwhile, or not ours to look into
    return found


def end_leftovers(instance_id: str, grace: float = _GRACE) -> int:
    """End them: SIGTERM, after `grace` seconds SIGKILL. Gives how many there were. Blocks."""
    found = leftovers(instance_id)
    alive = found
    if grace > 0:
        for process in found:
            _send(process.terminate)
        alive = _still_alive(found, grace)
    for process in alive:
        _send(process.kill)
    _still_alive(alive, _GRACE)
    return len(found)


def _still_alive(processes: list[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Those that have not ended within `seconds`; who will reap the dead does not matter."""
    deadline = time.monotonic() + seconds
    alive = processes
    while (alive := [process for process in alive if _is_alive(process)]) and (
        time.monotonic() < deadline
    ):
        time.sleep(_POLL)
    return alive


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _send(signal: Callable[[], None]) -> None:
    with contextlib.suppress(psutil.Error):
        signal()
