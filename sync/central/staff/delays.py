"""Delays that grow with each wrong password: nothing for the first few, then twice as long each time.

What is counted is an attempt that has begun, so that many at once are many. Each server counts for itself.
"""

import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

FREE_OF_ACCOUNT = 3
FREE_OF_ADDRESS = 10
"""A whole gatehouse may sit behind one address."""
LONGEST_S = 300.0
FORGOTTEN_S = 3600.0
"""Whoever was wrong so long ago begins anew."""
KEYS = 20_000
"""So many accounts and addresses are told apart; the one that was heard longest ago is forgotten first."""


@dataclass(slots=True)
class _Counted:
    attempts: int
    last: float


class Delays:
    """What was tried lately, by key. Any thread may call any method."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._guard = threading.Lock()
        self._counted: OrderedDict[str, _Counted] = OrderedDict()

    def begin(self, free: dict[str, int]) -> float:
        """Begin an attempt for some keys, each with so many that are free: 0. Or how long to wait, and nothing is counted."""
        now = self._monotonic()
        with self._guard:
            wait_s = max(self._wait_s(key, without, now) for key, without in free.items())
            if wait_s > 0:
                return wait_s
            for key in free:
                counted = self._counted.setdefault(key, _Counted(0, now))
                counted.attempts = 1 if now - counted.last > FORGOTTEN_S else counted.attempts + 1
                counted.last = now
                self._counted.move_to_end(key)
            while len(self._counted) > KEYS:
                self._counted.popitem(last=False)
            return 0.0

    def forgive(self, key: str) -> None:
        """The attempt was right: begin anew."""
        with self._guard:
            self._counted.pop(key, None)

    def give_back(self, key: str) -> None:
        """The attempt was right, and those before it stay counted: one good password buys nobody else's."""
        with self._guard:
            if (counted := self._counted.get(key)) is not None and counted.attempts > 0:
                counted.attempts -= 1

    def _wait_s(self, key: str, free: int, now: float) -> float:
        counted = self._counted.get(key)
        if counted is None or counted.attempts < free or now - counted.last > FORGOTTEN_S:
            return 0.0
        delay_s = min(LONGEST_S, math.ldexp(1.0, min(counted.attempts - free + 1, 30)))
        return max(0.0, counted.last + delay_s - now)
