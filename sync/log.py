"""The durable log of a kiosk. What it has returned an id for survives the loss of power.

One connection writes (`synchronous=FULL`, one transaction for an event and its decision). A second one serves the
sender: it reads, and notes what the server acknowledged. That note needs no fsync (lost, the events are sent
again), so the sender never holds the write lock for longer than a few microseconds, and it is the sender's
connection that copies the write-ahead log back into the database.
"""

import secrets
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

from kiosk.errors import LogUnusable
from kiosk.events import GENESIS, Draft, Head
from kiosk.lines import get_logger
from kiosk.model import Answer, ClockState, Decision, EventId, GateOutcome
from kiosk.ports import Admission, Clock
from kiosk.spent import Spend
from kiosk.units import Monotonic
from sync.chain import DISK_FAILED, Carried, Decides, Ends, Entry, HeadDisputed, Pending, follow, opening
from sync.log_file import Occupied, Untrustworthy, connect, is_damage, open_log_file
from sync.log_rows import events_from, hash_before
from sync.log_writes import adopt, advance, begin, current, rewind, see_unspent, take_back, write
from sync.pruning import prune_older, prune_oldest
from sync.room import CAPACITY, Room, bound, free_on_disk, room_in
from sync.salvage import salvage
from sync.set_aside import SetAside, set_aside

KEEP_ACKNOWLEDGED_US = 14 * 24 * 3600 * 1_000_000
"""Acknowledged events stay this long, for a server that is restored from a backup and asks again."""
WRITER_CHECKPOINT_PAGES = 8000
"""The writer copies the WAL back itself only when the sender has not for this many pages (32 MB)."""
OCCUPIED_FOR_S = 60.0
"""A file that another process holds for longer is set aside; what is in it is read as far as that process lets us."""
Result = TypeVar("Result")
_OPENINGS = ("new", "renamed", "set_aside", DISK_FAILED)
"""Why a log is begun but for the callers of `begin_new`, who have reasons of their own."""


