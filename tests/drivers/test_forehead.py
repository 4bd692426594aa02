import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.forehead import (
    AGREE_C,
    ENOUGH,
    FAR_M,
    HOLD_S,
    LONGEST_UPDATE_S,
    LOOK_EVERY,
    LOOK_SOON,
    RELEARN_S,
    SHORTEST_UPDATE_S,
    Estimator,
    Sample,
    settling_values,
)
from kiosk.calibration import Calibration
from kiosk.evidence import Doubt, Observation, Reading
from kiosk.units import Celsius, Monotonic
from tests.examples import examples

PERIOD_S = 0.085
AMBIENT_C = 22.0


def sample(object_c: float, at: float, ambient_c: float = AMBIENT_C) -> Sample:
    return Sample(Celsius(object_c), Celsius(ambient_c), Monotonic(at))


def feed(estimator: Estimator, values: list[float], begin: float = 0.0) -> list[Observation]:
    return [estimator.feed(sample(value, begin + PERIOD_S * number)) for number, value in enumerate(values)]


def empty_scene(estimator: Estimator) -> float:
    feed(estimator, [22.1, 22.0, 22.05, 21.95])
    return 4 * PERIOD_S


def test_an_empty_scene_is_nobody() -> None:
    seen = feed(Estimator(), [22.1, 21.9, 22.3, 22.0] * 10)
    assert not any(observation.present or observation.reading for observation in seen)


def test_three_values_that_agree_are_a_reading_with_its_origin() -> None:
    calibration = Calibration(name="site", version=3, offset_c=0.1)
    estimator = Estimator(calibration=calibration)
    begin = empty_scene(estimator)
    seen = feed(estimator, [28.0, 34.30, 34.36, 34.33], begin)
    assert [observation.present for observation in seen] == [True] * 4
    assert [observation.reading is None for observation in seen] == [True, True, True, False]
    reading = seen[-1].reading
    assert reading is not None
    assert reading.object_c == pytest.approx(34.33)
    assert reading.ambient_c == pytest.approx(22.0)
    assert reading.body_c == pytest.approx(34.33 + 0.184 * 12.33 + 0.1)
    assert reading.calibration == calibration.label
    assert reading.quality == ()
    assert (reading.samples, reading.began_at, reading.at) == (3, begin, begin + 3 * PERIOD_S)


def test_the_sensor_is_watched_closely_only_while_somebody_waits_for_a_reading() -> None:
    estimator = Estimator()
    assert estimator.rest_s(Monotonic(0.0)) == LOOK_EVERY
    begin = empty_scene(estimator)
    assert estimator.rest_s(Monotonic(begin)) == LOOK_EVERY
    feed(estimator, [34.30], begin)
    assert estimator.rest_s(Monotonic(begin + 0.01)) == pytest.approx(SHORTEST_UPDATE_S - 0.01)
    assert estimator.rest_s(Monotonic(begin + SHORTEST_UPDATE_S)) == LOOK_SOON
    assert estimator.rest_s(Monotonic(begin + 1.0)) == LOOK_SOON
    feed(estimator, [34.36, 34.33], begin + PERIOD_S)
    assert estimator.rest_s(Monotonic(begin + 2 * PERIOD_S)) == LOOK_EVERY


def test_the_value_on_the_way_up_is_not_averaged() -> None:
    estimator = Estimator()
    seen = feed(estimator, [25.0, 29.0, 33.9, 34.30, 34.36, 34.33], empty_scene(estimator))
    assert seen[-1].reading is not None
    assert seen[-1].reading.object_c == pytest.approx(34.33)


def test_a_slow_climb_is_not_a_reading() -> None:
    estimator = Estimator()
    seen = feed(estimator, [27.0 + 0.12 * step for step in range(60)], empty_scene(estimator))
    assert seen[-1].present
    assert all(observation.reading is None for observation in seen)


def test_the_same_pair_seen_again_is_no_new_value() -> None:
    estimator = Estimator()
    begin = empty_scene(estimator)
    seen = [estimator.feed(sample(34.3, begin + 0.03 * poll)) for poll in range(3)]
    assert seen[-1].present
    assert seen[-1].reading is None


