"""A bus on which somebody holds the data line."""

import re

import pytest

from drivers.bus_recovery import CLOCKS, LONG_LOW_S, PinctrlLines, free_bus
from drivers.mlx90614 import Mlx90614
from drivers.simulated.bus import ChipBus, ChipLines
from drivers.simulated.script import FaultScript, SensorScript
from drivers.simulated.sensor import SensorChip
from kiosk.errors import DeviceLost
from tests.drivers.worlds import MovedClock


def test_a_chip_that_holds_the_bus_is_clocked_until_it_lets_go_and_read_on() -> None:
    clock = MovedClock()
    script = SensorScript(faults=(FaultScript(kind="stuck", after_s=1.0, for_s=60.0),), nack=0.0)
    chip = SensorChip(script, 1, scene=lambda _: 34.0, ambient=lambda _: 22.0)
    lines = ChipLines(chip)
    sensor = Mlx90614(ChipBus(chip, clock.monotonic), pause=clock.move, free=lambda: free_bus(lines, clock.move))
    assert sensor.read().object_c == pytest.approx(34.0, abs=0.5)
    clock.move(2.0)
    assert sensor.read().object_c == pytest.approx(34.0, abs=0.5)
    assert lines.given_back


class FakePinctrl:
    """A Pi whose data line stays low for so many clocks."""

    def __init__(self, low_for: int, function: str = "a0") -> None:
        self.low_for = low_for
        self.functions = {2: function, 3: function}
        self.said: list[str] = []

    def run(self, arguments: list[str]) -> str:
        self.said.append(" ".join(arguments))
        if arguments[0] == "get":
            pin = int(arguments[1])
            level = "lo" if pin == 2 and self.clocks < self.low_for else "hi"
            return f"{pin:2d}: {self.functions[pin]}    pu | {level} // GPIO{pin} = SDA1\n"
        self.functions[int(arguments[1])] = arguments[2]
        return ""

    @property
    def clocks(self) -> int:
        return self.said.count("set 3 ip pu")


@pytest.mark.parametrize("function", ["a0", "a3"], ids=["Pi 4", "Pi 5"])
def test_the_lines_go_back_to_the_function_that_they_had(function: str) -> None:
    pi, pauses = FakePinctrl(4, function), list[float]()
    assert free_bus(PinctrlLines(2, 3, pi.run), pauses.append)
    assert pi.functions == {2: function, 3: function}
    assert pi.clocks == 5  # and the stop
    assert pauses[0] == LONG_LOW_S


def test_a_line_is_never_driven_high() -> None:
    pi = FakePinctrl(3)
    free_bus(PinctrlLines(2, 3, pi.run), lambda _: None)
    assert not any(re.search(r"\bdh\b", said) for said in pi.said)


def test_a_short_circuit_is_given_up_after_nine_clocks_and_the_lines_are_given_back() -> None:
    pi = FakePinctrl(1000)
    assert not free_bus(PinctrlLines(2, 3, pi.run), lambda _: None)
    assert pi.clocks == CLOCKS + 1
    assert pi.functions == {2: "a0", 3: "a0"}


def test_a_machine_without_the_tool_cannot_free_its_bus() -> None:
    with pytest.raises(DeviceLost, match="pinctrl"):
        PinctrlLines(2, 3)


def test_a_tool_that_says_something_else_is_not_believed() -> None:
    with pytest.raises(DeviceLost, match="GPIO 2"):
        PinctrlLines(2, 3, lambda _: "no such pin\n")
