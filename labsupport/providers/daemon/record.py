"""What the running daemon says of itself in daemon.json, and whether that is still true."""

import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from labsupport.base.files import write_atomically
from labsupport.base.paths import Instance

if TYPE_CHECKING:
    import psutil

_CLOCK_TOLERANCE = 2.0  # seconds; the system derives a process's start from its own clock


@dataclass(frozen=True)
class Record:
    """One run of the daemon. `started` (s since the epoch) tells it from a later same `pid`."""

    pid: int
    started: float
    network: int
    port_offset: int

    @classmethod
    def of_this_process(cls, network: int, port_offset: int) -> "Record":
        """The record of the process that calls."""
        import psutil

        return cls(os.getpid(), psutil.Process().create_time(), network, port_offset)

    def write(self, instance: Instance) -> None:
        """Put it in the instance's daemon.json."""
        write_atomically(instance.daemon, json.dumps(asdict(self)) + "\n")

    def process(self) -> "psutil.Process | None":
        """The daemon's process, if it still runs."""
        # Imported here: the first start of a lab has no record, and shall not wait for it.
        import psutil

        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < _CLOCK_TOLERANCE
            return process if same and is_alive(process) else None
        except psutil.NoSuchProcess:
            return None


def last_record(instance: Instance) -> Record | None:
    """What daemon.json says, true or not; None when there is nothing to read."""
    try:
        return Record(**json.loads(instance.daemon.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def running(instance: Instance) -> Record | None:
    """The record of the daemon that runs now, or None."""
    record = last_record(instance)
    return record if record and record.process() else None


def is_alive(process: "psutil.Process") -> bool:
    """Whether a process still works: one that ended may stay unreaped by its parent for a while."""
    import psutil

    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
