"""What is wired to the gate beside the relay: a key switch that is the guard's order, and contacts that are only noticed.

The exit button, the fire line and the tamper contact act on the gate's operator by their own wires. The Pi sees a second
contact of each and records it; whether it runs or not makes no difference to them.
"""

import contextlib
import os
from collections import deque
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import partial
from typing import Any

from gpiozero import DigitalInputDevice, DigitalOutputDevice

from kiosk.errors import DeviceLost
from kiosk.ports import Clock
from kiosk.units import Monotonic

NOTICES_KEPT = 64
"""Notices not yet taken, also while there is no core to tell; when there are more, the oldest go."""


class Switch(StrEnum):
    """A contact to ground, pulled up on the Pi."""

    EXIT = "exit"
    FIRE = "fire"
    TAMPER = "tamper"
    HOLD_OPEN = "hold_open"
    LOCK = "lock"


NORMALLY_CLOSED = frozenset({Switch.FIRE, Switch.TAMPER})
"""These alarm by opening, so that a cut wire alarms too."""


class Lamp(StrEnum):
    """Something that is switched on for people at the gate."""

    GREEN = "green"
    RED = "red"
    BUZZER = "buzzer"


class Switches:
    """The contacts that a configuration names. Edges come on the pin library's threads and are taken by the loop."""

    def __init__(self, clock: Clock, pins: Mapping[Switch, int], *, pin_factory: Any) -> None:
        """Take the pins. Raises DeviceLost."""
        self._clock = clock
        self._notices: deque[tuple[Switch, bool, Monotonic]] = deque(maxlen=NOTICES_KEPT)
        self._devices: dict[Switch, Any] = {}
        self._wakeup = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        try:
            for switch, pin in pins.items():
                device = DigitalInputDevice(pin, pull_up=True, pin_factory=pin_factory)
                self._devices[switch] = device
                device.when_activated = partial(self._note, switch, switch not in NORMALLY_CLOSED)
                device.when_deactivated = partial(self._note, switch, switch in NORMALLY_CLOSED)
        except Exception as error:
            # Every pin library raises kinds of its own.
            self.close()
            raise DeviceLost(f"the gate's switches cannot be used: {error}") from error

    def on(self, switch: Switch) -> bool:
        """Whether a switch is on now: pressed, turned, or in alarm. One that is not wired is off."""
        device = self._devices.get(switch)
        return device is not None and bool(device.is_active) != (switch in NORMALLY_CLOSED)

    def fileno(self) -> int:
        """Return a descriptor that is readable while there are notices, for a selector."""
        return self._wakeup

    def take(self) -> list[tuple[Switch, bool, Monotonic]]:
        """Return what was switched since the last call, oldest first."""
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self._wakeup)
        taken = []
        while self._notices:
            taken.append(self._notices.popleft())
        return taken

    def close(self) -> None:
        """Let go of the pins. Idempotent."""
        devices, self._devices = self._devices, {}
        for device in devices.values():
            with contextlib.suppress(Exception):
                device.close()
        if self._wakeup >= 0:
            os.close(self._wakeup)
            self._wakeup = -1

    def _note(self, switch: Switch, on: bool) -> None:
        self._notices.append((switch, on, self._clock.monotonic()))
        os.eventfd_write(self._wakeup, 1)


class Lamps:
    """Lights and buzzer. One that fails is lost quietly: a gate without its lamp still opens and closes."""

    def __init__(self, pins: Mapping[Lamp, int], *, pin_factory: Any, lost: Callable[[str], object] = lambda _: None) -> None:
        """Take the pins that can be had; `lost` is told of each that cannot."""
        self._lost = lost
        self._devices: dict[Lamp, Any] = {}
        self._shown: frozenset[Lamp] = frozenset()
        for lamp, pin in pins.items():
            try:
                self._devices[lamp] = DigitalOutputDevice(pin, initial_value=False, pin_factory=pin_factory)
            except Exception as error:  # noqa: BLE001 - every pin library raises kinds of its own
                lost(f"{lamp}: {error}")

    def show(self, lit: frozenset[Lamp]) -> None:
        """Switch on these and off all others; what is so already is not written again."""
        for lamp in lit ^ self._shown:
            device = self._devices.get(lamp)
            if device is None:
                continue
            try:
                device.value = lamp in lit
            except Exception as error:  # noqa: BLE001 - as above
                self._lost(f"{lamp}: {error}")
                del self._devices[lamp]
        self._shown = lit

    def close(self) -> None:
        """Switch everything off and let go of the pins. Idempotent."""
        self.show(frozenset())
        devices, self._devices = self._devices, {}
        for device in devices.values():
            with contextlib.suppress(Exception):
                device.close()
