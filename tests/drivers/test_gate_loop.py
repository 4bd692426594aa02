"""The gate's loop on a real link and a real clock."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest
from gpiozero.pins.mock import MockFactory

from drivers.gate import MAX_PULSE_S, GateLine
from drivers.gate_loop import run_gate
from kiosk.errors import DeviceLost
from kiosk.link import (
    BEAT_EVERY,
    AnyMessage,
    Beat,
    Connection,
    GateClosed,
    GateFailed,
    GateOpened,
    Hello,
    Listener,
    Passed,
    connect_patiently,
)
from kiosk.model import ClockState, Part
from kiosk.units import Monotonic, WallTime
from tests.captured_lines import capture_logs
from tests.drivers.posts import ONE, RELAY, SENSOR, TWO, open_gate
from tests.drivers.worlds import PATIENCE_S

MUCH_LATER_S = 20.0
"""The gate says of itself what it did at its own time; a loop that does not wake by itself wakes no sooner than this."""


Heard = TypeVar("Heard", bound=AnyMessage)


class RealClock:
    def monotonic(self) -> Monotonic:
        return Monotonic(time.monotonic())

    def wall(self) -> WallTime:
        return WallTime(0)

    def state(self) -> ClockState:
        return ClockState.NEVER_SET

    def boot_id(self) -> str:
        return "test"


@dataclass
class Served:
    """A gate process's loop in a thread, and the core's end of its link."""

    listener: Listener
    factory: MockFactory
    stop: threading.Event
    turning: Future[None]

    @property
    def relay(self) -> bool:
        return bool(self.factory.pin(RELAY).state)

    def accept(self) -> Connection:
        connection = self.listener.accept()
        hello = connection.receive(PATIENCE_S)
        assert isinstance(hello, Hello)
        assert (hello.part, hello.version) == (Part.GATE, "1.2")
        connection.send(Beat(Monotonic(time.monotonic())))
        return connection


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    path = tmp_path / "core"
    listener, factory, stop = Listener(path), MockFactory(), threading.Event()
    line = GateLine(RealClock(), pin=RELAY, passage_pin=SENSOR, pin_factory=factory)
    with ThreadPoolExecutor(1, "test-gate") as pool:
        turning = pool.submit(run_gate, lambda: connect_patiently(path, stop.wait), line, RealClock(), stop, version="1.2")
        yield Served(listener, factory, stop, turning)
        stop.set()
        listener.close()
        wait([turning], PATIENCE_S)
        assert turning.done()
    line.close()
    factory.reset()


def hear(connection: Connection, kind: type[Heard], *, beating: bool = True) -> Heard:
    """Return the gate's next message of a kind, beating as the core does meanwhile."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if beating:
            connection.send(Beat(Monotonic(time.monotonic())))
        message = connection.receive(BEAT_EVERY)
        if isinstance(message, kind):
            return message
    raise AssertionError(f"no {kind.__name__} came")


def test_the_loop_opens_at_once_bounds_the_pulse_and_hears_the_sensor(served: Served) -> None:
    core = served.accept()
    asked = time.monotonic()
    core.send(open_gate(ONE, pulse_s=0.3, passage_s=MUCH_LATER_S))
    opened = hear(core, GateOpened)
    assert asked <= opened.at <= time.monotonic()
    served.factory.pin(SENSOR).drive_high()
    passed = hear(core, Passed)
    assert passed.admission == ONE
    closed = hear(core, GateClosed)
    assert closed.passed
    # Of its own accord when the pulse is over, not when the time to pass is: how exactly is for the gatekeeper's tests.
    assert 0.3 <= closed.at - opened.at < MUCH_LATER_S
    assert not served.relay
    core.close()


def test_a_core_that_falls_silent_loses_its_pulse(served: Served) -> None:
    core = served.accept()
    core.send(open_gate(ONE, pulse_s=MAX_PULSE_S))
    opened = hear(core, GateOpened, beating=False)
    failed = hear(core, GateFailed, beating=False)
    assert failed.at - opened.at < MAX_PULSE_S
    assert not served.relay
    core.close()


def test_a_closed_link_makes_the_line_inactive_and_the_gate_connects_again(served: Served) -> None:
    core = served.accept()
    core.send(open_gate(ONE, pulse_s=5.0))
    hear(core, GateOpened)
    core.close()
    again = served.accept()
    assert not served.relay
    again.send(open_gate(ONE, pulse_s=0.2))
    again.send(open_gate(TWO, pulse_s=0.2))
    opened = hear(again, GateOpened)
    assert opened.admission == TWO
    again.close()


def test_a_core_that_hangs_up_again_and_again_is_told_of_once_until_it_speaks(served: Served) -> None:
    with capture_logs() as said:
        for _ in range(3):
            end = served.listener.accept()
            assert isinstance(end.receive(PATIENCE_S), Hello)
            end.close()
        core = served.accept()
        hear(core, Beat)
        core.send(open_gate(ONE, pulse_s=0.2))
        hear(core, GateOpened)
        core.close()
    assert [line["event"] for line in said][:2] == ["core lost", "core back"]


def test_a_stop_makes_the_line_inactive(served: Served) -> None:
    core = served.accept()
    core.send(open_gate(ONE, pulse_s=5.0))
    hear(core, GateOpened)
    served.stop.set()
    served.turning.result(PATIENCE_S)
    assert not served.relay
    core.close()


def test_a_line_that_cannot_be_driven_is_told_and_ends_the_process(served: Served) -> None:
    core = served.accept()
    served.factory.pin(RELAY).function = "input"
    core.send(open_gate(ONE))
    hear(core, GateFailed, beating=False)
    with pytest.raises(DeviceLost, match="cannot be driven"):
        served.turning.result(PATIENCE_S)
    core.close()
