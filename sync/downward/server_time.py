"""What time it is at the server, between two bounds, by this boot's monotonic clock: no clock of the kiosk's is believed."""

from dataclasses import dataclass

from kiosk.units import Monotonic

HOLDS_S = 3600.0
"""So long a bound is kept for its closeness; then the next one takes its place, should the clocks run apart."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """The server said `at_us` at some moment between these two."""

    at_us: int
    sent: Monotonic
    received: Monotonic


class ServerTime:
    """Learns from signed answers to questions of our own."""

    def __init__(self) -> None:
        self._anchor: Anchor | None = None

    def learn(self, at_us: int, sent: Monotonic, received: Monotonic) -> None:
        """Take in an answer. A closer one is kept for an hour, unless the server's clock was set meanwhile."""
        new, old = Anchor(at_us, sent, received), self._anchor
        if old is None or received - old.received >= HOLDS_S or received - sent <= old.received - old.sent:
            self._anchor = new
        elif not _earliest(old, received) <= _latest(new, received) <= _latest(old, received) + (received - sent) * 1e6:
            # What the old one makes of this moment is not what the server says now.
            self._anchor = new

    def latest(self, at: Monotonic) -> int | None:
        """The server's time at a moment is no later than this, in microseconds; None before the first answer."""
        return None if self._anchor is None else _latest(self._anchor, at)

    def earliest(self, at: Monotonic) -> int | None:
        """The server's time at a moment is no earlier than this."""
        return None if self._anchor is None else _earliest(self._anchor, at)


def _latest(anchor: Anchor, at: Monotonic) -> int:
    return anchor.at_us + round((at - anchor.sent) * 1e6)


def _earliest(anchor: Anchor, at: Monotonic) -> int:
    return anchor.at_us + round((at - anchor.received) * 1e6)
