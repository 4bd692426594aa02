"""The mirror's pictures as the screen gets them: small, in the screen's colours, at its pace."""

import errno
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from drivers.camera import Frame
from drivers.engines import Found
from drivers.mirror import EVERY_S, Mirror
from kiosk.preview import Corners, PreviewPublisher, PreviewSubscriber
from kiosk.units import Monotonic
from kiosk.view import Hint
from tests.captured_lines import capture_logs
from tests.drivers.worlds import MovedClock

RUN_DIR = Path("run")


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def screen(tmp_path: Path, clock: MovedClock) -> Iterator[PreviewSubscriber]:
    screen = PreviewSubscriber(RUN_DIR, clock.monotonic, directory=tmp_path)
    yield screen
    screen.close()


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Mirror]:
    mirror = Mirror(PreviewPublisher(RUN_DIR, directory=tmp_path))
    yield mirror
    mirror.close()


def frame(clock: MovedClock, height: int = 720, width: int = 1280) -> Frame:
    image = np.zeros((height, width, 3), np.uint8)
    image[:, :, 0] = 200  # blue, in OpenCV's order
    return Frame(image, clock.monotonic(), 1)


@pytest.mark.parametrize(
    ("size", "shown"),
    [((1280, 720), (640, 360)), ((640, 480), (480, 360)), ((3840, 2160), (640, 360)), ((320, 240), (320, 240))],
)
def test_a_frame_is_shown_small_and_in_the_screens_colours(
    mirror: Mirror, screen: PreviewSubscriber, clock: MovedClock, size: tuple[int, int], shown: tuple[int, int]
) -> None:
    width, height = size
    mirror.show(frame(clock, height, width), (), None)
    picture = screen.newest()
    assert picture is not None
    assert (picture.width, picture.height) == shown
    assert bytes(picture.rgb[:3]) == b"\x00\x00\xc8"


def test_codes_are_where_they_are_in_the_small_picture(mirror: Mirror, screen: PreviewSubscriber, clock: MovedClock) -> None:
    code = Found(b"code", "zxing", "QRCode", ((100, 200), (300, 200), (300, 401), (100, 401)))
    mirror.show(frame(clock), (code,), Hint.HOLD_STILL)
    picture = screen.newest()
    assert picture is not None
    assert picture.codes == (((50, 100), (150, 100), (150, 200), (50, 200)),)
    assert picture.hint is Hint.HOLD_STILL


def test_of_a_fast_camera_fifteen_frames_a_second_are_shown(
    mirror: Mirror, screen: PreviewSubscriber, clock: MovedClock
) -> None:
    indexes = set()
    for number in range(60):
        clock.at = 1000.0 + number / 30 + 0.004 * (-1) ** number
        mirror.show(frame(clock), (), None)
        picture = screen.newest()
        assert picture is not None
        indexes.add(picture.index)
    assert 25 <= len(indexes) <= 2 / EVERY_S + 1


def test_a_mirror_that_was_taken_away_begins_again(mirror: Mirror, screen: PreviewSubscriber, clock: MovedClock) -> None:
    mirror.show(frame(clock), (), None)
    mirror.close()
    mirror.close()
    assert not screen.live()
    clock.move(1.0)
    mirror.show(frame(clock), (), None)
    assert screen.live()


class FullMemory(PreviewPublisher):
    """Shared memory that is full, or not."""

    full = True
    shown = 0

    def publish(
        self,
        rgb: memoryview,
        size: tuple[int, int],
        captured_at: Monotonic,
        codes: tuple[Corners, ...] = (),
        hint: Hint | None = None,
    ) -> None:
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.shown += 1


def test_where_memory_is_short_the_eyes_go_on_without_a_mirror_and_say_so_once(tmp_path: Path, clock: MovedClock) -> None:
    publisher = FullMemory(RUN_DIR, directory=tmp_path)
    mirror = Mirror(publisher)
    with capture_logs() as logged:
        for full in (True, True, False, True, True):
            publisher.full = full
            clock.move(1.0)
            mirror.show(frame(clock), (), None)
    assert [entry["event"] for entry in logged] == ["the mirror has no memory"] * 2
    assert publisher.shown == 1
