"""A V4L2 camera's controls, for a bright screen held close: set through the kernel, since OpenCV knows only some of them.

Numbers are those of linux/v4l2-controls.h and linux/videodev2.h.
"""

import fcntl
import os
import struct
from collections.abc import Callable
from dataclasses import dataclass

from kiosk.lines import get_logger

SET_CONTROL = 0xC008561C
"""VIDIOC_S_CTRL: a control's number and its value."""
POWER_LINE, GAIN, AUTO_GAIN = 0x00980918, 0x00980913, 0x00980912
AUTO_EXPOSURE, EXPOSURE = 0x009A0901, 0x009A0902
FOCUS, AUTO_FOCUS = 0x009A090A, 0x009A090C
MANUAL_EXPOSURE, OFF = 1, 0
POWER_LINES = {50: 1, 60: 2}

_log = get_logger()


@dataclass(frozen=True, slots=True)
class Controls:
    """What to set; None: as the driver has it. Whoever names a value takes it out of the automatic's hands.

    `exposure` is in 0.1 ms; `focus` and `gain` in the camera's own steps; `power_line_hz` is 50 or 60.
    """

    exposure: int | None = None
    focus: int | None = None
    gain: int | None = None
    power_line_hz: int | None = None

    def values(self) -> list[tuple[str, int, int]]:
        """Return the controls with their names, numbers and values, each automatic before what it is switched off for."""
        found = []
        if self.power_line_hz is not None:
            found.append(("power_line_hz", POWER_LINE, POWER_LINES[self.power_line_hz]))
        if self.exposure is not None:
            found += [("exposure", AUTO_EXPOSURE, MANUAL_EXPOSURE), ("exposure", EXPOSURE, self.exposure)]
        if self.focus is not None:
            found += [("focus", AUTO_FOCUS, OFF), ("focus", FOCUS, self.focus)]
        if self.gain is not None:
            found += [("gain", AUTO_GAIN, OFF), ("gain", GAIN, self.gain)]
        return found


def apply(controls: Controls, number: int, ioctl: Callable[[int, int, bytes], object] = fcntl.ioctl) -> tuple[str, ...]:
    """Set them on /dev/videoN; return which ones the camera does not have. It is used all the same."""
    wanted = controls.values()
    if not wanted:
        return ()
    try:
        device = os.open(f"/dev/video{number}", os.O_RDWR | os.O_NONBLOCK)
    except OSError as error:
        _log.warning("camera controls not set", reason=error.strerror)
        return tuple(dict.fromkeys(name for name, _, _ in wanted))
    try:
        return _set(wanted, lambda request: ioctl(device, SET_CONTROL, request))
    finally:
        os.close(device)


def _set(wanted: list[tuple[str, int, int]], ask: Callable[[bytes], object]) -> tuple[str, ...]:
    refused: dict[str, None] = {}
    for name, control, value in wanted:
        try:
            ask(struct.pack("Ii", control, value))
        except OSError as error:
            # Many cameras have no automatic to switch off; that alone is no reason to complain.
            if control not in (AUTO_GAIN, AUTO_EXPOSURE, AUTO_FOCUS):
                refused[name] = None
                _log.warning("camera control refused", control=name, reason=error.strerror)
    return tuple(refused)
