"""Whether the sensor itself is fit to measure: warmed up, and still where it was when it was calibrated. Pure."""

import math
from collections import deque

from kiosk.calibration import Calibration
from kiosk.evidence import Doubt
from kiosk.units import Monotonic

SLOPE_OVER_S = 30.0
SLOPE_AFTER_S = 10.0
"""A slope over less is noise."""
STEADY_C_PER_S = 0.5 / 60
"""A chip that has just got power, or whose housing is in the sun, warms faster; its object values then lag behind."""
EMPTY_OVER_S = 600.0
"""Time constant at which the empty scene is averaged."""
EMPTY_AFTER_S = 60.0
DRIFT_C = 3.0
"""A wall follows the air within less; beyond it somebody has turned the kiosk, the sun shines in, or the sensor drifts."""
EVERY_S = 1.0


class SensorWatch:
    """Looks at the ambient temperature and the empty scene. Fed with every new value, in order of time."""

    def __init__(self, calibration: Calibration) -> None:
        self._calibration = calibration
        self._ambient: deque[tuple[float, float]] = deque(maxlen=round(SLOPE_OVER_S / EVERY_S) + 1)
        self._empty: float | None = None
        self._empty_s = 0.0
        self._last_empty: float | None = None

    def feed(self, object_c: float, ambient_c: float, at: Monotonic, *, present: bool) -> None:
        """Take a value in; `present`: somebody stands before the scene."""
        if not self._ambient or at - self._ambient[-1][0] >= EVERY_S:
            self._ambient.append((at, ambient_c))
        if present:
            self._last_empty = None
            return
        above = object_c - ambient_c
        elapsed = 0.0 if self._last_empty is None else at - self._last_empty
        self._last_empty = at
        self._empty_s += elapsed
        self._empty = (
            above if self._empty is None else self._empty + (above - self._empty) * -math.expm1(-elapsed / EMPTY_OVER_S)
        )

    def doubts(self, ambient_c: float) -> tuple[Doubt, ...]:
        """What speaks against a reading taken now, in air of this temperature."""
        low, high = self._calibration.ambient_c
        found = []
        if abs(self.slope_c_per_s) > STEADY_C_PER_S:
            found.append(Doubt.WARMING_UP)
        if self._drifts():
            found.append(Doubt.DRIFTING)
        if not low <= ambient_c <= high:
            found.append(Doubt.AMBIENT)
        return tuple(found)

    @property
    def slope_c_per_s(self) -> float:
        """How fast the chip grows warmer; 0 while too little of it was seen."""
        if len(self._ambient) < 2 or self._ambient[-1][0] - self._ambient[0][0] < SLOPE_AFTER_S:
            return 0.0
        (first, cold), (last, warm) = self._ambient[0], self._ambient[-1]
        return (warm - cold) / (last - first)

    def _drifts(self) -> bool:
        if self._empty is None or self._empty_s < EMPTY_AFTER_S:
            return False
        return abs(self._empty - (self._calibration.empty_c or 0.0)) > DRIFT_C
