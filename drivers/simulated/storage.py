"""The simulated SD card under the durable log: each durable commit takes as long as an fsync to a card does.

Python's sqlite3 has no seam below the commit (no VFS of ours can be registered), so this one lies around it: the
real commit is made, with its own fsync, and then the rest of the card's time is waited for. Meanwhile the log is
locked for its writer as it is during a real fsync. What the sender copies back into the database is not slowed.
"""

import math
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kiosk.errors import UsageError
from kiosk.ports import Clock

MEDIAN_S = 0.015
P99_S = 0.150
"""Lognormal between these (design: budget)."""
_MU = math.log(MEDIAN_S)
_SIGMA = math.log(P99_S / MEDIAN_S) / 2.3263478740408408
"""The standard normal distribution's 99th percentile is 2.326."""


class SdCard:
    """Takes its time. It writes down, beside the log, when each fsync ended and how long it took, in seconds.

    For measurements: what the disk took can then be told apart from what the software took.
    """

    def __init__(self, clock: Clock, seed: int, notes: Path, *, pause: Callable[[float], object] = time.sleep) -> None:
        """Begin with the chance of `seed`. Raises UsageError when nothing can be written to `notes`."""
        self._clock = clock
        self._pause = pause
        self._chance = random.Random(seed)  # noqa: S311 - the same seed shall give the same card
        try:
            self._notes = notes.open("a", encoding="ascii", buffering=1)
        except OSError as error:
            raise UsageError(f"{notes}: the simulated card cannot write there: {error.strerror}") from error

    @contextmanager
    def fsync(self) -> Iterator[None]:
        """Surround a commit; one that fails takes no more time than it took. One thread at a time."""
        began = self._clock.monotonic()
        yield
        # A real disk that is slower than the card has taken that long, and nobody else.
        took = max(self._clock.monotonic() - began, self._chance.lognormvariate(_MU, _SIGMA))
        while (rest := began + took - self._clock.monotonic()) > 0:
            self._pause(rest)
        self._notes.write(f"{self._clock.monotonic():.6f} {took:.6f}\n")

    def close(self) -> None:
        """Write no more. Idempotent."""
        self._notes.close()


def notes_beside(log: Path) -> Path:
    """Where the card of this log writes down what its fsyncs took."""
    return log.with_name(log.name + "-fsyncs")


def read_notes(notes: Path) -> list[tuple[float, float]]:
    """Return when each fsync ended (monotonic) and how long it took, in seconds; none without a card."""
    if not notes.exists():
        return []
    # The last line of a process that was killed may be half written.
    lines = notes.read_text(encoding="ascii").split("\n")[:-1]
    return [(float(at), float(took)) for at, took in (line.split() for line in lines)]
