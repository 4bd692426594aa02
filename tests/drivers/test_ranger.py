"""A ranger over a chip that speaks its registers: what it says counts for a moment, and its loss stops nobody."""

import errno
import os
from collections.abc import Iterator, Sequence

import pytest

from drivers.ranger import AGAIN_AFTER, COUNTS_FOR, MODEL, Ranger
from drivers.simulated.bus import ChipBus
from drivers.simulated.protocol import Segment
from kiosk.errors import DeviceLost
from kiosk.units import Monotonic
from tests.captured_lines import capture_logs
from tests.kiosk.fakes import FakeClock


class Chip:
    """A VL53L0X as far as it is used: one measurement for each start, `takes` looks long."""

    def __init__(self) -> None:
        self.model = MODEL
        self.millimetres = 500
        self.status = 11
        self.takes = 1
        self.lost = False
        self.started = 0
        self._looks = 0

    def transfer(self, segments: Sequence[Segment], now: float) -> tuple[bytes, ...]:
        if self.lost:
            raise OSError(errno.EREMOTEIO, os.strerror(errno.EREMOTEIO))
        assert all(segment.address == 0x29 for segment in segments)
        register = segments[0].write[0]
        if len(segments) == 1:
            assert segments[0].write == b"\x00\x01"
            self.started, self._looks = self.started + 1, 0
            return ()
        if register == 0xC0:
            return (bytes([self.model]),)
        assert (register, segments[1].read) == (0x14, 12)
        self._looks += 1
        ready = self._looks >= self.takes
        return (bytes([self.status << 3 | ready]) + bytes(9) + self.millimetres.to_bytes(2, "big"),)


class Post:
    """A ranger on that chip's bus, and how often the bus was opened."""

    def __init__(self) -> None:
        self.chip, self.clock, self.opened = Chip(), FakeClock(), 0
        self.absent = False
        self.ranger = Ranger(self._open, self.clock)

    def _open(self) -> ChipBus:
        if self.absent:
            raise DeviceLost("the I2C bus 1 cannot be opened")
        self.opened += 1
        return ChipBus(self.chip, self.clock.monotonic)

    def looks(self, count: int, every_s: float = 0.085) -> list[float | None]:
        found = []
        for _ in range(count):
            found.append(self.ranger.distance_m())
            self.clock.now = Monotonic(self.clock.now + every_s)
        return found


@pytest.fixture
def post() -> Iterator[Post]:
    made = Post()
    yield made
    made.ranger.close()


def test_a_distance_is_there_as_soon_as_it_was_measured_and_follows_whoever_moves(post: Post) -> None:
    assert post.looks(2) == [None, 0.5]
    post.chip.millimetres = 812
    assert post.looks(1) == [0.812]
    assert (post.opened, post.chip.started) == (1, 3)


def test_nobody_waits_for_a_measurement_that_takes_its_time(post: Post) -> None:
    post.chip.takes = 3
    assert post.looks(5) == [None, None, None, 0.5, 0.5]


def test_a_distance_that_is_not_measured_anew_is_forgotten(post: Post) -> None:
    post.looks(2)
    post.chip.takes = 1000
    assert post.looks(1) == [0.5]
    post.clock.advance(COUNTS_FOR)
    assert post.looks(1) == [None]


@pytest.mark.parametrize(("status", "millimetres"), [(11, 8190), (11, 0), (11, 2001), (4, 500), (0, 500)])
def test_what_comes_from_nowhere_is_no_distance(post: Post, status: int, millimetres: int) -> None:
    post.chip.status, post.chip.millimetres = status, millimetres
    assert post.looks(3) == [None, None, None]


def test_a_ranger_that_is_lost_is_said_once_and_asked_again_later(post: Post) -> None:
    with capture_logs() as lines:
        post.looks(2)
        post.chip.lost = True
        assert set(post.looks(20)) == {None}
        post.chip.lost = False
        post.clock.advance(AGAIN_AFTER)
        assert post.looks(2) == [None, 0.5]
    assert [line["event"] for line in lines] == ["ranger lost", "ranger back"]


@pytest.mark.parametrize("absent", [True, False])
def test_a_bus_that_is_not_there_or_another_part_is_a_loss_and_no_error(post: Post, absent: bool) -> None:
    post.absent, post.chip.model = absent, 0xEA
    with capture_logs() as lines:
        assert post.looks(3) == [None, None, None]
    assert [line["event"] for line in lines] == ["ranger lost"]
    assert post.chip.started == 0
