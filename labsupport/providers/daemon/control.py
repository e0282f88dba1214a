"""One start or stop of a lab at a time, and the end of its daemon."""

import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from labsupport.base.errors import ClusterError
from labsupport.base.files import storage_error
from labsupport.base.paths import Instance
from labsupport.providers.daemon.record import is_alive
from labsupport.providers.daemon.spawning import daemons_of

if TYPE_CHECKING:
    import psutil

_GRACE = 10.0  # seconds; pods get 3 of them


@contextlib.contextmanager
def locked(instance: Instance, patience: float) -> Iterator[int]:
    """Hold the instance's lock; a daemon that is started keeps the descriptor until it is ready.

    So when a start is interrupted, the next one waits until that daemon is up, or dead.
    ClusterError after `patience` seconds.
    """
    try:
        instance.make()
        lock = os.open(instance.lock, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise storage_error(instance.lock, error) from error
    try:
        deadline = time.monotonic() + patience
        while not _try_lock(lock):
            if time.monotonic() > deadline:
                raise ClusterError(
                    "another command is starting or stopping this lab",
                    found=f"{instance.lock} is held for more than {patience:g} s",
                    remedy=f"see which: fuser -v {instance.lock}",
                )
            time.sleep(0.02)
        yield lock
    finally:
        os.close(lock)


def stop_daemons(instance: Instance) -> bool:
    """End the instance's daemon, by its lock's holder; whether there was one."""
    daemons = daemons_of(instance)
    for daemon in daemons:
        _stop(daemon)
    instance.daemon.unlink(missing_ok=True)
    return bool(daemons)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _stop(daemon: "psutil.Process") -> None:
    """SIGTERM, and SIGKILL when that does not help within the grace."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + _GRACE
        with contextlib.suppress(ProcessLookupError):
            os.kill(daemon.pid, number)
        while is_alive(daemon):
            if time.monotonic() > deadline:
                break
            time.sleep(0.01)
        else:
            return
    raise ClusterError(
        "the daemon did not end",
        found=f"process {daemon.pid} runs on, even after SIGKILL",
        remedy=f"see what it waits for: ps -o pid,stat,wchan,args -p {daemon.pid}",
    )
