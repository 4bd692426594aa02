"""Passes for one use that let people in more than once: noticed as events arrive, in whatever order, and listed.

A kiosk names the use of such a pass by its mark, which nobody can turn back into the pass. Two kiosks that are not in
touch both believe the first one; here both uses meet. A use of which the kiosk says that nobody came in is taken back.
The marks stand in the blind index, beside what else an event can be found by, and go when what is personal of it goes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, delete, select

from kiosk.events import event_id
from kiosk.model import EventId
from sync.central.arriving import Entry, Place
from sync.central.schema import blind, event
from sync.central.segments import with_digest
from sync.central.spending import spent


@dataclass(frozen=True, slots=True)
class Use:
    """One admission on a pass for one use."""

    event: EventId
    device: str
    at_us: int


@dataclass(frozen=True, slots=True)
class Replay:
    """A pass for one use with its admissions, oldest first: more than one."""

    compound: str
    mark: str
    uses: tuple[Use, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A pass for one use, by its mark, was used; or it was not, and keeps its use."""

    mark: str
    used: bool


@dataclass(frozen=True, slots=True)
class Noticed:
    """What newly arrived events change, in order, and the passes that they use again."""

    changes: tuple[Change, ...] = ()
    replays: tuple[Replay, ...] = ()


NOTHING = Noticed()


def noticed(connection: Connection, place: Place, fresh: Iterable[Entry]) -> Noticed:
    """Take in events that were just inserted."""
    found: dict[str, Replay] = {}
    changes: list[Change] = []
    for entry in fresh:
        if entry.gives_back is not None and (mark := _take_back(connection, place, entry.gives_back)) is not None:
            changes.append(Change(mark.hex(), used=False))
        if entry.spends is not None:
            changes.append(Change(entry.spends.hex(), used=True))
            uses = _uses(connection, place.compound, entry.spends)
            if len(uses) > 1:
                found[entry.spends.hex()] = Replay(place.compound, entry.spends.hex(), uses)
    return Noticed(tuple(changes), tuple(found.values())) if changes else NOTHING


def listed(connection: Connection, compound: str, since_us: int) -> tuple[Replay, ...]:
    """Return the passes for one use that were used more than once, the last time since a moment."""
    query = select(event.c.header).where(
        event.c.compound == compound,
        event.c.kind == "decision",
        event.c.at_us >= since_us,
        event.c.forked.is_(False),
    )
    marks = {mark for header in connection.execute(query).scalars() if (mark := spent(_fields(header))) is not None}
    found = [Replay(compound, mark.hex(), _uses(connection, compound, mark)) for mark in marks]
    return tuple(sorted((one for one in found if len(one.uses) > 1), key=lambda one: one.uses[-1].at_us))


def _take_back(connection: Connection, place: Place, admission: tuple[str, int]) -> bytes | None:
    """Take a use back; the mark of its pass."""
    query = select(event.c.arrival, event.c.header).where(
        event.c.compound == place.compound,
        event.c.device == place.device,
        event.c.log_id == admission[0],
        event.c.seq == admission[1],
        event.c.forked.is_(False),
    )
    row = connection.execute(query).first()
    mark = None if row is None else spent(_fields(row.header))
    if row is not None and mark is not None:
        used = and_(blind.c.compound == place.compound, blind.c.digest == mark, blind.c.arrival == row.arrival)
        connection.execute(delete(blind).where(used))
    return mark


def _uses(connection: Connection, compound: str, mark: bytes) -> tuple[Use, ...]:
    query = (
        select(event.c.device, event.c.log_id, event.c.seq, event.c.at_us)
        .join(blind, and_(blind.c.compound == event.c.compound, blind.c.arrival == event.c.arrival))
        .where(event.c.compound == compound, with_digest(connection, compound, mark), event.c.forked.is_(False))
        .order_by(event.c.at_us, event.c.arrival)
    )
    return tuple(Use(event_id(row.device, row.log_id, row.seq), row.device, row.at_us) for row in connection.execute(query))


def _fields(header: str) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(header) if header else {}
    return found
