"""The Pi's own camera behind the shape of any other, with its library played."""

from typing import Any

import cv2
import numpy as np
import pytest

from drivers.picamera import PiCapture, open_picamera
from kiosk.errors import DeviceLost, UsageError


class Request:
    def __init__(self, level: int) -> None:
        self.level = level
        self.released = 0

    def make_array(self, name: str) -> Any:
        assert name == "main"
        return np.full((4, 6, 3), self.level, np.uint8)

    def get_metadata(self) -> dict[str, int]:
        return {"SensorTimestamp": 7_000_000_000 + self.level}

    def release(self) -> None:
        self.released += 1


class Device:
    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.closed = 0
        self.broken = False

    def capture_request(self) -> Request:
        if self.broken:
            raise RuntimeError("camera timed out")
        self.requests.append(Request(len(self.requests) + 1))
        return self.requests[-1]

    def close(self) -> None:
        self.closed += 1


def test_each_frame_comes_with_its_time_and_its_buffer_goes_back() -> None:
    device = Device()
    capture = PiCapture(device)
    assert capture.grab()
    assert capture.get(cv2.CAP_PROP_POS_MSEC) == pytest.approx(7000.0)
    taken, picture = capture.retrieve()
    assert taken
    assert picture is not None
    assert (picture.shape, int(picture[0, 0, 0])) == ((4, 6, 3), 1)
    assert capture.retrieve() == (False, None)
    capture.grab()
    capture.grab()
    assert [request.released for request in device.requests] == [1, 1, 0]
    capture.release()
    assert [request.released for request in device.requests] == [1, 1, 1]
    assert device.closed == 1


def test_a_sensor_that_gives_no_frame_is_lost() -> None:
    device = Device()
    device.broken = True
    with pytest.raises(DeviceLost, match="no frame"):
        PiCapture(device).grab()


def test_without_the_library_it_is_said_what_to_install() -> None:
    with pytest.raises(UsageError, match="python3-picamera2"):
        open_picamera(1280, 720, 30)
