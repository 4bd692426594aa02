"""What a database that was set aside still holds, taken over into the new one. SQLite.

Each log is taken from its front for as far as its chain holds, so that unsent events still reach the server,
admissions that were left open are settled and single uses still count. The file stays as it is, and keeps the rest.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from kiosk.errors import GatepostError
from kiosk.events import ChainBroken, Event, Head, chain_hash, sealed_digest, verify
from kiosk.lines import get_logger
from sync.chain import UNKNOWN_TIME
from sync.log_file import CHECK_WHOLE_UP_TO, as_text, has_tables, is_database

TAKEN_AT_MOST = 64 * 1024 * 1024
"""So many bytes of events, so that a kiosk with months of unsent ones starts all the same."""
READING_TIMEOUT_S = 0.5

_log = get_logger()


def salvage(source: Path, into: sqlite3.Connection) -> int:
    """Take over what can be read and verified, within a transaction of the caller's; return how many events.

    Of a large file only what the server has not acknowledged. Raises sqlite3.Error when `into` does not take it.
    """
    try:
        if not is_database(source):
            return 0
        old = _reading(source)
    except (sqlite3.Error, OSError):
        return 0
    with closing(old):
        taken = _taken(old, into, whole=source.stat().st_size <= CHECK_WHOLE_UP_TO)
    if taken:
        _log.info("log salvaged", taken_from=source.name, events=taken)
    return taken


def _reading(source: Path) -> sqlite3.Connection:
    # Where there is no write-ahead log, SQLite is told that nobody writes, and makes no files beside it.
    alone = not source.with_name(source.name + "-wal").exists()
    uri = f"{source.absolute().as_uri()}?mode=ro{'&immutable=1' if alone else ''}"
    connection = sqlite3.connect(uri, uri=True, timeout=READING_TIMEOUT_S)
    connection.text_factory = as_text
    return connection


def _taken(old: sqlite3.Connection, into: sqlite3.Connection, *, whole: bool) -> int:
    try:
        if not has_tables(old):
            return 0
    except (sqlite3.Error, UnicodeDecodeError):
        return 0
    taken, room = 0, TAKEN_AT_MOST
    logs = _rows(old, "SELECT ordinal, compound, device, log_id, reason, acknowledged FROM log ORDER BY ordinal")
    for ordinal, compound, device, log_id, reason, acknowledged in list(logs):
        if not isinstance(acknowledged, int):
            continue
        rows = _rows(
            old,
            "SELECT ordinal, seq, header, prev_hash, sealed_digest, hash, sealed, signature, recorded_us FROM event"
            " WHERE ordinal = ? AND seq >= ? ORDER BY seq",
            ordinal,
            0 if whole else acknowledged,
        )
        chain = _Chain(rows, Head(compound, device, log_id), room)
        into.executemany("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", chain)
        taken, room = taken + chain.taken, chain.room
        if chain.taken:
            head = chain.head
            into.execute(
                "INSERT INTO log (ordinal, log_id, compound, device, reason, next_seq, head, acknowledged)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, min(?, ?))",
                (ordinal, log_id, compound, device, str(reason), head.next_seq, head.hash, acknowledged, head.next_seq),
            )
    # Of what cannot be stored, such as a mark that is none, nothing is taken.
    decisions = _rows(old, "SELECT event, ordinal, seq, visit, answer, gate_outcome FROM decision")
    into.executemany("INSERT OR IGNORE INTO decision VALUES (?, ?, ?, ?, ?, ?)", decisions)
    into.executemany("INSERT OR IGNORE INTO spent VALUES (?, ?, ?)", _rows(old, "SELECT mark, event, until_us FROM spent"))
    return taken


def _rows(old: sqlite3.Connection, query: str, *arguments: object) -> Iterator[Any]:
    """The rows of a query, up to the first that cannot be read."""
    try:
        yield from old.execute(query, arguments)
    except (sqlite3.Error, UnicodeDecodeError):
        return


class _Chain:
    """The events of a log from the front, as rows, for as far as each follows from the one before it, and room is."""

    def __init__(self, rows: Iterable[Any], empty: Head, room: int) -> None:
        self.head = empty
        self.taken = 0
        self.room = room
        self._rows = rows

    def __iter__(self) -> Iterator[Any]:
        for ordinal, seq, *members, recorded_us in self._rows:
            event = Event(*members)
            try:
                head = self._after(seq, event)
                self.room -= len(event.header) + len(event.sealed or b"")
            except (GatepostError, TypeError, AttributeError):
                return
            if self.room < 0:
                return
            self.head = head
            self.taken += 1
            yield (ordinal, seq, *members, recorded_us if isinstance(recorded_us, int) else UNKNOWN_TIME)

    def _after(self, seq: int, event: Event) -> Head:
        if not self.taken:
            return verify(replace(self.head, next_seq=seq, hash=event.prev_hash), event)
        # From here on hash by hash: to read each header as well would take a Pi many seconds.
        whole = event.sealed is None or sealed_digest(event.sealed) == event.sealed_digest
        linked = (seq, event.prev_hash) == (self.head.next_seq, self.head.hash)
        if not (whole and linked and chain_hash(event.header, event.prev_hash, event.sealed_digest) == event.hash):
            raise ChainBroken(f"event {seq} does not follow")
        return replace(self.head, next_seq=seq + 1, hash=event.hash)
