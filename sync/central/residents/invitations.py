"""Invitations: passes that a resident makes out for whom they expect, believed by gates on their signature alone.

Taking one back publishes a list of revocations, by which a gate that hears of it refuses the pass.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Engine, Row, and_, delete, func, insert, select, update

from kiosk.credentials import PassClaims, Uses, key_id
from kiosk.credentials.pass_terms import PLATE_BYTES, Terms
from kiosk.credentials.passes import PASS_ID_BYTES, encode
from kiosk.errors import GatepostError, UsageError
from kiosk.people import VisitorKind
from kiosk.staleness import Kind
from kiosk.units import WallTime
from sync.central.database import changing
from sync.central.document_key import DocumentKey
from sync.central.people import DAY_US
from sync.central.publishing import Documents
from sync.central.residents.box import lock, unlock
from sync.central.residents.register import Resident
from sync.central.residents.tables import invitation
from sync.central.vault import Vault

MOST = 30
"""So many invitations of one home may stand at once."""
LONGEST_DAYS = 31
AHEAD_DAYS = 90
LONGEST_TEXT = 60
LONGEST_PLATE = 12
UNIT_BYTES = 20
"""What a pass holds of a unit's name."""
KINDS = (
    VisitorKind.GUEST,
    VisitorKind.DOMESTIC_HELP,
    VisitorKind.UTILITY_REPAIR,
    VisitorKind.ESTATE_AGENT,
    VisitorKind.OTHER,
)
"""Whom a resident may invite: renovations are the office's, couriers need nobody."""
TYPED_TIME = "%Y-%m-%dT%H:%M"
_MINUTE_US = 60_000_000


