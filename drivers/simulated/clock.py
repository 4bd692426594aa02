"""The clocks of simulated Pis: one whose date was never set, and one that is at another time than this machine."""

from kiosk.model import ClockState
from kiosk.ports import Clock
from kiosk.units import Monotonic, WallTime


class UnsetClock:
    """A machine's clock with the date taken away; monotonic time and the boot are the machine's."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def monotonic(self) -> Monotonic:
        """Seconds of the boot-wide monotonic clock."""
        return self._clock.monotonic()

    def wall(self) -> WallTime:
        """Microseconds since 1970 UTC, as if the machine had started then."""
        return WallTime(round(self._clock.monotonic() * 1_000_000))

    def state(self) -> ClockState:
        """Never set."""
        return ClockState.NEVER_SET

    def boot_id(self) -> str:
        """The identity of this boot."""
        return self._clock.boot_id()


class ShiftedClock:
    """A machine's clock, as if it had been another time when this began; monotonic time and the boot are the machine's."""

    def __init__(self, clock: Clock, begins: WallTime) -> None:
        self._clock = clock
        self._ahead_us = begins - clock.wall()

    def monotonic(self) -> Monotonic:
        """Seconds of the boot-wide monotonic clock."""
        return self._clock.monotonic()

    def wall(self) -> WallTime:
        """Microseconds since 1970 UTC, at the other time."""
        return WallTime(self._clock.wall() + self._ahead_us)

    def state(self) -> ClockState:
        """As far as the machine's."""
        return self._clock.state()

    def boot_id(self) -> str:
        """The identity of this boot."""
        return self._clock.boot_id()
