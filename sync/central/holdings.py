"""What the database holds that may name a person: the rows, looked up and deleted within a transaction of the caller's."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, select

from kiosk.errors import GatepostError, UsageError
from kiosk.events import event_id
from sync.central.schema import blind, event, personal
from sync.central.segments import with_digest

AT_ONCE = 500
"""So many events are indexed or erased in one transaction, so that no kiosk waits long."""

_joined = event.outerjoin(personal, and_(personal.c.compound == event.c.compound, personal.c.arrival == event.c.arrival))
_columns = (
    event.c.compound,
    event.c.arrival,
    event.c.device,
    event.c.log_id,
    event.c.seq,
    event.c.header,
    event.c.faulty,
    event.c.sealed_digest,
    event.c.at_us,
    personal.c.sealed,
)


class NoSuchEvent(GatepostError, LookupError):
    """The server has no event of that name."""


class NotAName(UsageError, NoSuchEvent):
    """What was written names no event at all."""


@dataclass(frozen=True, slots=True)
class EventName:
    """An event of a compound, as people name it: `compound/device/log_id/seq`."""

    compound: str
    device: str
    log_id: str
    seq: int

    @classmethod
    def read(cls, written: str) -> "EventName":
        """Read a name. Raises NotAName."""
        parts = written.split("/")
        if len(parts) != 4 or not (parts[3].isascii() and parts[3].isdigit()) or len(parts[3]) > 16:
            raise NotAName(f"{written!r} names no event; write compound/device/log_id/seq")
        return cls(parts[0], parts[1], parts[2], int(parts[3]))

    def __str__(self) -> str:
        return f"{self.compound}/{event_id(self.device, self.log_id, self.seq)}"


def name_of(row: Row[Any]) -> str:
    """How an event is named in a record or an export."""
    return str(EventName(row.compound, row.device, row.log_id, row.seq))


def arrivals_with(connection: Connection, compound: str, wanted: bytes) -> set[int]:
    """The events that have a digest, by their numbers of arrival."""
    return set(connection.execute(select(blind.c.arrival).where(with_digest(connection, compound, wanted))).scalars())


def not_indexed(connection: Connection, compound: str, after: int) -> list[Row[Any]]:
    """Sealed parts after a number of arrival that wait for the index, in order, not too many: `arrival`, `sealed`."""
    waiting = and_(
        personal.c.compound == compound,
        personal.c.indexed == 0,
        personal.c.arrival > after,
        personal.c.sealed.is_not(None),
    )
    query = select(personal.c.arrival, personal.c.sealed).where(waiting).order_by(personal.c.arrival).limit(AT_ONCE)
    # Another server may be at the same.
    query = query.with_for_update(skip_locked=True)
    return list(connection.execute(query))


def rows_of(connection: Connection, compound: str, arrivals: Sequence[int]) -> list[Row[Any]]:
    """Events with their sealed parts, in order."""
    query = select(*_columns).select_from(_joined).where(event.c.compound == compound)
    found: list[Row[Any]] = []
    for some in parts(arrivals):
        found += connection.execute(query.where(event.c.arrival.in_(some)).order_by(event.c.arrival))
    return found


def rows_named(connection: Connection, name: EventName) -> list[Row[Any]]:
    """The events under a name: the log's own first, then what was kept aside."""
    of = and_(
        event.c.compound == name.compound,
        event.c.device == name.device,
        event.c.log_id == name.log_id,
        event.c.seq == name.seq,
    )
    query = select(*_columns).select_from(_joined).where(of).order_by(event.c.forked, event.c.arrival)
    return list(connection.execute(query))


def erase_rows(connection: Connection, compound: str, arrivals: Sequence[int]) -> None:
    """Delete all of some events that may name a person."""
    for table in (blind, personal):
        connection.execute(delete(table).where(table.c.compound == compound, table.c.arrival.in_(arrivals)))


def parts(arrivals: Sequence[int]) -> Iterator[Sequence[int]]:
    """Numbers of arrival in parts that one statement takes."""
    for first in range(0, len(arrivals), AT_ONCE):
        yield arrivals[first : first + AT_ONCE]
