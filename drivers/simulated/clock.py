"""The clock of a simulated Pi that has no battery and has not reached a time server: it begins in 1970."""

from kiosk.model import ClockState, Monotonic, WallTime
from kiosk.ports import Clock


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
