"""New rows of `event`, `personal` and `blind`, numbered in the order of their arrival in their compound."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, insert, text

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
    connection.execute(
        insert(event),
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
                "timing": entry.timing,
                "boot": entry.boot,
                "mono_us": entry.mono_us,
            }
            for arrival, entry in enumerate(fresh, first)
        ],
    )
    apart = [
        {
            "compound": place.compound,
            "arrival": arrival,
            "at_us": entry.at_us,
            "sealed": entry.sealed,
            "raw": entry.raw,
            "indexed": entry.terms.indexed,
        }
        for arrival, entry in enumerate(fresh, first)
        if entry.sealed is not None or entry.raw is not None
    ]
    if apart:
        connection.execute(insert(personal), apart)
    insert_terms(connection, place.compound, {arrival: entry.terms for arrival, entry in enumerate(fresh, first)})


def insert_terms(connection: Connection, compound: str, terms: Mapping[int, Terms]) -> None:
    """Insert what events, by their numbers of arrival, can be found by."""
    rows = [
        {"compound": compound, "digest": digest, "arrival": arrival}
        for arrival, found in terms.items()
        for digest in sorted(found.digests)
    ]
    if rows:
        connection.execute(insert(blind), rows)


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
