"""Fits a calibration to comparisons with a reference, and refuses what does not fit. Pure.

A black body says how far the sensor itself is off: one number. People and a clinical thermometer say how far skin lies
below the body at this place: a share of the distance to the air, where the air changed enough to tell, and an offset.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace

from kiosk.calibration import AMBIENT_C, Calibration, Residual
from kiosk.errors import UsageError

FEWEST_PEOPLE = 15
"""With fewer the residuals' own spread is known to a third at best."""
FEWEST_LOOKS = 5
BLACK_BODY_SPREAD_C = 0.15
BLACK_BODY_OFFSET_C = 1.0
"""A sensor that is off by more is broken, or does not see the black body alone."""
BLACK_BODY_C = (30.0, 42.0)
PEOPLE_SPREAD_C = 0.45
"""Standard deviation of what is left: beyond it a threshold tells nothing."""
BODY_C = (35.0, 42.0)
AMBIENT_SPAN_C = 5.0
"""Only over so much of a change in the air the share can be told from the offset."""
SHARE = (0.05, 0.45)
DISTANCE_SPAN_M = 0.15


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the sensor saw, and what the reference said: a black body's temperature, or a clinical thermometer's."""

    object_c: float
    ambient_c: float
    reference_c: float
    distance_m: float | None = None


@dataclass(frozen=True, slots=True)
class Fitted:
    """A calibration, and what it leaves."""

    calibration: Calibration
    residuals: tuple[Residual, ...]


class DoesNotFit(UsageError):
    """The comparisons do not make a calibration: one sentence, why, and what to do."""


def fit_black_body(comparisons: Sequence[Comparison], onto: Calibration) -> Fitted:
    """Find the sensor's own offset; everything else stays as in `onto`. Raises DoesNotFit."""
    _enough(comparisons, FEWEST_LOOKS, "looks at the black body")
    _air(comparisons)
    for one in comparisons:
        if not BLACK_BODY_C[0] <= one.reference_c <= BLACK_BODY_C[1]:
            raise DoesNotFit(f"a black body at {one.reference_c:.1f} °C says nothing of foreheads; set it to 35 to 40 °C")
    errors = [one.reference_c - one.object_c for one in comparisons]
    offset, spread = statistics.fmean(errors), statistics.stdev(errors)
    if spread > BLACK_BODY_SPREAD_C:
        raise DoesNotFit(
            f"the differences to the black body spread by {spread:.2f} °C, at most {BLACK_BODY_SPREAD_C} fit; "
            "wait until both are warm, fill the whole field with it, keep draughts away"
        )
    if abs(offset) > BLACK_BODY_OFFSET_C:
        raise DoesNotFit(f"the sensor is off by {offset:+.2f} °C: it is broken, or sees more than the black body")
    calibration = replace(onto, kind=_kinds(onto, "black_body"), sensor_offset_c=_milli(offset))
    return Fitted(calibration, tuple(_residual(one, one.object_c + calibration.sensor_offset_c) for one in comparisons))


