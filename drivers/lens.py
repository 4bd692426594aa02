"""Whether a camera sees anything: a picture that stands still to the last bit, is black, or is all of one shade.

A sensor has noise: two frames that are the same to the last level are one frame, given twice by a driver that hangs.
Somebody's hand, tape or paint before the lens gives a picture without any contrast; a dead sensor, or night, a black one.
"""

import math
from enum import StrEnum

import cv2
import numpy as np

from drivers.pictures import Picture

STEP = 8
"""Every eighth pixel of every eighth row."""
LOOK_EVERY_S = 0.25
"""Judging costs about half of what reading a frame does, and a code must not wait for it."""
BLIND_AFTER_S, FROZEN_AFTER_S = 3.0, 3.0
"""A hand that goes by is no cover; a frame may be given twice."""
BLACK = 12
"""No part of the picture is lighter, but for one pixel in a hundred that is broken."""
SHADES = 4.0
"""How much a picture scatters, in levels, after its noise was averaged away: a plain wall in even light has twice that."""
SMOOTHED = 9
DETAIL = 24
"""How far a pixel is from its surroundings where there is something small to see, such as a code: beyond all noise."""


class Blind(StrEnum):
    """Why nothing can be seen."""

    FROZEN = "the picture does not change"
    BLACK = "the picture is black"
    COVERED = "the picture is of one shade"


class Lens:
    """Looks at frames in the order of time. One thread. `replayed`: pictures that may stand still for ever."""

    def __init__(self, *, replayed: bool = False) -> None:
        self._replayed = replayed
        self._before: Picture | None = None
        self._changed_at: float | None = None
        self._seen_at: float | None = None
        self._looked_at = -math.inf
        self._blind: Blind | None = None

    def watch(self, image: Picture, at: float) -> Blind | None:
        """Take a BGR frame captured at `at`; return what has been wrong for long enough."""
        if at - self._looked_at >= LOOK_EVERY_S:
            self._looked_at = at
            self._blind = self._look(image, at)
        return self._blind

    def _look(self, image: Picture, at: float) -> Blind | None:
        few = np.ascontiguousarray(image[::STEP, ::STEP, 1])
        before, self._before = self._before, few
        if self._replayed or before is None or self._changed_at is None or not np.array_equal(few, before):
            self._changed_at = at
        blind = _blindness(few)
        if blind is None or self._seen_at is None:
            self._seen_at = at
        if blind is not None and at - self._seen_at >= BLIND_AFTER_S:
            return blind
        return Blind.FROZEN if at - self._changed_at >= FROZEN_AFTER_S else None


def _blindness(few: Picture) -> Blind | None:
    if float(np.percentile(few, 99)) < BLACK:
        return Blind.BLACK
    smooth = np.asarray(cv2.blur(few, (SMOOTHED, SMOOTHED)), np.uint8)
    plain = float(np.std(smooth)) < SHADES and float(np.percentile(cv2.absdiff(few, smooth), 99)) < DETAIL
    return Blind.COVERED if plain else None