class SqliteLog:
    """`kiosk.ports.Log` in a file, and what the sender needs. Any thread may call any method.

    Opening never raises: while the file cannot be used, `fault` says why, every call raises LogUnusable, and the
    next call tries again. `set_aside` names the database that the last opening had to move out of the way.
    `appended` is set after every event, for whoever waits to send it. `log_id` is the current log, also when the disk
    has failed since; None when it was never read. Beyond `capacity` bytes it fails as on a full disk. `fsync` surrounds
    each commit that has to be on disk: the seam for a simulated card; `free` gives the bytes that are free on the disk.
    """

    def __init__(
        self,
        path: Path,
        *,
        compound: str,
        device: str,
        clock: Clock,
        capacity: int = CAPACITY,
        fsync: Callable[[], AbstractContextManager[None]] = nullcontext,
        free: Callable[[Path], int] = free_on_disk,
    ) -> None:
        self.fault: str | None = None
        self.set_aside: SetAside | None = None
        self.log_id: str | None = None
        self.appended = threading.Event()
        self._path = path
        self._compound = compound
        self._device = device
        self._clock = clock
        self._capacity = capacity
        self._fsync = fsync
        self._free = free
        self._nearly_full = False
        self._writing = threading.Lock()
        self._sending = threading.Lock()
        self._writer: sqlite3.Connection | None = None
        self._reader: sqlite3.Connection | None = None
        self._unnamed: SetAside | None = None
        self._doubtful: Entry | None = None
        self._occupied_since: Monotonic | None = None
        self._damaged = False
        self._closed = False
        with self._writing:
            try:
                self._open()
            except LogUnusable as error:
                self.fault = str(error)

    def append(self, draft: Draft, *, visit: str, decision: Decision | None = None, spends: Spend | None = None) -> EventId:
        """Record the event, the decision and the use of a pass in one durable transaction. Raises LogUnusable.

        Raises NotCanonical, and records nothing, when the draft has no canonical form or exceeds MAX_EVENT, and
        AlreadySpent when the pass has had its use.
        """
        decides = None if decision is None else Decides(visit, decision.answer)
        return self._extend(draft, decides=decides, spends=spends)

    def record_outcome(self, admission: EventId, outcome: GateOutcome, draft: Draft, *, gives_back: bool = False) -> EventId:
        """Record how an admission ended, and whether its pass keeps its use. Raises LogUnusable.

        The first outcome stands; a later one for the same admission is recorded as an event only.
        """
        return self._extend(draft, ends=Ends(admission, outcome, gives_back))

    def adopt(self, carried: Carried) -> None:
        """Take over a log that went on elsewhere: it is the current one from here on. Raises LogUnusable.

        Taking it over twice, or once more when it is longer, is taking it over once.
        """
        self._durably(lambda connection: adopt(connection, carried))
        self.log_id = carried.head.log_id

    def unresolved(self) -> Sequence[Admission]:
        """Admissions without an outcome, oldest first: what a crash left behind. Raises LogUnusable."""
        rows = self._read(
            "SELECT event, visit FROM decision WHERE gate_outcome IS NULL AND answer = ? ORDER BY ordinal, seq",
            Answer.ADMIT.value,
        )
        return [Admission(EventId(event), visit) for event, visit in rows]

    def spent(self) -> Sequence[str]:
        """The marks of the passes whose single use was made here. Raises LogUnusable."""
        return [mark for (mark,) in self._read("SELECT mark FROM spent")]

    def head(self) -> Head:
        """Where the current log stands. Raises LogUnusable."""
        rows = self._read("SELECT compound, device, log_id, next_seq, head FROM log ORDER BY ordinal DESC LIMIT 1")
        return Head(*rows[0])

    def begin_new(self, reason: str, *, after: str) -> str:
        """Begin a new log unless `after` is the current one no longer; return the current one. Raises LogUnusable.

        A log that was itself begun so, and of which nothing was ever acknowledged, is kept, and so is one that
        holds nothing but its opening: yet another one would fare no better.
        """

        def begin_unless_fresh(connection: sqlite3.Connection) -> str:
            log_id, begun_for, acknowledged, next_seq = connection.execute(
                "SELECT log_id, reason, acknowledged, next_seq FROM log ORDER BY ordinal DESC LIMIT 1"
            ).fetchone()
            fresh = next_seq <= 2 or (acknowledged == 1 and begun_for not in _OPENINGS)
            if log_id != after or fresh:
                return str(log_id)
            return self._begin(connection, reason, log_id)

        self.log_id = self._durably(begin_unless_fresh)
        return self.log_id

    def pending(self, limit: int, *, skip: Collection[str] = ()) -> Pending | None:
        """Up to `limit` consecutive events of the oldest log that has unacknowledged ones. Raises LogUnusable."""
        with self._sender() as connection:
            behind = connection.execute(
                "SELECT ordinal, compound, device, log_id, acknowledged FROM log WHERE acknowledged < next_seq ORDER BY 1"
            ).fetchall()
            for ordinal, compound, device, log_id, acknowledged in behind:
                if log_id in skip:
                    continue
                first, events = events_from(connection, ordinal, acknowledged, limit)
                if events:
                    return Pending(Head(compound, device, log_id, first, events[0].prev_hash), events)
        return None

    def earlier(self) -> Sequence[Head]:
        """Every log but the current one, where the server last said that its copy ends. Raises LogUnusable."""
        with self._sender() as connection:
            rows = connection.execute("SELECT compound, device, log_id, acknowledged FROM log ORDER BY ordinal").fetchall()
            return [
                Head(compound, device, log_id, seq, hash_before(connection, log_id, seq) or GENESIS)
                for compound, device, log_id, seq in rows[:-1]
            ]

    def send_again(self, log_id: str, next_seq: int) -> None:
        """Have all that is held of a log pending, if that begins no later than at `next_seq`. Raises LogUnusable."""
        with self._sender() as connection:
            rewind(connection, log_id, next_seq)

    def unacknowledged(self) -> int:
        """How many events the server has not acknowledged. Raises LogUnusable."""
        return int(self._read("SELECT coalesce(sum(next_seq - acknowledged), 0) FROM log")[0][0])

    def acknowledge(self, log_id: str, next_seq: int, head: bytes) -> None:
        """Note that the server holds the log up to `next_seq`, exclusive; a lower number than before rewinds.

        Raises HeadDisputed, and notes nothing, unless `head` is the hash of the event before `next_seq`.
        Raises LogUnusable.
        """
        with self._sender() as connection:
            if hash_before(connection, log_id, next_seq) != head:
                raise HeadDisputed(f"log {log_id}: the server's head before {next_seq} is not ours")
            connection.execute("UPDATE log SET acknowledged = ? WHERE log_id = ?", (next_seq, log_id))

    def kept_aside(self, log_id: str, kept_to: int) -> None:
        """Note that the server keeps a forked log's events aside up to `kept_to`, exclusive. Raises LogUnusable."""
        with self._sender() as connection:
            connection.execute(
                "UPDATE log SET acknowledged = max(acknowledged, min(next_seq, ?)) WHERE log_id = ?",
                (kept_to, log_id),
            )

    def prune(self) -> int:
        """Delete some of the events that were acknowledged and are older than 14 days; return how many.

        They go from the front of their log, so that what stays is a chain. Nothing goes while the clock is not
        believed, nor any log's newest event, nor an open admission with what came after it. While the log is nearly
        full, what was acknowledged goes whatever its age, oldest first, and that is logged once. Raises LogUnusable.
        """
        pressed = self._pressed(self.room())
        if not pressed and self._clock.state() is not ClockState.SYNCHRONISED:
            return 0
        before = self._clock.wall() - KEEP_ACKNOWLEDGED_US
        with self._sender() as connection:
            if pressed:
                return prune_oldest(connection)
            return prune_older(connection, before)

    def room(self) -> Room:
        """How much room there is. Raises LogUnusable."""
        try:
            on_disk = self._free(self._path)
        except OSError as error:
            raise LogUnusable(f"{self._path}: its disk cannot be asked: {error.strerror}") from error
        with self._sender() as connection:
            return room_in(connection, self._capacity, on_disk)

    def left(self) -> int:
        """How many bytes more it takes. Raises LogUnusable."""
        return self.room().left

    def close(self) -> None:
        """Close the database. Idempotent."""
        with self._writing, self._sending:
            self._closed = True
            self._drop()

    def _pressed(self, room: Room) -> bool:
        """Whether the log is nearly full; said on edges."""
        if room.nearly_full is not self._nearly_full:
            self._nearly_full = room.nearly_full
            told = {"left_mb": room.left // 1_000_000, "used_mb": room.used // 1_000_000}
            if room.nearly_full:
                get_logger().error("log nearly full", **told)
            else:
                get_logger().info("log has room again", **told)
        return room.nearly_full

    def _extend(
        self, draft: Draft, *, decides: Decides | None = None, spends: Spend | None = None, ends: Ends | None = None
    ) -> EventId:
        def extend(connection: sqlite3.Connection) -> Entry:
            ordinal, head = current(connection)
            entry, after = follow(head, draft, self._clock, decides=decides, spends=spends, ends=ends)
            if spends is not None:
                see_unspent(connection, spends)
            write(connection, ordinal, entry)
            advance(connection, ordinal, after)
            return entry

        return self._durably(extend).id

    def _begin(self, connection: sqlite3.Connection, reason: str, predecessor: str | None) -> str:
        empty = Head(self._compound, self._device, secrets.token_hex(8))
        ordinal = begin(connection, empty, reason)
        entry, after = follow(empty, opening(self._clock, reason, predecessor), self._clock)
        write(connection, ordinal, entry)
        advance(connection, ordinal, after)
        return empty.log_id

    def _durably(self, change: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run `change` in one transaction, on disk before this returns."""
        with self._writing:
            connection = self._writer or self._open()
            result = None
            try:
                connection.execute("BEGIN IMMEDIATE")
                result = change(connection)
                self._commit(connection)
            except sqlite3.Error as error:
                # Whether a failed commit reached the disk is unknown until the file is read anew.
                self._doubtful = result if isinstance(result, Entry) else None
                with self._sending:
                    self._drop()
                raise self._unusable(error) from error
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            self.fault = None
        self.appended.set()
        return result

    def _open(self) -> sqlite3.Connection:
        """Open both connections and see that a log of this gate is current. The caller holds `_writing`."""
        if self._closed:
            raise LogUnusable("the log is closed")
        writer = self._open_file()
        self._damaged = False
        reader: sqlite3.Connection | None = None
        try:
            writer.execute(f"PRAGMA wal_autocheckpoint = {WRITER_CHECKPOINT_PAGES}")
            # The sender's connection has no such bound: it is the one that makes room.
            bound(writer, self._capacity)
            reader = connect(self._path, "NORMAL")
            try:
                self._go_on(writer, with_the_old=True)
            except sqlite3.Error:
                # There may be room for a new log, and none for what was in the old file.
                if self._unnamed is None:
                    raise
                if writer.in_transaction:
                    writer.execute("ROLLBACK")
                self._go_on(writer, with_the_old=False)
            self.log_id = current(writer)[1].log_id
        except sqlite3.Error as error:
            writer.close()
            if reader is not None:
                reader.close()
            self._damaged = is_damage(error)
            raise LogUnusable(f"{self._path}: the log cannot be written: {error}") from error
        self._unnamed = self._doubtful = None
        with self._sending:
            self._writer, self._reader = writer, reader
        return writer

    def _open_file(self) -> sqlite3.Connection:
        """Open the file; one that cannot be used, or is kept from us for too long, is set aside first."""
        try:
            writer = open_log_file(self._path, whole=self._damaged)
        except Untrustworthy as error:
            reason = str(error)
        except Occupied as error:
            now = self._clock.monotonic()
            self._occupied_since = self._occupied_since or now
            if now - self._occupied_since < OCCUPIED_FOR_S:
                raise
            reason = str(error)
        else:
            self._occupied_since = None
            return writer
        self.set_aside = self._unnamed = set_aside(self._path, self._clock.wall(), reason)
        self._occupied_since = None
        return open_log_file(self._path)

    def _go_on(self, writer: sqlite3.Connection, *, with_the_old: bool) -> None:
        """See in one transaction that a log of this gate is current, and nothing in it that was said to have failed."""
        writer.execute("BEGIN IMMEDIATE")
        newest = writer.execute("SELECT log_id, compound, device FROM log ORDER BY ordinal DESC LIMIT 1").fetchone()
        if newest is None and self._unnamed is not None:
            if with_the_old:
                salvage(self._unnamed.path, writer)
            self._begin(writer, "set_aside", self._unnamed.log_id)
        elif newest is None:
            self._begin(writer, "new", None)
        elif newest[1:] != (self._compound, self._device):
            self._begin(writer, "renamed", newest[0])
        if self._doubtful is not None:
            take_back(writer, self._doubtful)
        self._commit(writer)

    def _commit(self, connection: sqlite3.Connection) -> None:
        with self._fsync():
            connection.execute("COMMIT")

    def _drop(self) -> None:
        """Close both connections. The caller holds both locks."""
        for connection in (self._reader, self._writer):
            if connection is not None:
                connection.close()
        self._reader = self._writer = None

    @contextmanager
    def _sender(self) -> Iterator[sqlite3.Connection]:
        """The sender's connection, opened again when it was lost. Each statement is its own transaction."""
        with self._writing:
            if self._damaged:
                with self._sending:
                    self._drop()
            if self._writer is None:
                self._open()
        with self._sending:
            if self._reader is None:
                raise LogUnusable("the log is closed")
            try:
                yield self._reader
            except sqlite3.Error as error:
                raise self._unusable(error) from error

    def _read(self, query: str, *arguments: object) -> list[Any]:
        with self._sender() as connection:
            return connection.execute(query, arguments).fetchall()

    def _unusable(self, error: sqlite3.Error) -> LogUnusable:
        message = f"{self._path}: {error}"
        self.fault = message
        self._damaged = self._damaged or is_damage(error)
        return LogUnusable(message)
