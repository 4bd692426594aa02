"""The benchmark of the thermometer: its physics, its rivals, its figures."""

from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from kiosk.bench import thermometer_plot
from kiosk.bench.foreheads import CONDITIONS, approach
from kiosk.bench.rivals import METHODS, answers, column
from kiosk.bench.thermometer import bench_thermometer, calibrated, show
from kiosk.calibration import FACTORY


def test_the_same_seed_brings_the_same_people() -> None:
    one, again, other = approach(50, 3), approach(50, 3), approach(50, 4)
    assert np.array_equal(one.object_c, again.object_c)
    assert not np.array_equal(one.object_c, other.object_c)
    assert set(one.conditions) == set(CONDITIONS)


def test_a_plain_approach_ends_with_a_forehead_below_the_core_and_above_the_air() -> None:
    came = approach(200, 1, plain=True)
    last = came.object_c[:, -5:].mean(axis=1)
    assert np.median(came.core_c - last) == pytest.approx(2.2, abs=0.7)
    assert (last > came.ambient_c[:, -1] + 2).all()
    assert (came.object_c[:, :4] < came.ambient_c[:, :4] + 12).all()


def test_values_come_at_each_units_own_pace() -> None:
    steps = np.diff(approach(300, 1).at_s, axis=1).mean(axis=1)
    assert steps.min() < 0.072
    assert steps.max() > 0.098


def test_fever_is_warmer_than_health_whatever_the_method() -> None:
    came = approach(400, 2, plain=True)
    found = answers(came, FACTORY, 2)
    for method in METHODS:
        body = column(found, method)
        assert np.nanmedian(body[came.core_c >= 38.0]) > np.nanmedian(body[came.core_c < 37.3]) + 0.7


def test_a_calibration_of_the_place_rests_on_people() -> None:
    calibration = calibrated(1)
    assert calibration.kind == "people"
    assert 0.05 < (calibration.residual_c or 0.0) < 0.45


def test_the_report_holds_every_method_condition_and_threshold(tmp_path: Path) -> None:
    found = bench_thermometer(400, 1)
    assert set(found["methods"]) == set(METHODS)
    assert set(found["conditions"]) == {"all", *CONDITIONS}
    curve = found["methods"]["estimator"]["curve"]
    false, missed = ([point[name] for point in curve] for name in ("false", "missed"))
    assert false == sorted(false, reverse=True)
    assert missed == sorted(missed)
    with (tmp_path / "out").open("w", encoding="utf-8") as out:
        show(Console(file=out, width=140), found)
    thermometer_plot.draw(found, tmp_path / "t.png")
    assert (tmp_path / "t.png").stat().st_size < 60_000


def test_the_estimator_misses_fewer_fevers_than_the_last_sample_and_the_median_of_undisturbed_people() -> None:
    found = bench_thermometer(3000, 1)["methods"]
    at = {method: judged["plain"]["missed_at_false"]["0.05"]["missed"] for method, judged in found.items()}
    assert at["estimator"] <= at["last sample"]
    assert at["estimator"] <= at["median"]
