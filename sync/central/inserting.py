"""New rows of `event`, `personal` and `blind`, numbered in the order of their arrival in their compound."""

from collections.abc import Mapping, Sequence

import psycopg
from sqlalchemy import Connection, Table, insert, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError

from sync.central.arriving import Entry, Place
from sync.central.blind import Terms
from sync.central.boots import settle_times
from sync.central.schema import blind, event, personal, unread
from sync.central.segments import segment_of

_TAKE = text("UPDATE compound SET next_arrival = next_arrival + :count WHERE compound = :compound RETURNING next_arrival")
_COPIED = (event, personal, blind)
_COPY = {one.name: f"COPY {one.name} ({', '.join(one.c.keys())}) FROM STDIN (FORMAT BINARY)" for one in _COPIED}
_POSTGRESQL = postgresql.dialect()  # type: ignore[no-untyped-call]
_TYPES = {one.name: [column.type.compile(_POSTGRESQL).partition("(")[0].lower() for column in one.c] for one in _COPIED}


def insert_entries(connection: Connection, place: Place, fresh: Sequence[Entry], *, forked: bool, received_us: int) -> None:
    """Insert events of a log whose head row the caller holds."""
    first = take_numbers(connection, place.compound, len(fresh))
    if not forked:
        # What a copied card says of its boots is nothing that others go by.
        fresh = settle_times(connection, place, fresh, received_us)
    numbered = list(enumerate(fresh, first))
    _insert(
        connection,
        event,
        [
            (
                place.compound,
                arrival,
                received_us,
                place.device,
                place.log_id,
                entry.seq,
                entry.kind,
                entry.header,
                entry.before,
                entry.sealed_digest,
                entry.hash,
                entry.signature,
                entry.fault,
                forked,
                entry.at_us,
                int(entry.timing),
                entry.boot,
                entry.mono_us,
            )
            for arrival, entry in numbered
        ],
    )
    _insert(
        connection,
        personal,
        [
            (place.compound, arrival, entry.at_us, entry.sealed, entry.raw, int(entry.terms.indexed))
            for arrival, entry in numbered
            if entry.sealed is not None or entry.raw is not None
        ],
    )
    insert_terms(connection, place.compound, {arrival: entry.terms for arrival, entry in numbered})
    if not forked:
        insert_marks(connection, place.compound, {arrival: entry.spends for arrival, entry in numbered})
        newer = [
            (place.compound, arrival, place.device, entry.newer) for arrival, entry in numbered if entry.newer is not None
        ]
        if newer:
            connection.execute(insert(unread), [dict(zip(unread.c.keys(), row, strict=True)) for row in newer])


def insert_marks(connection: Connection, compound: str, marks: Mapping[int, bytes | None]) -> None:
    """Insert the marks of passes for one use that events, by their numbers of arrival, use up."""
    _insert(connection, blind, [_blind(compound, arrival, mark) for arrival, mark in marks.items() if mark is not None])


def insert_terms(connection: Connection, compound: str, terms: Mapping[int, Terms]) -> None:
    """Insert what events, by their numbers of arrival, can be found by."""
    _insert(
        connection,
        blind,
        [_blind(compound, arrival, digest) for arrival, found in terms.items() for digest in sorted(found.digests)],
    )


def _blind(compound: str, arrival: int, digest: bytes) -> tuple[object, ...]:
    return (compound, arrival, digest, segment_of(arrival))


def _insert(connection: Connection, table: Table, rows: Sequence[tuple[object, ...]]) -> None:
    """Insert whole rows, in the order of the table's columns, the fastest way that the database has."""
    if not rows:
        return
    if connection.dialect.name != "postgresql":
        names = table.c.keys()
        connection.execute(insert(table), [dict(zip(names, row, strict=True)) for row in rows])
        return
    cursor = connection.connection.cursor()
    try:
        with cursor.copy(_COPY[table.name]) as copy:
            copy.set_types(_TYPES[table.name])
            for row in rows:
                copy.write_row(row)
    except psycopg.Error as error:
        # As SQLAlchemy would, had it a word for COPY: whoever asked knows what a database that fails looks like.
        raise DBAPIError.instance(
            _COPY[table.name], None, error, psycopg.Error, hide_parameters=True, dialect=connection.dialect
        ) from error
    finally:
        cursor.close()


def take_numbers(connection: Connection, compound: str, count: int) -> int:
    """Take so many numbers of arrival; the first of them.

    The compound's row is held until the transaction ends: numbers become visible in their order, or a reader who
    goes on from the last one would miss some.
    """
    taken = {"compound": compound, "count": count}
    following = connection.execute(_TAKE, taken).scalar()
    if following is None:
        begin_compound(connection, compound)
        following = connection.execute(_TAKE, taken).scalar_one()
    return int(following) - count


def begin_compound(connection: Connection, compound: str) -> None:
    """Make a compound's row, unless it is there."""
    new = {"compound": compound, "next_arrival": 1, "next_access": 1}
    begin = text("INSERT INTO compound VALUES (:compound, :next_arrival, :next_access) ON CONFLICT DO NOTHING")
    connection.execute(begin, new)
