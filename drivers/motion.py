"""Whether a picture moves: a cheap look at few of its pixels, to know when somebody comes."""

import cv2
import numpy as np

from drivers.pictures import Picture

STEP = 12
"""Every twelfth pixel of every twelfth row: 107x60 of a 720p picture."""
COMPARED_S = 0.08
"""How far apart the compared pictures are at least: somebody who walks moves by many pixels meanwhile."""
CHANGED_LEVELS = 18
"""Grey levels, well above the noise of a camera after smoothing."""
CHANGED_SHARE = 0.008
"""Of the picture. A hand with a phone is about a tenth of it, its trembling a few thousandths."""
STILL_AFTER_S = 1.0


class Motion:
    """Compares frames in the order of time. One thread."""

    def __init__(self) -> None:
        self.moving = False
        self._before: Picture | None = None
        self._before_at = 0.0
        self._moved_at = 0.0

    def watch(self, image: Picture, at: float) -> bool:
        """Look at a BGR frame captured at `at`; return whether the picture began or ceased to move with it."""
        if self._before is not None and at - self._before_at < COMPARED_S:
            return False
        few = cv2.blur(np.ascontiguousarray(image[::STEP, ::STEP, 1]), (3, 3))
        now = np.asarray(few, np.uint8)
        before, self._before, self._before_at = self._before, now, at
        if before is None or before.shape != now.shape:
            return False
        changed = int(np.count_nonzero(cv2.absdiff(now, before) > CHANGED_LEVELS)) / now.size
        if changed >= CHANGED_SHARE:
            self._moved_at = at
        moving = changed >= CHANGED_SHARE or (self.moving and at - self._moved_at < STILL_AFTER_S)
        was, self.moving = self.moving, moving
        return moving != was
