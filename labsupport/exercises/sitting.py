"""One sitting of the exam: what its clock says. Pure: the time is given in."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from labsupport.base.types import Json

DEFAULT_MINUTES = 60
MOST_MINUTES = 24 * 60


@dataclass(frozen=True)
class Sitting:
    """An exam that somebody takes.

    `started`: when all of it was set up, so that the clock began; "" before that. `seen`: the
    latest time that any command read from the computer's clock. `submitted`: when it ended, "" as
    long as it runs. Times are ISO 8601 in UTC. `name` is the learner's, "" when not given.
    """

    minutes: int = DEFAULT_MINUTES
    name: str = ""
    started: str = ""
    seen: str = ""
    submitted: str = ""

    @property
    def running(self) -> bool:
        """Whether the clock has begun and nothing was submitted yet; also when time is up."""
        return bool(self.started) and not self.submitted

    def begun(self, now: datetime) -> "Sitting":
        """The same with its clock started."""
        return replace(self, started=stamp(now), seen=stamp(now))

    def looked_at(self, now: datetime) -> "Sitting":
        """The same after its clock was read; time that was seen once is not given back."""
        return replace(self, seen=stamp(max(now, datetime.fromisoformat(self.seen))))

    def ended(self, now: datetime) -> "Sitting":
        """The same, submitted."""
        seen = self.looked_at(now)
        return replace(seen, submitted=seen.seen)


@dataclass(frozen=True)
class Clock:
    """How a sitting stands in time, in whole seconds.

    `turned_back`: by how much the computer's clock is behind a time that it has shown before.
    """

    used: int
    left: int
    late: int
    turned_back: int


def parsed(data: Json) -> Sitting:
    """The sitting of plain data. ValueError or TypeError when it is none."""
    sitting = Sitting(**data)
    if not isinstance(sitting.minutes, int) or not isinstance(sitting.name, str):
        raise TypeError("minutes is a number, and name is text")
    times = [sitting.started, sitting.seen] if sitting.started else []
    for each in [*times, *([sitting.submitted] if sitting.submitted else [])]:
        if datetime.fromisoformat(each).tzinfo is None:
            raise ValueError(f"{each!r} has no time zone")
    return sitting


def clock(sitting: Sitting, now: datetime) -> Clock:
    """What the clock of a sitting that has started says at `now`."""
    seen = datetime.fromisoformat(sitting.seen)
    used = max(now, seen) - datetime.fromisoformat(sitting.started)
    left = timedelta(minutes=sitting.minutes) - used
    return Clock(_seconds(used), _seconds(left), _seconds(-left), _seconds(seen - now))


def stamp(time: datetime) -> str:
    """The time as it is kept: ISO 8601, to the second."""
    return time.isoformat(timespec="seconds")


def at(time: str) -> str:
    """A time that was kept, for people: `2026-03-01 09:30 UTC`."""
    return f"{datetime.fromisoformat(time):%Y-%m-%d %H:%M} UTC"


def lasting(seconds: int) -> str:
    """A length of time in words, for people: `1 h 05 min`, `12 min 30 s`, `8 s`."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def _seconds(length: timedelta) -> int:
    return max(0, int(length.total_seconds()))
