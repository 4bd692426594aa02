"""One body over gpiozero's own mock pins and over the pins of a simulated world."""

import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import pytest
from gpiozero.pins.mock import MockFactory

from drivers.gate import MAX_PULSE_S, ONE_PASSAGE_S, GateLine, real_pin_factory
from drivers.simulated.observer import Observer
from drivers.simulated.pins import WorldPinFactory
from drivers.simulated.script import CardScript, Script, VisitorScript
from kiosk.errors import DeviceLost
from kiosk.units import Seconds
from tests.drivers.worlds import PATIENCE_S, MovedClock, living_world

RELAY, SENSOR = 17, 27


class Wiring(Protocol):
    """Pins with somebody at the other end."""

    factory: Any

    def relay(self) -> bool:
        """The level on the relay's pin."""


class MockWiring:
    def __init__(self) -> None:
        self.factory = MockFactory()

    def relay(self) -> bool:
        return bool(self.factory.pin(RELAY).state)

    def close(self) -> None:
        self.factory.reset()


class WorldWiring:
    """Keeps the newest level that the world's observer was told of."""

    def __init__(self, path: Path) -> None:
        self.observer = Observer(path)
        self.factory = WorldPinFactory(path)
        self._level = False

    def relay(self) -> bool:
        # The world tells its observers before it answers the writer.
        while (edge := self.observer.receive(0.0)) is not None:
            self._level = bool(getattr(edge, "level", self._level))
        return self._level

    def close(self) -> None:
        self.factory.close()
        self.observer.close()


@pytest.fixture(params=["mock", "world"])
def wiring(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Wiring]:
    with ExitStack() as stack:
        if request.param == "mock":
            mock = MockWiring()
            stack.callback(mock.close)
            yield mock
        else:
            path = tmp_path / "world"
            stack.enter_context(living_world(Script(open_ended=True), path))
            world = WorldWiring(path)
            stack.callback(world.close)
            yield world


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def line(wiring: Wiring, clock: MovedClock) -> Iterator[GateLine]:
    made = GateLine(clock, pin=RELAY, passage_pin=SENSOR, pin_factory=wiring.factory)
    yield made
    made.close()


def test_the_line_is_inactive_when_made(wiring: Wiring, line: GateLine) -> None:
    assert not wiring.relay()
    assert not line.active
    assert line.until is None


def test_a_pulse_is_active_until_it_expires(wiring: Wiring, line: GateLine, clock: MovedClock) -> None:
    line.pulse(Seconds(0.8))
    assert wiring.relay()
    assert line.until == clock.at + 0.8
    clock.move(0.79)
    assert not line.expire()
    assert wiring.relay()
    clock.move(0.02)
    assert line.expire()
    assert not wiring.relay()
    assert not line.active


@pytest.mark.parametrize("pulse_s", [0.0, -1.0, MAX_PULSE_S + 0.1, float("nan"), float("inf")])
def test_a_pulse_out_of_bounds_never_reaches_the_pin(wiring: Wiring, line: GateLine, pulse_s: float) -> None:
    assert not line.allows(pulse_s)
    with pytest.raises(ValueError, match="out of bounds"):
        line.pulse(Seconds(pulse_s))
    assert not wiring.relay()


def test_closing_makes_the_line_inactive_and_is_idempotent(wiring: Wiring, line: GateLine) -> None:
    line.pulse(Seconds(5.0))
    line.close()
    line.close()
    assert not wiring.relay()


def test_pins_that_are_taken_are_a_lost_device(wiring: Wiring, line: GateLine, clock: MovedClock) -> None:
    with pytest.raises(DeviceLost, match="pins"):
        GateLine(clock, pin=RELAY, passage_pin=None, pin_factory=wiring.factory)
    assert not wiring.relay()


def test_an_active_low_line_rests_high(clock: MovedClock, tmp_path: Path) -> None:
    path = tmp_path / "world"
    script = Script(relay_active_high=False, open_ended=True)
    with living_world(script, path), WorldPinFactory(path) as factory:
        line = GateLine(clock, pin=RELAY, active_high=False, pin_factory=factory)
        assert factory.pin(RELAY).state
        line.pulse(Seconds(1.0))
        assert not factory.pin(RELAY).state
        line.release()
        assert factory.pin(RELAY).state
        line.close()


