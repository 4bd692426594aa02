"""The thermometer's thread: look, tell the loop, wait for the chip's next value."""

import threading
from collections.abc import Callable

from kiosk.inbox import Inbox
from kiosk.ports import Thermometer


class ThermometerJob:
    """A worker's job around a Thermometer, opened anew after each loss."""

    def __init__(self, open_thermometer: Callable[[], Thermometer], inbox: Inbox) -> None:
        self._open = open_thermometer
        self._inbox = inbox
        self._thermometer: Thermometer | None = None

    def set_up(self) -> None:
        """Open the bus. Raises DeviceLost."""
        self._thermometer = self._open()

    def turn(self, stop: threading.Event) -> bool:
        """Take one look. Raises DeviceLost or DeviceFault."""
        if self._thermometer is None:
            return False
        self._inbox.post(self._thermometer.observe())
        stop.wait(self._thermometer.rest_s())
        return True

    def tear_down(self) -> None:
        """Let go of the bus. Idempotent."""
        thermometer, self._thermometer = self._thermometer, None
        if thermometer is not None:
            thermometer.close()
