"""A stuck I2C bus is freed by hand: a device that was cut off in a transfer holds the data line low until it is clocked.

Nine clocks let any device finish its byte and see that nobody acknowledges; a stop condition ends the transfer. The
first clock stays low for longer than the SMBus time-out, after which every SMBus device begins anew by itself. Sources:
UM10204, 3.1.16; SMBus 2.0, T_TIMEOUT.
"""

import re
import subprocess
import time
from collections.abc import Callable
from typing import Protocol

from kiosk.errors import DeviceLost

CLOCKS = 9
LONG_LOW_S = 0.036
HALF_PERIOD_S = 0.0001
"""Slower than the 100 kHz of the bus; the tool that moves the pins takes longer by itself."""
ANSWERS_WITHIN_S = 1.0
ONE_PIN = re.compile(r"^\s*(?P<pin>\d+):\s+(?P<function>\w+)\s.*?\|\s*(?P<level>hi|lo|--)", re.MULTILINE)
"""A line of `pinctrl get`: ` 2: a0    pu | hi // GPIO2 = SDA1`."""


class BusLines(Protocol):
    """The two lines of a bus, open drain: a line is held low, or let go."""

    def data(self) -> bool:
        """Whether the data line is high."""

    def hold_clock(self, low: bool) -> None:
        """Hold the clock low, or let it go."""

    def hold_data(self, low: bool) -> None:
        """Hold the data line low, or let it go."""

    def give_back(self) -> None:
        """Return both lines to the I2C controller. Idempotent."""


def free_bus(lines: BusLines, pause: Callable[[float], object] = time.sleep) -> bool:
    """Clock whoever holds the data line until they let go; True if the bus is free. Raises DeviceLost."""
    try:
        low_s = LONG_LOW_S
        for _ in range(CLOCKS):
            lines.hold_clock(True)
            pause(low_s)
            lines.hold_clock(False)
            pause(HALF_PERIOD_S)
            low_s = HALF_PERIOD_S
            if lines.data():
                break
        # A stop: the data line rises while the clock is high.
        lines.hold_clock(True)
        lines.hold_data(True)
        pause(HALF_PERIOD_S)
        lines.hold_clock(False)
        pause(HALF_PERIOD_S)
        lines.hold_data(False)
        pause(HALF_PERIOD_S)
        return lines.data()
    finally:
        lines.give_back()


class PinctrlLines:
    """A Raspberry Pi's pins by its own tool `pinctrl`, which can also give them back to the controller.

    The tool works on the registers of every Pi, the RP1 of a Pi 5 included, where the same pins have another function
    number: so the function is read before anything is changed.
    """

    def __init__(self, data_pin: int, clock_pin: int, run: Callable[[list[str]], str] | None = None) -> None:
        """Take the lines. Raises DeviceLost where there is no such tool, or no right to use it."""
        self._data, self._clock = data_pin, clock_pin
        self._run = run or _run
        self._functions = {pin: self._get(pin)["function"] for pin in (data_pin, clock_pin)}

    def data(self) -> bool:
        """Whether the data line is high."""
        return self._get(self._data)["level"] == "hi"

    def hold_clock(self, low: bool) -> None:
        """Hold the clock low, or let it go."""
        self._hold(self._clock, low)

    def hold_data(self, low: bool) -> None:
        """Hold the data line low, or let it go."""
        self._hold(self._data, low)

    def give_back(self) -> None:
        """Return both lines to what they were. Idempotent."""
        for pin, function in self._functions.items():
            self._run(["set", str(pin), function, "pu"])

    def _hold(self, pin: int, low: bool) -> None:
        self._run(["set", str(pin), *(("op", "dl") if low else ("ip", "pu"))])

    def _get(self, pin: int) -> "re.Match[str]":
        found = ONE_PIN.search(self._run(["get", str(pin)]))
        if found is None or int(found["pin"]) != pin:
            raise DeviceLost(f"pinctrl says nothing of GPIO {pin}")
        return found


def _run(arguments: list[str]) -> str:
    try:
        done = subprocess.run(["pinctrl", *arguments], check=True, capture_output=True, text=True, timeout=ANSWERS_WITHIN_S)
    except (OSError, subprocess.SubprocessError) as error:
        raise DeviceLost(f"the bus cannot be freed: pinctrl {arguments[0]} does not work here") from error
    return done.stdout
