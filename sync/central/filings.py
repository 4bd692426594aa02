"""Renovations as the office has them: which home, how far they are filed, and until when they are allowed."""

from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, delete, insert, select

from kiosk.errors import UsageError
from kiosk.people import Filing
from sync.central.access import MAY_DISPOSE, Act, Asker, NotAllowed, record
from sync.central.blind import Field, digest, normalised
from sync.central.database import changing
from sync.central.residents.box import lock, unlock
from sync.central.residents.tables import filing
from sync.central.vault import Vault

LONGEST = 60


class Works(msgspec.Struct, frozen=True, kw_only=True):
    """Works at a home: by whom, how far they are filed, and until when (microseconds since 1970, not included)."""

    unit: str
    company: str
    state: Filing
    until_us: int


class Filings:
    """The filed works in one database. Each method raises SQLAlchemyError, VaultClosed and KeyMissing."""

    def __init__(self, engine: Engine, vault: Vault) -> None:
        self._engine = engine
        self._vault = vault

    def record(self, compound: str, works: Works, asker: Asker, now_us: int) -> None:
        """Record works at a home, in place of those recorded before; who did is recorded. Raises UsageError or NotAllowed."""
        _may(asker)
        for what, text in (("unit", works.unit), ("company", works.company)):
            if not text.strip() or len(text) > LONGEST or not text.isprintable():
                raise UsageError(f"the {what} of works is plain text of 1 to {LONGEST} characters")
        if works.until_us <= now_us:
            raise UsageError("works are filed until a day to come")
        row = {
            "compound": compound,
            "unit_digest": self._digest(compound, works.unit),
            "state": works.state,
            "until_us": works.until_us,
            "locked": lock(self._vault, compound, works),
        }
        with changing(self._engine) as connection:
            connection.execute(delete(filing).where(*_of(compound, row["unit_digest"])))
            connection.execute(insert(filing).values(row))
            record(connection, compound, asker, Act.FILING, {"recorded": works.state}, now_us)

    def remove(self, compound: str, unit: str, asker: Asker, now_us: int) -> bool:
        """Remove the works at a home; whether there were any. Raises NotAllowed."""
        _may(asker)
        with changing(self._engine) as connection:
            gone = connection.execute(delete(filing).where(*_of(compound, self._digest(compound, unit)))).rowcount > 0
            if gone:
                record(connection, compound, asker, Act.FILING, {"removed": 1}, now_us)
        return gone

    def listed(self, compound: str, asker: Asker, now_us: int) -> list[Works]:
        """All works of a compound, those that end first at the top; it is recorded. Raises NotAllowed or CannotUnseal."""
        _may(asker)
        with changing(self._engine) as connection:
            rows = connection.execute(select(filing.c.locked).where(filing.c.compound == compound)).scalars().all()
            record(connection, compound, asker, Act.FILING, {"listed": len(rows)}, now_us)
        found = [msgspec.json.decode(unlock(self._vault, compound, row), type=Works) for row in rows]
        return sorted(found, key=lambda one: one.until_us)

    def standing(self, connection: Connection, compound: str, unit: str, now_us: int) -> Filing:
        """How works at a home stand now."""
        if not normalised(Field.UNIT, unit):
            return Filing.NOT_FILED
        row = connection.execute(select(filing).where(*_of(compound, self._digest(compound, unit)))).first()
        return Filing.NOT_FILED if row is None or row.until_us <= now_us else Filing(row.state)

    def _digest(self, compound: str, unit: str) -> bytes:
        return digest(self._vault, compound, Field.UNIT, normalised(Field.UNIT, unit))


def _of(compound: str, unit_digest: Any) -> tuple[Any, ...]:
    return (filing.c.compound == compound, filing.c.unit_digest == unit_digest)


def _may(asker: Asker) -> None:
    if asker.role not in MAY_DISPOSE:
        raise NotAllowed(f"a {asker.role} may not see or change which works are filed")