class Wrong(GatepostError, ValueError):
    """What was typed makes no invitation; by field, the code of what is wrong."""

    def __init__(self, wrong: dict[str, str]) -> None:
        super().__init__(", ".join(sorted(wrong)))
        self.wrong = wrong


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a resident expects."""

    name: str
    visitor: VisitorKind
    plate: str
    many: bool
    unit: str


@dataclass(frozen=True, slots=True)
class Invitation:
    """One invitation: for whom, and when; `revoked`: it was taken back."""

    pass_id: str = field(repr=False)
    expected: Expected = field(repr=False)
    begins_us: int
    ends_us: int
    revoked: bool


class Invitations:
    """The invitations of one server. Each method raises SQLAlchemyError, and what the vault raises."""

    def __init__(
        self,
        engine: Engine,
        vault: Vault,
        pass_key: DocumentKey | None,
        documents: Documents,
        wall_us: Callable[[], int],
        zone: str,
    ) -> None:
        """`pass_key` signs them; without one nobody can invite."""
        self._engine = engine
        self._vault = vault
        self._pass_key = pass_key
        self._documents = documents
        self._wall_us = wall_us
        self.zone = ZoneInfo(zone)

    @property
    def possible(self) -> bool:
        """Whether invitations can be signed."""
        return self._pass_key is not None

    def usual(self) -> dict[str, str]:
        """What stands in the form before anybody types."""
        now = datetime.fromtimestamp(self._wall_us() // 1_000_000, self.zone)
        begins = now - timedelta(minutes=now.minute % 5)
        until = begins + timedelta(hours=6)
        return {"begins": begins.strftime(TYPED_TIME), "ends": until.strftime(TYPED_TIME), "visitor": VisitorKind.GUEST}

    def make(self, host: Resident, compound: str, unit_digest: bytes, typed: dict[str, str]) -> str:
        """Make an invitation out of what was typed; the id of its pass. Raises Wrong."""
        begins_us, ends_us, expected = self._read(host, typed)
        pass_id = secrets.token_hex(PASS_ID_BYTES)
        row = {
            "compound": compound,
            "pass_id": pass_id,
            "unit_digest": unit_digest,
            "resident": host.id,
            "begins_us": begins_us,
            "ends_us": ends_us,
            "locked": lock(self._vault, compound, expected),
        }
        standing = and_(
            _of_unit(compound, unit_digest), invitation.c.revoked_us.is_(None), invitation.c.ends_us > self._wall_us()
        )
        with changing(self._engine) as connection:
            if connection.execute(select(func.count()).where(standing)).scalar_one() >= MOST:
                raise Wrong({"name": "too_many"})
            connection.execute(insert(invitation).values(row))
        return pass_id

    def standing(self, compound: str, unit_digest: bytes) -> list[Invitation]:
        """The invitations of a home that are not over, those that end first at the top."""
        query = (
            select(invitation)
            .where(_of_unit(compound, unit_digest), invitation.c.ends_us > self._wall_us())
            .order_by(invitation.c.ends_us)
            .limit(2 * MOST)
        )
        with self._engine.connect() as connection:
            return [self._told(row) for row in connection.execute(query)]

    def find(self, compound: str, pass_id: str, unit_digest: bytes | None = None) -> Invitation | None:
        """One invitation, of a home where that is said."""
        of = and_(invitation.c.compound == compound, invitation.c.pass_id == pass_id)
        if unit_digest is not None:
            of = and_(of, invitation.c.unit_digest == unit_digest)
        with self._engine.connect() as connection:
            row = connection.execute(select(invitation).where(of)).first()
        return None if row is None else self._told(row)

    def pass_of(self, compound: str, one: Invitation, language: str) -> str | None:
        """The pass of an invitation, always the same; None where none can be signed. Raises KeyUnusable."""
        if self._pass_key is None:
            return None
        private = self._pass_key.private()
        unit = one.expected.unit
        claims = PassClaims(
            pass_id=bytes.fromhex(one.pass_id),
            compound=compound,
            visitor=one.expected.visitor,
            not_before=WallTime(one.begins_us),
            not_after=WallTime(one.ends_us),
            uses=Uses.MULTIPLE if one.expected.many else Uses.SINGLE,
            unit=unit if len(unit.encode()) <= UNIT_BYTES else None,
            language=language,
            terms=Terms(plate=one.expected.plate or None),
        )
        return encode(claims, private.sign, key_id(private.public_key().public_bytes_raw()))

    def revoke(self, compound: str, pass_id: str, unit_digest: bytes) -> bool:
        """Take back an invitation of a home, and publish that; whether there was one that stood. Raises KeyUnusable."""
        ours = and_(_of_unit(compound, unit_digest), invitation.c.pass_id == pass_id, invitation.c.revoked_us.is_(None))
        with changing(self._engine) as connection:
            if not connection.execute(update(invitation).where(ours).values(revoked_us=self._wall_us())).rowcount:
                return False
        self._publish(compound)
        return True

    def forget(self, days_of: Callable[[str], int]) -> int:
        """Delete invitations that ended longer ago than their compound keeps what names a person; how many."""
        now_us, count = self._wall_us(), 0
        with self._engine.begin() as connection:
            for compound in connection.execute(select(invitation.c.compound).distinct()).scalars().all():
                before = now_us - days_of(compound) * DAY_US
                old = and_(invitation.c.compound == compound, invitation.c.ends_us < before)
                count += connection.execute(delete(invitation).where(old)).rowcount
        return count

    def _publish(self, compound: str) -> None:
        """Publish what was taken back and has not ended, beside whatever else the compound has revoked."""
        query = select(invitation.c.pass_id).where(
            invitation.c.compound == compound, invitation.c.revoked_us.is_not(None), invitation.c.ends_us > self._wall_us()
        )
        with self._engine.connect() as connection:
            taken_back = set(connection.execute(query).scalars())
        places = {
            one.publication.gate for one in self._documents.listed(compound) if one.publication.kind == Kind.REVOCATIONS
        }
        for gate in sorted(places | {""}):
            found: dict[str, Any] = {"revocations": 1, "compound": compound, "passes": []}
            newest = [
                one
                for one in self._documents.since(compound, gate, 0)
                if one.publication.kind == Kind.REVOCATIONS and one.publication.gate == gate and not one.publication.withdrawn
            ]
            if not newest and gate:
                continue  # withdrawn: the gate goes by its compound's
            if newest:
                found = msgspec.json.decode(newest[-1].body)
            found["passes"] = sorted({*found.get("passes", []), *taken_back})
            self._documents.publish(compound, Kind.REVOCATIONS, msgspec.json.encode(found), "a resident", gate=gate)

    def _read(self, host: Resident, typed: dict[str, str]) -> tuple[int, int, Expected]:
        name, plate = typed.get("name", "").strip(), typed.get("plate", "").strip()
        begins_us, ends_us, now_us = (
            self._moment(typed.get("begins", "")),
            self._moment(typed.get("ends", "")),
            self._wall_us(),
        )
        wrong = {
            "name": None if name and len(name) <= LONGEST_TEXT and name.isprintable() else "name",
            "plate": None if _is_plate(plate) else "too_long",
            "visitor": None if typed.get("visitor") in KINDS else "choose",
            "begins": None if begins_us is not None and begins_us < now_us + AHEAD_DAYS * DAY_US else "begins",
            "ends": None if ends_us is not None and ends_us > now_us else "ends",
        }
        if begins_us is not None and ends_us is not None and not begins_us < ends_us <= begins_us + LONGEST_DAYS * DAY_US:
            wrong["ends"] = "ends"
        if found := {field: code for field, code in wrong.items() if code is not None}:
            raise Wrong(found)
        if begins_us is None or ends_us is None:
            raise UsageError("times are there once nothing is wrong")
        many = typed.get("many") == "1"
        visitor = VisitorKind(typed["visitor"])
        return begins_us, ends_us, Expected(name=name, visitor=visitor, plate=plate, many=many, unit=host.unit)

    def _moment(self, text: str) -> int | None:
        try:
            found = datetime.strptime(text, TYPED_TIME).replace(tzinfo=self.zone)
        except ValueError:
            return None
        return int(found.timestamp()) * 1_000_000 if 2000 < found.year < 2100 else None

    def _told(self, row: Row[Any]) -> Invitation:
        expected = msgspec.json.decode(unlock(self._vault, row.compound, row.locked), type=Expected)
        return Invitation(row.pass_id, expected, row.begins_us, row.ends_us, row.revoked_us is not None)


def _is_plate(text: str) -> bool:
    """Whether a pass can name it; nothing, too, is a plate of somebody who comes on foot."""
    return not text or (len(text) <= LONGEST_PLATE and len(text.encode()) <= PLATE_BYTES and text.isprintable())


def _of_unit(compound: str, unit_digest: bytes) -> Any:
    return and_(invitation.c.compound == compound, invitation.c.unit_digest == unit_digest)
