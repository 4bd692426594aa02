"""Frames through shared memory: the newest, not before its time, and never half of one."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.simulated.frames import GONE_AFTER_S, LATENCY_S, PERIOD_S, SLOTS, FramePublisher, FrameSubscriber
from kiosk.errors import DeviceLost
from kiosk.frame_ring import shared_path
from kiosk.units import Monotonic
from tests.drivers.pictured import RealClock
from tests.drivers.worlds import MovedClock

PATIENCE_S = 10.0
NOW = 1000.0
SEEN = NOW + LATENCY_S + 0.001


def flat(level: int) -> NDArray[np.uint8]:
    return np.full((4, 6, 3), level, np.uint8)


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock(NOW)


@pytest.fixture
def publisher(tmp_path: Path) -> Iterator[FramePublisher]:
    publisher = FramePublisher("world", directory=tmp_path)
    yield publisher
    publisher.close()


@pytest.fixture
def subscriber(tmp_path: Path, clock: MovedClock) -> Iterator[FrameSubscriber]:
    subscriber = FrameSubscriber("world", clock, directory=tmp_path)
    yield subscriber
    subscriber.close()


def test_a_frame_comes_whole_with_its_time(publisher: FramePublisher, subscriber: FrameSubscriber, clock: MovedClock) -> None:
    image = np.random.default_rng(1).integers(0, 256, (72, 128, 3), np.uint8)
    publisher.publish(image, NOW)
    clock.at = SEEN
    frame = subscriber.wait(0, 0.0)
    assert frame is not None
    assert frame[1] == NOW
    assert np.array_equal(frame[2], image)


def test_a_frame_is_seen_a_latency_after_its_capture_and_not_before(
    publisher: FramePublisher, subscriber: FrameSubscriber, clock: MovedClock
) -> None:
    publisher.publish(flat(1), NOW)
    clock.at = NOW + LATENCY_S - 0.001
    assert subscriber.wait(0, 0.0) is None
    clock.at = NOW + LATENCY_S + 0.001
    assert subscriber.wait(0, 0.0) is not None


def test_the_newest_frame_is_given_and_none_twice(
    publisher: FramePublisher, subscriber: FrameSubscriber, clock: MovedClock
) -> None:
    for number in range(5):
        publisher.publish(flat(number), NOW + number * PERIOD_S)
    clock.at = SEEN + 4 * PERIOD_S
    frame = subscriber.wait(0, 0.0)
    assert frame is not None
    assert frame[2][0, 0, 0] == 4
    assert subscriber.wait(frame[0], 0.0) is None


def test_a_queue_gives_the_oldest_that_it_still_holds(
    publisher: FramePublisher, subscriber: FrameSubscriber, clock: MovedClock
) -> None:
    for number in range(SLOTS):
        publisher.publish(flat(number), NOW + number * PERIOD_S)
    clock.at = SEEN + SLOTS * PERIOD_S
    levels, index = [], 0
    while (frame := subscriber.wait(index, 0.0, depth=4)) is not None:
        index = frame[0]
        levels.append(int(frame[2][0, 0, 0]))
    assert levels == [4, 5, 6, 7]


def test_what_was_given_does_not_change_with_the_memory(
    publisher: FramePublisher, subscriber: FrameSubscriber, clock: MovedClock
) -> None:
    publisher.publish(flat(1), NOW)
    clock.at = SEEN
    frame = subscriber.wait(0, 0.0)
    for number in range(2 * SLOTS):
        publisher.publish(flat(100 + number), NOW + number * PERIOD_S)
    assert frame is not None
    assert np.array_equal(frame[2], flat(1))


def test_no_frame_is_ever_a_mixture_of_two(tmp_path: Path) -> None:
    """The publisher writes as fast as it can; whatever the reader is given is of one level."""
    stop = threading.Event()

    def publish() -> None:
        publisher = FramePublisher("torn", directory=tmp_path)
        number = 0
        while not stop.is_set():
            number += 1
            # Captured long enough ago to be seen at once.
            publisher.publish(np.full((240, 320, 3), number % 256, np.uint8), RealClock().monotonic() - LATENCY_S)
        publisher.close()

    thread = threading.Thread(target=publish)
    thread.start()
    subscriber = FrameSubscriber("torn", RealClock(), directory=tmp_path)
    try:
        while not subscriber.attached():
            assert thread.is_alive()
        index = 0
        for _ in range(12):
            frame = subscriber.wait(index, PATIENCE_S)
            assert frame is not None
            assert frame[0] > index
            index = frame[0]
            assert np.ptp(frame[2]) == 0
    finally:
        stop.set()
        thread.join(PATIENCE_S)
        subscriber.close()


def test_without_a_publisher_there_is_no_camera(subscriber: FrameSubscriber) -> None:
    assert not subscriber.attached()
    with pytest.raises(DeviceLost):
        subscriber.wait(0, 0.0)


def test_a_closed_publisher_is_a_lost_camera_and_leaves_nothing_behind(
    publisher: FramePublisher, subscriber: FrameSubscriber, tmp_path: Path
) -> None:
    publisher.publish(flat(1), NOW)
    assert subscriber.attached()
    publisher.close()
    publisher.close()
    with pytest.raises(DeviceLost):
        subscriber.wait(0, PATIENCE_S)
    assert list(tmp_path.iterdir()) == []


class SteppingClock(MovedClock):
    """Each look at it is a tenth of a second later."""

    def monotonic(self) -> Monotonic:
        self.move(0.1)
        return super().monotonic()


def test_a_publisher_that_died_and_began_anew_is_found(tmp_path: Path) -> None:
    clock = SteppingClock(NOW)
    dead = FramePublisher("world", directory=tmp_path)
    dead.publish(flat(1), NOW)
    subscriber = FrameSubscriber("world", clock, directory=tmp_path)
    frame = subscriber.wait(0, PATIENCE_S)
    assert frame is not None
    successor = FramePublisher("world", directory=tmp_path)
    successor.publish(flat(2), NOW + 0.2)
    later = subscriber.wait(frame[0], 10 * GONE_AFTER_S)
    assert later is not None
    assert later[2][0, 0, 0] == 2
    assert later[0] > frame[0]
    dead.close()
    assert subscriber.attached(), "the dead one's end took the living one's memory away"
    successor.close()
    subscriber.close()


def test_a_killed_publisher_falls_silent(tmp_path: Path) -> None:
    program = (
        "import sys, time, numpy as np; from pathlib import Path; from drivers.simulated.frames import FramePublisher\n"
        "publisher = FramePublisher('world', directory=Path(sys.argv[1]))\n"
        "publisher.publish(np.zeros((4, 6, 3), np.uint8), time.monotonic()); print('ready', flush=True); sys.stdin.read()\n"
    )
    root = Path(__file__).parents[3]
    process = subprocess.Popen(
        [sys.executable, "-c", program, tmp_path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        subscriber = FrameSubscriber("world", RealClock(), directory=tmp_path)
        frame = subscriber.wait(0, PATIENCE_S)
        process.kill()
    assert frame is not None
    assert subscriber.wait(frame[0], 0.15) is None
    subscriber.close()


class MeddledClock(MovedClock):
    """In the middle of a wait another thread closes the subscriber."""

    def __init__(self) -> None:
        super().__init__(SEEN)
        self.looks = 0
        self.closer: threading.Thread | None = None

    def monotonic(self) -> Monotonic:
        self.looks += 1
        if self.looks == 3 and self.closer is not None:
            self.closer.start()
            self.closer.join(0.05)
        return super().monotonic()


def test_closing_in_the_middle_of_a_wait_takes_no_memory_from_under_it(tmp_path: Path) -> None:
    clock = MeddledClock()
    publisher = FramePublisher("world", directory=tmp_path)
    publisher.publish(flat(7), NOW)
    subscriber = FrameSubscriber("world", clock, directory=tmp_path)
    clock.closer = threading.Thread(target=subscriber.close)
    frame = subscriber.wait(0, 0.0)
    clock.closer.join(PATIENCE_S)
    assert not clock.closer.is_alive()
    assert frame is None or frame[2][0, 0, 0] == 7
    publisher.close()


def test_closing_wakes_a_wait(tmp_path: Path) -> None:
    publisher = FramePublisher("world", directory=tmp_path)
    publisher.publish(flat(1), RealClock().monotonic() + 3600)
    subscriber = FrameSubscriber("world", RealClock(), directory=tmp_path)
    assert subscriber.attached()
    waiting = threading.Thread(target=subscriber.wait, args=(0, 3600.0))
    waiting.start()
    subscriber.close()
    waiting.join(PATIENCE_S)
    assert not waiting.is_alive()
    publisher.close()


@pytest.mark.parametrize("content", [b"", b"GATEFRM2", b"GATEFRM9" + bytes(8192), bytes(8192)])
def test_what_is_no_memory_of_frames_is_no_camera(tmp_path: Path, subscriber: FrameSubscriber, content: bytes) -> None:
    shared_path("world", tmp_path).write_bytes(content)
    with pytest.raises(DeviceLost):
        subscriber.wait(0, 0.0)


@pytest.mark.parametrize("name", ["", "../etc", "a/b", ".hidden", "x" * 65, "a b"])
def test_a_name_that_is_no_plain_word_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no name for shared frames"):
        FramePublisher(name, directory=tmp_path)


def test_only_its_owner_may_see_the_memory(publisher: FramePublisher, tmp_path: Path) -> None:
    publisher.publish(flat(1), NOW)
    (memory,) = tmp_path.iterdir()
    assert memory.stat().st_mode & 0o777 == 0o600
