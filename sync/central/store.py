"""The server's copy of the kiosks' logs: appended in order under the log's head row, repeats answered the same."""

import threading
import time
from collections.abc import Sequence
from typing import Any

from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy import Connection, Engine, and_, create_engine, insert, select, update
from sqlalchemy import event as engine_event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from kiosk import events
from kiosk.errors import GatepostError, UsageError
from kiosk.events import GENESIS, Head
from sync.central.schema import event, log
from sync.wire import BEGIN_NEW, Arrived, Standing, Upload, arrivals


class Store:
    """One database. `append` may be called from any thread."""

    def __init__(self, url: str) -> None:
        """Open the database and bring its schema up to date. Raises UsageError."""
        try:
            self._engine: Engine = create_engine(make_url(url))
            if self._engine.dialect.name == "sqlite":
                engine_event.listen(self._engine, "connect", _durable_sqlite)
            settings = AlembicConfig()
            settings.set_main_option("script_location", "sync.central:migrations")
            with self._engine.begin() as connection:
                settings.attributes["connection"] = connection
                command.upgrade(settings, "head")
        except (ArgumentError, SQLAlchemyError) as error:
            reason = str(error).splitlines()[0]
            raise UsageError(f"[database] url: the database cannot be used: {reason}") from error
        # SQLite has one writer; waiting for it here is fairer than being told that it is busy.
        self._writing = threading.Lock()
        self.arrived = threading.Condition()

    def standing(self, compound: str, device: str, log_id: str) -> Standing:
        """Where the copy of a log ends."""
        with self._engine.connect() as connection:
            return _standing(_head(connection, compound, device, log_id))

    def append(self, compound: str, device: str, log_id: str, upload: Upload) -> tuple[bool, Standing]:
        """Append an upload; whether it fitted, and where the log stands now."""
        with self._writing, self._engine.begin() as connection:
            if connection.dialect.name != "sqlite":
                _head(connection, compound, device, log_id, lock=True)
            fitted, standing = _append(connection, compound, device, log_id, upload)
        with self.arrived:
            self.arrived.notify_all()
        return fitted, standing

    def since(self, after: int, limit: int) -> list[dict[str, Any]]:
        """Events that arrived after a number, in order: `arrival`, `header`, `faulty`."""
        query = select(event.c.arrival, event.c.header, event.c.faulty).where(
            and_(event.c.arrival > after, event.c.forked.is_(False))
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(event.c.arrival).limit(limit)).mappings()
            return [dict(row) for row in rows]

    def latest(self, kinds: Sequence[str], limit: int) -> list[dict[str, Any]]:
        """The newest headers of some kinds, newest first. What cannot be read as a header is left out."""
        query = select(event.c.header).where(and_(event.c.kind.in_(kinds), event.c.faulty == "", event.c.forked.is_(False)))
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(event.c.arrival.desc()).limit(limit)).scalars()
            return [events.parse(header) for header in rows]

    def close(self) -> None:
        """Let go of the database. Idempotent."""
        self._engine.dispose()


def _append(connection: Connection, compound: str, device: str, log_id: str, upload: Upload) -> tuple[bool, Standing]:
    head = _head(connection, compound, device, log_id)
    arrived = arrivals(upload)
    if upload.from_seq > head.next_seq:
        return False, _standing(head)
    held = select(event.c.seq, event.c.hash).where(
        _place(event, compound, device, log_id), event.c.forked.is_(False), event.c.seq >= upload.from_seq
    )
    known = {row.seq: row.hash for row in connection.execute(held)}
    before = bytes.fromhex(upload.prev_hash)
    for number, one in enumerate(arrived, start=upload.from_seq):
        if number in known:
            if known[number] != one.claimed:
                return False, _fork(connection, head, upload, arrived)
        else:
            if before != head.hash:
                return False, _fork(connection, head, upload, arrived)
            fault = one.fault or _fault(head, one)
            _insert(connection, head, number, one, fault=fault, forked=False)
            head = Head(compound, device, log_id, number + 1, one.claimed)
        before = one.claimed
    connection.execute(
        update(log).where(_place(log, compound, device, log_id)).values(next_seq=head.next_seq, head=head.hash)
    )
    return True, _standing(head)


def _fork(connection: Connection, head: Head, upload: Upload, arrived: list[Arrived]) -> Standing:
    """Keep what was sent aside; the kiosk begins a new log."""
    for number, one in enumerate(arrived, start=upload.from_seq):
        _insert(connection, head, number, one, fault=one.fault, forked=True)
    return Standing(
        next_seq=head.next_seq,
        head=head.hash.hex(),
        fork=True,
        log=BEGIN_NEW,
        kept_to=upload.from_seq + len(arrived),
    )


def _fault(head: Head, one: Arrived) -> str:
    """What is wrong with an event that can be read; empty when it follows the head."""
    if one.event is None:
        return one.fault or "unreadable"
    try:
        events.verify(head, one.event)
    except GatepostError as error:
        return str(error)[:400]
    return ""


def _insert(connection: Connection, head: Head, seq: int, one: Arrived, *, fault: str, forked: bool) -> None:
    header = one.event.header if one.event is not None else ""
    kind = ""
    if one.event is not None and not fault:
        kind = str(one.event.fields.get("kind", ""))[:64]
    connection.execute(
        insert(event).values(
            compound=head.compound,
            device=head.device,
            log_id=head.log_id,
            seq=seq,
            kind=kind,
            header=header,
            hash=one.claimed,
            raw=one.raw,
            faulty=fault[:400],
            forked=forked,
            received_us=time.time_ns() // 1000,
        )
    )


def _head(connection: Connection, compound: str, device: str, log_id: str, *, lock: bool = False) -> Head:
    query = select(log.c.next_seq, log.c.head).where(_place(log, compound, device, log_id))
    row = connection.execute(query.with_for_update() if lock else query).first()
    if row is not None:
        return Head(compound, device, log_id, row.next_seq, row.head)
    if connection.in_transaction():
        connection.execute(insert(log).values(compound=compound, device=device, log_id=log_id, next_seq=1, head=GENESIS))
    return Head(compound, device, log_id)


def _place(table: Any, compound: str, device: str, log_id: str) -> Any:
    return and_(table.c.compound == compound, table.c.device == device, table.c.log_id == log_id)


def _standing(head: Head) -> Standing:
    return Standing(next_seq=head.next_seq, head=head.hash.hex())


def _durable_sqlite(connection: Any, _: object) -> None:
    """What the server has acknowledged survives the loss of power."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
