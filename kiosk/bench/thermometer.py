"""`gatepost bench thermometer`: how well a temperature is told from thousands of foreheads, in virtual time.

The approaches are physics of their own (`kiosk.bench.foreheads`). As at a gate, the formula's numbers come from a
calibration on people (`kiosk.calibrating`): other people, indoors, with a clinical thermometer that has its own error.
"""

import random
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from drivers.forehead import PARTIAL_C
from kiosk.bench.foreheads import Approaches, approach
from kiosk.bench.printing import seconds, table_of
from kiosk.bench.rivals import METHODS, Answers, answers, column
from kiosk.calibrating import Comparison, fit_people
from kiosk.calibration import FACTORY, Calibration

CALIBRATED_ON = 60
CLINICAL_C = 0.1
"""What a clinical thermometer is allowed to be off (ISO 80601-2-56: 0.3 in use, 0.2 in the laboratory)."""
NORMAL_C, FEVER_C = 37.3, 38.0
"""Healthy is below, feverish from there on; whoever lies between counts as neither."""
THRESHOLDS = tuple(round(36.0 + 0.05 * step, 2) for step in range(61))
FALSE_RATES = (0.01, 0.02, 0.05, 0.10)
PERCENT = 100

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]


def bench_thermometer(count: int, seed: int) -> dict[str, Any]:
    """Calibrate, let `count` people come, and return the report."""
    calibration = calibrated(seed)
    came = approach(count, seed)
    found = answers(came, calibration, seed)
    conditions = came.conditions
    everybody = np.ones(count, dtype=np.bool_)
    return {
        "n": count,
        "seed": seed,
        "calibration": calibration.to_json(),
        "healthy_below_c": NORMAL_C,
        "fever_from_c": FEVER_C,
        "again_below_c": PARTIAL_C,
        "time_s": {name: _times(found, came, which) for name, which in (("all", everybody), *conditions.items())},
        "methods": {
            method: {
                "all": _judged(column(found, method), came, everybody),
                "plain": _judged(column(found, method), came, conditions["plain"]),
                "first, all": _judged(column(found, method, first=True), came, everybody),
                "curve": _curve(column(found, method), came, everybody),
            }
            for method in METHODS
        },
        "conditions": {
            name: _spread(column(found, "estimator"), came, which) | _stated(found, came, which)
            for name, which in (("all", everybody), *conditions.items())
        },
        "beaten": _beaten(found, came, everybody) + _beaten(found, came, conditions["plain"], "plain"),
    }


def calibrated(seed: int) -> Calibration:
    """Calibrate on people as a technician would, each measured once. Their thermometer is off by its own chance."""
    lot = random.Random(f"{seed}/clinical")  # noqa: S311  # the same seed shall give the same calibration
    people = approach(CALIBRATED_ON, seed + 1, plain=True, fever=0.05)
    # The very unit that is calibrated is measured with later.
    comparisons = [
        Comparison(one.object_c, one.ambient_c, float(core) + lot.gauss(0, CLINICAL_C), float(distance))
        for one, core, distance in zip(answers(people, FACTORY, seed), people.core_c, people.distance_m, strict=True)
        if one.object_c is not None and one.ambient_c is not None and one.decided_c is not None
    ]
    return fit_people(comparisons, FACTORY).calibration


def _times(found: list[Answers], came: Approaches, which: Flags) -> dict[str, float | None]:
    """Seconds from when the forehead fills the field to the first reading; negative: from less than it will come to."""
    after = [one.first_s - filled for one, filled in zip(found, came.filled_s, strict=True) if one.first_s is not None]
    within = np.array([number for number, one in zip(which, found, strict=True) if one.first_s is not None])
    chosen = np.array(after)[within]
    return {name: _rounded(np.quantile(chosen, share)) for name, share in (("p5", 0.05), ("p50", 0.5), ("p95", 0.95))}


def _spread(body_c: Values, came: Approaches, which: Flags) -> dict[str, float | None]:
    """Bias and spread of what was answered, and the share that is to be measured again."""
    well = which & _answered(body_c)
    error = (body_c - came.core_c)[well]
    return {
        "share": _rounded(which.mean()),
        "bias_c": _rounded(error.mean()),
        "spread_c": _rounded(error.std()),
        "again": _rounded(1 - well.sum() / which.sum()),
    }


