"""From the sensor's values to a person's temperature. Pure: values and their times in, an observation out.

    absent --(object rises above the empty scene)--> present, unsettled --(values agree)--> present, with a reading

Nothing bends a value toward normal: object and ambient are reported as averaged, and the step from forehead skin
to body is one named formula.
"""

import math
from collections import deque
from dataclasses import dataclass
from itertools import pairwise

from kiosk.model import Celsius, Monotonic, Observation, Reading, Seconds

SKIN_TO_BODY = 0.184
"""Forehead skin lies below the core by a share of how far it lies above the ambient air: body = object + 0.184 *
(object - ambient). The factor is an assumption, not a measurement: calibrate each site; `drivers.forehead/1`."""
FORMULA = "drivers.forehead/1"
NOISE_C = 0.06
"""Standard deviation of one value: 0.05 of noise (MLX90614 at FIR 1024, no IIR) and the step of 0.02."""
SENSOR_HALF_WIDTH_C = 0.2
"""Assumed for the medical grade near body temperature; to be checked against the unit's own data sheet."""
PERSON_HALF_WIDTH_C = 0.22
"""What the one formula leaves between persons. Assumed until a site has calibrated with a clinical one."""
AGREE_C = 0.25
"""Values within this span agree: the range of three values with NOISE_C stays within it 99 times in 100."""
ENOUGH = 3
WINDOW = 12
"""Values averaged at most: one second's worth, so that a reading follows whoever stands there."""
SHORTEST_UPDATE_S = 0.065
LONGEST_UPDATE_S = 0.105
"""The chip has a new value every 85 ms, up to a fifth sooner or later; the same pair seen after that is a new one."""
LOOK_EVERY = Seconds(0.04)
"""While nobody waits for a reading: no value is missed, and the processor rests."""
LOOK_SOON = Seconds(0.005)
"""While somebody waits, from when a new value may be there: each of three must be seen as soon as it is."""
BASELINE_S = 20.0
"""Time constant at which the empty scene is followed."""
RELEARN_S = 120.0
"""Whatever has stood there for so long is part of the scene: a sunlit wall must not block the gate."""
IIR_WEIGHT = (0.5, 0.25, 0.17, 0.13, 1.0, 0.8, 0.67, 0.57)
"""Weight of the newest value by IIR code. Codes 0 and 4 agree with the settling times of 0.87 s and 0.10 s."""
STEP_C = 15.0
"""The largest step expected when a forehead enters; with weights below 1 it must have died away."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What one look at the sensor gave."""

    object_c: Celsius
    ambient_c: Celsius
    at: Monotonic


def settling_values(iir_code: int) -> int:
    """How many values after a step still carry more than 0.05 degrees of it."""
    weight = IIR_WEIGHT[iir_code]
    return 0 if weight >= 1 else math.ceil(math.log(0.05 / STEP_C) / math.log(1 - weight))


def half_width(samples: int) -> Celsius:
    """95 % half-width of a mean of `samples` values, in root sum of squares with sensor and person."""
    noise = 1.96 * NOISE_C / math.sqrt(samples)
    return Celsius(math.hypot(noise, SENSOR_HALF_WIDTH_C, PERSON_HALF_WIDTH_C))


def body_from_skin(object_c: float, ambient_c: float, offset_c: float) -> Celsius:
    """Return body temperature from forehead skin and ambient, and the site's own offset."""
    return Celsius(object_c + SKIN_TO_BODY * (object_c - ambient_c) + offset_c)


class Estimator:
    """Presence and temperature of whoever stands in the field. One per sensor, fed in order of time."""

    def __init__(
        self, *, presence_c: float = 4.0, offset_c: float = 0.0, calibration: str = "factory", iir_code: int = 4
    ) -> None:
        self._presence_c = presence_c
        self._offset_c = offset_c
        self._calibration = f"{calibration}+{FORMULA}"
        self.iir_code = iir_code
        self._unsettled = settling_values(iir_code)
        self._baseline: float | None = None
        self._newest: Sample | None = None
        self._began_at: Monotonic | None = None
        self._run: deque[Sample] = deque(maxlen=WINDOW)
        self._skip = 0
        self._best: Reading | None = None

    def feed(self, sample: Sample) -> Observation:
        """Take a sample in and say what is seen now. Repeats of a value already taken in add nothing."""
        newest = self._newest
        if newest is None or _is_fresh(sample, newest):
            self._newest = sample
            self._take(sample, newest)
        return Observation(self._began_at is not None, sample.at, self._best)

    def rest_s(self, now: Monotonic) -> Seconds:
        """How long the next look can wait. A look that finds nothing new costs two transfers on the bus."""
        if self._began_at is None or self._best is not None or self._newest is None:
            return LOOK_EVERY
        return Seconds(max(LOOK_SOON, self._newest.at + SHORTEST_UPDATE_S - now))

    def interrupt(self) -> None:
        """Forget whoever stood there, as after a gap in the samples; the empty scene is still known."""
        self._leave()
        self._newest = None

    def _take(self, sample: Sample, before: Sample | None) -> None:
        if self._baseline is None:
            # Not the object itself: somebody may be standing there already.
            self._baseline = float(sample.ambient_c)
        excess = sample.object_c - self._baseline
        if self._began_at is None:
            if excess <= self._presence_c:
                elapsed = 0.0 if before is None else sample.at - before.at
                self._baseline += excess * -math.expm1(-elapsed / BASELINE_S)
                return
            self._began_at = sample.at
            self._skip = self._unsettled
        elif sample.at - self._began_at > RELEARN_S:
            self._baseline = float(sample.object_c)
            self._leave()
            return
        elif excess < self._presence_c / 2:
            self._leave()
            return
        self._settle(sample)

    def _leave(self) -> None:
        self._began_at = None
        self._best = None
        self._run.clear()

    def _settle(self, sample: Sample) -> None:
        if self._skip > 0:
            self._skip -= 1
            return
        self._run.append(sample)
        # What no longer agrees with the newest value belongs to the way there, or to somebody else.
        while _span(self._run) > AGREE_C:
            self._run.popleft()
        if len(self._run) >= ENOUGH and not _climbs(self._run):
            self._best = self._average()

    def _average(self) -> Reading:
        count = len(self._run)
        object_c = math.fsum(sample.object_c for sample in self._run) / count
        ambient_c = math.fsum(sample.ambient_c for sample in self._run) / count
        newest = self._run[-1].at
        return Reading(
            object_c=Celsius(object_c),
            ambient_c=Celsius(ambient_c),
            body_c=body_from_skin(object_c, ambient_c, self._offset_c),
            uncertainty_c=half_width(count),
            samples=count,
            calibration=self._calibration,
            began_at=newest if self._began_at is None else self._began_at,
            at=newest,
        )


def _is_fresh(sample: Sample, newest: Sample) -> bool:
    same = sample.object_c == newest.object_c and sample.ambient_c == newest.ambient_c
    return not same or sample.at - newest.at > LONGEST_UPDATE_S


def _span(run: deque[Sample]) -> float:
    values = [sample.object_c for sample in run]
    return max(values) - min(values)


def _climbs(run: deque[Sample]) -> bool:
    """Whether a short run is a slow climb: every step up, and together more than noise would give."""
    if len(run) > ENOUGH:
        return False
    values = [sample.object_c for sample in run]
    return all(later > earlier for earlier, later in pairwise(values)) and values[-1] - values[0] > 3 * NOISE_C
