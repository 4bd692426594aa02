"""The residents of a compound: found by unit or name through keyed digests, and locked away otherwise."""

import secrets
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from sqlalchemy import Connection, Engine, Row, delete, insert, select

from kiosk.errors import UsageError
from sync.central.access import MAY_DISPOSE, Act, Asker, NotAllowed, record
from sync.central.blind import Field, digest, normalised
from sync.central.database import changing
from sync.central.residents.box import lock, unlock
from sync.central.residents.tables import resident
from sync.central.residents.targets import MOST, reach_of
from sync.central.vault import Vault
from sync.central.words import LANGUAGES

LONGEST = 60
ID_BYTES = 8


class Resident(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who lives here, or an office: whom visitors ask for, and where they are reached, in which language."""

    unit: Annotated[str, Meta(min_length=1, max_length=LONGEST)]
    name: Annotated[str, Meta(min_length=1, max_length=LONGEST)]
    language: str
    targets: tuple[str, ...]
    id: str = ""

    def __repr__(self) -> str:
        """Show nobody."""
        return f"Resident({self.id})"


def resident_of(unit: str, name: str, language: str, targets: Sequence[str]) -> Resident:
    """Check what was typed of a resident. Raises UsageError: one sentence, which quotes nobody's address."""
    unit, name = unit.strip(), name.strip()
    for what, field, text in (("unit", Field.UNIT, unit), ("name", Field.NAME, name)):
        if not normalised(field, text) or len(text) > LONGEST or not text.isprintable():
            raise UsageError(f"a resident's {what} is plain text of 1 to {LONGEST} characters")
    if language not in LANGUAGES:
        raise UsageError(f"a resident is written to in one of {', '.join(LANGUAGES)}, not {language!r}")
    if not 1 <= len(targets) <= MOST:
        raise UsageError(f"a resident has 1 to {MOST} targets")
    for target in targets:
        reach_of(target)
    return Resident(unit=unit, name=name, language=language, targets=tuple(targets))


class Residents:
    """The residents in one database. Each method raises SQLAlchemyError, and VaultClosed where it needs the vault."""

    def __init__(self, engine: Engine, vault: Vault) -> None:
        self._engine = engine
        self._vault = vault

    def add(self, compound: str, some: Iterable[Resident], asker: Asker, now_us: int) -> list[str]:
        """Add residents, all or none, and record who did; their ids. Raises NotAllowed, VaultClosed or KeyMissing."""
        _may(asker)
        rows = [self._row(compound, one, now_us) for one in some]
        with changing(self._engine) as connection:
            if rows:
                connection.execute(insert(resident), rows)
            named = {"added": [row["resident"] for row in rows]}
            record(connection, compound, asker, Act.RESIDENTS, named, now_us)
        return [str(row["resident"]) for row in rows]

    def listed(self, compound: str, asker: Asker, now_us: int) -> list[Resident]:
        """All residents of a compound, by unit; it is recorded. Raises NotAllowed, VaultClosed, KeyMissing, CannotUnseal."""
        _may(asker)
        with changing(self._engine) as connection:
            rows = connection.execute(select(resident).where(resident.c.compound == compound)).all()
            record(connection, compound, asker, Act.RESIDENTS, {"listed": len(rows)}, now_us)
        return sorted((self._read(compound, row) for row in rows), key=lambda one: (one.unit, one.name))

    def remove(self, compound: str, name: str, asker: Asker, now_us: int) -> bool:
        """Remove a resident by their id; whether there was one. Raises NotAllowed."""
        _may(asker)
        with changing(self._engine) as connection:
            gone = connection.execute(delete(resident).where(*_named(compound, name))).rowcount > 0
            if gone:
                record(connection, compound, asker, Act.RESIDENTS, {"removed": name}, now_us)
        return gone

    def find(self, connection: Connection, compound: str, name: str) -> Resident | None:
        """A resident by their id. Raises VaultClosed, KeyMissing or CannotUnseal."""
        row = connection.execute(select(resident).where(*_named(compound, name))).first()
        return None if row is None else self._read(compound, row)

    def hosts(self, connection: Connection, compound: str, unit: str, name: str) -> list[Resident]:
        """Whom to ask about a visitor who named this unit, this name or both; none where that is not clear.

        Of a unit those of that name, or all where nobody in it is called so. By a name alone only those of one home: two
        who share a name are not asked about each other's visitors. Raises VaultClosed, KeyMissing or CannotUnseal.
        """
        columns = (
            (Field.UNIT, resident.c.unit_digest, unit),
            (Field.NAME, resident.c.name_digest, name),
        )
        found: list[list[Resident]] = []
        for field, column, typed in columns:
            if spelling := normalised(field, typed):
                same = column == digest(self._vault, compound, field, spelling)
                rows = connection.execute(select(resident).where(resident.c.compound == compound, same)).all()
                found.append([self._read(compound, row) for row in rows])
            else:
                found.append([])
        in_unit, called = found
        if normalised(Field.UNIT, unit):
            of_name = {one.id for one in called}
            return [one for one in in_unit if one.id in of_name] or in_unit
        homes = {normalised(Field.UNIT, one.unit) for one in called}
        return called if len(homes) == 1 else []

    def unit_digest(self, compound: str, unit: str) -> bytes:
        """What a unit is found by. Raises VaultClosed or KeyMissing."""
        return digest(self._vault, compound, Field.UNIT, normalised(Field.UNIT, unit))

    def _row(self, compound: str, one: Resident, now_us: int) -> dict[str, Any]:
        return {
            "compound": compound,
            "resident": secrets.token_hex(ID_BYTES),
            "unit_digest": self.unit_digest(compound, one.unit),
            "name_digest": digest(self._vault, compound, Field.NAME, normalised(Field.NAME, one.name)),
            "locked": lock(self._vault, compound, one),
            "added_us": now_us,
        }

    def _read(self, compound: str, row: Row[Any]) -> Resident:
        said = msgspec.json.decode(unlock(self._vault, compound, row.locked), type=Resident)
        return msgspec.structs.replace(said, id=row.resident)


def _named(compound: str, name: str) -> tuple[Any, ...]:
    return (resident.c.compound == compound, resident.c.resident == name)


def _may(asker: Asker) -> None:
    if asker.role not in MAY_DISPOSE:
        raise NotAllowed(f"a {asker.role} may not see or change who lives here")
