"""What the server holds of people: found by the blind index, revealed with a recorded reason, exported, and erased.

Erasing deletes sealed parts and their index; headers, digests and hashes stay, so that the chain still verifies.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Engine, Row, and_, delete, select, text, update

from kiosk.errors import UsageError
from kiosk.events import NOTHING_SEALED
from sync.central.access import MAY_DISPOSE, SERVER, Act, Asker, NotAllowed, Role, record, visible
from sync.central.blind import Field, Indexed, digest, normalised, terms_of
from sync.central.database import changing
from sync.central.holdings import (
    AT_ONCE,
    EventName,
    NoSuchEvent,
    arrivals_with,
    erase_rows,
    name_of,
    not_indexed,
    parts,
    rows_named,
    rows_of,
)
from sync.central.inserting import insert_terms
from sync.central.schema import compound as compounds
from sync.central.schema import envelope, personal
from sync.central.vault import KeyDestroyed, Vault
from sync.sealing import CannotUnseal

NAMED = 1000
"""So many events are named one by one in the record of an access."""
DAY_US = 86_400 * 1_000_000


class People:
    """Any thread may call any method; each raises SQLAlchemyError while the database cannot be used."""

    def __init__(self, engine: Engine, vault: Vault, wall_us: Callable[[], int]) -> None:
        self._engine = engine
        self._vault = vault
        self._wall_us = wall_us
        self._stopping = threading.Event()

    @property
    def engine(self) -> Engine:
        """The open database."""
        return self._engine

    def stop(self) -> None:
        """Let what runs over many events end after its next transaction."""
        self._stopping.set()

    def find(self, compound: str, wanted: Mapping[Field, str]) -> list[int]:
        """The numbers of arrival of the events whose sealed part says all that is wanted.

        Raises UsageError, VaultClosed or KeyMissing. What came while the vault was closed is indexed first.
        """
        spelt = {field: normalised(field, value) for field, value in wanted.items()}
        for field, value in spelt.items():
            if not value:
                raise UsageError(f"there is nothing in this {field} to search by")
        self.index_rest(compound)
        digests = [digest(self._vault, compound, field, value) for field, value in spelt.items()]
        with self._engine.connect() as connection:
            found = [arrivals_with(connection, compound, one) for one in digests]
        return sorted(set.intersection(*found)) if found else []

    def reveal(self, name: EventName, asker: Asker) -> dict[str, Any]:
        """Tell who an event is about, once that was recorded. Raises NoSuchEvent, NotAllowed, VaultClosed or KeyMissing."""
        visible(asker.role, {})
        with changing(self._engine) as connection:
            rows = rows_named(connection, name)
            if not rows:
                raise NoSuchEvent(f"the server has no event {name}")
            told = [_told(row, self._vault, asker.role) for row in rows]
            record(connection, name.compound, asker, Act.REVEAL, {"event": str(name)}, self._wall_us())
        # Under one number there may be others besides, kept aside of a log that forked.
        return told[0] if len(told) == 1 else {**told[0], "aside": told[1:]}

    def export(self, compound: str, wanted: Mapping[Field, str], asker: Asker) -> list[dict[str, Any]]:
        """All that is held of a person, for that person. Raises NotAllowed, VaultClosed or KeyMissing."""
        _may_dispose(asker)
        arrivals = self.find(compound, wanted)
        with changing(self._engine) as connection:
            rows = rows_of(connection, compound, arrivals)
            told = [_told(row, self._vault, asker.role) for row in rows]
            record(connection, compound, asker, Act.EXPORT, _subject(told), self._wall_us())
        return told

    def erase(self, compound: str, wanted: Mapping[Field, str], asker: Asker) -> list[str]:
        """Erase all that names a person; the events that it was erased from. Raises NotAllowed, VaultClosed, KeyMissing."""
        _may_dispose(asker)
        return self._erase(compound, self.find(compound, wanted), asker)

    def erase_events(self, names: Sequence[EventName], asker: Asker) -> list[str]:
        """Erase what names a person from these events, needing no vault; those that there are. Raises NotAllowed."""
        _may_dispose(asker)
        erased: list[str] = []
        for of in sorted({name.compound for name in names}):
            with self._engine.connect() as connection:
                rows = [row for name in names if name.compound == of for row in rows_named(connection, name)]
            erased += self._erase(of, [row.arrival for row in rows], asker)
        return erased

    def retain(self, days_of: Callable[[str], int]) -> int:
        """Erase whatever is older than its compound keeps it, and return how many events it was erased from."""
        with self._engine.connect() as connection:
            names = connection.execute(select(compounds.c.compound)).scalars().all()
        return sum(self._retain(name, days_of(name)) for name in names)

    def index_rest(self, compound: str) -> int:
        """Index what came while the vault was closed; how many sealed parts. Raises VaultClosed."""
        self._vault.records()
        done, last = 0, 0
        while not self._stopping.is_set():
            with changing(self._engine) as connection:
                rows = not_indexed(connection, compound, last)
                if not rows:
                    return done
                terms = {row.arrival: terms_of(self._vault, compound, row.sealed) for row in rows}
                insert_terms(connection, compound, terms)
                for indexed in (Indexed.DONE, Indexed.NEVER):
                    some = [arrival for arrival, found in terms.items() if found.indexed is indexed]
                    of = and_(personal.c.compound == compound, personal.c.arrival.in_(some))
                    connection.execute(update(personal).where(of).values(indexed=indexed))
                    done += len(some)
                last = rows[-1].arrival
        return done

    def _erase(self, compound: str, arrivals: Sequence[int], asker: Asker) -> list[str]:
        with changing(self._engine) as connection:
            names = [name_of(row) for row in rows_of(connection, compound, arrivals)]
            for some in parts(arrivals):
                erase_rows(connection, compound, some)
            record(connection, compound, asker, Act.ERASE, _subject([{"event": name} for name in names]), self._wall_us())
        self._empty_journal()
        return names

    def _retain(self, name: str, days: int) -> int:
        now_us = self._wall_us()
        before = now_us - days * DAY_US
        asker = Asker(SERVER, Role.MANAGER, f"older than {days} days")
        erased, more = 0, True
        while more and not self._stopping.is_set():
            with changing(self._engine) as connection:
                old = and_(personal.c.compound == name, personal.c.at_us < before)
                found = connection.execute(select(personal.c.arrival).where(old).limit(AT_ONCE)).scalars().all()
                erase_rows(connection, name, found)
                erased += len(found)
                more = len(found) == AT_ONCE
                if not more:
                    aside = and_(envelope.c.compound == name, envelope.c.received_us < before)
                    envelopes = connection.execute(delete(envelope).where(aside)).rowcount
                    if erased or envelopes:
                        subject = {"count": erased, "envelopes": envelopes}
                        record(connection, name, asker, Act.RETENTION, subject, now_us)
        if erased:
            self._empty_journal()
        return erased

    def _empty_journal(self) -> None:
        """On SQLite let the write-ahead log go, which still has pages from before; PostgreSQL's VACUUM comes by itself."""
        if self._engine.dialect.name == "sqlite":
            with self._engine.connect() as connection:
                connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))


def _may_dispose(asker: Asker) -> None:
    if asker.role not in MAY_DISPOSE:
        raise NotAllowed(f"a {asker.role} may not export or erase personal data")


def _told(row: Row[Any], vault: Vault, role: Role) -> dict[str, Any]:
    """An event and who it is about, as far as the role may see it and anybody still can."""
    person: dict[str, Any] | None = None
    if row.sealed is None:
        state = "nothing sealed" if row.sealed_digest in (None, NOTHING_SEALED) else "erased"
    else:
        try:
            person = visible(role, msgspec.json.decode(vault.unseal(row.compound, row.sealed), type=dict[str, Any]))
            state = "revealed"
        except KeyDestroyed:
            state = "key destroyed"
        except (CannotUnseal, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            state = "unreadable"
    at = datetime.fromtimestamp(row.at_us // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    header = msgspec.json.decode(row.header) if row.header and not row.faulty else None
    return {"event": name_of(row), "at": at, "state": state, "person": person, "header": header}


def _subject(told: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {"count": len(told), "events": [one["event"] for one in told[:NAMED]]}
