"""A simulated camera behind the interface of OpenCV's `VideoCapture`: the lowest seam of the camera driver.

It behaves as a USB camera does: `grab` waits for the next frame at 30 a second, and a reader that falls behind
first gets up to four old frames, which were queued for it.
"""

from pathlib import Path

import cv2

from drivers.simulated.frames import LATENCY_S, FrameSubscriber, Image
from kiosk.errors import DeviceLost
from kiosk.frame_ring import SHARED
from kiosk.ports import Clock

QUEUED = 4
"""Frames that the kernel's video driver holds for a slow reader."""
SILENT_S = 1.0
"""A camera that gives nothing for so long is gone."""


class SimulatedCapture:
    """The part of `cv2.VideoCapture` that the camera driver uses, over frames of the simulated world."""

    def __init__(self, name: str, clock: Clock, *, directory: Path = SHARED) -> None:
        self._frames = FrameSubscriber(name, clock, directory=directory)
        self._began = clock.monotonic()
        self._index = 0
        self._frame: tuple[float, Image] | None = None
        self._released = False

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        """Say whether the camera is there."""
        return not self._released and self._frames.attached()

    def grab(self) -> bool:
        """Wait for the next frame; False when the camera is gone."""
        self._frame = None
        try:
            while frame := self._frames.wait(self._index, SILENT_S, depth=QUEUED if self._index else 1):
                self._index, captured_at, image = frame
                # What a world that has died left in the memory was captured before this stream began.
                if captured_at + LATENCY_S >= self._began:
                    self._frame = captured_at, image
                    return True
        except DeviceLost:
            pass
        return False

    def retrieve(self) -> tuple[bool, Image | None]:
        """Return the grabbed frame."""
        return (False, None) if self._frame is None else (True, self._frame[1])

    def read(self) -> tuple[bool, Image | None]:
        """Grab and retrieve."""
        self.grab()
        return self.retrieve()

    def get(self, property_id: int) -> float:
        """Return a property: the time of the frame on the monotonic clock in milliseconds, or its size."""
        if self._frame is None:
            return 0.0
        captured_at, image = self._frame
        sizes = {cv2.CAP_PROP_FRAME_WIDTH: image.shape[1], cv2.CAP_PROP_FRAME_HEIGHT: image.shape[0]}
        return captured_at * 1000 if property_id == cv2.CAP_PROP_POS_MSEC else float(sizes.get(property_id, 0))

    def set(self, property_id: int, value: float) -> bool:
        """Refuse: this camera has one mode."""
        del property_id, value
        return False

    def release(self) -> None:
        """Let go of the camera. Idempotent."""
        self._released = True
        self._frames.close()
