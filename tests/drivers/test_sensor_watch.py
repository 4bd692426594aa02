"""Whether a sensor is warm, and still where it was calibrated."""

from drivers.sensor_watch import DRIFT_C, EMPTY_AFTER_S, EMPTY_OVER_S, SensorWatch
from kiosk.calibration import FACTORY, Calibration
from kiosk.evidence import Doubt
from kiosk.units import Monotonic


def watched(
    *,
    slope_c_per_s: float = 0.0,
    above_c: float = 0.0,
    for_s: int = 60,
    present: bool = False,
    calibration: Calibration = FACTORY,
) -> tuple[Doubt, ...]:
    watch = SensorWatch(calibration)
    for second in range(for_s):
        ambient = 22.0 + slope_c_per_s * second
        watch.feed(ambient + above_c, ambient, Monotonic(second), present=present)
    return watch.doubts(22.0)


def test_a_steady_sensor_raises_no_doubt() -> None:
    assert watched() == ()


def test_a_sensor_that_warms_up_or_cools_down_says_so() -> None:
    assert watched(slope_c_per_s=0.02) == (Doubt.WARMING_UP,)
    assert watched(slope_c_per_s=-0.02) == (Doubt.WARMING_UP,)


def test_the_first_seconds_tell_no_slope() -> None:
    assert watched(slope_c_per_s=0.1, for_s=8) == ()


def test_an_empty_scene_that_is_not_where_it_was_is_drift() -> None:
    assert watched(above_c=DRIFT_C + 0.5, for_s=int(EMPTY_AFTER_S) + 20) == (Doubt.DRIFTING,)
    assert watched(above_c=DRIFT_C + 0.5, for_s=int(EMPTY_AFTER_S) - 10) == ()
    elsewhere = Calibration(empty_c=DRIFT_C)
    assert watched(above_c=DRIFT_C + 0.5, for_s=int(EMPTY_AFTER_S) + 20, calibration=elsewhere) == ()


def test_whoever_stands_there_is_no_empty_scene() -> None:
    assert watched(above_c=12.0, for_s=int(EMPTY_OVER_S), present=True) == ()


def test_air_outside_the_calibration_is_a_doubt() -> None:
    watch = SensorWatch(Calibration(ambient_c=(18.0, 26.0)))
    assert watch.doubts(30.0) == (Doubt.AMBIENT,)
    assert watch.doubts(20.0) == ()
