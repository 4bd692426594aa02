"""Questions to the tables of the log (sync.log_file), asked on the sender's connection with nothing locked."""

import sqlite3

from kiosk.events import Event
from kiosk.model import Answer
from sync.chain import UNKNOWN_TIME

READ_AT_ONCE = 3 * 1024 * 1024
"""No more bytes of events than this are read at once, but for a single larger event."""
PRUNED_AT_ONCE = 200
"""So few events that their deletion holds the write lock for milliseconds."""


def hash_before(connection: sqlite3.Connection, log_id: str, seq: int) -> bytes | None:
    """The hash that event `seq` of a log follows, or None when the log does not reach it or forgot it."""
    log = connection.execute("SELECT ordinal, next_seq, head FROM log WHERE log_id = ?", (log_id,)).fetchone()
    if log is None:
        return None
    ordinal, next_seq, head = log
    if seq == next_seq:
        return bytes(head)
    row = connection.execute("SELECT prev_hash FROM event WHERE ordinal = ? AND seq = ?", (ordinal, seq)).fetchone()
    return None if row is None else bytes(row[0])


def events_from(connection: sqlite3.Connection, ordinal: int, seq: int, limit: int) -> tuple[int, list[Event]]:
    """Up to `limit` consecutive events from `seq` on, and the number of the first, which is later if some are lost."""
    found: list[Event] = []
    first, size = seq, 0
    rows = connection.execute(
        "SELECT seq, header, prev_hash, sealed_digest, hash, sealed, signature FROM event"
        " WHERE ordinal = ? AND seq >= ? ORDER BY seq LIMIT ?",
        (ordinal, seq, limit),
    )
    for number, *members in rows:
        event = Event(*members)
        size += len(event.header) + len(event.sealed or b"")
        if found and (number != first + len(found) or size > READ_AT_ONCE):
            break
        first = first if found else number
        found.append(event)
    return first, found


def old_events(connection: sqlite3.Connection, ordinal: int, end: int, before: int) -> list[int]:
    """The numbers of a log's first events, up to one that is known to be older than `before`.

    An event whose time is unknown is as old as the next one whose time is known.
    """
    (waiting,) = connection.execute(
        "SELECT min(seq) FROM decision WHERE ordinal = ? AND gate_outcome IS NULL AND answer = ?",
        (ordinal, Answer.ADMIT.value),
    ).fetchone()
    seen: list[int] = []
    old = 0
    rows = connection.execute(
        "SELECT seq, recorded_us FROM event WHERE ordinal = ? AND seq < ? ORDER BY seq",
        (ordinal, end if waiting is None else min(end, waiting)),
    )
    for seq, recorded in rows:
        if recorded >= before or (old and len(seen) >= PRUNED_AT_ONCE):
            break
        seen.append(seq)
        if recorded != UNKNOWN_TIME:
            old = len(seen)
    return seen[:old]
