"""The gate line's examination: pins are read, and nothing is ever driven."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from gpiozero import OutputDevice
from gpiozero.pins.mock import MockFactory, MockPin

from drivers.simulated.observer import Observer
from drivers.simulated.pins import WorldPinFactory
from drivers.simulated.script import Script
from kiosk.doctor import gate_line
from kiosk.doctor.findings import Finding, PartName, State
from kiosk.errors import DeviceLost
from tests.drivers.worlds import living_world

RELAY, SENSOR = 17, 27


class Wired(MockPin):  # type: ignore[misc]  # gpiozero ships no types
    """A pin that remembers what was done to it; a level from outside, if there is one, overcomes its pull."""

    def __init__(self, factory: Any, info: Any) -> None:
        self.functions: list[str] = []
        self.pulls: list[str] = []
        self.outside: bool | None = None
        super().__init__(factory, info)

    def _set_function(self, value: str) -> None:
        self.functions.append(value)
        super()._set_function(value)

    def _set_pull(self, value: str) -> None:
        self.pulls.append(value)
        super()._set_pull(value)

    def _get_state(self) -> bool:
        return bool(super()._get_state()) if self.outside is None else self.outside


def examined(pins: Any, *, active_high: bool = True, passage_pin: int | None = SENSOR) -> dict[PartName, Finding]:
    found = gate_line.examine(lambda _: pins, pin=RELAY, active_high=active_high, passage_pin=passage_pin)
    return {one.part: one for one in found}


def mock() -> MockFactory:
    return MockFactory(pin_class=Wired)


@pytest.mark.parametrize("active_high", [True, False], ids=["active-high", "active-low"])
def test_a_free_and_inactive_line_is_fit_and_was_never_driven(active_high: bool) -> None:
    pins = mock()
    found = examined(pins, active_high=active_high)
    assert [one.state for one in found.values()] == [State.FIT, State.FIT]
    assert found[PartName.GATE_LINE].measured == {"pin": RELAY, "active_high": active_high, "active": False}
    assert found[PartName.PASSAGE_SENSOR].measured == {"pin": SENSOR, "covered": False}
    assert set(pins.pin(RELAY).functions) == {"input"}


def test_the_pull_goes_toward_inactive() -> None:
    """A driver without a pull-down of its own must not see its input float while the doctor looks."""
    for active_high, pull in ((True, "down"), (False, "up")):
        pins = mock()
        examined(pins, active_high=active_high)
        assert pins.pin(RELAY).pulls[-1] == pull


def test_a_line_that_reads_active_is_unfit() -> None:
    pins = mock()
    pins.pin(RELAY).outside = True
    found = examined(pins)[PartName.GATE_LINE]
    assert found.state is State.UNFIT
    assert "reads active" in found.detail
    assert "active_high" in found.advice
    assert "output" not in pins.pin(RELAY).functions


def test_a_pin_that_another_program_holds_is_unfit_and_stays_as_it_is() -> None:
    pins = mock()
    with OutputDevice(RELAY, initial_value=True, pin_factory=pins):
        found = examined(pins)
        assert pins.pin(RELAY).state
    assert found[PartName.GATE_LINE].state is State.UNFIT
    assert "cannot be had" in found[PartName.GATE_LINE].detail
    assert found[PartName.PASSAGE_SENSOR].state is State.FIT


def test_a_covered_passage_is_not_judged_and_says_so() -> None:
    pins = mock()
    pins.pin(SENSOR).outside = True
    found = examined(pins)[PartName.PASSAGE_SENSOR]
    assert found.state is State.UNKNOWN
    assert "Clear the passage" in found.advice


def test_a_gate_without_a_passage_sensor_is_in_order() -> None:
    found = examined(mock(), passage_pin=None)[PartName.PASSAGE_SENSOR]
    assert (found.state, found.in_order, found.advice) == (State.ABSENT, True, "")


def test_a_machine_without_pins_has_neither() -> None:
    def no_pins(_: ExitStack) -> Any:
        raise DeviceLost("this machine's pins cannot be used")

    found = list(gate_line.examine(no_pins, pin=RELAY, active_high=True, passage_pin=SENSOR))
    assert [one.state for one in found] == [State.ABSENT, State.ABSENT]
    assert not any(one.in_order for one in found)


def world_pins(path: Path) -> Callable[[ExitStack], Any]:
    def opened(stack: ExitStack) -> Any:
        pins = WorldPinFactory(path)
        stack.callback(pins.close)
        return pins

    return opened


def test_the_world_sees_no_edge_of_the_line(tmp_path: Path) -> None:
    path = tmp_path / "w.sock"
    with living_world(Script(), path):
        observer = Observer(path)
        found = list(gate_line.examine(world_pins(path), pin=RELAY, active_high=True, passage_pin=SENSOR))
        assert [one.state for one in found] == [State.FIT, State.FIT]
        # The world tells its observers before it answers: what it has not told by now did not happen.
        assert observer.receive(0.0) is None
        observer.close()


def test_a_line_wired_the_other_way_round_is_found_in_the_world(tmp_path: Path) -> None:
    path = tmp_path / "w.sock"
    with living_world(Script(relay_active_high=False), path):
        found, _ = gate_line.examine(world_pins(path), pin=RELAY, active_high=True, passage_pin=SENSOR)
    assert found.state is State.UNFIT
    assert "reads active" in found.detail


def test_whether_there_are_pins_is_told_without_touching_one(tmp_path: Path) -> None:
    assert not gate_line.has_pins(tmp_path)
    (tmp_path / "gpiochip0").touch(mode=0)
    assert gate_line.has_pins(tmp_path)


def test_a_machine_that_has_none_is_told_so_with_what_to_do() -> None:
    found = list(gate_line.without_pins(SENSOR))
    assert [one.part for one in found] == [PartName.GATE_LINE, PartName.PASSAGE_SENSOR]
    assert "there is no /dev/gpiochip" in found[0].detail
    assert all(one.advice for one in found)
