"""The simulated camera behind OpenCV's interface, alone and under the camera's own thread."""

import threading
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.camera import Camera, open_camera
from drivers.simulated.capture import QUEUED, SimulatedCapture
from drivers.simulated.frames import LATENCY_S, PERIOD_S, FramePublisher
from kiosk.errors import DeviceLost
from tests.drivers.pictured import RealClock
from tests.drivers.worlds import MovedClock

PATIENCE_S = 10.0
NOW = 1000.0


class Filmed:
    """A world that films in the rhythm of a moved clock: frame `number` shows the level `number`."""

    def __init__(self, clock: MovedClock, directory: Path) -> None:
        self.clock = clock
        self.publisher = FramePublisher("world", directory=directory)
        self.number = 0

    def film(self, frames: int) -> None:
        """Film that many frames, and let the last of them become visible."""
        for _ in range(frames):
            self.number += 1
            self.publisher.publish(np.full((4, 6, 3), self.number, np.uint8), NOW + self.number * PERIOD_S)
        self.clock.at = NOW + self.number * PERIOD_S + LATENCY_S + 0.001


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Filmed]:
    world = Filmed(MovedClock(NOW), tmp_path)
    yield world
    world.publisher.close()


def level(taken: tuple[bool, NDArray[np.uint8] | None]) -> int | None:
    return None if taken[1] is None else int(taken[1][0, 0, 0])


def test_it_is_open_only_where_there_is_a_world(world: Filmed, tmp_path: Path) -> None:
    world.film(1)
    capture = SimulatedCapture("world", world.clock, directory=tmp_path)
    assert capture.isOpened()
    assert not SimulatedCapture("nobody", world.clock, directory=tmp_path).isOpened()
    capture.release()
    assert not capture.isOpened()


def test_a_slow_reader_first_gets_what_was_queued_as_from_a_real_camera(world: Filmed, tmp_path: Path) -> None:
    capture = SimulatedCapture("world", world.clock, directory=tmp_path)
    world.film(2)
    assert level(capture.read()) == 2
    world.film(6)
    assert [level(capture.read()) for _ in range(QUEUED)] == [5, 6, 7, 8]
    capture.release()


def test_the_frames_time_and_size_are_properties(world: Filmed, tmp_path: Path) -> None:
    capture = SimulatedCapture("world", world.clock, directory=tmp_path)
    assert capture.get(cv2.CAP_PROP_POS_MSEC) == 0
    world.film(1)
    assert capture.grab()
    assert capture.get(cv2.CAP_PROP_POS_MSEC) == pytest.approx((NOW + PERIOD_S) * 1000)
    assert (capture.get(cv2.CAP_PROP_FRAME_WIDTH), capture.get(cv2.CAP_PROP_FRAME_HEIGHT)) == (6, 4)
    assert capture.get(cv2.CAP_PROP_FPS) == 0
    assert not capture.set(cv2.CAP_PROP_FPS, 60)
    capture.release()


def test_what_a_dead_world_left_behind_is_not_shown(tmp_path: Path) -> None:
    clock = RealClock()
    dead = FramePublisher("world", directory=tmp_path)
    dead.publish(np.zeros((4, 6, 3), np.uint8), clock.monotonic() - 5.0)
    capture = SimulatedCapture("world", clock, directory=tmp_path)
    assert capture.isOpened()
    assert not capture.grab()
    assert capture.retrieve() == (False, None)
    capture.release()
    dead.close()


def test_a_world_that_ends_is_the_end_of_the_frames(world: Filmed, tmp_path: Path) -> None:
    capture = SimulatedCapture("world", world.clock, directory=tmp_path)
    world.film(1)
    assert capture.grab()
    world.publisher.close()
    assert not capture.grab()
    assert not capture.isOpened()
    capture.release()
    capture.release()


class Held(SimulatedCapture):
    """Its first frame takes long to unpack; notes what was unpacked."""

    def __init__(self, clock: MovedClock, directory: Path) -> None:
        super().__init__("world", clock, directory=directory)
        self.unpacked: list[int | None] = []
        self.unpacking = threading.Event()
        self.go_on = threading.Event()

    def retrieve(self) -> tuple[bool, NDArray[np.uint8] | None]:
        self.unpacking.set()
        assert self.go_on.wait(PATIENCE_S)
        taken = super().retrieve()
        self.unpacked.append(level(taken))
        return taken


def test_after_a_hold_up_the_camera_unpacks_the_newest_and_none_that_was_queued(world: Filmed, tmp_path: Path) -> None:
    capture = Held(world.clock, tmp_path)
    world.film(1)
    camera = Camera(capture, name="held", fps=30, clock=world.clock)
    assert capture.unpacking.wait(PATIENCE_S)
    world.film(6)
    capture.go_on.set()
    frame = camera.newest(0, PATIENCE_S)
    assert frame is not None
    while level((True, frame.image)) != 7:
        frame = camera.newest(frame.index, PATIENCE_S)
        assert frame is not None
    assert capture.unpacked == [1, 7]
    world.publisher.close()
    camera.close()


def test_the_camera_gives_frames_of_a_living_world_and_loses_them_with_it(tmp_path: Path) -> None:
    clock = RealClock()
    publisher = FramePublisher("world", directory=tmp_path)
    captured_at = clock.monotonic()
    publisher.publish(np.full((4, 6, 3), 77, np.uint8), captured_at)

    def simulated() -> SimulatedCapture:
        return SimulatedCapture("world", clock, directory=tmp_path)

    camera = open_camera("simulated", width=1280, height=720, fps=30, clock=clock, simulated=simulated)
    frame = camera.newest(0, PATIENCE_S)
    assert frame is not None
    assert level((True, frame.image)) == 77
    assert frame.captured_at == pytest.approx(captured_at, abs=1e-6)
    assert clock.monotonic() >= captured_at + LATENCY_S
    publisher.close()
    with pytest.raises(DeviceLost):
        camera.newest(frame.index, PATIENCE_S)
    camera.close()
    with pytest.raises(DeviceLost, match="not there"):
        open_camera("simulated", width=1280, height=720, fps=30, clock=clock, simulated=simulated)
