"""Changes to the tables of the log (sync.log_file), each within a transaction of the caller's."""

import sqlite3

from kiosk.events import Head
from kiosk.spent import AlreadySpent, Spend
from sync.chain import Carried, Entry


def current(connection: sqlite3.Connection) -> tuple[int, Head]:
    """The newest log: its ordinal, and where it stands."""
    ordinal, *standing = connection.execute(
        "SELECT ordinal, compound, device, log_id, next_seq, head FROM log ORDER BY ordinal DESC LIMIT 1"
    ).fetchone()
    return ordinal, Head(*standing)


def begin(connection: sqlite3.Connection, head: Head, reason: str) -> int:
    """Begin an empty log; return its ordinal."""
    done = connection.execute(
        "INSERT INTO log (log_id, compound, device, reason, next_seq, head) VALUES (?, ?, ?, ?, ?, ?)",
        (head.log_id, head.compound, head.device, reason, head.next_seq, head.hash),
    )
    return int(done.lastrowid or 0)


def advance(connection: sqlite3.Connection, ordinal: int, head: Head) -> None:
    """Note where a log stands."""
    connection.execute("UPDATE log SET next_seq = ?, head = ? WHERE ordinal = ?", (head.next_seq, head.hash, ordinal))


def write(connection: sqlite3.Connection, ordinal: int, entry: Entry) -> None:
    """Write an entry of a log, and what is noted beside its event."""
    if (event := entry.event) is not None:
        connection.execute(
            "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                ordinal,
                entry.seq,
                event.header,
                event.prev_hash,
                event.sealed_digest,
                event.hash,
                event.sealed,
                event.signature,
                entry.recorded_us,
            ),
        )
    if (decides := entry.decides) is not None:
        connection.execute(
            "INSERT INTO decision (event, ordinal, seq, visit, answer) VALUES (?, ?, ?, ?, ?)",
            (entry.id, ordinal, entry.seq, decides.visit, decides.answer.value),
        )
    if (spends := entry.spends) is not None:
        connection.execute("INSERT OR REPLACE INTO spent VALUES (?, ?, ?)", (spends.mark, entry.id, spends.until))
    if (ends := entry.ends) is not None:
        # The first outcome stands.
        connection.execute(
            "UPDATE decision SET gate_outcome = ? WHERE event = ? AND gate_outcome IS NULL",
            (ends.outcome.value, ends.admission),
        )
        if ends.gives_back:
            connection.execute("DELETE FROM spent WHERE event = ?", (ends.admission,))


def rewind(connection: sqlite3.Connection, log_id: str, next_seq: int) -> None:
    """Note nothing of a log as acknowledged, unless events before its first one that is held would be missed.

    Those were pruned: a server that lacks them cannot take what comes after.
    """
    connection.execute(
        "UPDATE log SET acknowledged = held.seq FROM (SELECT ordinal, min(seq) AS seq FROM event GROUP BY ordinal) AS held"
        " WHERE held.ordinal = log.ordinal AND log_id = ? AND held.seq <= ?",
        (log_id, next_seq),
    )


def see_unspent(connection: sqlite3.Connection, spends: Spend) -> None:
    """See that a pass has its single use still. Raises AlreadySpent."""
    if connection.execute("SELECT 1 FROM spent WHERE mark = ?", (spends.mark,)).fetchone() is not None:
        raise AlreadySpent("the pass is for a single use, which it has had")


def take_back(connection: sqlite3.Connection, entry: Entry) -> None:
    """Undo an entry whose commit was said to have failed, if it is there all the same and the newest of its log.

    Nobody was given its id, and it was sent nowhere: it is as if the transaction had been rolled back.
    """
    found = connection.execute(
        "SELECT ordinal FROM log JOIN event USING (ordinal) WHERE log_id = ? AND next_seq = ? AND seq = ? AND hash = ?",
        (entry.after.log_id, entry.seq + 1, entry.seq, entry.event and entry.event.hash),
    ).fetchone()
    if found is None:
        return
    connection.execute("DELETE FROM event WHERE ordinal = ? AND seq = ?", (found[0], entry.seq))
    connection.execute("DELETE FROM decision WHERE event = ?", (entry.id,))
    connection.execute("DELETE FROM spent WHERE event = ?", (entry.id,))
    if entry.ends is not None:
        # A use that was given back stays so: nobody came in, whether that could be recorded or not.
        connection.execute(
            "UPDATE decision SET gate_outcome = NULL WHERE event = ? AND gate_outcome = ?",
            (entry.ends.admission, entry.ends.outcome.value),
        )
    advance(connection, found[0], entry.after)


def adopt(connection: sqlite3.Connection, carried: Carried) -> None:
    """Take a log over, as the newest one; what is there of it already stays as it is."""
    head = carried.head
    found = connection.execute("SELECT ordinal, next_seq FROM log WHERE log_id = ?", (head.log_id,)).fetchone()
    ordinal, known = found or (begin(connection, Head(head.compound, head.device, head.log_id), carried.reason), 1)
    for entry in carried.entries:
        if entry.seq >= known:
            write(connection, ordinal, entry)
    advance(connection, ordinal, head)
    connection.execute(
        "UPDATE log SET acknowledged = max(acknowledged, ?) WHERE ordinal = ?", (carried.acknowledged, ordinal)
    )
