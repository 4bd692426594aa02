"""How the copies of the devices' logs stand: where each ends, what is missing, kept aside, faulty or of uncertain time."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select

from sync.central.schema import Timing, compound, event, log, unread


@dataclass(frozen=True, slots=True)
class Device:
    """One device of a compound, over all its logs. `log_id` is the newest, and `next_seq` is where that one ends.

    `missing` events were passed over by later ones that were offered since `missing_since_us`; `uncertain` is how
    many events have no better time than when they were received; `newer` are of a schema that this server cannot read.
    """

    compound: str
    device: str
    log_id: str
    next_seq: int
    logs: int
    events: int
    received_us: int
    missing: int
    missing_since_us: int
    aside: int
    faulty: int
    uncertain: int
    corrected: int
    newer: int = 0

    @property
    def well(self) -> bool:
        """Whether nothing about it asks for somebody to look."""
        return not (self.missing or self.aside or self.faulty or self.newer)


def devices(connection: Connection, of: str | None = None) -> tuple[Device, ...]:
    """Every device of one compound or of all, by compound and name."""
    query = select(log).order_by(log.c.compound, log.c.device, log.c.begun_us, log.c.log_id)
    rows = connection.execute(query if of is None else query.where(log.c.compound == of))
    by_device: dict[tuple[str, str], list[Row[Any]]] = {}
    for row in rows:
        by_device.setdefault((row.compound, row.device), []).append(row)
    times = _by_other_clocks(connection, of)
    newer = _newer(connection, of)
    return tuple(_device(logs, times, newer) for logs in by_device.values())


def _device(logs: list[Row[Any]], times: dict[tuple[str, str, int], int], newer: dict[tuple[str, str], int]) -> Device:
    newest = logs[-1]
    gaps = [row for row in logs if row.gap_to > row.next_seq]
    name = (newest.compound, newest.device)
    return Device(
        compound=newest.compound,
        device=newest.device,
        log_id=newest.log_id,
        next_seq=newest.next_seq,
        logs=len(logs),
        events=sum(row.next_seq - 1 for row in logs),
        received_us=max(row.received_us for row in logs),
        missing=sum(row.gap_to - row.next_seq for row in gaps),
        missing_since_us=min((row.gap_us for row in gaps), default=0),
        aside=sum(row.aside for row in logs),
        faulty=sum(row.faulty for row in logs),
        uncertain=times.get((*name, Timing.RECEIVED), 0),
        corrected=times.get((*name, Timing.CORRECTED), 0),
        newer=newer.get(name, 0),
    )


def _newer(connection: Connection, of: str | None) -> dict[tuple[str, str], int]:
    """How many events wait for a version of the server that can read them, by compound and device."""
    query = select(unread.c.compound, unread.c.device, func.count()).group_by(unread.c.compound, unread.c.device)
    rows = connection.execute(query if of is None else query.where(unread.c.compound == of))
    return {(compound, device): count for compound, device, count in rows}


def _by_other_clocks(connection: Connection, of: str | None) -> dict[tuple[str, str, int], int]:
    """How many events have a time that is not their own clock's, by compound, device and timing."""
    found: dict[tuple[str, str, int], int] = {}
    for name in connection.execute(select(compound.c.compound)).scalars().all() if of is None else [of]:
        query = (
            select(event.c.device, event.c.timing, func.count())
            .where(event.c.compound == name, event.c.timing != Timing.CLOCK)
            .group_by(event.c.device, event.c.timing)
        )
        for device, timing, count in connection.execute(query):
            found[name, device, timing] = count
    return found
