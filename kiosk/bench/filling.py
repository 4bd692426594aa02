"""PostgreSQL's own ways to fill the server's tables: COPY, against which intake is measured, and rows grown from rows."""

import time
from collections.abc import Mapping
from contextlib import closing

import psycopg

from sync.central.segments import EVENTS as SEGMENT

COPIED = ("event", "personal", "blind")
"""The tables that hold a row or more for each event."""
AT_ONCE = 5
"""So many times the rows that were there are made in one transaction."""
_SOME = {
    "event": "SELECT * FROM event WHERE received_us >= {since}",
    "personal": "SELECT personal.* FROM personal JOIN event USING (compound, arrival) WHERE event.received_us >= {since}",
    "blind": "SELECT blind.* FROM blind JOIN event USING (compound, arrival) WHERE event.received_us >= {since}",
}
# Every row again under the names of other devices, with numbers of arrival of its own and digests that nobody shares.
_GROW_LOGS = (
    "INSERT INTO log SELECT compound, device || '-' || {span} || '-' || k, log_id, next_seq, head, faulty, aside, gap_to,"
    " gap_us, begun_us, received_us FROM generate_series(1, {times}) AS k, log"
)
_GROW = (
    "INSERT INTO event SELECT compound, arrival + k * {span}, received_us, device || '-' || {span} || '-' || k, log_id, seq,"
    " kind, header, prev_hash, sealed_digest, hash, signature, faulty, forked, at_us, timing, boot, mono_us"
    " FROM generate_series({first}, {last}) AS k, event WHERE arrival <= {span}",
    "INSERT INTO personal SELECT compound, arrival + k * {span}, at_us, sealed, raw, indexed"
    " FROM generate_series({first}, {last}) AS k, personal WHERE arrival <= {span}",
    "INSERT INTO blind SELECT compound, arrival + k * {span}, decode(md5(digest || k::text::bytea), 'hex'),"
    " (arrival + k * {span}) / {segment} FROM generate_series({first}, {last}) AS k, blind WHERE arrival <= {span}",
)


def rows_since(url: str, since_us: int) -> Mapping[str, bytes]:
    """What was taken in since a moment, as COPY writes it, by table."""
    found: dict[str, bytes] = {}
    with closing(psycopg.connect(url)) as connection, connection.cursor() as cursor:
        for table in COPIED:
            query = _SOME[table].format(since=since_us)
            with cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT binary)") as copy:
                found[table] = b"".join(copy)
    return found


def copy_in(url: str, rows: Mapping[str, bytes]) -> float:
    """Copy rows into the tables, and return how many seconds that took, to the commit on the disk."""
    with closing(psycopg.connect(url)) as connection, connection.cursor() as cursor:
        began = time.monotonic()
        for table in COPIED:
            with cursor.copy(f"COPY {table} FROM STDIN (FORMAT binary)") as copy:
                copy.write(rows[table])
        connection.commit()
        return time.monotonic() - began


def grow(url: str, rows: int) -> int:
    """Make many rows of those that are there, until `event` has about so many; how many it has then.

    They have the keys, sizes and indexes of rows that came as uploads; their chains are copies.
    """
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        there, span = connection.execute("SELECT count(*), max(arrival) FROM event").fetchone() or (0, 0)
        times = max(0, round(rows / there) - 1)
        connection.execute("SET synchronous_commit = off")
        connection.execute(_GROW_LOGS.format(span=span, times=times))
        for first in range(1, times + 1, AT_ONCE):
            bounds = {"segment": SEGMENT, "span": span, "first": first, "last": min(first + AT_ONCE - 1, times)}
            with connection.transaction():
                for statement in _GROW:
                    connection.execute(statement.format(**bounds))
        connection.execute("UPDATE compound SET next_arrival = next_arrival + %s", (span * times,))
    grown: int = there * (times + 1)
    return grown


def log_written(url: str) -> tuple[int, int]:
    """How much PostgreSQL has written to its write-ahead log since it began: bytes, and whole pages among it.

    However busy the machine is, this says what an upload costs the disk.
    """
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        found = connection.execute("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn, wal_fpi FROM pg_stat_wal").fetchone()
    return (0, 0) if found is None else (int(found[0]), int(found[1]))


def settle(url: str) -> None:
    """Do now what the database would do by itself while something is measured."""
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")
