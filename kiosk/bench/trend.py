"""Whether something grows: a line through noisy points that a few outliers do not bend. Pure.

Slope by Theil and Sen (the median of the slopes of all pairs), its 95 % interval by Sen, 'Estimates of the regression
coefficient based on Kendall's tau', Journal of the American Statistical Association 63 (1968), section 6.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

Point = tuple[float, float]
"""When, in seconds, and how much."""
MOST_POINTS = 300
"""More are brought together to medians first: the work grows with their square."""
FEWEST_POINTS = 8
"""With fewer the interval says nothing."""
Z_95 = 1.959964
HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Trend:
    """A slope per hour with its 95 % interval, and over how many seconds it was found."""

    per_hour: float
    low: float
    high: float
    span_s: float

    @property
    def growth_at_least(self) -> float:
        """What it surely grew by over the span, by the lower end of the interval; negative when it may have shrunk."""
        return self.low * self.span_s / HOUR_S


def trend(points: Sequence[Point]) -> Trend | None:
    """Fit a line; None when there are too few points. They come in the order of time, no two at one moment."""
    thinned = _thinned(points)
    if len(thinned) < FEWEST_POINTS:
        return None
    slopes = sorted((later[1] - point[1]) / (later[0] - point[0]) for point, later in combinations(thinned, 2))
    count = len(thinned)
    half = Z_95 * math.sqrt(count * (count - 1) * (2 * count + 5) / 18) / 2
    low = slopes[max(0, math.floor(len(slopes) / 2 - half) - 1)]
    high = slopes[min(len(slopes) - 1, math.ceil(len(slopes) / 2 + half))]
    return Trend(statistics.median(slopes) * HOUR_S, low * HOUR_S, high * HOUR_S, span_s=thinned[-1][0] - thinned[0][0])


def after_warm_up(points: Sequence[Point], from_s: float) -> list[Point]:
    """The points from a moment on."""
    return [point for point in points if point[0] >= from_s]


def _thinned(points: Sequence[Point]) -> list[Point]:
    block = math.ceil(len(points) / MOST_POINTS)
    if block <= 1:
        return list(points)
    blocks = [points[start : start + block] for start in range(0, len(points), block)]
    return [(statistics.median(at for at, _ in one), statistics.median(value for _, value in one)) for one in blocks]
