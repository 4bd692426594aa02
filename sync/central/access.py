"""Who may see what names a person, and the record of whoever did: made in the same transaction, before anything is told.

The record also has who let a device in, and who shut it out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select, text

from kiosk.errors import GatepostError, UsageError
from sync.central.inserting import begin_compound
from sync.central.schema import access

WHO_LENGTH = 200
REASON_LENGTH = 400
SERVER = "gatepost"
"""Who acts when nobody asked: the server itself."""


class Role(StrEnum):
    """In what capacity somebody asks."""

    MANAGER = "manager"
    COMMITTEE = "committee"
    GUARD = "guard"
    TECHNICIAN = "technician"
    ADMIN = "admin"
    """Whoever looks after accounts and passes, and stands in for a manager."""


class Act(StrEnum):
    """What is recorded."""

    REVEAL = "reveal"
    EXPORT = "export"
    ERASE = "erase"
    RETENTION = "retention"
    DESTROY_KEY = "destroy_key"
    ISSUE_CODE = "issue_code"
    ENROL = "enrol"
    REVOKE = "revoke"
    OPEN_GATE = "open_gate"
    GATE_MODE = "gate_mode"
    """A gate was ordered to be held open, locked, or neither."""
    CASE = "case"
    """Something was done about a case."""
    SIGN_IN = "sign_in"
    PASS = "pass"
    """A pass for many uses was issued or taken back."""
    ACCOUNT = "account"
    """An account of staff was added, disabled or enabled, or has a new password."""
    RESIDENTS = "residents"
    """Residents were added, removed or listed."""
    FILING = "filing"
    """Works were filed, removed or listed."""
    POLICY = "policy"
    """A policy was brought, signed, thrown away, or tried on what was recorded."""
    FORM = "form"
    """A visitor's form was read."""


MAY_SEE: Mapping[Role, frozenset[str] | None] = {
    Role.MANAGER: None,
    Role.COMMITTEE: None,
    Role.GUARD: frozenset({"name", "plate", "unit"}),
    Role.TECHNICIAN: frozenset(),
    Role.ADMIN: frozenset(),
}
"""The members of a sealed part that a role may see; None: all of them."""
MAY_DISPOSE = frozenset({Role.MANAGER, Role.COMMITTEE})
"""Who may export and erase what is held of a person, and destroy keys."""


class NotAllowed(GatepostError, PermissionError):
    """The role may not do this."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, in what role, and why. Raises UsageError when a name or reason is missing or too long."""

    who: str
    role: Role
    reason: str

    def __post_init__(self) -> None:
        for name, said, length in (("name", self.who, WHO_LENGTH), ("reason", self.reason, REASON_LENGTH)):
            if not said.strip() or "\0" in said:
                raise UsageError(f"a {name} must be given: whoever sees or erases personal data is recorded")
            if len(said) > length:
                raise UsageError(f"a {name} has at most {length} characters")


def visible(role: Role, person: Mapping[str, Any]) -> dict[str, Any]:
    """What a role may see of a person. Raises NotAllowed when that is nothing at all."""
    allowed = MAY_SEE[role]
    if allowed is not None and not allowed:
        raise NotAllowed(f"a {role} may not see who a person is")
    return {name: said for name, said in person.items() if allowed is None or name in allowed}


def record(connection: Connection, compound: str, asker: Asker, act: Act, subject: Mapping[str, Any], now_us: int) -> int:
    """Record an access within the caller's transaction; its number in the compound.

    `subject` names events, keys or counts, never what was searched for or found.
    """
    begin_compound(connection, compound)
    take = text("UPDATE compound SET next_access = next_access + 1 WHERE compound = :compound RETURNING next_access")
    number = int(connection.execute(take, {"compound": compound}).scalar_one()) - 1
    connection.execute(
        insert(access).values(
            compound=compound,
            number=number,
            at_us=now_us,
            who=asker.who.strip(),
            role=asker.role,
            act=act,
            reason=asker.reason.strip(),
            subject=msgspec.json.encode(subject).decode(),
        )
    )
    return number


def recorded(connection: Connection, compound: str, after: int = 0, limit: int = 1000) -> list[dict[str, Any]]:
    """What was recorded in a compound after a number, in order."""
    query = select(access).where(access.c.compound == compound, access.c.number > after)
    return [dict(row) for row in connection.execute(query.order_by(access.c.number).limit(limit)).mappings()]
