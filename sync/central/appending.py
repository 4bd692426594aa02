"""One upload into its log, within a transaction of the caller's: repeats, new events, gaps and forks."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Table, and_, bindparam, case, insert, select, text, update

from kiosk.events import GENESIS, Head
from sync.central.arriving import Entry, Place
from sync.central.inserting import insert_entries, take_numbers
from sync.central.replays import NOTHING, Noticed, noticed
from sync.central.schema import envelope, event, log
from sync.wire import BEGIN_NEW, Standing, Upload


def _of(table: Table) -> ColumnElement[bool]:
    """The rows of one log, whose place is given when the statement is executed (`Place.named`)."""
    return and_(
        table.c.compound == bindparam("its_compound"),
        table.c.device == bindparam("its_device"),
        table.c.log_id == bindparam("its_log_id"),
    )


# Made once: to build a statement anew costs as much as the database takes for it.
_HEAD = select(log.c.next_seq, log.c.head, log.c.gap_to).where(_of(log))
_HELD_HEAD = _HEAD.with_for_update()
_BEGIN = text(
    "INSERT INTO log (compound, device, log_id, next_seq, head, faulty, aside, gap_to, gap_us, begun_us, received_us)"
    " VALUES (:its_compound, :its_device, :its_log_id, 1, :genesis, 0, 0, 0, 0, :now, :now) ON CONFLICT DO NOTHING"
)
_HASHES = select(event.c.seq, event.c.hash).where(
    _of(event), event.c.forked == bindparam("forked"), event.c.seq.between(bindparam("first"), bindparam("last"))
)
_filled = log.c.gap_to <= bindparam("to")
_ADVANCE = (
    update(log)
    .where(_of(log))
    .values(
        next_seq=bindparam("to"),
        head=bindparam("hash"),
        faulty=log.c.faulty + bindparam("faults"),
        received_us=bindparam("now"),
        gap_to=case((_filled, 0), else_=log.c.gap_to),
        gap_us=case((_filled, 0), else_=log.c.gap_us),
    )
)


@dataclass(frozen=True, slots=True)
class Appended:
    """Whether an upload fitted, where the log stands now, how many events were kept, and whether anything was written.

    `noticed`: what it says of passes for one use. `fresh`: the events that were new.
    """

    fitted: bool
    standing: Standing
    kept: int = 0
    written: bool = False
    noticed: Noticed = NOTHING
    fresh: Sequence[Entry] = ()


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
    known = _known(connection, place, upload.from_seq, min(upload.from_seq + len(found), head.next_seq) - 1)
    if any(known[entry.seq] != entry.hash for entry in found if entry.seq in known):
        return _keep_aside(connection, place, head, upload, found, unknown, received_us)
    fresh = [entry for entry in found if entry.seq >= head.next_seq]
    if not fresh:
        return Appended(True, standing_of(head, upload.from_seq + len(found)))
    if fresh[0].before != head.hash:
        return _keep_aside(connection, place, head, upload, found, unknown, received_us)
    insert_entries(connection, place, fresh, forked=False, received_us=received_us)
    found_out = noticed(connection, place, fresh)
    _keep_envelope(connection, place, upload, unknown, received_us)
    head = Head(place.compound, place.device, place.log_id, fresh[-1].seq + 1, fresh[-1].hash)
    news = {"to": head.next_seq, "hash": head.hash, "faults": sum(1 for entry in fresh if entry.fault), "now": received_us}
    connection.execute(_ADVANCE, {**place.named, **news})
    return Appended(True, standing_of(head), len(fresh), written=True, noticed=found_out, fresh=fresh)


def head_of(connection: Connection, place: Place) -> Head:
    """Where a log stands; of one that nobody has sent, at its beginning."""
    row = connection.execute(_HEAD, place.named).first()
    if row is None:
        return Head(place.compound, place.device, place.log_id)
    return Head(place.compound, place.device, place.log_id, row.next_seq, row.head)


def standing_of(head: Head, sent_to: int | None = None) -> Standing:
    """Say where a log stands and, where it goes on beyond what was sent, that this is there."""
    beyond = sent_to is not None and sent_to < head.next_seq
    return Standing(next_seq=head.next_seq, head=head.hash.hex(), kept_to=sent_to if beyond else None)


def _hold_head(connection: Connection, place: Place, received_us: int) -> tuple[Head, int]:
    """The log's head row, made if need be, and nobody else's until the transaction ends; and its gap, 0 if none."""
    row = connection.execute(_HELD_HEAD, place.named).first()
    if row is None:
        connection.execute(_BEGIN, {**place.named, "genesis": GENESIS, "now": received_us})
        row = connection.execute(_HELD_HEAD, place.named).one()
    return Head(place.compound, place.device, place.log_id, row.next_seq, row.head), row.gap_to


def _note_gap(connection: Connection, place: Place, gap_to: int, upload: Upload, received_us: int) -> bool:
    """Note how far the events reach that were offered too soon; whether that is news."""
    if upload.from_seq <= gap_to:
        return False
    values = {log.c.gap_to: upload.from_seq} if gap_to else {log.c.gap_to: upload.from_seq, log.c.gap_us: received_us}
    connection.execute(update(log).where(_of(log)).values(values), place.named)
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
        connection.execute(update(log).where(_of(log)).values({log.c.aside: log.c.aside + len(fresh)}), place.named)
    standing = Standing(next_seq=head.next_seq, head=head.hash.hex(), fork=True, log=BEGIN_NEW, kept_to=last)
    return Appended(False, standing, len(fresh), written=bool(fresh))


def _known(connection: Connection, place: Place, first: int, last: int) -> dict[int, bytes]:
    """The hashes that a log has under some numbers."""
    if first > last:
        return {}
    found = connection.execute(_HASHES, {**place.named, "forked": False, "first": first, "last": last})
    return {row.seq: row.hash for row in found}


def _aside(connection: Connection, place: Place, first: int, last: int) -> dict[int, set[bytes]]:
    """The hashes that are kept aside of a log under some numbers."""
    found: dict[int, set[bytes]] = {}
    for row in connection.execute(_HASHES, {**place.named, "forked": True, "first": first, "last": last}):
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
