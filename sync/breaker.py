"""When to ask a service that has not answered, and when to leave it alone. Pure but for their own memory.

A library goes by the wall clock here, which a Pi sets long after its start, or by none that a test can move.
"""

from collections.abc import Callable

FAILURES = 3
"""Questions in a row without an answer, after which nothing is asked for a while."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 60.0
"""The first pause; each that follows without an answer is twice as long, up to the longest."""
RETRIES_PER_QUESTION = 0.2
MOST_RETRIES = 3.0
"""A service in trouble is not to be asked twice as often by every gate: one repeat for five questions, three at once."""


class Breaker:
    """Opens after failures in a row; after a pause it lets one question through, whose answer closes it again."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._failures = 0
        self._pause_s = FIRST_PAUSE_S
        self._closed_at = 0.0

    def allows(self) -> bool:
        """Whether to ask now."""
        return self._failures < FAILURES or self._monotonic() >= self._closed_at

    def succeeded(self) -> None:
        """There was an answer."""
        self._failures, self._pause_s = 0, FIRST_PAUSE_S

    def failed(self) -> None:
        """There was none."""
        self._failures += 1
        if self._failures >= FAILURES:
            self._closed_at = self._monotonic() + self._pause_s
            self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)


class RetryBudget:
    """How often a question may be repeated: a share of all that are asked."""

    def __init__(self) -> None:
        self._left = MOST_RETRIES

    def asked(self) -> None:
        """A new question was asked."""
        self._left = min(self._left + RETRIES_PER_QUESTION, MOST_RETRIES)

    def take(self) -> bool:
        """Whether one may be repeated now; if so, that is one less."""
        if self._left < 1:
            return False
        self._left -= 1
        return True
