"""What time it is at the gate."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.local_time import local_time
from kiosk.model import ClockState, LocalTime
from kiosk.units import WallTime
from tests.kiosk.fakes import NOON

SET = ClockState.SYNCHRONISED
SPRING_FORWARD = WallTime(1_774_746_000_000_000)
"""2026-03-29 01:00 UTC, when the clocks of Berlin go from two to three."""


@pytest.mark.parametrize(
    ("wall", "zone", "expected"),
    [
        (NOON, "UTC", LocalTime(1, 12 * 60)),
        (NOON, "Asia/Shanghai", LocalTime(1, 20 * 60)),
        (WallTime(NOON + 6 * 3600 * 1_000_000), "Asia/Shanghai", LocalTime(2, 2 * 60)),
        (NOON, "Asia/Kolkata", LocalTime(1, 17 * 60 + 30)),
        (WallTime(SPRING_FORWARD - 1), "Europe/Berlin", LocalTime(6, 2 * 60 - 1)),
        (SPRING_FORWARD, "Europe/Berlin", LocalTime(6, 3 * 60)),
    ],
)
def test_it_is_the_time_of_the_place(wall: WallTime, zone: str, expected: LocalTime) -> None:
    assert local_time(wall, SET, zone) == expected


def test_a_clock_that_drifts_still_tells_the_time() -> None:
    assert local_time(NOON, ClockState.DRIFTING, "UTC") == local_time(NOON, SET, "UTC")


@pytest.mark.parametrize(("clock", "zone"), [(ClockState.NEVER_SET, "Asia/Shanghai"), (SET, None)])
def test_nobody_can_say_by_a_clock_that_was_never_set_or_without_a_place(clock: ClockState, zone: str | None) -> None:
    assert local_time(NOON, clock, zone) is None


@given(st.integers(0, 2**52), st.sampled_from(["Asia/Shanghai", "America/St_Johns", "Pacific/Apia"]))
def test_it_is_always_a_moment_of_the_week(wall: int, zone: str) -> None:
    at = local_time(WallTime(wall), SET, zone)
    assert at is not None
    assert 0 <= at.weekday < 7
    assert 0 <= at.minute < 1440
