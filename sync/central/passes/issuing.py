"""Passes in the database: issued, made again for printing, listed, and taken back by the compound's revocations.

The database has what a pass says and not its text, which opens gates: with the key it is the same each time that it is
made, for Ed25519 leaves nothing to chance.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, Row, insert, select, update

from kiosk import operands
from kiosk.credentials import PassClaims, Uses, key_id
from kiosk.credentials.pass_terms import Terms
from kiosk.credentials.passes import PASS_ID_BYTES, encode
from kiosk.errors import GatepostError, UsageError
from kiosk.pass_key import read_pass_key
from kiosk.people import VisitorKind
from kiosk.staleness import Kind
from kiosk.units import WallTime
from sync.central.access import Act, record
from sync.central.database import changing
from sync.central.passes.entries import Entry, day_of
from sync.central.publishing import Change, Documents
from sync.central.schema import issued_pass
from sync.central.staff.accounts import Account

SHOWN = 300
"""So many of the newest passes are listed."""
_SECOND = 1_000_000


class NoSuchPass(GatepostError, LookupError):
    """No pass of this id was issued here."""


class NoKey(GatepostError, RuntimeError):
    """The server has no key that signs passes, or cannot use it, or no longer the one that signed this."""


class Said(msgspec.Struct, frozen=True):
    """What a pass says beyond its row's own columns; times in seconds since 1970."""

    begins_s: int
    ends_s: int
    unit: str | None
    language: str | None
    gates: tuple[str, ...]
    hours: tuple[tuple[str, ...], ...]
    company: bool = False


@dataclass(frozen=True, slots=True)
class Issued:
    """A pass that was issued."""

    compound: str
    pass_id: str
    key_id: str
    visitor: VisitorKind
    label: str
    said: Said
    issued_us: int
    issued_by: str
    revoked_us: int | None
    revoked_by: str | None


