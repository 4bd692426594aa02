"""The thread that listens downward: documents when they have changed, and messages as they come."""

import random
import threading
from collections.abc import Callable
from typing import Protocol

from kiosk.edge import Edge
from kiosk.errors import ServiceUnavailable
from kiosk.ports import Clock
from sync.downward.keeper import Keeper
from sync.downward.message import WAIT_S, News
from sync.downward.orders import Order, Orders

REFRESH_S = 600.0
"""Though nothing has changed, the server is asked to vouch for it this often."""
REST_S = 1.0
"""Between two answers that come at once and tell nothing."""
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 15.0


class NewsSource(Protocol):
    """What the listener needs of a `Way`."""

    def news(self, after: str, number: int, wait_s: float) -> News:
        """Wait for news. Raises ServiceUnavailable."""


class Listener:
    """Asks, and asks again (a worker's job). `post` gets what the loop has to act upon.

    That the server is lost the sender tells; here it is only logged that nothing comes down.
    """

    def __init__(
        self,
        keeper: Keeper,
        orders: Orders,
        source: NewsSource,
        clock: Clock,
        post: Callable[[Order], None],
        *,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._keeper = keeper
        self._orders = orders
        self._source = source
        self._clock = clock
        self._post = post
        self._jitter = jitter
        self._after = ""
        self._due_at: float = clock.monotonic()
        self._failures = 0
        self._edge = Edge("downward")

    def set_up(self) -> None:
        """Say what is in force from the beginning."""
        self._keeper.settle()

    def turn(self, stop: threading.Event) -> bool:
        """Ask once; True when the server answered."""
        try:
            if self._clock.monotonic() >= self._due_at:
                self._keeper.exchange()
                self._due_at = self._clock.monotonic() + REFRESH_S
            self._keeper.settle()
            asked_at = self._clock.monotonic()
            news = self._source.news(self._after, self._keeper.number, WAIT_S)
        except ServiceUnavailable as error:
            self._keeper.settle()
            if not stop.is_set():
                self._edge.lose(self._clock.monotonic(), detail=str(error))
            self._failures += 1
            stop.wait(self._pause_s())
            return False
        now = self._clock.monotonic()
        self._failures = 0
        self._edge.find(now)
        self._after = news.next
        for signed in news.messages:
            if (order := self._orders.hear(signed, now)) is not None:
                self._post(order)
        if news.number != self._keeper.number:
            self._due_at = now
        elif not news.messages and now - asked_at < REST_S:
            stop.wait(REST_S)
        return True

    def tear_down(self) -> None:
        """Nothing to let go of: the way is its owner's."""

    def _pause_s(self) -> float:
        longest = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(self._failures - 1, 16))
        return longest * (0.5 + self._jitter() / 2)