def test_the_same_pair_after_the_longest_update_is_a_new_equal_value() -> None:
    estimator = Estimator()
    begin = empty_scene(estimator)
    apart_s = LONGEST_UPDATE_S + 0.01
    seen = [estimator.feed(sample(34.3, begin + apart_s * poll)) for poll in range(ENOUGH)]
    assert seen[-1].reading is not None
    assert seen[-1].reading.samples == ENOUGH


def test_later_values_refine_the_reading_and_narrow_it() -> None:
    estimator = Estimator()
    lot = random.Random(1)
    seen = feed(estimator, [lot.gauss(34.3, 0.04) for _ in range(12)], empty_scene(estimator))
    readings = [observation.reading for observation in seen if observation.reading is not None]
    assert [reading.samples for reading in readings] == sorted(reading.samples for reading in readings)
    assert readings[-1].samples > readings[0].samples
    assert readings[-1].uncertainty_c < readings[0].uncertainty_c


def test_leaving_ends_the_presence_and_its_reading() -> None:
    estimator = Estimator()
    seen = feed(estimator, [34.3, 34.35, 34.3, 34.25, 30.0, 23.0, 22.0], empty_scene(estimator))
    assert seen[3].reading is not None
    assert (seen[-1].present, seen[-1].reading) == (False, None)


def test_presence_has_hysteresis() -> None:
    estimator = Estimator(presence_c=4.0)
    seen = feed(estimator, [25.5, 26.2, 25.5, 24.3, 23.9, 25.5], empty_scene(estimator))
    assert [observation.present for observation in seen] == [False, True, True, True, False, False]


def test_the_next_person_gets_a_reading_of_his_own() -> None:
    estimator = Estimator()
    begin = empty_scene(estimator)
    feed(estimator, [34.3, 34.35, 34.3, 34.3, 28.0, 22.0, 22.1], begin)
    seen = feed(estimator, [35.8, 35.82, 35.84], begin + 1.0)
    assert seen[-1].reading is not None
    assert seen[-1].reading.object_c == pytest.approx(35.82)
    assert seen[-1].reading.began_at == begin + 1.0


def test_the_empty_scene_is_followed_slowly() -> None:
    estimator = Estimator(presence_c=4.0)
    warming = [22.0 + 0.004 * step for step in range(2500)]
    assert not any(observation.present for observation in feed(estimator, warming))


def test_what_stands_there_for_minutes_becomes_the_scene() -> None:
    estimator = Estimator()
    begin = empty_scene(estimator)
    hot_wall = [30.0 + 0.02 * (step % 3) for step in range(int(RELEARN_S / PERIOD_S) + 5)]
    seen = feed(estimator, hot_wall, begin)
    assert seen[0].present
    assert not seen[-1].present
    end = begin + PERIOD_S * len(hot_wall)
    assert feed(estimator, [34.3, 34.32, 34.34], end)[-1].present


def test_an_interruption_forgets_the_person_but_not_the_scene() -> None:
    estimator = Estimator(presence_c=4.0)
    feed(estimator, [25.0 + 0.01 * (step % 2) for step in range(1000)])
    estimator.interrupt()
    assert not estimator.feed(sample(28.0, 200.0)).present


@pytest.mark.parametrize(
    ("code", "values"), [(4, 0), (0, 9), (1, 20), (5, 4)], ids=["none", "half", "quarter", "four fifths"]
)
def test_a_recursive_filter_is_waited_for(code: int, values: int) -> None:
    assert settling_values(code) == values
    estimator = Estimator(iir_code=code)
    seen = feed(estimator, [34.3, 34.32] * 15, empty_scene(estimator))
    assert [observation.reading is not None for observation in seen].index(True) == values + ENOUGH - 1


@given(
    skin=st.floats(30, 40),
    ambient=st.floats(10, 26),
    period=st.floats(0.068, 0.102),
    seed=st.integers(0, 2**32),
    ramp=st.integers(0, 4),
)
@settings(max_examples=examples(1.5))
def test_a_reading_is_near_the_plateau_whatever_the_way_there(
    skin: float, ambient: float, period: float, seed: int, ramp: int
) -> None:
    estimator, lot = Estimator(presence_c=3.0), random.Random(seed)
    at = 0.0
    for _ in range(5):
        at += period
        estimator.feed(sample(ambient + lot.uniform(-0.05, 0.05), at, ambient))
    way = [ambient + (skin - ambient) * step / (ramp + 1) for step in range(1, ramp + 1)]
    observation = None
    for value in [*way, *[skin] * 12]:
        at += period
        observation = estimator.feed(sample(value + lot.uniform(-0.08, 0.08), at, ambient))
        if observation.reading is not None:
            assert abs(observation.reading.object_c - skin) <= AGREE_C
    assert observation is not None
    assert observation.reading is not None