def _stated(found: list[Answers], came: Approaches, which: Flags) -> dict[str, float | None]:
    """Of the readings that nothing speaks against, the share whose error is within the uncertainty that they state."""
    inside = [
        abs(one.decided_c["estimator"] - core) <= one.uncertainty_c
        for one, core, is_in in zip(found, came.core_c, which, strict=True)
        if is_in and one.decided_c is not None and one.uncertainty_c is not None and not one.doubted
    ]
    return {"undoubted": _rounded(len(inside) / which.sum()), "within_stated": _rounded(np.mean(inside)) if inside else None}


def _judged(body_c: Values, came: Approaches, which: Flags) -> dict[str, Any]:
    """Bias and spread, and the missed fevers at the same false raised."""
    missed = {f"{rate:g}": _missed_at(body_c, came, which, rate) for rate in FALSE_RATES}
    return _spread(body_c, came, which) | {"missed_at_false": missed}


def _missed_at(body_c: Values, came: Approaches, which: Flags, false_rate: float) -> dict[str, float | None]:
    """The threshold at which so many of the healthy are raised, and the share of all fevers that then come in."""
    healthy, fever = which & (came.core_c < NORMAL_C), which & (came.core_c >= FEVER_C)
    # Whoever is measured again is neither raised nor in.
    ranked = np.where(_answered(body_c), body_c, -np.inf)
    threshold = float(np.quantile(ranked[healthy], 1 - false_rate, method="higher"))
    missed = _answered(body_c) & (body_c < threshold)
    return {"threshold_c": _rounded(threshold), "missed": _rounded(missed[fever].mean())}


def _curve(body_c: Values, came: Approaches, which: Flags) -> list[dict[str, float | None]]:
    healthy, fever = which & (came.core_c < NORMAL_C), which & (came.core_c >= FEVER_C)
    answered = _answered(body_c)
    return [
        {
            "threshold_c": threshold,
            "false": _rounded((answered & (body_c >= threshold))[healthy].mean()),
            "missed": _rounded((answered & (body_c < threshold))[fever].mean()),
        }
        for threshold in THRESHOLDS
    ]


def _beaten(found: list[Answers], came: Approaches, which: Flags, among: str = "all") -> list[str]:
    """Where another method misses fewer fevers than the estimator, in words; empty if nowhere."""
    sentences = []
    for rate in FALSE_RATES:
        ours = _missed_at(column(found, "estimator"), came, which, rate)["missed"] or 0.0
        for method in METHODS[1:]:
            theirs = _missed_at(column(found, method), came, which, rate)["missed"] or 0.0
            if theirs < ours:
                sentences.append(f"{among}, {rate:.0%} false: {method} misses {theirs:.1%}, the estimator {ours:.1%}")
    return sentences


def _answered(body_c: Values) -> Flags:
    return np.nan_to_num(body_c, nan=-np.inf) >= PARTIAL_C


def _rounded(value: "float | np.floating[Any]") -> float | None:
    return None if np.isnan(value) else round(float(value), 4)


def show(console: Console, found: Mapping[str, Any]) -> None:
    """Print the tables."""
    title = f"{found['n']} approaches: fevers let in (%) where so many healthy people are raised"
    table = table_of(title, "method", "among", "bias", "spread", "again", *(f"{rate:.0%}" for rate in FALSE_RATES))
    for among in ("all", "plain", "first, all"):
        for method, judged in found["methods"].items():
            one = judged[among]
            missed = (_percent(one["missed_at_false"][f"{rate:g}"]["missed"]) for rate in FALSE_RATES)
            table.add_row(method, among, seconds(one["bias_c"]), seconds(one["spread_c"]), _percent(one["again"]), *missed)
    console.print(table)
    figures = ("share", "bias", "spread", "again", "undoubted", "within", "p50 s", "p95 s")
    table = table_of("The estimator by condition", "condition", *figures)
    for name, one in found["conditions"].items():
        times = found["time_s"][name]
        table.add_row(
            name,
            _percent(one["share"]),
            seconds(one["bias_c"]),
            seconds(one["spread_c"]),
            *(_percent(one[figure]) for figure in ("again", "undoubted", "within_stated")),
            seconds(times["p50"]),
            seconds(times["p95"]),
        )
    console.print(table)
    at = next(point for point in found["methods"]["estimator"]["curve"] if point["threshold_c"] == NORMAL_C)
    console.print(f"threshold {NORMAL_C}: false raised {_percent(at['false'])} %, fevers let in {_percent(at['missed'])} %")
    for sentence in found["beaten"] or ["no other method misses fewer fevers at the same false raised"]:
        console.print(sentence)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share * PERCENT:.1f}"
