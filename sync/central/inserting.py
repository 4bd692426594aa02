"""New rows of `event`, `personal` and `blind`, numbered in the order of their arrival in their compound."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, insert, text

from sync.central.arriving import Entry, Place
from sync.central.blind import Terms
from sync.central.boots import settle_times
from sync.central.schema import blind, event, personal


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
            {
                "compound": place.compound,
                "arrival": arrival,
                "received_us": received_us,
                "device": place.device,
                "log_id": place.log_id,
                "seq": entry.seq,
                "kind": entry.kind,
                "header": entry.header,
                "prev_hash": entry.before,
                "sealed_digest": entry.sealed_digest,
                "hash": entry.hash,
                "signature": entry.signature,
                "faulty": entry.fault,
                "forked": forked,
                "at_us": entry.at_us,
                "timing": int(entry.timing),
                "boot": entry.boot,
                "mono_us": entry.mono_us,
            }
            for arrival, entry in numbered
        ],
    )
    _insert(
        connection,
        personal,
        [
            {
                "compound": place.compound,
                "arrival": arrival,
                "at_us": entry.at_us,
                "sealed": entry.sealed,
                "raw": entry.raw,
                "indexed": int(entry.terms.indexed),
            }
            for arrival, entry in numbered
            if entry.sealed is not None or entry.raw is not None
        ],
    )
    insert_terms(connection, place.compound, {arrival: entry.terms for arrival, entry in numbered})


def insert_terms(connection: Connection, compound: str, terms: Mapping[int, Terms]) -> None:
    """Insert what events, by their numbers of arrival, can be found by."""
    rows = [
        {"compound": compound, "digest": digest, "arrival": arrival}
        for arrival, found in terms.items()
        for digest in sorted(found.digests)
    ]
    _insert(connection, blind, rows)


def _insert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the same columns, the fastest way that the database has."""
    if not rows:
        return
    if connection.dialect.name != "postgresql":
        connection.execute(insert(table), rows)
        return
    columns = list(rows[0])
    cursor = connection.connection.cursor()
    try:
        with cursor.copy(f"COPY {table.name} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types([table.c[name].type.compile(connection.dialect).partition("(")[0].lower() for name in columns])
            for row in rows:
                copy.write_row(tuple(row.values()))
    finally:
        cursor.close()


def take_numbers(connection: Connection, compound: str, count: int) -> int:
    """Take so many numbers of arrival; the first of them.

    The compound's row is held until the transaction ends: numbers become visible in their order, or a reader who
    goes on from the last one would miss some.
    """
    take = text("UPDATE compound SET next_arrival = next_arrival + :count WHERE compound = :compound RETURNING next_arrival")
    taken = {"compound": compound, "count": count}
    following = connection.execute(take, taken).scalar()
    if following is None:
        begin_compound(connection, compound)
        following = connection.execute(take, taken).scalar_one()
    return int(following) - count


def begin_compound(connection: Connection, compound: str) -> None:
    """Make a compound's row, unless it is there."""
    new = {"compound": compound, "next_arrival": 1, "next_access": 1}
    begin = text("INSERT INTO compound VALUES (:compound, :next_arrival, :next_access) ON CONFLICT DO NOTHING")
    connection.execute(begin, new)
