"""From the sensor's values to a person's temperature. Pure: values and their times in, an observation out.

    absent --(object leaves the empty scene)--> present, unsettled --(values agree)--> present, with a reading

Whatever hides part of a forehead, a hat, a turned head, a step aside, brings the object back toward the empty scene.
So of several plateaus the one that lies farthest from it is held, for a while. A single value never counts.

Nothing bends a value toward normal: object and ambient are reported as averaged, and the step from forehead skin
to body is one named formula (`kiosk.calibration`).
"""

import math
from collections import deque
from dataclasses import dataclass
from itertools import pairwise

from drivers.sensor_watch import SensorWatch
from kiosk.calibration import FACTORY, Calibration
from kiosk.evidence import Doubt, Observation, Reading
from kiosk.units import Celsius, Monotonic, Seconds

NOISE_C = 0.06
"""Standard deviation of one value: 0.05 of noise (MLX90614 at FIR 1024, no IIR) and the step of 0.02."""
AGREE_C = 0.25
"""Values within this span agree: the range of three values with NOISE_C stays within it 99 times in 100."""
SAME_C = 0.1
"""A plateau within this of the farthest one is the same forehead, and refines it."""
HOTTEST_C = 41.0
"""No skin is warmer: a cup, a cigarette, a lamp. Such a value is no forehead's, and others are waited for."""
PARTIAL_C = 35.0
"""No body that walks is cooler, so the forehead did not fill the field; as with every reading, the raw values are kept."""
ENOUGH = 3
WINDOW = 12
"""Values averaged at most: one second's worth, so that a reading follows whoever stands there."""
HOLD_S = 3.0
"""So long a plateau is held against later ones nearer to the empty scene: whoever stands there then is measured anew."""
ALERTED_C = 1.0
"""Where the camera or a visit says that somebody is there, so little of a change is them: on a hot day skin and air
differ by no more. In either direction, for a forehead may be cooler than a wall in the sun."""
WARM_SCENE_C = 29.0
"""In a cooler scene a forehead shows by itself, and a tree that moves before the camera shall not lower the limit."""
FAR_M = 0.75
"""At 5 degrees the field is 6.5 cm wide there, and a forehead no longer fills it."""
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
    """What one look at the sensor gave, and how far away the forehead was, where something measures that."""

    object_c: Celsius
    ambient_c: Celsius
    at: Monotonic
    distance_m: float | None = None


def settling_values(iir_code: int) -> int:
    """How many values after a step still carry more than 0.05 degrees of it."""
    weight = IIR_WEIGHT[iir_code]
    return 0 if weight >= 1 else math.ceil(math.log(0.05 / STEP_C) / math.log(1 - weight))


