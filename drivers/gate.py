"""The gate line: one relay pin that is inactive unless a bounded pulse says otherwise, and the passage sensor."""

import contextlib
import os
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gpiozero import DigitalInputDevice, OutputDevice

from kiosk.errors import DeviceLost
from kiosk.ports import Clock
from kiosk.units import Monotonic, Seconds

MAX_PULSE_S = 5.0
"""The longest pulse that any configuration may ask for (kiosk.config, [gate] pulse_s)."""
ONE_PASSAGE_S = 0.2
"""Edges of the passage sensor within this time belong to one person."""
PASSAGES_KEPT = 32
"""Passages not yet taken; when there are more, the oldest go."""


class GateLine:
    """The relay and the passage sensor. Inactive when made and when closed.

    The line itself never ends a pulse early or late on its own: whoever drives it calls `expire` at `until`.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        pin: int,
        active_high: bool = True,
        passage_pin: int | None = None,
        pin_factory: Any,
        max_pulse_s: float = MAX_PULSE_S,
    ) -> None:
        """Take the pins. `pin_factory` is a gpiozero factory. Raises DeviceLost."""
        self._clock = clock
        self._max_pulse_s = max_pulse_s
        self._until: Monotonic | None = None
        self._passages: deque[Monotonic] = deque(maxlen=PASSAGES_KEPT)
        self._wakeup = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._last_edge: Monotonic | None = None
        self.covered_since: Monotonic | None = None
        """Since when somebody or something has been between the posts; None while nobody is."""
        self._relay: Any = None
        self._sensor: Any = None
        try:
            self._relay = OutputDevice(pin, active_high=active_high, initial_value=False, pin_factory=pin_factory)
            if passage_pin is not None:
                self._sensor = DigitalInputDevice(passage_pin, pull_up=False, pin_factory=pin_factory)
                self._sensor.when_activated = self._note_passage
                self._sensor.when_deactivated = self._note_clear
        except Exception as error:
            # Every pin library raises kinds of its own.
            self.close()
            raise DeviceLost(f"the gate's pins cannot be used: {error}") from error

    @property
    def active(self) -> bool:
        """Whether a pulse is being given."""
        return self._until is not None

    @property
    def until(self) -> Monotonic | None:
        """When the pulse must end; None without one."""
        return self._until

    def allows(self, pulse_s: float) -> bool:
        """Whether a pulse of this length is within bounds."""
        return 0 < pulse_s <= self._max_pulse_s

    def pulse(self, pulse_s: Seconds) -> Monotonic:
        """Make the line active and return when that was. The caller has asked `allows`. Raises DeviceLost."""
        if not self.allows(pulse_s):
            raise ValueError(f"a pulse of {pulse_s} s is out of bounds")
        # The bound counts from before the write, so that a slow write cannot lengthen the pulse.
        self._until = Monotonic(self._clock.monotonic() + pulse_s)
        try:
            self._relay.on()
        except Exception as error:
            with contextlib.suppress(DeviceLost):
                self.release()
            raise DeviceLost(f"the gate line cannot be driven: {error}") from error
        return self._clock.monotonic()

    def hold(self, until: Monotonic) -> None:
        """Make the line active, or keep it so, until then; no longer than a pulse from now on. Raises DeviceLost."""
        self._until = Monotonic(min(until, self._clock.monotonic() + self._max_pulse_s))
        try:
            self._relay.on()
        except Exception as error:
            with contextlib.suppress(DeviceLost):
                self.release()
            raise DeviceLost(f"the gate line cannot be driven: {error}") from error

    def expire(self) -> bool:
        """Make the line inactive if its pulse is over, and say whether it was. Raises DeviceLost."""
        if self._until is None or self._clock.monotonic() < self._until:
            return False
        self.release()
        return True

    def release(self) -> None:
        """Make the line inactive, whatever it was. Raises DeviceLost."""
        try:
            self._relay.off()
        except Exception as error:
            raise DeviceLost(f"the gate line cannot be driven: {error}") from error
        self._until = None

    def fileno(self) -> int:
        """Return a descriptor that is readable while there are passages to take, for a selector."""
        return self._wakeup

    def take_passages(self) -> list[Monotonic]:
        """Return when somebody passed the sensor since the last call, oldest first."""
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self._wakeup)
        taken = []
        while self._passages:
            taken.append(self._passages.popleft())
        return taken

    def close(self) -> None:
        """Make the line inactive and let go of the pins. Idempotent."""
        relay, self._relay = self._relay, None
        sensor, self._sensor = self._sensor, None
        self._until = None
        for device in (sensor, relay):
            if device is None:
                continue
            # A kernel may keep an output as it was once its owner is gone: off comes first. A pin that has
            # failed already must not keep the other one open.
            with contextlib.suppress(Exception):
                if device is relay:
                    device.off()
            with contextlib.suppress(Exception):
                device.close()
        if self._wakeup >= 0:
            os.close(self._wakeup)
            self._wakeup = -1

    def _note_passage(self) -> None:
        """Note a passage; called on the pin library's own thread."""
        now = self._clock.monotonic()
        self.covered_since = now
        last = self._last_edge
        self._last_edge = now
        if last is not None and now - last < ONE_PASSAGE_S:
            return
        self._passages.append(now)
        os.eventfd_write(self._wakeup, 1)

    def _note_clear(self) -> None:
        """Note that nobody is there any more; called on the pin library's own thread."""
        self.covered_since = None


def real_pin_factory(pipes: Path | None = None) -> Any:
    """Return the factory for the pins of this board, imported only now. Raises DeviceLost when there are none.

    lgpio makes a named pipe where it is imported, and leaves it there; `pipes` is a folder for it.
    """
    try:
        with _in_folder(pipes):
            from gpiozero.pins.lgpio import LGPIOFactory

        return LGPIOFactory()
    except Exception as error:
        # ImportError without the library, its own error without the chip, gpiozero's on a board it does not know.
        raise DeviceLost(f"this machine's pins cannot be used: {error}") from error


@contextlib.contextmanager
def _in_folder(folder: Path | None) -> Iterator[None]:
    """Let lgpio work in a folder that is there, and come back: it changes to it, and what is relative would follow."""
    if folder is None or not folder.is_dir():
        yield
        return
    before = Path.cwd()
    os.environ.setdefault("LG_WD", str(folder))
    try:
        yield
    finally:
        os.chdir(before)
