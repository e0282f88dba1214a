"""The switch of external-dns, and its last report. Who runs it reads the one, writes the other."""

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from labsupport.base.errors import WaitTimeout
from labsupport.base.files import write_atomically

_HEEDED_WITHIN = 5.0  # seconds


@dataclass(frozen=True)
class ExternalStatus:
    """What external-dns does: whether it is wanted (`on`) and runs, and the names it keeps.

    `problems` are in words: names it leaves alone, and why.
    """

    on: bool = False
    running: bool = False
    names: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        """The status as a JSON object."""
        return asdict(self)

    def __str__(self) -> str:
        if not self.on:
            return "external-dns is off" + (", and about to end" if self.running else "")
        state = "is on" if self.running else "is on, but has not begun"
        count = len(self.names)
        lines = [f"external-dns {state}; it keeps {count} name{'' if count == 1 else 's'}"]
        lines += [f"  {name}" for name in self.names]
        return "\n".join([*lines, *(f"  left alone: {problem}" for problem in self.problems)])


@dataclass(frozen=True)
class ExternalDnsSwitch:
    """A file that is there while external-dns is wanted, and beside it the report."""

    path: Path

    @property
    def _report(self) -> Path:
        return self.path.with_name(f"{self.path.name}.json")

    @property
    def wanted(self) -> bool:
        """Whether it shall run."""
        return self.path.exists()

    def on(self) -> None:
        """Have records follow the addresses of Ingresses; returns when that has begun."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.wanted:
            write_atomically(self.path, "")
        self._wait(running=True)

    def off(self) -> None:
        """Have it stop. Its records stay as they are, as when the add-on is deleted."""
        self.path.unlink(missing_ok=True)
        self._wait(running=False)

    def status(self) -> ExternalStatus:
        """What was reported last."""
        try:
            told = json.loads(self._report.read_text())
        except (FileNotFoundError, ValueError):
            return ExternalStatus(self.wanted)
        return ExternalStatus(
            self.wanted, bool(told["running"]), tuple(told["names"]), tuple(told["problems"])
        )

    def report(self, status: ExternalStatus) -> None:
        """Say what is done; for whoever runs external-dns."""
        told = asdict(status)
        del told["on"]
        write_atomically(self._report, json.dumps(told) + "\n")

    def _wait(self, *, running: bool) -> None:
        deadline = time.monotonic() + _HEEDED_WITHIN
        while self.status().running != running:
            if time.monotonic() > deadline:
                raise WaitTimeout(
                    "external-dns did not heed its switch",
                    found=str(self.status()),
                    remedy="the cluster must run: ./lab up   (its log: ./lab logs)",
                )
            time.sleep(0.02)
