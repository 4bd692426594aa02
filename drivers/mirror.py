"""The eyes' side of the mirror: frames made small and given to the screen, at its pace. Never holds up the eyes."""

import cv2
import numpy as np

from drivers.camera import Frame
from drivers.engines import Found
from kiosk.lines import get_logger
from kiosk.preview import PreviewPublisher
from kiosk.units import Monotonic
from kiosk.view import Hint

WIDTH, HEIGHT = 640, 360
EVERY_S = 1 / 15
SLACK_S = 0.01
"""Of a camera at 30 frames a second every other one is shown, however they jitter."""

_log = get_logger()


class Mirror:
    """Shows what the camera sees while somebody is here. One thread."""

    def __init__(self, publisher: PreviewPublisher, *, every_s: float = EVERY_S) -> None:
        self._publisher = publisher
        self._every_s = every_s
        self._shown_at = 0.0
        self._well = True

    def show(self, frame: Frame, codes: tuple[Found, ...], hint: Hint | None) -> None:
        """Show a frame with its codes, unless the last one was shown just before."""
        if frame.captured_at - self._shown_at < self._every_s - SLACK_S:
            return
        self._shown_at = frame.captured_at
        height, width = frame.image.shape[:2]
        scale = min(WIDTH / width, HEIGHT / height, 1.0)
        size = max(1, round(width * scale)), max(1, round(height * scale))
        small = cv2.resize(frame.image, size, interpolation=cv2.INTER_AREA)
        rgb = np.ascontiguousarray(cv2.cvtColor(small, cv2.COLOR_BGR2RGB))
        places = tuple(tuple((round(x * scale), round(y * scale)) for x, y in code.corners) for code in codes)
        try:
            self._publisher.publish(rgb.data, size, Monotonic(frame.captured_at), places, hint)
        except OSError as error:
            if self._well:
                _log.warning("the mirror has no memory", reason=error.strerror)
            self._well = False
        else:
            self._well = True

    def close(self) -> None:
        """Take the picture away, as when nobody is here; `show` begins again. Idempotent."""
        self._publisher.close()