class Estimator:
    """Presence and temperature of whoever stands in the field. One per sensor, fed in order of time."""

    def __init__(self, *, presence_c: float = 4.0, calibration: Calibration = FACTORY, iir_code: int = 4) -> None:
        self._presence_c = presence_c
        self._calibration = calibration
        self._label = calibration.label
        self.iir_code = iir_code
        self._unsettled = settling_values(iir_code)
        self._watch = SensorWatch(calibration)
        self._baseline: float | None = None
        self._newest: Sample | None = None
        self._began_at: Monotonic | None = None
        self._seen: deque[Sample] = deque(maxlen=WINDOW)
        self._skip = 0
        self._best: Reading | None = None
        self._peak = -math.inf

    def feed(self, sample: Sample, *, someone: bool = False) -> Observation:
        """Take a sample in and say what is seen now. Repeats of a value already taken in add nothing.

        `someone`: something else than the sensor says that somebody is there.
        """
        newest = self._newest
        if newest is None or _is_fresh(sample, newest):
            self._newest = sample
            self._take(sample, newest, someone)
            self._watch.feed(sample.object_c, sample.ambient_c, sample.at, present=self._began_at is not None)
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

    def _take(self, sample: Sample, before: Sample | None, someone: bool) -> None:
        if self._baseline is None:
            # Not the object itself: somebody may be standing there already.
            self._baseline = float(sample.ambient_c)
        excess, presence_c = sample.object_c - self._baseline, self._presence_c
        if someone and self._baseline > WARM_SCENE_C:
            excess, presence_c = abs(excess), ALERTED_C
        if self._began_at is None:
            if excess <= presence_c:
                elapsed = 0.0 if before is None else sample.at - before.at
                self._baseline += (sample.object_c - self._baseline) * -math.expm1(-elapsed / BASELINE_S)
                return
            self._began_at = sample.at
            self._skip = self._unsettled
        elif sample.at - self._began_at > RELEARN_S:
            self._baseline = float(sample.object_c)
            self._leave()
            return
        elif excess < presence_c / 2:
            self._leave()
            return
        self._settle(sample)

    def _leave(self) -> None:
        self._began_at = None
        self._best = None
        self._seen.clear()

    def _settle(self, sample: Sample) -> None:
        if self._skip > 0:
            self._skip -= 1
            return
        if sample.object_c > HOTTEST_C:
            return
        self._seen.append(sample)
        if plateau := self._plateau():
            self._hold(self._average(plateau))

    def _plateau(self) -> list[Sample]:
        """The values farthest from the empty scene that agree, one after the other or not; empty if they are not enough."""
        away = sorted(self._seen, key=self._away, reverse=True)
        for number in range(len(away) - ENOUGH + 1):
            top = self._away(away[number])
            agreeing = [sample for sample in away[number:] if top - self._away(sample) <= AGREE_C]
            if len(agreeing) >= ENOUGH:
                return [] if _climbs(agreeing, self._seen) else agreeing
        return []

    def _hold(self, reading: Reading) -> None:
        """Keep a plateau: one that is as far from the empty scene as the farthest was, or any once that is long ago."""
        away = self._away(reading)
        if self._best is None or away > self._peak or reading.at - self._best.at > HOLD_S:
            self._peak = away
        if away >= self._peak - SAME_C:
            self._best = reading

    def _away(self, seen: Sample | Reading) -> float:
        """How far a value lies from the empty scene, on the side where skin lies of it."""
        away = seen.object_c - (self._baseline or 0.0)
        return away if seen.object_c >= seen.ambient_c else -away

    def _average(self, plateau: list[Sample]) -> Reading:
        count = len(plateau)
        object_c = math.fsum(sample.object_c for sample in plateau) / count
        ambient_c = math.fsum(sample.ambient_c for sample in plateau) / count
        newest = max(plateau, key=lambda sample: sample.at)
        body_c = self._calibration.body(object_c, ambient_c, newest.distance_m)
        return Reading(
            object_c=Celsius(object_c),
            ambient_c=Celsius(ambient_c),
            body_c=body_c,
            uncertainty_c=self._calibration.half_width(NOISE_C / math.sqrt(count)),
            samples=count,
            calibration=self._label,
            began_at=newest.at if self._began_at is None else self._began_at,
            at=newest.at,
            quality=self._quality(plateau, ambient_c, body_c),
        )

    def _quality(self, plateau: list[Sample], ambient_c: float, body_c: float) -> tuple[Doubt, ...]:
        found = self._watch.doubts(ambient_c)
        distance_m = plateau[0].distance_m
        if len(plateau) < len(self._seen) / 2:
            found += (Doubt.UNSTEADY,)
        if body_c < PARTIAL_C:
            found += (Doubt.PARTIAL,)
        if distance_m is not None and distance_m > FAR_M:
            found += (Doubt.FAR,)
        return found


def _is_fresh(sample: Sample, newest: Sample) -> bool:
    same = sample.object_c == newest.object_c and sample.ambient_c == newest.ambient_c
    return not same or sample.at - newest.at > LONGEST_UPDATE_S


def _climbs(plateau: list[Sample], seen: deque[Sample]) -> bool:
    """Whether few values are a slow climb: the newest in a row, every step up, and together more than noise would give."""
    if len(plateau) > ENOUGH:
        return False
    newest = list(seen)[-ENOUGH:]
    if any(sample not in plateau for sample in newest):
        return False
    values = [sample.object_c for sample in newest]
    return all(later > earlier for earlier, later in pairwise(values)) and values[-1] - values[0] > 3 * NOISE_C
