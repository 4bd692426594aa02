"""What the live page shows, read once for everybody: one reader of the store, any number of listeners, no queues.

A listener who is slow gets the newest state next, not each one in between.
"""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import msgspec
import structlog
from anyio import CapacityLimiter, to_thread
from sqlalchemy.exc import SQLAlchemyError

from sync.central.calls import Call, Latest
from sync.central.passages import Passage

BEAT_S = 15.0
"""A listener hears something at least this often; then the board also looks for what other servers appended."""
REST_S = 0.25
"""However much arrives, the store is not read more often than this."""
STALE_S = 1.0
"""A page that is asked for shows nothing older, also when another server appended it."""
LISTENERS = 200

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is shown at one moment, and the digest of it, `version`.

    `changed` are the passages that are new since `before`; `recalled`: the calls are not what they were.
    """

    passages: tuple[Passage, ...]
    calls: tuple[Call, ...]
    version: str
    before: str
    changed: frozenset[tuple[str, str]]
    recalled: bool
    several: bool
    """Whether passages and calls are of more than one compound, so that each has to name its own."""
    rendered: dict[tuple[str, ...], bytes] = field(default_factory=dict, compare=False)
    """What was made of it, for whoever asks next."""


class Board:
    """Keeps the newest snapshot. `poke` is for any thread; all else belongs to the server's event loop."""

    def __init__(
        self,
        load: Callable[[], Latest],
        *,
        beat_s: float = BEAT_S,
        rest_s: float = REST_S,
        stale_s: float = STALE_S,
        listeners: int = LISTENERS,
    ) -> None:
        self.beat_s = beat_s
        self._load = load
        self._rest_s = rest_s
        self._stale_s = stale_s
        self._places = listeners
        self._listening = 0
        self._snapshot: Snapshot | None = None
        self._read_at = 0.0
        self._outdated = True
        self._well = True
        self._loop: asyncio.AbstractEventLoop | None = None
        self._reading = asyncio.Lock()
        self._reader = CapacityLimiter(1)
        self._poked = asyncio.Event()
        self._turned = asyncio.Event()
        self.closing = asyncio.Event()
        """Set when the server is on its way down."""

    @property
    def listening(self) -> int:
        """How many listen just now."""
        return self._listening

    def poke(self) -> None:
        """Something was appended."""
        self._outdated = True
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended: nobody listens any more
                self._loop.call_soon_threadsafe(self._poked.set)

    async def run(self) -> None:
        """Read the store whenever something was appended and somebody listens, until `close`."""
        self._loop = asyncio.get_running_loop()
        while not self.closing.is_set():
            await _wait(self._poked, self.beat_s)
            self._poked.clear()
            if self._listening and not self.closing.is_set():
                await self._refresh_quietly()
            await _wait(self.closing, self._rest_s)

    def close(self) -> None:
        """Let every listener go. Idempotent."""
        self.closing.set()
        self._poked.set()
        self._turned.set()

    async def current(self) -> Snapshot:
        """What is shown now. Raises SQLAlchemyError when it cannot be read."""
        if self._snapshot is None or self._outdated or time.monotonic() - self._read_at > self._stale_s:
            return await self._refresh()
        return self._snapshot

    @contextmanager
    def place(self) -> Iterator[bool]:
        """Take a listener's place; False when all are taken or the server is on its way down."""
        if self._listening >= self._places or self.closing.is_set():
            yield False
            return
        self._listening += 1
        try:
            yield True
        finally:
            self._listening -= 1

    async def changes(self, seen: str) -> AsyncIterator[tuple[Snapshot, str] | None]:
        """Each newer state with the version seen before it, for one listener; None as a sign of life. Ends at `close`."""
        with suppress(SQLAlchemyError):
            await self.current()
        while not self.closing.is_set():
            turned = self._turned
            if (snapshot := self._snapshot) is not None and snapshot.version != seen:
                yield snapshot, seen
                seen = snapshot.version
            elif not await _wait(turned, self.beat_s):
                yield None

    async def _refresh_quietly(self) -> None:
        try:
            await self._refresh()
        except SQLAlchemyError as error:
            if self._well:
                _log.error("passages cannot be read", reason=type(error).__name__)
            self._well = False
            return
        if not self._well:
            _log.info("passages can be read again")
        self._well = True

    async def _refresh(self) -> Snapshot:
        async with self._reading:
            # Whoever waited for another's reading has it, unless something was appended meanwhile.
            if self._snapshot is not None and not self._outdated and time.monotonic() - self._read_at < self._rest_s:
                return self._snapshot
            self._outdated = False
            try:
                latest = await to_thread.run_sync(self._load, limiter=self._reader)
            except BaseException:
                self._outdated = True
                raise
            self._read_at = time.monotonic()
            snapshot = self._snapshot
            if snapshot is None or (snapshot.passages, snapshot.calls) != (latest.passages, latest.calls):
                snapshot = self._snapshot = snapshot_of(latest.passages, snapshot, latest.calls)
                turned, self._turned = self._turned, asyncio.Event()
                turned.set()
            return snapshot


def snapshot_of(passages: tuple[Passage, ...], old: Snapshot | None, calls: tuple[Call, ...] = ()) -> Snapshot:
    """The state with these passages and calls, after an older one."""
    digest = hashlib.sha256(msgspec.json.encode((passages, calls))).hexdigest()[:16]
    several = len({one.compound for one in passages} | {one.compound for one in calls}) > 1
    # What names its compound from now on, or no longer, is all new.
    same = old if old is not None and old.several is several else None
    before = {(one.compound, one.event): one for one in same.passages} if same is not None else {}
    changed = frozenset(key for one in passages if before.get(key := (one.compound, one.event)) != one)
    recalled = same is None or same.calls != calls
    return Snapshot(passages, calls, digest, "" if old is None else old.version, changed, recalled, several)


async def _wait(event: asyncio.Event, seconds: float) -> bool:
    """Whether the event came within so many seconds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            return await event.wait()
    return False
