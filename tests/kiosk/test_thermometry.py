"""The thermometer's job: look, tell the loop, rest for as long as the thermometer says."""

import threading

import pytest

from kiosk.errors import DeviceLost
from kiosk.evidence import Observation
from kiosk.inbox import Inbox
from kiosk.thermometry import ThermometerJob
from kiosk.units import Monotonic, Seconds


class Rests(threading.Event):
    """A stop event that remembers how long it was waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.rests: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.rests.append(timeout)
        return False


class Nobody:
    """A thermometer before which nobody stands."""

    def __init__(self, *, lost: bool = False) -> None:
        self.closed = 0
        self._lost = lost

    def observe(self) -> Observation:
        if self._lost:
            raise DeviceLost("the thermometer does not answer")
        return Observation(False, Monotonic(1.0), None)

    def rest_s(self) -> Seconds:
        return Seconds(0.04)

    def close(self) -> None:
        self.closed += 1


def test_what_is_seen_is_told_and_the_next_look_waits_as_long_as_it_can() -> None:
    inbox, stop = Inbox(), Rests()
    job = ThermometerJob(Nobody, inbox)
    job.set_up()
    assert job.turn(stop)
    assert inbox.take(0) == Observation(False, Monotonic(1.0), None)
    assert stop.rests == [0.04]


def test_a_lost_thermometer_is_closed_and_opened_anew() -> None:
    opened: list[Nobody] = []

    def open_one() -> Nobody:
        opened.append(Nobody(lost=not opened))
        return opened[-1]

    job = ThermometerJob(open_one, Inbox())
    job.set_up()
    with pytest.raises(DeviceLost):
        job.turn(Rests())
    job.tear_down()
    job.tear_down()
    assert opened[0].closed == 1
    assert not job.turn(Rests())
    job.set_up()
    assert job.turn(Rests())
