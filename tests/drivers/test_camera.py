"""The camera's thread: the newest frame, its time, its pace and its loss."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from queue import SimpleQueue

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.camera import Camera, Frame
from kiosk.errors import DeviceLost
from tests.drivers.worlds import MovedClock

PATIENCE_S = 10.0


@dataclass(frozen=True)
class Coming:
    """A frame to come: what it shows, its age by the driver's stamp (None: no stamp), how long `grab` waits for it."""

    level: int
    age_s: float | None = 0.01
    wait_s: float = 1 / 30


class Device:
    """A device that gives the frames put in; None unplugs it."""

    def __init__(self, clock: MovedClock) -> None:
        self.coming: SimpleQueue[Coming | None] = SimpleQueue()
        self.released = threading.Event()
        self.idle = threading.Semaphore(0)
        self.retrieved: list[int] = []
        self._clock = clock
        self._level = 0
        self._stamp = 0.0

    def grab(self) -> bool:
        self.idle.release()
        frame = self.coming.get(timeout=PATIENCE_S)
        if frame is None:
            return False
        self._clock.move(frame.wait_s)
        self._level = frame.level
        self._stamp = 0.0 if frame.age_s is None else self._clock.monotonic() - frame.age_s
        return True

    def retrieve(self) -> tuple[bool, NDArray[np.uint8] | None]:
        self.retrieved.append(self._level)
        return True, np.full((4, 4, 3), self._level, np.uint8)

    def get(self, property_id: int, /) -> float:
        return self._stamp * 1000 if property_id == cv2.CAP_PROP_POS_MSEC else 0.0

    def release(self) -> None:
        self.released.set()

    def give(self, *frames: Coming) -> None:
        """Give the frames, and wait until the camera has done with them and asks for more."""
        for frame in frames:
            self.coming.put(frame)
        for _ in frames:
            assert self.idle.acquire(timeout=PATIENCE_S)


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock(500.0)


@pytest.fixture
def device(clock: MovedClock) -> Device:
    return Device(clock)


@pytest.fixture
def camera(device: Device, clock: MovedClock) -> Iterator[Camera]:
    camera = Camera(device, name="under test", fps=30, clock=clock)
    assert device.idle.acquire(timeout=PATIENCE_S)
    yield camera
    device.coming.put(None)
    camera.close()


def level(frame: Frame | None) -> int | None:
    return None if frame is None else int(frame.image[0, 0, 0])


def test_only_the_newest_frame_is_kept(camera: Camera, device: Device) -> None:
    device.give(Coming(1), Coming(2), Coming(3))
    frame = camera.newest(0, 0.0)
    assert frame is not None
    assert level(frame) == 3
    assert camera.newest(frame.index, 0.0) is None


def test_it_says_whether_a_frame_has_been_overtaken(camera: Camera, device: Device) -> None:
    assert not camera.has_newer(0)
    device.give(Coming(1))
    frame = camera.newest(0, 0.0)
    assert frame is not None
    assert not camera.has_newer(frame.index)
    device.give(Coming(2))
    assert camera.has_newer(frame.index)


def test_newest_waits_for_a_frame_that_comes(camera: Camera, device: Device) -> None:
    threading.Timer(0.02, device.coming.put, [Coming(9)]).start()
    assert level(camera.newest(0, PATIENCE_S)) == 9


def test_the_devices_time_stamp_is_the_frames_time(camera: Camera, device: Device, clock: MovedClock) -> None:
    device.give(Coming(1, age_s=0.07))
    frame = camera.newest(0, 0.0)
    assert frame is not None
    assert frame.captured_at == pytest.approx(clock.at - 0.07)


@pytest.mark.parametrize("age_s", [None, 400.0, -3.0], ids=["no stamp", "another clock", "the future"])
def test_a_stamp_that_is_not_of_this_clock_is_not_believed(
    camera: Camera, device: Device, clock: MovedClock, age_s: float | None
) -> None:
    device.give(Coming(1, age_s=age_s))
    frame = camera.newest(0, 0.0)
    assert frame is not None
    assert frame.captured_at == clock.at