def last_reading(seen: list[Observation]) -> Reading:
    reading = seen[-1].reading
    assert reading is not None
    return reading


def test_of_two_plateaus_the_one_farthest_from_the_empty_scene_is_held() -> None:
    estimator = Estimator()
    turned_away = [32.0, 32.05, 32.0, 31.95, 32.0]
    seen = feed(estimator, [34.3, 34.35, 34.3, *turned_away * 2], empty_scene(estimator))
    assert last_reading(seen).object_c == pytest.approx(34.32, abs=0.02)


def test_a_held_plateau_gives_way_once_it_is_old() -> None:
    estimator = Estimator()
    steps = int((HOLD_S + 1.5) / PERIOD_S)
    seen = feed(estimator, [36.3, 36.35, 36.3, *[34.0 + 0.02 * (step % 2) for step in range(steps)]], empty_scene(estimator))
    assert last_reading(seen).object_c == pytest.approx(34.0, abs=0.05)


def test_dips_between_do_not_keep_a_plateau_from_being_found() -> None:
    estimator = Estimator()
    seen = feed(estimator, [34.3, 33.5, 34.35, 33.0, 34.32, 33.2], empty_scene(estimator))
    assert last_reading(seen).object_c == pytest.approx(34.32, abs=0.02)
    assert Doubt.UNSTEADY not in last_reading(seen).quality
    swaying = feed(estimator, [33.4, 32.5, 32.0, 33.0], 12 * PERIOD_S)
    assert Doubt.UNSTEADY in last_reading(swaying).quality


def test_a_hot_cup_is_no_forehead() -> None:
    estimator = Estimator()
    seen = feed(estimator, [45.0, 45.1, 45.05, 34.3, 34.35, 34.3], empty_scene(estimator))
    assert [observation.reading is None for observation in seen[:5]] == [True] * 5
    assert last_reading(seen).object_c == pytest.approx(34.32, abs=0.02)


def test_what_no_walking_body_has_is_said_to_be_part_of_a_forehead_and_kept_as_it_is() -> None:
    estimator = Estimator()
    reading = last_reading(feed(estimator, [30.0, 30.05, 30.0], empty_scene(estimator)))
    assert reading.object_c == pytest.approx(30.017, abs=0.01)
    assert reading.quality == (Doubt.PARTIAL,)


def test_a_forehead_too_far_away_is_doubted() -> None:
    estimator = Estimator()
    begin = empty_scene(estimator)
    seen = [
        estimator.feed(Sample(Celsius(34.3 + 0.02 * step), Celsius(22.0), Monotonic(begin + PERIOD_S * step), FAR_M + 0.1))
        for step in range(3)
    ]
    assert Doubt.FAR in last_reading(seen).quality


def hot_day(*, someone: bool, scene_c: float = 33.0, forehead_c: float = 35.2) -> list[Observation]:
    estimator = Estimator()
    values = [*[scene_c] * 4, *[forehead_c + 0.02 * (step % 3) for step in range(5)]]
    return [
        estimator.feed(sample(value, PERIOD_S * number, ambient_c=scene_c), someone=someone)
        for number, value in enumerate(values)
    ]


def test_on_a_hot_day_a_forehead_shows_only_with_the_cameras_help() -> None:
    assert not any(observation.present for observation in hot_day(someone=False))
    seen = hot_day(someone=True)
    assert seen[4].present
    reading = last_reading(seen)
    assert reading.object_c == pytest.approx(35.22, abs=0.02)
    assert Doubt.AMBIENT in reading.quality


def test_a_forehead_cooler_than_a_wall_in_the_sun_is_somebody_too() -> None:
    reading = last_reading(hot_day(someone=True, scene_c=40.0, forehead_c=36.0))
    assert reading.object_c == pytest.approx(36.02, abs=0.03)


def test_in_a_cool_scene_a_moving_tree_is_nobody() -> None:
    seen = hot_day(someone=True, scene_c=20.0, forehead_c=22.0)
    assert not any(observation.present for observation in seen)