def fit_people(comparisons: Sequence[Comparison], onto: Calibration) -> Fitted:
    """Find offset, and where the comparisons allow share and distance, by least squares. Raises DoesNotFit."""
    _enough(comparisons, FEWEST_PEOPLE, "people")
    _air(comparisons)
    for one in comparisons:
        if not BODY_C[0] <= one.reference_c <= BODY_C[1]:
            raise DoesNotFit(f"a clinical thermometer that says {one.reference_c:.1f} °C was read or typed wrongly")
    skins = [one.object_c + onto.sensor_offset_c for one in comparisons]
    losses = [one.reference_c - skin for one, skin in zip(comparisons, skins, strict=True)]
    above = [skin - one.ambient_c for one, skin in zip(comparisons, skins, strict=True)]
    share = _share(comparisons, above, losses, onto.share)
    left = [loss - share * height for loss, height in zip(losses, above, strict=True)]
    per_metre, at_m = _per_metre(comparisons, left)
    if per_metre:
        left = [rest - per_metre * ((one.distance_m or at_m) - at_m) for one, rest in zip(comparisons, left, strict=True)]
    calibration = replace(
        onto,
        kind=_kinds(onto, "people"),
        share=round(share, 6),
        offset_c=_milli(statistics.fmean(left)),
        per_metre_c=_milli(per_metre),
        at_m=_milli(at_m),
        points=len(comparisons),
        ambient_c=_holds_in(comparisons),
    )
    residuals = tuple(_residual(one, calibration.body(one.object_c, one.ambient_c, one.distance_m)) for one in comparisons)
    spread = math.sqrt(math.fsum(one.residual_c**2 for one in residuals) / (len(residuals) - 2))
    if spread > PEOPLE_SPREAD_C:
        worst = max(range(len(residuals)), key=lambda number: abs(residuals[number].residual_c)) + 1
        raise DoesNotFit(
            f"what is left between people spreads by {spread:.2f} °C, at most {PEOPLE_SPREAD_C} fit; person {worst} is "
            "farthest off. Let everybody rest indoors for ten minutes, forehead bare and dry, and begin again"
        )
    return Fitted(replace(calibration, residual_c=_milli(spread)), residuals)


def _share(comparisons: Sequence[Comparison], above: Sequence[float], losses: Sequence[float], known: float) -> float:
    """The slope of the loss over the height above the air; the known one where the air hardly changed."""
    air = [one.ambient_c for one in comparisons]
    if max(air) - min(air) < AMBIENT_SPAN_C:
        return known
    share = statistics.linear_regression(above, losses).slope
    if not SHARE[0] <= share <= SHARE[1]:
        raise DoesNotFit(
            f"forehead skin would lie below the body by {share:.0%} of its height above the air, {SHARE[0]:.0%} to "
            f"{SHARE[1]:.0%} is possible; the sensor is not where the people are, or warms itself"
        )
    return share


def _per_metre(comparisons: Sequence[Comparison], left: Sequence[float]) -> tuple[float, float]:
    """What a metre more adds, and the middle of the distances; 0 where they hardly differ, or one is not known."""
    distances = [one.distance_m for one in comparisons if one.distance_m is not None]
    if len(distances) < len(comparisons) or max(distances) - min(distances) < DISTANCE_SPAN_M:
        return 0.0, Calibration().at_m
    return statistics.linear_regression(distances, left).slope, statistics.fmean(distances)


def _holds_in(comparisons: Sequence[Comparison]) -> tuple[float, float]:
    """The air's range of the comparisons and 3 degrees on either side, within what is possible at all."""
    air = [one.ambient_c for one in comparisons]
    return max(AMBIENT_C[0], round(min(air) - 3, 1)), min(AMBIENT_C[1], round(max(air) + 3, 1))


def _enough(comparisons: Sequence[Comparison], fewest: int, what: str) -> None:
    if len(comparisons) < fewest:
        raise DoesNotFit(f"{len(comparisons)} {what} are too few; {fewest} are needed")


def _air(comparisons: Sequence[Comparison]) -> None:
    for one in comparisons:
        if not AMBIENT_C[0] <= one.ambient_c <= AMBIENT_C[1]:
            raise DoesNotFit(
                f"the air at the sensor was {one.ambient_c:.1f} °C; calibrate at {AMBIENT_C[0]:.0f} to {AMBIENT_C[1]:.0f} °C"
            )


def _residual(one: Comparison, estimate_c: float) -> Residual:
    return Residual(one.ambient_c, one.object_c, one.reference_c, one.reference_c - estimate_c)


def _kinds(onto: Calibration, kind: str) -> str:
    """A calibration on people keeps the black body's offset under it."""
    return "black_body+people" if {onto.kind, kind} == {"black_body", "people"} or "+" in onto.kind else kind


def _milli(value: float) -> float:
    """Rounded as it is written, so that the file's numbers are those that left these residuals."""
    return round(value, 3)
