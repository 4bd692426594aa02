"""The robust line: it finds growth, is not fooled by outliers, and says how sure it is."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.bench.trend import FEWEST_POINTS, HOUR_S, MOST_POINTS, Point, after_warm_up, trend


def line(per_hour: float, *, count: int = 60, noise: float = 0.0, seed: int = 1) -> list[Point]:
    chance = random.Random(seed)
    return [(5.0 * number, 40.0 + per_hour * 5.0 * number / HOUR_S + chance.gauss(0, noise)) for number in range(count)]


@given(st.floats(-1000, 1000), st.integers(FEWEST_POINTS, 3 * MOST_POINTS))
def test_a_straight_line_is_found_as_it_is(per_hour: float, count: int) -> None:
    found = trend(line(per_hour, count=count))
    assert found is not None
    assert found.per_hour == pytest.approx(per_hour, abs=1e-4)
    assert found.low <= found.per_hour <= found.high


def test_noise_widens_the_interval_around_the_truth() -> None:
    caught = 0
    for seed in range(100):
        found = trend(line(60.0, noise=1.0, seed=seed))
        assert found is not None
        caught += found.low <= 60.0 <= found.high
    assert 88 <= caught <= 100


def test_outliers_do_not_bend_the_line() -> None:
    points = [(at, value + (500.0 if number % 5 == 0 else 0.0)) for number, (at, value) in enumerate(line(0.0, noise=0.1))]
    found = trend(points)
    assert found is not None
    assert abs(found.per_hour) < 20


def test_what_steps_to_and_fro_does_not_grow() -> None:
    found = trend([(5.0 * number, 20.0 + number % 2) for number in range(60)])
    assert found is not None
    assert found.growth_at_least <= 0


def test_what_steps_up_again_and_again_grows_by_what_it_stepped() -> None:
    found = trend([(5.0 * number, 20.0 + number // 10) for number in range(60)])
    assert found is not None
    assert 3.5 < found.growth_at_least < 6.0


def test_too_few_points_have_no_trend() -> None:
    assert trend(line(100.0, count=FEWEST_POINTS - 1)) is None


def test_the_warm_up_is_left_out() -> None:
    assert after_warm_up([(0.0, 1.0), (9.9, 2.0), (10.0, 3.0), (20.0, 4.0)], 10.0) == [(10.0, 3.0), (20.0, 4.0)]