def test_frames_that_are_older_than_usual_and_did_not_wait_come_out_of_a_queue(camera: Camera, device: Device) -> None:
    device.give(Coming(1, 0.05), Coming(2, 0.20, 0.0), Coming(3, 0.17, 0.0), Coming(4, 0.05, 0.0))
    assert device.retrieved == [1, 4]


def test_without_stamps_frames_that_did_not_wait_come_out_of_a_queue(camera: Camera, device: Device) -> None:
    device.give(Coming(1, None), Coming(2, None, 0.0), Coming(3, None, 0.0), Coming(4, None))
    assert device.retrieved == [1, 4]


def test_a_camera_whose_frames_are_always_old_is_still_seen(camera: Camera, device: Device) -> None:
    device.give(Coming(1), *(Coming(number, 0.5, wait_s=0.0) for number in range(2, 12)))
    assert device.retrieved == [1, 6, 11]


def test_a_camera_that_has_become_slow_is_still_seen(camera: Camera, device: Device) -> None:
    device.give(Coming(1), *(Coming(number, 0.5) for number in range(2, 5)))
    assert device.retrieved == [1, 2, 3, 4]


def test_at_a_slow_pace_frames_are_grabbed_but_not_unpacked(camera: Camera, device: Device) -> None:
    camera.pace(10)
    device.give(*(Coming(number) for number in range(1, 10)))
    assert device.retrieved == [1, 4, 7]
    camera.pace(1000)
    device.give(Coming(10), Coming(11))
    assert device.retrieved[-2:] == [10, 11]


def test_a_camera_that_ends_is_lost_after_its_last_frame(camera: Camera, device: Device) -> None:
    device.give(Coming(1))
    device.coming.put(None)
    assert device.released.wait(PATIENCE_S)
    frame = camera.newest(0, PATIENCE_S)
    assert frame is not None
    assert level(frame) == 1
    with pytest.raises(DeviceLost, match="no more frames"):
        camera.newest(frame.index, PATIENCE_S)


def test_a_lost_camera_wakes_whoever_waits_for_a_frame(camera: Camera, device: Device) -> None:
    threading.Timer(0.02, device.coming.put, [None]).start()
    with pytest.raises(DeviceLost):
        camera.newest(0, PATIENCE_S)


def test_a_closed_camera_lets_go_of_its_device(clock: MovedClock) -> None:
    device = Device(clock)
    camera = Camera(device, name="under test", fps=30, clock=clock)
    threading.Timer(0.02, device.coming.put, [Coming(1)]).start()
    camera.close()
    camera.close()
    assert device.released.is_set()
    with pytest.raises(DeviceLost, match="closed"):
        camera.newest(1, 0.0)


def test_a_frame_that_cannot_be_unpacked_is_left_out(clock: MovedClock) -> None:
    class Flickering(Device):
        def retrieve(self) -> tuple[bool, NDArray[np.uint8] | None]:
            return super().retrieve() if self._level != 2 else (False, None)

    device = Flickering(clock)
    camera = Camera(device, name="under test", fps=30, clock=clock)
    assert device.idle.acquire(timeout=PATIENCE_S)
    device.give(Coming(1), Coming(2))
    assert level(camera.newest(0, 0.0)) == 1
    device.coming.put(None)
    camera.close()


def test_a_failure_of_the_driver_is_a_lost_camera(clock: MovedClock) -> None:
    class Failing(Device):
        def retrieve(self) -> tuple[bool, NDArray[np.uint8] | None]:
            raise cv2.error("corrupt frame")

    device = Failing(clock)
    camera = Camera(device, name="under test", fps=30, clock=clock)
    device.coming.put(Coming(1))
    with pytest.raises(DeviceLost, match="corrupt frame"):
        camera.newest(0, PATIENCE_S)
    assert device.released.is_set()
    camera.close()
