"""gpiozero pins whose other end is in the simulated world, made like gpiozero's own mock pins.

A write returns once the world has seen it, so the world's clock gives the line's edges. Levels that the world puts
on inputs arrive on a thread of the factory's.
"""

import threading
import time
from pathlib import Path
from typing import Any

from gpiozero.exc import (
    PinFixedPull,
    PinInvalidBounce,
    PinInvalidFunction,
    PinInvalidPull,
    PinPWMUnsupported,
    PinSetInput,
)
from gpiozero.pins.pi import PiFactory, PiPin

from drivers.simulated.protocol import Channel, DrivePin, PinTaken, SetPin, enter
from kiosk.errors import DeviceLost

REVISION = 0xA02082
"""A Raspberry Pi 3B: the header that all boards since the B+ share."""
JOIN_S = 2.0


class WorldPin(PiPin):  # type: ignore[misc]  # gpiozero ships no types
    """One pin. Starts as an input at its pull."""

    def __init__(self, factory: "WorldPinFactory", info: Any) -> None:
        super().__init__(factory, info)
        self._world = factory
        self._function = "input"
        self._pull = info.pull or "floating"
        self._level = self._pull == "up"
        self._level_at = 0.0
        self._bounce: float | None = None
        self._edges = "both"

    @property
    def number(self) -> int:
        """The pin's BCM number."""
        return int(self._number)

    def close(self) -> None:
        """Give the pin back as an input. A world that is gone has let it float already."""
        self.when_changed = None
        try:
            self._set_function("input")
        except DeviceLost:
            self._function = "input"

    def output_with_state(self, state: float) -> None:
        """Become an output at `state` in one message, without a blip between."""
        self._take("output", bool(state))

    def input_with_pull(self, pull: str) -> None:
        """Become an input with `pull`."""
        self._set_function("input")
        self._set_pull(pull)

    def drive(self, level: bool, at: float) -> None:
        """Take over a level that the world put on the pin; called on the factory's thread."""
        # An edge that was on its way while the pin's level was asked for is older than the answer.
        if self._function != "input" or at <= self._level_at or level == self._level:
            return
        self._level, self._level_at = level, at
        if self._edges in ("both", "rising" if level else "falling") and self._when_changed is not None:
            self._call_when_changed(at, level)

    def _take(self, function: str, level: bool | None) -> None:
        taken = self._world.set_pin(SetPin(self.number, "output" if function == "output" else "input", level))
        self._function, self._level, self._level_at = function, taken.level, taken.at

    def _get_function(self) -> str:
        return self._function

    def _set_function(self, value: str) -> None:
        if value not in ("input", "output"):
            raise PinInvalidFunction("function must be input or output")
        self._take(value, self._level if value == "output" else None)

    def _get_state(self) -> bool:
        return self._level

    def _set_state(self, value: float) -> None:
        if self._function == "input":
            raise PinSetInput(f"cannot set state of pin {self!r}")
        self._take("output", bool(value))

    def _get_pull(self) -> str:
        return str(self._pull)

    def _set_pull(self, value: str) -> None:
        if self._function != "input" or (self.info.pull and value != self.info.pull):
            raise PinFixedPull(f"cannot set pull on pin {self!r}")
        if value not in ("floating", "up", "down"):
            raise PinInvalidPull("pull must be floating, up, or down")
        self._pull = value

    def _get_bounce(self) -> float | None:
        return self._bounce

    def _set_bounce(self, value: float | None) -> None:
        if value is not None and value < 0:
            raise PinInvalidBounce("bounce must be 0 or greater")
        self._bounce = value

    def _get_edges(self) -> str:
        return self._edges

    def _set_edges(self, value: str) -> None:
        self._edges = value

    def _get_frequency(self) -> None:
        return None

    def _set_frequency(self, value: float | None) -> None:
        if value is not None:
            raise PinPWMUnsupported(f"PWM is not supported on pin {self!r}")

    def _enable_event_detect(self) -> None:
        """Edges always arrive; whether they are passed on is looked up then."""

    def _disable_event_detect(self) -> None:
        """See above."""


class WorldPinFactory(PiFactory):  # type: ignore[misc]  # gpiozero ships no types
    """The pins of a world. When the process or the link ends, the world lets its outputs float to their pull."""

    def __init__(self, socket_path: Path | str) -> None:
        """Connect. Raises DeviceLost when there is no world."""
        super().__init__()
        self.pin_class = WorldPin
        self._lock = threading.Lock()
        self._channel, _ = enter(socket_path, "pins")
        try:
            self._incoming, _ = enter(socket_path, "edges")
        except DeviceLost:
            self._channel.close()
            raise
        self._reader = threading.Thread(target=self._follow, args=(self._incoming,), name="world-edges", daemon=True)
        self._reader.start()

    def set_pin(self, change: SetPin) -> PinTaken:
        """Tell the world and wait until it has seen it. Raises DeviceLost."""
        with self._lock:
            return self._channel.ask(change, PinTaken)

    def close(self) -> None:
        """Give all pins back and leave. Idempotent."""
        super().close()
        self._channel.close()
        self._incoming.close()
        if threading.current_thread() is not self._reader:
            self._reader.join(JOIN_S)

    @staticmethod
    def ticks() -> float:
        """Seconds of the monotonic clock, which is the world's too."""
        return time.monotonic()

    @staticmethod
    def ticks_diff(later: float, earlier: float) -> float:
        """Seconds between two ticks."""
        return later - earlier

    def _get_revision(self) -> int:
        return REVISION

    def _follow(self, incoming: Channel) -> None:
        while True:
            try:
                record = incoming.receive()
            except DeviceLost:
                return
            if isinstance(record, DrivePin):
                for pin in list(self.pins.values()):
                    if pin.number == record.pin:
                        pin.drive(record.level, record.at)
