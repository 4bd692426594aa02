"""One upload into its log, within a transaction of the caller's: repeats, new events, gaps and forks."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Table, and_, insert, select, text, update

from kiosk.events import GENESIS, Head
from sync.central.arriving import Entry, Place
from sync.central.inserting import insert_entries, take_numbers
from sync.central.schema import envelope, event, log
from sync.wire import BEGIN_NEW, Standing, Upload


@dataclass(frozen=True, slots=True)
class Appended:
    """Whether an upload fitted, where the log stands now, how many events were kept, and whether anything was written."""

    fitted: bool
    standing: Standing
    kept: int = 0
    written: bool = False


def append_entries(
    connection: Connection, place: Place, upload: Upload, found: Sequence[Entry], unknown: bytes, received_us: int
) -> Appended:
    """Append what is new of an upload, or keep it aside when it does not follow from what is there.

    The head row is held until the transaction ends, so that two senders of the same events write them once.
    """
    head, gap_to = _hold_head(connection, place, received_us)
    if upload.from_seq > head.next_seq:
        # The rest of a log that forked: it follows what was kept aside of it.
        aside = _aside(connection, place, upload.from_seq - 1, upload.from_seq - 1)
        if found and found[0].before in aside.get(upload.from_seq - 1, ()):
            return _keep_aside(connection, place, head, upload, found, unknown, received_us)
        return Appended(False, standing_of(head), written=_note_gap(connection, place, gap_to, upload, received_us))
    known = _known(connection, place, upload.from_seq, upload.from_seq + len(found) - 1)
    if any(known[entry.seq] != entry.hash for entry in found if entry.seq in known):
        return _keep_aside(connection, place, head, upload, found, unknown, received_us)
    fresh = [entry for entry in found if entry.seq >= head.next_seq]
    if not fresh:
        return Appended(True, standing_of(head))
    if fresh[0].before != head.hash:
        return _keep_aside(connection, place, head, upload, found, unknown, received_us)
    insert_entries(connection, place, fresh, forked=False, received_us=received_us)
    _keep_envelope(connection, place, upload, unknown, received_us)
    head = Head(place.compound, place.device, place.log_id, fresh[-1].seq + 1, fresh[-1].hash)
    values = {
        log.c.next_seq: head.next_seq,
        log.c.head: head.hash,
        log.c.faulty: log.c.faulty + sum(1 for entry in fresh if entry.fault),
        log.c.received_us: received_us,
    }
    if 0 < gap_to <= head.next_seq:
        values |= {log.c.gap_to: 0, log.c.gap_us: 0}
    connection.execute(update(log).where(_of(log, place)).values(values))
    return Appended(True, standing_of(head), len(fresh), written=True)


def head_of(connection: Connection, place: Place) -> Head:
    """Where a log stands; of one that nobody has sent, at its beginning."""
    row = connection.execute(select(log.c.next_seq, log.c.head).where(_of(log, place))).first()
    if row is None:
        return Head(place.compound, place.device, place.log_id)
    return Head(place.compound, place.device, place.log_id, row.next_seq, row.head)


def standing_of(head: Head) -> Standing:
    """Say where a log stands."""
    return Standing(next_seq=head.next_seq, head=head.hash.hex())


def _hold_head(connection: Connection, place: Place, received_us: int) -> tuple[Head, int]:
    """The log's head row, made if need be, and nobody else's until the transaction ends; and its gap, 0 if none.

    The insertion comes first on purpose: with SQLite it makes this the writing transaction before anything is read.
    """
    connection.execute(
        text(
            "INSERT INTO log (compound, device, log_id, next_seq, head, faulty, aside, gap_to, gap_us, begun_us, received_us)"
            " VALUES (:compound, :device, :log_id, 1, :head, 0, 0, 0, 0, :now, :now) ON CONFLICT DO NOTHING"
        ),
        {
            "compound": place.compound,
            "device": place.device,
            "log_id": place.log_id,
            "head": GENESIS,
            "now": received_us,
        },
    )
    query = select(log.c.next_seq, log.c.head, log.c.gap_to).where(_of(log, place)).with_for_update()
    row = connection.execute(query).one()
    return Head(place.compound, place.device, place.log_id, row.next_seq, row.head), row.gap_to


def _note_gap(connection: Connection, place: Place, gap_to: int, upload: Upload, received_us: int) -> bool:
    """Note how far the events reach that were offered too soon; whether that is news."""
    if upload.from_seq <= gap_to:
        return False
    values = {log.c.gap_to: upload.from_seq} if gap_to else {log.c.gap_to: upload.from_seq, log.c.gap_us: received_us}
    connection.execute(update(log).where(_of(log, place)).values(values))
    return True


def _keep_aside(
    connection: Connection,
    place: Place,
    head: Head,
    upload: Upload,
    found: Sequence[Entry],
    unknown: bytes,
    received_us: int,
) -> Appended:
    """Keep what was sent aside, once; the kiosk begins a new log."""
    last = upload.from_seq + len(found)
    known = _known(connection, place, upload.from_seq, last - 1)
    aside = _aside(connection, place, upload.from_seq, last - 1)
    fresh = [entry for entry in found if known.get(entry.seq) != entry.hash and entry.hash not in aside.get(entry.seq, ())]
    if fresh:
        insert_entries(connection, place, fresh, forked=True, received_us=received_us)
        _keep_envelope(connection, place, upload, unknown, received_us)
        connection.execute(update(log).where(_of(log, place)).values({log.c.aside: log.c.aside + len(fresh)}))
    standing = Standing(next_seq=head.next_seq, head=head.hash.hex(), fork=True, log=BEGIN_NEW, kept_to=last)
    return Appended(False, standing, len(fresh), written=bool(fresh))


def _known(connection: Connection, place: Place, first: int, last: int) -> dict[int, bytes]:
    """The hashes that a log has under some numbers."""
    query = select(event.c.seq, event.c.hash).where(
        _of(event, place), event.c.forked.is_(False), event.c.seq.between(first, last)
    )
    return {row.seq: row.hash for row in connection.execute(query)}


def _aside(connection: Connection, place: Place, first: int, last: int) -> dict[int, set[bytes]]:
    """The hashes that are kept aside of a log under some numbers."""
    query = select(event.c.seq, event.c.hash).where(
        _of(event, place), event.c.forked.is_(True), event.c.seq.between(first, last)
    )
    found: dict[int, set[bytes]] = {}
    for row in connection.execute(query):
        found.setdefault(row.seq, set()).add(row.hash)
    return found


def _keep_envelope(connection: Connection, place: Place, upload: Upload, unknown: bytes, received_us: int) -> None:
    if unknown:
        connection.execute(
            insert(envelope).values(
                compound=place.compound,
                arrival=take_numbers(connection, place.compound, 1),
                device=place.device,
                log_id=place.log_id,
                from_seq=upload.from_seq,
                members=unknown,
                received_us=received_us,
            )
        )


def _of(table: Table, place: Place) -> ColumnElement[bool]:
    return and_(table.c.compound == place.compound, table.c.device == place.device, table.c.log_id == place.log_id)
