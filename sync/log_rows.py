"""Questions to the tables of the log (sync.log_file), asked on the sender's connection with nothing locked."""

import sqlite3

from kiosk.events import Event

READ_AT_ONCE = 3 * 1024 * 1024
"""No more bytes of events than this are read at once, but for a single larger event."""


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
