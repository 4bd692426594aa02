"""The server's copy of the kiosks' logs: appended in order under the log's head row, repeats answered the same."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, Select, and_, select, text, tuple_, union_all
from sqlalchemy.exc import SQLAlchemyError

from kiosk.edge import Edge
from kiosk.events import SCHEMA
from kiosk.lines import get_logger
from sync.central.appending import Appended, append_entries, head_of, standing_of
from sync.central.arriving import Entry, Place, entries
from sync.central.blind import Terms, terms_of
from sync.central.calls import CALLED, ENDINGS, STANDS_US, UNANSWERED, Call, Latest, Recorded, standing
from sync.central.database import open_database, take_writers_place
from sync.central.devices import Device, devices
from sync.central.passages import Passage, passage
from sync.central.policies import Policies
from sync.central.replays import Change, Noticed, Replay, listed
from sync.central.rereading import read_unread
from sync.central.schema import Timing, compound, event, log
from sync.central.vault import ClosedVault, Vault
from sync.wire import Standing, Upload

SHOWN = 50
OUTCOMES = 1000
"""How many outcomes are looked through for those of the passages shown."""
COMPOUNDS_AT_ONCE = 100
"""How many compounds one query looks through."""
MARGIN_US = 3600 * 1_000_000
"""An outcome may be stamped so much earlier than its admission: clocks are set while somebody walks through."""

Hear = Callable[[str, str, int], None]
"""Compound, header, and when it happened (microseconds since 1970)."""
TellUses = Callable[[str, str, Sequence[Change]], None]
"""Compound, device, and what has changed."""

_log = get_logger()


class Store:
    """One database. Any thread may call any method; each raises SQLAlchemyError while the database cannot be used."""

    def __init__(
        self,
        url: str,
        *,
        wall_us: Callable[[], int] = lambda: time.time_ns() // 1000,
        vault: Vault | None = None,
        make: bool = True,
        schema: int = SCHEMA,
    ) -> None:
        """Open the database and bring its tables up to date. Raises UsageError, without `make` also where there is none.

        Without a vault what is sealed is kept, and cannot be found by anything until one is there. `schema` is the
        newest of events that this server can read.
        """
        self._engine: Engine = open_database(url, wall_us(), make=make)
        self._wall_us = wall_us
        self._policies = Policies(self._engine, wall_us)
        self._vault = vault or ClosedVault("this store has no vault")
        # SQLite has one writer; waiting for it here is fairer than being told that it is busy.
        self._writing = threading.Lock()
        self._watchers: list[Callable[[], None]] = []
        self._tell_uses: TellUses | None = None
        self._hear: dict[str, Hear] = {}
        self._edge = Edge("database")
        self._schema = schema
        self._too_new: set[tuple[str, str, int]] = set()

    @property
    def engine(self) -> Engine:
        """The open database."""
        return self._engine

    def watch(self, appended: Callable[[], None]) -> None:
        """Call `appended` after everything that is appended, on the thread that did; it must not wait or raise."""
        self._watchers.append(appended)

    def tell_uses(self, tell: "TellUses") -> None:
        """Call `tell` with what newly arrived events say of passes for one use, on the thread that appended them."""
        self._tell_uses = tell

    def hear(self, kind: str, hear: "Hear") -> None:
        """Call `hear` with every newly arrived event of a kind, on the thread that appended it; it must not raise."""
        self._hear[kind] = hear

    def check(self) -> None:
        """Ask the database for a sign of life."""
        with self._connected() as connection:
            connection.execute(text("SELECT 1"))

    def standing(self, compound: str, device: str, log_id: str) -> Standing:
        """Where the copy of a log ends."""
        with self._connected() as connection:
            return standing_of(head_of(connection, Place(compound, device, log_id)))

    def append(
        self, compound: str, device: str, log_id: str, upload: Upload, members: Mapping[str, Any] | None = None
    ) -> tuple[bool, Standing]:
        """Append an upload; whether it fitted, and where the log stands now.

        `members` are those beside the events that this version does not know.
        """
        place, received_us = Place(compound, device, log_id), self._wall_us()
        # What a sealed part can be found by is worked out before any row is held.
        found = entries(place, upload, received_us, self._terms, self._schema)
        unknown = msgspec.json.encode(members) if members else b""
        if self._engine.dialect.name == "sqlite":
            with self._writing:
                done = self._appended(place, upload, found, unknown, received_us)
        else:
            done = self._appended(place, upload, found, unknown, received_us)
        self._heed(place, done.noticed)
        self._name_newer(place, done.fresh)
        for entry in done.fresh:
            if entry.kind in self._hear and not entry.fault:
                self._hear[entry.kind](compound, entry.header, entry.at_us)
        if done.kept:
            for watcher in self._watchers:
                watcher()
        return done.fitted, done.standing

    def read_unread(self) -> int:
        """Give their meaning to the events that an earlier version could not read, and this one can; how many."""
        done = read_unread(self._engine, self._schema)
        for one in done:
            self._heed(one.place, one.noticed)
        if done:
            for watcher in self._watchers:
                watcher()
        return sum(one.count for one in done)

    def since(self, compound: str, after: int, limit: int) -> list[dict[str, Any]]:
        """Events of a compound that arrived after a number, in order: `arrival`, `header`, `faulty`."""
        query = (
            select(event.c.arrival, event.c.header, event.c.faulty)
            .where(event.c.compound == compound, event.c.arrival > after, event.c.forked.is_(False))
            .order_by(event.c.arrival)
            .limit(limit)
        )
        with self._connected() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def replays(self, compound: str, since_us: int) -> tuple[Replay, ...]:
        """The passes for one use that let people in more than once, the last time since a moment."""
        with self._connected() as connection:
            return listed(connection, compound, since_us)

    def passages(self, limit: int = SHOWN, of: str | None = None) -> tuple[Passage, ...]:
        """The latest passages by the time at which they happened, newest first, each with what became of it.

        `of`: one compound's; without it, all compounds'.
        """
        with self._connected() as connection:
            compounds = _compounds(connection) if of is None else [of]
            found = _latest(connection, compounds, "decision", limit)
            if not found:
                return ()
            became = _latest(connection, compounds, "gate_outcome", OUTCOMES, found[-1].at_us - MARGIN_US)
        # The first outcome of an admission stands; rows come newest first, so the oldest is written last.
        ends: dict[tuple[str, str], Any] = {}
        for row in became:
            fields = msgspec.json.decode(row.header)
            ends[row.compound, str(fields.get("admission"))] = fields.get("outcome")
        return tuple(
            passage(row.compound, row.header, row.at_us, ends, certain=row.timing != Timing.RECEIVED) for row in found
        )

    def calls(self, of: str | None = None) -> tuple[Call, ...]:
        """The calls for the guard that stand in one compound or in all, the longest waiting first."""
        since = self._wall_us() - STANDS_US
        believed = and_(event.c.forked.is_(False), event.c.faulty == "", event.c.at_us >= since)
        columns = (event.c.compound, event.c.kind, event.c.header, event.c.at_us, event.c.received_us)
        called = select(event.c.compound, event.c.device, event.c.arrival).where(event.c.kind == CALLED, believed)
        if of is not None:
            called = called.where(event.c.compound == of)
        with self._connected() as connection:
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

    def latest(self, of: str | None = None) -> Latest:
        """What the live page shows of one compound or of all."""
        return Latest(self._policies.told(self.passages(of=of)), self.calls(of))

    def logs(self, of: str | None = None) -> list[dict[str, Any]]:
        """Every log of one compound or of all: whose it is, where it stands, how many events are faulty or kept aside."""
        query = select(log).order_by(log.c.compound, log.c.device, log.c.log_id)
        if of is not None:
            query = query.where(log.c.compound == of)
        with self._connected() as connection:
            return [{**row, "head": row["head"].hex()} for row in connection.execute(query).mappings()]

    def devices(self, of: str | None = None) -> tuple[Device, ...]:
        """How the copies of the logs of one compound's devices stand, or of all."""
        with self._connected() as connection:
            return devices(connection, of)

    def close(self) -> None:
        """Let go of the database. Idempotent."""
        self._engine.dispose()

    def _heed(self, place: Place, noticed: Noticed) -> None:
        for replay in noticed.replays:
            uses = [use.event for use in replay.uses]
            _log.error("pass for one use used again", compound=replay.compound, uses=uses)
        if noticed.changes and self._tell_uses is not None:
            self._tell_uses(place.compound, place.device, noticed.changes)

    def _name_newer(self, place: Place, fresh: Sequence[Entry]) -> None:
        """Say once of each device that it is ahead of this server."""
        for schema in {entry.newer for entry in fresh if entry.newer is not None}:
            if (ahead := (place.compound, place.device, schema)) not in self._too_new:
                self._too_new.add(ahead)
                _log.warning("events kept unread", compound=place.compound, device=place.device, schema=schema)

    def _terms(self, compound: str, sealed: bytes) -> Terms:
        return terms_of(self._vault, compound, sealed)

    def _appended(self, place: Place, upload: Upload, found: Sequence[Entry], unknown: bytes, received_us: int) -> Appended:
        with self._connected() as connection, connection.begin() as transaction:
            take_writers_place(connection)
            done = append_entries(connection, place, upload, found, unknown, received_us)
            if not done.written:
                transaction.rollback()
            return done

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        """A connection; that the database cannot be used is logged once, and once that it can be used again."""
        try:
            with self._engine.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            self._edge.lose(time.monotonic(), kind=type(error).__name__)
            raise
        self._edge.find(time.monotonic())


