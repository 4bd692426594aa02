"""What each way of measuring makes of the same approaches: Gatepost's estimator, and three that others use.

The estimator is the one of the gate, looked at as the gate looks: at moments of its own between the chip's values. The
others answer at the very moment when it does, by the same calibration, from the same values.
"""

import random
import statistics
from bisect import bisect_right
from dataclasses import dataclass

import numpy as np

from drivers.forehead import Estimator, Sample
from kiosk.bench.foreheads import Approaches
from kiosk.calibration import Calibration
from kiosk.evidence import Observation
from kiosk.units import Celsius, Monotonic

LATE_S = (0.0002, 0.006)
"""A look comes so much later than it was due: two transfers on the bus, and the processor's other work."""
DECIDED_S = 0.6
"""So long after somebody stands there a code has been raised and read: what stands then is what is decided on."""
METHODS = ("estimator", "last sample", "maximum", "median")


@dataclass(frozen=True, slots=True)
class Answers:
    """What was made of one approach. `body_c` by method; None where no reading came about."""

    first_s: float | None
    first_c: dict[str, float] | None
    decided_c: dict[str, float] | None
    uncertainty_c: float | None
    object_c: float | None
    ambient_c: float | None
    doubted: bool = False


def answers(approaches: Approaches, calibration: Calibration, seed: int) -> list[Answers]:
    """Let every person walk up, one after the other, in virtual time."""
    lot = random.Random(f"{seed}/looks")  # noqa: S311  # the same seed shall give the same looks
    columns = (approaches.at_s, approaches.object_c, approaches.ambient_c, approaches.distance_m, approaches.filled_s)
    return [
        _answer(at.tolist(), objects.tolist(), ambients.tolist(), float(distance), float(filled_s), calibration, lot)
        for at, objects, ambients, distance, filled_s in zip(*columns, strict=True)
    ]


def _answer(
    at: list[float],
    objects: list[float],
    ambients: list[float],
    distance: float,
    filled_s: float,
    calibration: Calibration,
    lot: random.Random,
) -> Answers:
    estimator = Estimator(calibration=calibration)
    now = at[0] + 0.05 * lot.random()
    number, seen = 0, Observation(present=False, at=Monotonic(now))
    since: int | None = None
    first: tuple[float, Observation, int] | None = None
    while now < at[-1]:
        number = bisect_right(at, now) - 1
        seen = estimator.feed(Sample(Celsius(objects[number]), Celsius(ambients[number]), Monotonic(now), distance))
        if not seen.present:
            since = None
        elif since is None:
            since = number
        if seen.reading is not None and since is not None:
            if first is None:
                first = now, seen, number
            if now >= filled_s + DECIDED_S:
                break
        now += estimator.rest_s(Monotonic(now)) + lot.uniform(*LATE_S)
    if first is None or since is None or seen.reading is None:
        return Answers(None, None, None, None, None, None)
    first_s, then, last = first
    began = min(since, last)
    assert then.reading is not None  # noqa: S101  # it was looked at above
    return Answers(
        first_s,
        _methods(then, objects[began : last + 1], ambients[last], distance, calibration),
        _methods(seen, objects[began : number + 1], ambients[number], distance, calibration),
        seen.reading.uncertainty_c,
        seen.reading.object_c,
        seen.reading.ambient_c,
        bool(seen.reading.quality),
    )


def _methods(
    seen: Observation, objects: list[float], ambient_c: float, distance: float, calibration: Calibration
) -> dict[str, float]:
    found = {"last sample": objects[-1], "maximum": max(objects), "median": statistics.median(objects)}
    body = {name: float(calibration.body(value, ambient_c, distance)) for name, value in found.items()}
    return {"estimator": float("nan") if seen.reading is None else float(seen.reading.body_c), **body}


def column(found: list[Answers], method: str, *, first: bool = False) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """One method's temperatures, not a number where none came about."""
    sides = [one.first_c if first else one.decided_c for one in found]
    return np.array([np.nan if side is None else side[method] for side in sides])
