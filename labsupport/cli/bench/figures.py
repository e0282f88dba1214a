"""The shape of what a bench measures."""

import os
import platform
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass

from labsupport.base.types import Json


@dataclass(frozen=True)
class Figure:
    """One figure: its `runs` in `unit`, in the order measured, rounded to what they can carry."""

    name: str
    unit: str
    runs: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle of the runs."""
        return round(statistics.median(self.runs), 3)

    def to_json(self) -> Json:
        """`{"name", "unit", "median", "min", "max", "runs"}`."""
        return {
            "name": self.name,
            "unit": self.unit,
            "median": self.median,
            "min": min(self.runs),
            "max": max(self.runs),
            "runs": list(self.runs),
        }


def figure(name: str, unit: str, runs: int, measure: Callable[[], float]) -> Figure:
    """Call `measure` `runs` times, with a word on stderr for each."""
    values = []
    for number in range(1, runs + 1):
        values.append(round(measure(), 3))
        print(f"  {name} {number}/{runs}: {values[-1]:g} {unit}", file=sys.stderr, flush=True)
    return Figure(name, unit, tuple(values))


def machine() -> Json:
    """What the figures were measured on."""
    import psutil

    return {
        "system": f"{platform.system()} {platform.release()}",
        "architecture": platform.machine(),
        "cpus": os.cpu_count(),
        "memory_mb": psutil.virtual_memory().total // 2**20,
        "python": platform.python_version(),
    }
