"""Check the chains that the server holds, as anybody could who has the same rows: what was erased leaves no gap.

The chain proves that nothing was changed, left out or put in between since the server answered for a head. It cannot
say anything about what came after that head, or about who holds the whole database.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, and_, select

from kiosk import events
from kiosk.errors import GatepostError
from kiosk.events import Event, Head
from sync.central.holdings import EventName
from sync.central.schema import event, log, personal

ROWS = 2000


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found of one log. `broken` is one sentence about its first broken event, empty when there is none."""

    compound: str
    device: str
    log_id: str
    events: int
    erased: int
    broken: str


def verify_logs(connection: Connection, device: str | None = None, log_id: str | None = None) -> Iterator[Verified]:
    """Verify every log, or those of a device or of a name, each to its head."""
    query = select(log.c.compound, log.c.device, log.c.log_id, log.c.next_seq, log.c.head)
    if device is not None:
        query = query.where(log.c.device == device)
    if log_id is not None:
        query = query.where(log.c.log_id == log_id)
    for row in connection.execute(query.order_by(log.c.compound, log.c.begun_us, log.c.device, log.c.log_id)).all():
        yield _verify(connection, row)


def _verify(connection: Connection, row: Any) -> Verified:
    head = Head(row.compound, row.device, row.log_id)
    erased = 0
    with connection.execute(_events_of(row).execution_options(yield_per=ROWS)) as found:
        for one in found:
            try:
                head = _follow(head, one)
            except GatepostError as error:
                name = EventName(row.compound, row.device, row.log_id, one.seq)
                return Verified(row.compound, row.device, row.log_id, head.next_seq - 1, erased, f"{name}: {error}")
            erased += one.sealed is None and one.sealed_digest not in (None, events.NOTHING_SEALED)
    broken = ""
    if (head.next_seq, head.hash) != (row.next_seq, row.head):
        name = EventName(row.compound, row.device, row.log_id, head.next_seq)
        broken = f"{name}: the log's head says {row.next_seq - 1} events, and here its chain ends"
    return Verified(row.compound, row.device, row.log_id, head.next_seq - 1, erased, broken)


def _follow(head: Head, row: Row[Any]) -> Head:
    """The head after one event. Raises ChainBroken or NotCanonical."""
    if row.seq != head.next_seq:
        raise events.ChainBroken(f"event {head.next_seq} is missing before it")
    if row.faulty:
        raise events.ChainBroken(f"it arrived so: {row.faulty}")
    if row.sealed is not None and hashlib.sha256(row.sealed).digest() != row.sealed_digest:
        raise events.ChainBroken("its sealed part is not the one that was hashed")
    return events.verify(head, Event(row.header, row.prev_hash, row.sealed_digest, row.hash))


def _events_of(row: Any) -> Any:
    joined = event.outerjoin(personal, and_(personal.c.compound == event.c.compound, personal.c.arrival == event.c.arrival))
    own = and_(
        event.c.compound == row.compound,
        event.c.device == row.device,
        event.c.log_id == row.log_id,
        event.c.forked.is_(False),
    )
    columns = (
        event.c.seq,
        event.c.header,
        event.c.prev_hash,
        event.c.sealed_digest,
        event.c.hash,
        event.c.faulty,
        personal.c.sealed,
    )
    return select(*columns).select_from(joined).where(own).order_by(event.c.seq)
