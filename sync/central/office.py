"""The kiosks that wait for news, on the event loop: one reader looks at the tables for all of them, while any waits.

A kiosk that waits costs neither a thread nor a query.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from anyio import CapacityLimiter, to_thread
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from kiosk.edge import Edge
from sync.central.messages import Snapshot, Standing, snapshot, take
from sync.central.recipients import Recipient
from sync.downward.message import News
from sync.downward.publication import WIRE

EVERY_S = 0.2
"""So often the tables are looked at."""
PLACES = 4000
"""So many kiosks may wait at one server."""
TAKING = 4
"""So many answers with messages are prepared at once."""


class Full(Exception):
    """Every place is taken, or the server is on its way down."""


@dataclass(slots=True, eq=False)
class _Waiter:
    who: Recipient
    after: str
    number: int
    stirred: asyncio.Event = field(default_factory=asyncio.Event)

    def found(self, now: Snapshot) -> tuple[Standing, ...] | None:
        """What there is for it; None: nothing has changed."""
        messages = tuple(one for one in now.messages.get(self.who, ()) if one.cursor > self.after)
        if messages or now.number_of(self.who.compound, self.who.gate) != self.number:
            return messages
        return None


class Office:
    """The waiting room of one server. Everything belongs to the server's event loop."""

    def __init__(self, engine: Engine, wall_us: Callable[[], int], *, every_s: float = EVERY_S, places: int = PLACES) -> None:
        self._engine = engine
        self._wall_us = wall_us
        self._every_s = every_s
        self._places = places
        self._waiting: set[_Waiter] = set()
        self._wanted = asyncio.Event()
        self._closing = asyncio.Event()
        self._now: Snapshot | None = None
        self._looked_at = 0.0
        self._looking = asyncio.Lock()
        self._reader = CapacityLimiter(1)
        self._taking = CapacityLimiter(TAKING)
        self._edge = Edge("messages")

    @property
    def waiting(self) -> int:
        """How many kiosks wait just now."""
        return len(self._waiting)

    async def run(self) -> None:
        """Look at the tables while anybody waits, until `close`."""
        while not self._closing.is_set():
            await self._wanted.wait()
            if self._waiting and not self._closing.is_set():
                with suppress(SQLAlchemyError):
                    await self._look()
                await _within(self._closing, self._every_s)
            else:
                self._wanted.clear()

    def close(self) -> None:
        """Let everybody go with what there is. Idempotent."""
        self._closing.set()
        self._wanted.set()
        for one in self._waiting:
            one.stirred.set()

    @contextmanager
    def place(self, who: Recipient, after: str, number: int) -> Iterator[_Waiter]:
        """Take a place. Raises Full."""
        if len(self._waiting) >= self._places or self._closing.is_set():
            raise Full
        waiter = _Waiter(who, after, number)
        self._waiting.add(waiter)
        self._wanted.set()
        try:
            yield waiter
        finally:
            self._waiting.discard(waiter)

    async def news(self, waiter: _Waiter, wait_s: float) -> News:
        """Wait for news, not longer than `wait_s`, and return them. Raises SQLAlchemyError."""
        if self._now is None or time.monotonic() - self._looked_at > self._every_s:
            await self._look()
        ends = time.monotonic() + wait_s
        while not self._closing.is_set() and self._now is not None and waiter.found(self._now) is None:
            left_s = ends - time.monotonic()
            if left_s <= 0 or not await _within(waiter.stirred, left_s):
                break
            waiter.stirred.clear()
        return await self._answer(waiter)

    async def _answer(self, waiter: _Waiter) -> News:
        found = () if self._now is None else waiter.found(self._now) or ()
        if found:
            ids = [one.id for one in found]
            taken = await to_thread.run_sync(
                lambda: take(self._engine, waiter.who, ids, self._wall_us()), limiter=self._taking
            )
            found = tuple(one for one in found if one.id in taken)
        return News(
            wire=WIRE,
            number=0 if self._now is None else self._now.number_of(waiter.who.compound, waiter.who.gate),
            next=found[-1].cursor if found else waiter.after,
            messages=[one.signed for one in found],
        )

    async def _look(self) -> None:
        asked_at = time.monotonic()
        async with self._looking:
            if self._now is not None and self._looked_at > asked_at:
                return  # somebody else has looked meanwhile
            began = time.monotonic()
            try:
                now = await to_thread.run_sync(lambda: snapshot(self._engine, self._wall_us()), limiter=self._reader)
            except SQLAlchemyError as error:
                self._edge.lose(began, kind=type(error).__name__)
                raise
            self._edge.find(began)
            changed, self._now, self._looked_at = now != self._now, now, began
        if changed:
            for one in self._waiting:
                if one.found(now) is not None:
                    one.stirred.set()


async def _within(event: asyncio.Event, seconds: float) -> bool:
    """Whether the event came within so many seconds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            return await event.wait()
    return False
