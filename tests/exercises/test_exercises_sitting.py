"""The exam's clock: time is given in, and nothing that was seen once is given back."""

from datetime import UTC, datetime, timedelta

import pytest

from labsupport.exercises.sitting import Sitting, at, clock, lasting, parsed, stamp

NINE = datetime(2026, 3, 1, 9, tzinfo=UTC)
STARTED = Sitting(60, "Ada").begun(NINE)


def after(**length: float) -> datetime:
    return NINE + timedelta(**length)


@pytest.mark.parametrize(
    ("minutes", "used", "left", "late"),
    [
        (0, 0, 3600, 0),
        (20, 1200, 2400, 0),
        (60, 3600, 0, 0),
        (60.5, 3630, 0, 30),
        (60 * 24 * 3, 259200, 0, 255600),
    ],
)
def test_time_runs_down_and_then_it_is_late(
    minutes: float, used: int, left: int, late: int
) -> None:
    read = clock(STARTED, after(minutes=minutes))
    assert (read.used, read.left, read.late, read.turned_back) == (used, left, late, 0)


def test_a_clock_that_is_turned_back_gives_no_time_back() -> None:
    sitting = STARTED.looked_at(after(minutes=50))
    read = clock(sitting, after(minutes=10))
    assert (read.used, read.left, read.turned_back) == (3000, 600, 2400)


def test_a_clock_before_the_start_has_used_nothing() -> None:
    read = clock(STARTED, after(minutes=-5))
    assert (read.used, read.left, read.turned_back) == (0, 3600, 300)


def test_looking_with_a_clock_turned_back_forgets_nothing() -> None:
    sitting = STARTED.looked_at(after(minutes=50))
    assert sitting.looked_at(after(minutes=10)) == sitting


def test_a_time_of_another_zone_is_the_same_time() -> None:
    assert clock(STARTED, datetime.fromisoformat("2026-03-01T10:20:00+01:00")).used == 1200


def test_a_sitting_runs_from_its_start_to_its_submission() -> None:
    states = [Sitting(), STARTED, STARTED.looked_at(after(hours=9)), STARTED.ended(after(hours=1))]
    assert [each.running for each in states] == [False, True, True, False]


def test_it_ends_when_it_was_submitted_or_later_if_the_clock_was_turned_back() -> None:
    assert STARTED.ended(after(minutes=30)).submitted == stamp(after(minutes=30))
    seen = STARTED.looked_at(after(minutes=50))
    assert seen.ended(after(minutes=30)).submitted == stamp(after(minutes=50))


@pytest.mark.parametrize(
    "data",
    [
        {"minutes": "60"},
        {"name": None},
        {"started": "yesterday", "seen": "yesterday"},
        {"started": "2026-03-01T09:00:00", "seen": "2026-03-01T09:00:00"},
        {"started": "2026-03-01T09:00:00+00:00"},
        {"hours": 1},
    ],
)
def test_what_is_no_sitting_is_refused(data: dict[str, object]) -> None:
    with pytest.raises((ValueError, TypeError)):
        parsed(data)


def test_times_are_told_in_words() -> None:
    assert [lasting(each) for each in (8, 750, 3900)] == ["8 s", "12 min 30 s", "1 h 05 min"]
    assert at(stamp(NINE)) == "2026-03-01 09:00 UTC"