def _compounds(connection: Connection) -> Sequence[str]:
    return connection.execute(select(compound.c.compound)).scalars().all()


def _latest(connection: Connection, compounds: Sequence[str], kind: str, limit: int, from_us: int = 0) -> Sequence[Row[Any]]:
    """The latest believed events of a kind over compounds, newest first: each compound's own, then the best of them."""
    found: list[Row[Any]] = []
    for first in range(0, len(compounds), COMPOUNDS_AT_ONCE):
        some = compounds[first : first + COMPOUNDS_AT_ONCE]
        found += connection.execute(union_all(*(_latest_of(name, kind, limit, from_us) for name in some))).all()
    return sorted(found, key=lambda row: (row.at_us, row.arrival), reverse=True)[:limit]


def _latest_of(name: str, kind: str, limit: int, from_us: int) -> Select[Any]:
    columns = (event.c.compound, event.c.header, event.c.at_us, event.c.timing, event.c.arrival)
    believed = and_(event.c.forked.is_(False), event.c.faulty == "")
    rows = (
        select(*columns)
        .where(event.c.compound == name, event.c.kind == kind, event.c.at_us >= from_us, believed)
        .order_by(event.c.at_us.desc(), event.c.arrival.desc())
        .limit(limit)
    )
    return select(rows.subquery())
