"""The Raspberry Pi's own camera through picamera2, which is Raspberry Pi OS's: `apt install python3-picamera2`."""

import time
from importlib import import_module
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.errors import DeviceLost, UsageError


class Device(Protocol):
    """What is needed of `picamera2.Picamera2`."""

    def capture_request(self) -> Any:
        """Wait for the next frame: a request with `make_array(name)`, `get_metadata()` and `release()`."""

    def close(self) -> None:
        """Stop, and let go of the sensor."""


class PiCapture:
    """Frames of a started device, in the shape of `cv2.VideoCapture`. One thread."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._request: Any = None
        self._stamp_ms = 0.0

    def grab(self) -> bool:
        """Wait for the next frame. Raises DeviceLost when the sensor gives none."""
        self._let_go()
        try:
            self._request = self._device.capture_request()
            stamp_ns = self._request.get_metadata().get("SensorTimestamp", 0)
        except (RuntimeError, OSError) as error:
            raise DeviceLost("the Pi's camera gives no frame") from error
        # libcamera stamps on the boot's clock, which runs on in suspension; a kiosk is never suspended.
        self._stamp_ms = stamp_ns / 1e6 if stamp_ns else time.monotonic() * 1000
        return True

    def retrieve(self) -> tuple[bool, NDArray[np.uint8] | None]:
        """Return the grabbed frame in BGR, which picamera2 calls RGB888."""
        if self._request is None:
            return False, None
        picture = np.array(self._request.make_array("main"), np.uint8, copy=True)
        self._let_go()
        return True, picture

    def get(self, property_id: int, /) -> float:
        """Return when the frame was captured; no other property is known."""
        return self._stamp_ms if property_id == cv2.CAP_PROP_POS_MSEC else 0.0

    def release(self) -> None:
        """Let go of the camera. Idempotent."""
        self._let_go()
        self._device.close()

    def _let_go(self) -> None:
        request, self._request = self._request, None
        if request is not None:
            request.release()


def open_picamera(width: int, height: int, fps: int) -> PiCapture:
    """Open and start the first camera. Raises DeviceLost when there is none, UsageError without picamera2."""
    try:
        library = import_module("picamera2")
    except ImportError as error:
        raise UsageError(
            "[camera] source picamera2 needs the system's package python3-picamera2, and a .venv that sees it"
        ) from error
    try:
        device = library.Picamera2()
        device.configure(
            device.create_video_configuration(
                main={"size": (width, height), "format": "RGB888"}, controls={"FrameRate": fps}, buffer_count=3, queue=False
            )
        )
        device.start()
    except (RuntimeError, IndexError, OSError) as error:
        raise DeviceLost("the Pi's camera cannot be opened") from error
    return PiCapture(device)
