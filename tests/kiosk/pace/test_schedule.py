"""When slowed processes may run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.pace.schedule import MOST_AT_ONCE, MOST_DEBT_S, PERIOD_S, Schedule

scales = st.floats(1.0, 20.0)


def test_a_pacer_that_is_on_time_lets_them_run_for_one_share_of_every_period() -> None:
    schedule = Schedule(4.0, 100.0)
    now = 100.0
    for number in range(50):
        run = schedule.next(now)
        assert run.begins == pytest.approx(100.0 + number * PERIOD_S)
        assert run.ends - run.begins == pytest.approx(PERIOD_S / 4)
        schedule.ran(run.ends - run.begins)
        now = run.ends


@given(scales, st.lists(st.tuples(st.floats(0, 0.004), st.floats(0, 0.004)), min_size=1, max_size=200))
def test_no_slice_begins_in_the_past_or_is_a_rush(scale: float, latenesses: list[tuple[float, float]]) -> None:
    schedule = Schedule(scale, 100.0)
    now = 100.0
    for late, later in latenesses:
        run = schedule.next(now)
        assert run.begins >= now - 1e-9
        assert run.ends - run.begins <= MOST_AT_ONCE * PERIOD_S / scale + 1e-9
        began, ended = run.begins + late, max(run.begins + late, run.ends + later)
        if not run.empty:
            schedule.ran(ended - began)
            now = ended


@given(scales, st.lists(st.floats(0, 0.004), min_size=200, max_size=200))
def test_stops_that_come_late_are_evened_out(scale: float, latenesses: list[float]) -> None:
    schedule = Schedule(scale, 100.0)
    now, ran = 100.0, 0.0
    for late in latenesses:
        run = schedule.next(now)
        now = run.begins
        if not run.empty:
            now = run.ends + late
            schedule.ran(now - run.begins)
            ran += now - run.begins
    # The last stop's own lateness, and at most one debt, have not been evened out yet.
    assert ran <= (now - 100.0) / scale + PERIOD_S + 0.004 + MOST_DEBT_S / scale


def test_time_that_was_missed_long_ago_is_not_made_up_for() -> None:
    schedule = Schedule(4.0, 100.0)
    run = schedule.next(107.0005)
    assert run.begins == pytest.approx(107.002)
    assert run.ends - run.begins == pytest.approx(MOST_AT_ONCE * PERIOD_S / 4)