def test_passages_wake_a_selector_and_are_taken_once(clock: MovedClock) -> None:
    factory = MockFactory()
    line = GateLine(clock, pin=RELAY, passage_pin=SENSOR, pin_factory=factory)
    sensor = factory.pin(SENSOR)
    assert not readable(line, 0.0)
    sensor.drive_high()
    sensor.drive_low()
    assert readable(line, PATIENCE_S)
    assert line.take_passages() == [clock.at]
    assert line.take_passages() == []
    assert not readable(line, 0.0)
    line.close()
    factory.reset()


@pytest.mark.parametrize(
    ("apart_s", "passages"), [(ONE_PASSAGE_S / 2, 1), (ONE_PASSAGE_S * 2, 2)], ids=["bounce", "two people"]
)
def test_edges_close_together_are_one_person(clock: MovedClock, apart_s: float, passages: int) -> None:
    factory = MockFactory()
    line = GateLine(clock, pin=RELAY, passage_pin=SENSOR, pin_factory=factory)
    for _ in range(2):
        factory.pin(SENSOR).drive_high()
        factory.pin(SENSOR).drive_low()
        clock.move(apart_s)
    assert len(line.take_passages()) == passages
    line.close()
    factory.reset()


def test_a_visitor_of_the_world_is_seen_to_pass(tmp_path: Path) -> None:
    path = tmp_path / "world"
    visitor = VisitorScript(name="one", cards=(CardScript(text="x"),), gap_s=0.0, passage_s=0.05)
    with living_world(Script(visitors=(visitor,)), path), WorldPinFactory(path) as factory:
        observer, clock = Observer(path), MovedClock()
        line = GateLine(clock, pin=RELAY, passage_pin=SENSOR, pin_factory=factory)
        observer.begin()
        # He comes at once, but the first edge he can see is the one after his arrival.
        deadline = time.monotonic() + PATIENCE_S
        while not line.take_passages():
            assert time.monotonic() < deadline
            line.pulse(Seconds(1.0))
            readable(line, 0.1)
            line.release()
        line.close()
        observer.close()


def test_a_world_that_ends_loses_the_line(tmp_path: Path, clock: MovedClock) -> None:
    path = tmp_path / "world"
    with living_world(Script(), path):
        factory = WorldPinFactory(path)
        line = GateLine(clock, pin=RELAY, pin_factory=factory)
    with pytest.raises(DeviceLost):
        line.pulse(Seconds(1.0))
    line.close()
    factory.close()


@pytest.mark.parametrize(
    "attempt",
    [pytest.param(WorldPinFactory, id="pins"), pytest.param(Observer, id="observer")],
)
def test_without_a_world_there_is_nothing_to_enter(attempt: Callable[[Path], object], tmp_path: Path) -> None:
    with pytest.raises(DeviceLost, match="no simulated world"):
        attempt(tmp_path / "nowhere")


def test_a_world_that_never_answers_is_no_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.simulated.protocol.ANSWER_WITHIN_S", 0.05)
    path = tmp_path / "mute"
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as mute:
        mute.bind(str(path))
        mute.listen(1)
        with pytest.raises(DeviceLost):
            Observer(path)


@pytest.mark.skipif(Path("/dev/gpiochip0").exists(), reason="this machine has pins of its own")
def test_a_machine_without_pins_is_a_lost_device() -> None:
    with pytest.raises(DeviceLost, match="pins"):
        real_pin_factory()


def test_the_pin_library_leaves_nothing_where_the_kiosk_was_started(tmp_path: Path) -> None:
    started, pipes = tmp_path / "started", tmp_path / "run"
    for folder in (started, pipes):
        folder.mkdir()
    code = """
import contextlib, os, sys
from pathlib import Path
from drivers.gate import real_pin_factory
from kiosk.errors import DeviceLost
with contextlib.suppress(DeviceLost):
    real_pin_factory(Path(sys.argv[1]))
print(os.getcwd())
"""
    environment = {name: value for name, value in os.environ.items() if name != "LG_WD"}
    argv = [sys.executable, "-c", code, str(pipes)]
    ran = subprocess.run(argv, cwd=started, env=environment, stdout=subprocess.PIPE, text=True, timeout=60, check=True)
    assert ran.stdout.strip() == str(started)
    assert list(started.iterdir()) == []


def readable(line: GateLine, timeout_s: float) -> bool:
    return bool(select.select([line], [], [], timeout_s)[0])