class Passes:
    """The passes of one server. Any thread may call any method."""

    def __init__(self, engine: Engine, key: Path | None, documents: Documents, wall_us: Callable[[], int]) -> None:
        """`key`: the file of the key that signs them; None: there is none, and none are issued."""
        self._engine = engine
        self._key = key
        self._documents = documents
        self._wall_us = wall_us

    def key_problem(self) -> str:
        """Why no pass can be signed now, in one sentence for whoever looks after the server; empty: it can."""
        try:
            self._private()
        except NoKey as error:
            return str(error)
        return ""

    def issue(self, entry: Entry, account: Account) -> Issued:
        """Issue a pass as it was entered, with nothing wrong in it.

        Raises NoKey, KeyUnusable when its compound's list cannot be published, or UsageError when it is too long.
        """
        begins, ends = day_of(entry.typed["from"]), day_of(entry.typed["until"])
        if begins is None or ends is None:
            raise UsageError("a pass has a first and a last day")
        private, now_us = self._private(), self._wall_us()
        typed = entry.typed
        # Days are those of the zone in which the server is.
        said = Said(
            begins_s=int(datetime.combine(begins, time()).astimezone().timestamp()),
            ends_s=int(datetime.combine(ends + timedelta(days=1), time()).astimezone().timestamp()),
            unit=typed["unit"] or None,
            language=typed["language"] or None,
            gates=entry.gates,
            hours=entry.hours,
            company=entry.company,
        )
        issued = Issued(
            compound=typed["compound"],
            pass_id=secrets.token_hex(PASS_ID_BYTES),
            key_id=key_id(private.public_key().public_bytes_raw()).hex(),
            visitor=VisitorKind(typed["visitor"]),
            label=typed["label"],
            said=said,
            issued_us=now_us,
            issued_by=account.signature,
            revoked_us=None,
            revoked_by=None,
        )
        _encoded(issued, private)
        # Where a list of what was issued is kept for this key, gates hold whoever shows a pass that is not on it.
        self._documents.amend(issued.compound, Kind.PASSES, _listed_in(issued), account.signature)
        row = {name: getattr(issued, name) for name in issued.__slots__ if name != "said"}
        with changing(self._engine) as connection:
            claims = msgspec.json.encode(said).decode()
            connection.execute(insert(issued_pass).values(**row, claims=claims, expires_us=said.ends_s * _SECOND))
            subject = {"pass": issued.pass_id, "did": "issued", "visitor": issued.visitor}
            record(connection, issued.compound, account.asker("on the page of passes"), Act.PASS, subject, now_us)
        return issued

    def text(self, issued: Issued) -> str:
        """The pass itself, as its code has it. Raises NoKey."""
        private = self._private()
        if key_id(private.public_key().public_bytes_raw()).hex() != issued.key_id:
            raise NoKey("the pass was signed with another key than the server has now")
        return _encoded(issued, private)

    def find(self, compound: str, pass_id: str) -> Issued:
        """Look a pass up. Raises NoSuchPass."""
        place = (issued_pass.c.compound == compound, issued_pass.c.pass_id == pass_id)
        with self._engine.connect() as connection:
            row = connection.execute(select(issued_pass).where(*place)).first()
        if row is None:
            raise NoSuchPass("there is no such pass")
        return _issued(row)

    def listed(self, compound: str | None) -> list[Issued]:
        """The newest passes of one compound or of all, the newest first."""
        query = select(issued_pass).order_by(issued_pass.c.issued_us.desc(), issued_pass.c.pass_id).limit(SHOWN)
        with self._engine.connect() as connection:
            rows = connection.execute(query if compound is None else query.where(issued_pass.c.compound == compound))
            return [_issued(row) for row in rows]

    def revoke(self, issued: Issued, account: Account) -> None:
        """Take a pass back: its id is published with the compound's revocations, and gates refuse it at once.

        It may be repeated: what is published already is published no more. Raises KeyUnusable when it cannot be signed.
        """
        now_us = self._wall_us()
        none = {"revocations": 1, "compound": issued.compound, "passes": []}
        who, compound = account.signature, issued.compound
        self._documents.amend(compound, Kind.REVOCATIONS, _with(issued.pass_id), who, begin_with=none)
        self._documents.amend(compound, Kind.PASSES, _without(issued.pass_id), who)
        place = (
            issued_pass.c.compound == issued.compound,
            issued_pass.c.pass_id == issued.pass_id,
            issued_pass.c.revoked_us.is_(None),
        )
        with changing(self._engine) as connection:
            taken = update(issued_pass).where(*place).values(revoked_us=now_us, revoked_by=account.signature)
            if connection.execute(taken).rowcount:
                subject = {"pass": issued.pass_id, "did": "revoked"}
                record(connection, issued.compound, account.asker("on the page of passes"), Act.PASS, subject, now_us)

    def _private(self) -> Ed25519PrivateKey:
        if self._key is None:
            raise NoKey("no key is configured that signs passes; name its file in [passes]")
        try:
            return read_pass_key(self._key)
        except UsageError as error:
            raise NoKey("the key that signs passes cannot be used; `gatepost pass key` makes one") from error


def _with(pass_id: str) -> Change:
    """Add a pass to a list of revocations."""
    return lambda said: said | {"passes": sorted({*said.get("passes", []), pass_id})}


def _without(pass_id: str) -> Change:
    """Take a pass from a list of what was issued."""
    return lambda said: said | {"issued": [one for one in said["issued"] if one != pass_id]}


def _listed_in(issued: Issued) -> Change:
    """Add a pass to a list of what was issued, if its key is one of those of which the list is kept."""
    return lambda said: said | {"issued": [*said["issued"], issued.pass_id]} if issued.key_id in said["keys"] else said


def _encoded(issued: Issued, private: Ed25519PrivateKey) -> str:
    said = issued.said
    claims = PassClaims(
        pass_id=bytes.fromhex(issued.pass_id),
        compound=issued.compound,
        visitor=issued.visitor,
        not_before=WallTime(said.begins_s * _SECOND),
        not_after=WallTime(said.ends_s * _SECOND),
        uses=Uses.MULTIPLE,
        unit=said.unit,
        language=said.language,
        terms=Terms(said.gates, tuple(operands.hours(list(span), "hours") for span in said.hours), company=said.company),
    )
    return encode(claims, private.sign, bytes.fromhex(issued.key_id))


def _issued(row: Row[Any]) -> Issued:
    return Issued(
        compound=row.compound,
        pass_id=row.pass_id,
        key_id=row.key_id,
        visitor=VisitorKind(row.visitor),
        label=row.label,
        said=msgspec.json.decode(row.claims, type=Said),
        issued_us=row.issued_us,
        issued_by=row.issued_by,
        revoked_us=row.revoked_us,
        revoked_by=row.revoked_by,
    )
