"""What the log lets go of (sync.log_file), on the sender's connection: always from the front, so that a chain stays."""

import sqlite3
from collections.abc import Callable, Iterator

from kiosk.events import event_id
from kiosk.model import Answer
from sync.chain import UNKNOWN_TIME

PRUNED_AT_ONCE = 200
"""So few events that their deletion holds the write lock for milliseconds."""


def prune_older(connection: sqlite3.Connection, before: int) -> int:
    """Delete some events of each log that were acknowledged and are older than `before`; how many. Raises sqlite3.Error."""
    gone = sum(_prune(connection, lambda rows: _older(rows, before)))
    connection.execute("DELETE FROM spent WHERE until_us < ?", (before,))
    return gone


def prune_oldest(connection: sqlite3.Connection) -> int:
    """Delete some acknowledged events of the oldest log that has any to give; how many. Raises sqlite3.Error."""
    return next((gone for gone in _prune(connection, _first) if gone), 0)


def _prune(connection: sqlite3.Connection, chosen: Callable[[Iterator[tuple[int, int]]], list[int]]) -> Iterator[int]:
    """Delete the events of each log, oldest log first, that are `chosen` of those that may go; how many of each."""
    logs = connection.execute(
        "SELECT ordinal, device, log_id, min(acknowledged, next_seq - 1) FROM log ORDER BY ordinal"
    ).fetchall()
    for ordinal, device, log_id, end in logs:
        # Looked for with nothing locked: the writer need not wait for it.
        old = chosen(_may_go(connection, ordinal, end))
        if old:
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany(
                    "DELETE FROM decision WHERE event = ?", [(event_id(device, log_id, seq),) for seq in old]
                )
                connection.execute("DELETE FROM event WHERE ordinal = ? AND seq <= ?", (ordinal, old[-1]))
        yield len(old)


def _may_go(connection: sqlite3.Connection, ordinal: int, end: int) -> Iterator[tuple[int, int]]:
    """The numbers of a log's first events, and when they were recorded, up to `end` or an admission without outcome."""
    (waiting,) = connection.execute(
        "SELECT min(seq) FROM decision WHERE ordinal = ? AND gate_outcome IS NULL AND answer = ?",
        (ordinal, Answer.ADMIT.value),
    ).fetchone()
    return connection.execute(
        "SELECT seq, recorded_us FROM event WHERE ordinal = ? AND seq < ? ORDER BY seq",
        (ordinal, end if waiting is None else min(end, waiting)),
    )


def _first(rows: Iterator[tuple[int, int]]) -> list[int]:
    return [seq for (seq, _), _ in zip(rows, range(PRUNED_AT_ONCE), strict=False)]


def _older(rows: Iterator[tuple[int, int]], before: int) -> list[int]:
    """Those up to one that is known to be older; one whose time is unknown is as old as the next whose time is known."""
    seen: list[int] = []
    old = 0
    for seq, recorded in rows:
        if recorded >= before or (old and len(seen) >= PRUNED_AT_ONCE):
            break
        seen.append(seq)
        if recorded != UNKNOWN_TIME:
            old = len(seen)
    return seen[:old]
