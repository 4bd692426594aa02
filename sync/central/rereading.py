"""Events of a schema that an earlier version of this server did not know, read by this one: nothing of them was lost.

They were kept as they came, in their places in the chain, under no kind, at the time of their arrival. Whoever has
learnt their schema gives them their meaning, in the order in which they came, as if they came now: times, the marks of
passes for one use. What was for the moment only, such as a call for the guard, is over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, and_, bindparam, delete, select, update

from kiosk.errors import GatepostError
from sync.central.arriving import Entry, Place, meaning
from sync.central.boots import settle_times
from sync.central.database import changing
from sync.central.holdings import AT_ONCE
from sync.central.inserting import insert_marks, take_numbers
from sync.central.reading import parse
from sync.central.replays import Noticed, noticed
from sync.central.schema import compound as compounds
from sync.central.schema import event, personal, unread

_ITS = and_(event.c.compound == bindparam("its_compound"), event.c.arrival == bindparam("its_arrival"))
_MEAN = (
    update(event)
    .where(_ITS, event.c.received_us == bindparam("its_received_us"))
    .values({name: bindparam(f"its_{name}") for name in ("kind", "at_us", "timing", "boot", "mono_us")})
)
_HAPPENED = (
    update(personal)
    .where(personal.c.compound == bindparam("its_compound"), personal.c.arrival == bindparam("its_arrival"))
    .values(at_us=bindparam("its_at_us"))
)


@dataclass(frozen=True, slots=True)
class Reread:
    """So many events of one device were read, and what they say of passes for one use."""

    place: Place
    count: int
    noticed: Noticed


def read_unread(engine: Engine, schema: int) -> Sequence[Reread]:
    """Read every event that waits and is of no later schema; each part of them is durable before the next is read."""
    with engine.connect() as connection:
        names = connection.execute(select(compounds.c.compound)).scalars().all()
    done: list[Reread] = []
    for name in names:
        while found := _read_some(engine, name, schema):
            done += found
    return done


def _read_some(engine: Engine, compound: str, schema: int) -> list[Reread]:
    with changing(engine) as connection:
        rows = _waiting(connection, compound, schema)
        if not rows:
            return []
        # The compound's row: whoever appends to a boot, or counts the uses of a pass, waits.
        take_numbers(connection, compound, 0)
        done = [_read(connection, place, received_us, list(some)) for (place, received_us), some in groupby(rows, _came)]
        arrivals = [row.arrival for row in rows]
        connection.execute(delete(unread).where(unread.c.compound == compound, unread.c.arrival.in_(arrivals)))
        return done


def _waiting(connection: Connection, compound: str, schema: int) -> Sequence[Row[Any]]:
    joined = unread.join(event, and_(event.c.compound == unread.c.compound, event.c.arrival == unread.c.arrival))
    columns = (event.c.compound, event.c.device, event.c.log_id, event.c.seq, event.c.arrival, event.c.received_us)
    query: Select[Any] = (
        select(*columns, event.c.header, event.c.prev_hash, event.c.hash)
        .select_from(joined)
        .where(unread.c.compound == compound, unread.c.schema <= schema)
        .order_by(unread.c.arrival)
        .limit(AT_ONCE)
        # Another server may be at the same.
        .with_for_update(of=unread, skip_locked=True)
    )
    return connection.execute(query).all()


def _came(row: Row[Any]) -> tuple[Place, int]:
    return Place(row.compound, row.device, row.log_id), row.received_us


def _read(connection: Connection, place: Place, received_us: int, rows: Sequence[Row[Any]]) -> Reread:
    entries = settle_times(connection, place, [_entry(row) for row in rows], received_us)
    named: list[dict[str, Any]] = [{"its_compound": row.compound, "its_arrival": row.arrival} for row in rows]
    for its, row, entry in zip(named, rows, entries, strict=True):
        its |= {"its_received_us": row.received_us, "its_kind": entry.kind, "its_at_us": entry.at_us}
        connection.execute(
            _MEAN, {**its, "its_timing": int(entry.timing), "its_boot": entry.boot, "its_mono_us": entry.mono_us}
        )
        connection.execute(_HAPPENED, its)
    insert_marks(connection, place.compound, {row.arrival: entry.spends for row, entry in zip(rows, entries, strict=True)})
    return Reread(place, len(rows), noticed(connection, place, entries))


def _entry(row: Row[Any]) -> Entry:
    try:
        says: Any = meaning(parse(row.header), row.received_us)
    except GatepostError:  # it was canonical when it came, so somebody has changed it since; `verify-log` says that
        says = {"at_us": row.received_us}
    return Entry(row.seq, row.prev_hash, row.hash, row.header, **says)
