"""When slowed processes may run: a slice at the beginning of each period. Pure."""

import math
from dataclasses import dataclass

PERIOD_S = 0.002
MOST_AT_ONCE = 1.5
"""A slice is at most so many times the usual one: what was missed long ago is not made up for in a rush."""
MOST_DEBT_S = 0.02
"""Processes that ran for too long are held back until it evens out, but not for this long times the scale."""


@dataclass(frozen=True, slots=True)
class Slice:
    """From when to when the processes run, on the monotonic clock. Empty: they stay stopped for this period."""

    begins: float
    ends: float

    @property
    def empty(self) -> bool:
        """Whether there is nothing to run in it."""
        return self.ends <= self.begins


class Schedule:
    """Absolute deadlines, and a balance: after a signal that came late the following slices are shorter, or longer.

    So the share of time is right over tens of milliseconds even where the machine wakes the pacer late.
    """

    def __init__(self, scale: float, now: float) -> None:
        """Begin. `scale` is how many times longer everything shall take, 1 or more."""
        self._usual_s = PERIOD_S / scale
        self._next = now
        self._owed_s = 0.0

    def next(self, now: float) -> Slice:
        """Return the slice of the next period that is still to come."""
        missed = max(0, math.ceil((now - self._next) / PERIOD_S))
        begins = self._next + missed * PERIOD_S
        self._next = begins + PERIOD_S
        owed = self._owed_s + (1 + missed) * self._usual_s
        self._owed_s = max(-MOST_DEBT_S, min(MOST_AT_ONCE * self._usual_s, owed))
        return Slice(begins, begins + max(0.0, self._owed_s))

    def ran(self, seconds: float) -> None:
        """Take note of how long they did run in the last slice."""
        self._owed_s -= seconds
