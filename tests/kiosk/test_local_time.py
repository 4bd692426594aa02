"""What time of the week it is at a gate."""

import pytest

from kiosk.local_time import local_time
from kiosk.model import ClockState, LocalTime, WallTime

SUNDAY_LATE = WallTime(1_585_497_600_000_000)
"""29 March 2020, 16:00 UTC."""


@pytest.mark.parametrize(
    ("zone", "there"),
    [("Asia/Shanghai", LocalTime(0, 0)), ("UTC", LocalTime(6, 16 * 60)), ("Europe/Berlin", LocalTime(6, 18 * 60))],
)
def test_the_day_and_the_minute_are_the_gates_own(zone: str, there: LocalTime) -> None:
    assert local_time(SUNDAY_LATE, ClockState.SYNCHRONISED, zone) == there
    assert local_time(SUNDAY_LATE, ClockState.DRIFTING, zone) == there


def test_without_a_zone_or_by_a_clock_that_was_never_set_nobody_knows() -> None:
    assert local_time(SUNDAY_LATE, ClockState.SYNCHRONISED, None) is None
    assert local_time(SUNDAY_LATE, ClockState.NEVER_SET, "UTC") is None
