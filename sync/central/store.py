"""The server's copy of the kiosks' logs: appended in order under the log's head row, repeats answered the same."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, and_, select, text, tuple_

from sync.central.appending import Appended, append_entries, head_of, standing_of
from sync.central.arriving import Place, entries
from sync.central.calls import CALLED, ENDINGS, STANDS_US, UNANSWERED, Call, Latest, Recorded, standing
from sync.central.database import open_database
from sync.central.passages import Passage, passage
from sync.central.schema import event, log
from sync.wire import Standing, Upload

SHOWN = 50
OUTCOMES = 1000
"""How many outcomes are looked through for those of the passages shown."""
MARGIN_US = 3600 * 1_000_000
"""An outcome may be stamped so much earlier than its admission: clocks are set while somebody walks through."""


class Store:
    """One database. Any thread may call any method; each raises SQLAlchemyError while the database cannot be used."""

    def __init__(self, url: str, *, wall_us: Callable[[], int] = lambda: time.time_ns() // 1000) -> None:
        """Open the database and bring its tables up to date. Raises UsageError."""
        self._engine: Engine = open_database(url)
        self._wall_us = wall_us
        # SQLite has one writer; waiting for it here is fairer than being told that it is busy.
        self._writing = threading.Lock()
        self._watchers: list[Callable[[], None]] = []

    def watch(self, appended: Callable[[], None]) -> None:
        """Call `appended` after everything that is appended, on the thread that did; it must not wait or raise."""
        self._watchers.append(appended)

    def check(self) -> None:
        """Ask the database for a sign of life."""
        with self._engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    def standing(self, compound: str, device: str, log_id: str) -> Standing:
        """Where the copy of a log ends."""
        with self._engine.connect() as connection:
            return standing_of(head_of(connection, Place(compound, device, log_id)))

    def append(
        self, compound: str, device: str, log_id: str, upload: Upload, members: Mapping[str, Any] | None = None
    ) -> tuple[bool, Standing]:
        """Append an upload; whether it fitted, and where the log stands now.

        `members` are those beside the events that this version does not know.
        """
        place, received_us = Place(compound, device, log_id), self._wall_us()
        found = entries(place, upload, received_us)
        unknown = msgspec.json.encode(members) if members else b""
        if self._engine.dialect.name == "sqlite":
            with self._writing:
                done = self._appended(place, upload, found, unknown, received_us)
        else:
            done = self._appended(place, upload, found, unknown, received_us)
        if done.changed:
            for watcher in self._watchers:
                watcher()
        return done.fitted, done.standing

    def since(self, after: int, limit: int) -> list[dict[str, Any]]:
        """Events that arrived after a number, in order: `arrival`, `header`, `faulty`."""
        query = (
            select(event.c.arrival, event.c.header, event.c.faulty)
            .where(event.c.arrival > after, event.c.forked.is_(False))
            .order_by(event.c.arrival)
            .limit(limit)
        )
        with self._engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def passages(self, limit: int = SHOWN) -> tuple[Passage, ...]:
        """The latest passages by the time at which they happened, newest first, each with what became of it."""
        columns = (event.c.compound, event.c.header, event.c.at_us, event.c.received_us)
        believed = and_(event.c.forked.is_(False), event.c.faulty == "")
        decisions = (
            select(*columns)
            .where(event.c.kind == "decision", believed)
            .order_by(event.c.at_us.desc(), event.c.arrival.desc())
            .limit(limit)
        )
        with self._engine.connect() as connection:
            found = connection.execute(decisions).all()
            if not found:
                return ()
            outcomes = (
                select(*columns)
                .where(event.c.kind == "gate_outcome", believed, event.c.at_us >= found[-1].at_us - MARGIN_US)
                .order_by(event.c.at_us.desc(), event.c.arrival.desc())
                .limit(OUTCOMES)
            )
            became = connection.execute(outcomes).all()
        # The first outcome of an admission stands; rows come newest first, so the oldest is written last.
        ends: dict[tuple[str, str], Any] = {}
        for row in became:
            fields = msgspec.json.decode(row.header)
            ends[row.compound, str(fields.get("admission"))] = fields.get("outcome")
        return tuple(passage(row.compound, row.header, row.at_us, row.received_us, ends) for row in found)

    def calls(self) -> tuple[Call, ...]:
        """The calls for the guard that stand, the longest waiting first."""
        since = self._wall_us() - STANDS_US
        believed = and_(event.c.forked.is_(False), event.c.faulty == "", event.c.at_us >= since)
        columns = (event.c.compound, event.c.kind, event.c.header, event.c.at_us, event.c.received_us)
        called = select(event.c.compound, event.c.device, event.c.arrival).where(event.c.kind == CALLED, believed)
        with self._engine.connect() as connection:
            made = connection.execute(called.order_by(event.c.arrival)).all()
            if not made:
                return ()
            # Of the gates that called, and since the first of them did: everything else ends nobody's call.
            gates = {(row.compound, row.device) for row in made}
            followed = select(*columns).where(
                event.c.kind.in_((CALLED, UNANSWERED, *ENDINGS)),
                believed,
                event.c.arrival >= made[0].arrival,
                tuple_(event.c.compound, event.c.device).in_(sorted(gates)),
            )
            return standing(Recorded(*row) for row in connection.execute(followed.order_by(event.c.arrival)))

    def latest(self) -> Latest:
        """What the live page shows."""
        return Latest(self.passages(), self.calls())

    def logs(self) -> list[dict[str, Any]]:
        """Every log: whose it is, where it stands, how many events are faulty and how many are kept aside."""
        query = select(log).order_by(log.c.compound, log.c.device, log.c.log_id)
        with self._engine.connect() as connection:
            return [{**row, "head": row["head"].hex()} for row in connection.execute(query).mappings()]

    def close(self) -> None:
        """Let go of the database. Idempotent."""
        self._engine.dispose()

    def _appended(self, place: Place, upload: Upload, found: Any, unknown: bytes, received_us: int) -> Appended:
        connection: Connection
        with self._engine.connect() as connection, connection.begin() as transaction:
            done = append_entries(connection, place, upload, found, unknown, received_us)
            if not done.changed:
                transaction.rollback()
            return done
