"""A log as values: an entry in its place, what is pending of a log, a log that is carried over; and one held in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kiosk import __version__, events
from kiosk.errors import GatepostError
from kiosk.events import Draft, Event, Head, NotCanonical, event_id
from kiosk.model import Answer, ClockState, EventId, GateOutcome
from kiosk.ports import Clock
from kiosk.spent import Spend
from sync.wire import MAX_EVENT

UNKNOWN_TIME = 0
"""In place of the time of an event that was recorded while the clock was not believed."""
DISK_FAILED = "disk_failed"
"""Why a log is begun in memory, to be taken over by the disk's later."""
ENTRY_BYTES = 400
"""What an entry takes in memory beside the text and the sealed part of its event."""


class HeadDisputed(GatepostError, ValueError):
    """The server's head of a log is not the one of this log at that number, or lies beyond it."""


@dataclass(frozen=True, slots=True)
class Pending:
    """Consecutive events of one log, and the head that they follow."""

    after: Head
    events: Sequence[Event]


@dataclass(frozen=True, slots=True)
class Decides:
    """An event that is a decision."""

    visit: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Ends:
    """An event that says how an admission ended, and whether its pass keeps its use."""

    admission: EventId
    outcome: GateOutcome
    gives_back: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """An event in its place after `after`, with what the log notes beside it.

    `event` is None where only the notes are kept: the server has the event. `recorded_us` is wall time.
    """

    after: Head
    event: Event | None
    recorded_us: int
    decides: Decides | None = None
    spends: Spend | None = None
    ends: Ends | None = None

    @property
    def seq(self) -> int:
        """Its number in its log."""
        return self.after.next_seq

    @property
    def id(self) -> EventId:
        """Its identity within the compound."""
        return event_id(self.after.device, self.after.log_id, self.seq)


@dataclass(frozen=True, slots=True)
class Carried:
    """A whole log, as another takes it over: where it stands, why it was begun, how far the server has it."""

    head: Head
    reason: str
    acknowledged: int
    entries: Sequence[Entry]


def follow(
    head: Head,
    draft: Draft,
    clock: Clock,
    *,
    decides: Decides | None = None,
    spends: Spend | None = None,
    ends: Ends | None = None,
) -> tuple[Entry, Head]:
    """Give a draft its place: the entry, and the head that follows. Raises NotCanonical, also beyond MAX_EVENT."""
    event, after = events.append(head, draft)
    if len(event.header.encode()) + len(event.sealed or b"") > MAX_EVENT:
        raise NotCanonical(f"the event is larger than {MAX_EVENT} bytes")
    # A time that is not believed would make the event look older than it is.
    recorded_us = clock.wall() if clock.state() is ClockState.SYNCHRONISED else UNKNOWN_TIME
    return Entry(head, event, recorded_us, decides, spends, ends), after


def opening(clock: Clock, reason: str, predecessor: str | None) -> Draft:
    """The first event of every log: why it was begun, and which log was there before, when that is known."""
    body = {
        "boot": clock.boot_id(),
        "mono_us": round(clock.monotonic() * 1_000_000),
        "wall_us": clock.wall(),
        "clock": clock.state().value,
        "software": __version__,
        "reason": reason,
        "predecessor": predecessor,
    }
    return Draft("log_opened", body)


class MemoryChain:
    """A log in memory, from its first event on. Its owner sees to it that one thread at a time uses it."""

    def __init__(self, head: Head, reason: str, clock: Clock) -> None:
        """Begin at `head`, which is that of an empty log."""
        self.head = head
        self.acknowledged = head.next_seq
        self.size = 0
        self._reason = reason
        self._clock = clock
        self._entries: list[Entry] = []
        self._forgotten = 0

    def extend(
        self, draft: Draft, *, decides: Decides | None = None, spends: Spend | None = None, ends: Ends | None = None
    ) -> Entry:
        """Append a draft. Raises NotCanonical."""
        entry, self.head = follow(self.head, draft, self._clock, decides=decides, spends=spends, ends=ends)
        self._entries.append(entry)
        self.size += ENTRY_BYTES + _size(entry.event)
        return entry

    def pending(self, limit: int) -> Pending | None:
        """Up to `limit` consecutive events that the server has not acknowledged."""
        start = self.acknowledged - 1
        # Only what was acknowledged is ever forgotten, and `acknowledge` does not go back before it.
        found = [entry.event for entry in self._entries[start : start + limit] if entry.event is not None]
        return Pending(self._entries[start].after, found) if found else None

    def acknowledge(self, next_seq: int, head: bytes) -> None:
        """Note that the server holds everything before `next_seq`; a lower number than before rewinds.

        Raises HeadDisputed when that is another log's head, beyond the end, or before what was forgotten.
        """
        if not self._forgotten < next_seq <= self.head.next_seq or self._hash_before(next_seq) != head:
            raise HeadDisputed(f"log {self.head.log_id}: the server's head before {next_seq} is not ours")
        self.acknowledged = next_seq

    def forget(self, to_size: int) -> None:
        """Let go of acknowledged events, oldest first, until no more than so many bytes are held. Their notes stay."""
        # The newest event stays: whoever takes the log over sees by it that the head is right.
        last = min(self.acknowledged - 1, len(self._entries) - 1)
        while self.size > to_size and self._forgotten < last:
            entry = self._entries[self._forgotten]
            self._entries[self._forgotten] = replace(entry, event=None)
            self.size -= _size(entry.event)
            self._forgotten += 1

    def carried(self) -> Carried:
        """All of it, as it is now."""
        return Carried(self.head, self._reason, self.acknowledged, tuple(self._entries))

    def _hash_before(self, seq: int) -> bytes:
        return self.head.hash if seq == self.head.next_seq else self._entries[seq - 1].after.hash


def _size(event: Event | None) -> int:
    return 0 if event is None else len(event.header) + len(event.sealed or b"")
