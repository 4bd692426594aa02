"""The machine's clocks."""

import ctypes
import time
from pathlib import Path

from kiosk.model import ClockState
from kiosk.units import Monotonic, WallTime

BUILT_AT = WallTime(1_790_000_000_000_000)
"""No true time is before this version was made: a Pi without a clock battery starts in 1970."""
TIME_ERROR = 5
"""adjtimex(2): the clock is not synchronised."""


class SystemClock:
    """CLOCK_MONOTONIC and the wall clock of this machine."""

    def __init__(self) -> None:
        self._boot_id = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        self._libc = ctypes.CDLL(None, use_errno=True)

    def monotonic(self) -> Monotonic:
        """Seconds of the boot-wide monotonic clock."""
        return Monotonic(time.monotonic())

    def wall(self) -> WallTime:
        """Microseconds since 1970 UTC."""
        return WallTime(time.time_ns() // 1000)

    def state(self) -> ClockState:
        """Ask the kernel (adjtimex(2), which changes nothing when its modes are 0) whether time is disciplined."""
        if self.wall() < BUILT_AT:
            return ClockState.NEVER_SET
        timex = ctypes.create_string_buffer(512)
        answer = self._libc.adjtimex(timex)
        return ClockState.SYNCHRONISED if 0 <= answer < TIME_ERROR else ClockState.DRIFTING

    def boot_id(self) -> str:
        """The identity of this boot."""
        return self._boot_id
