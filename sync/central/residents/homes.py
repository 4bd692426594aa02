"""A resident's own page: the link to it, whom it is for, and what it shows of the visits to their home."""

import secrets
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import and_, delete, insert, select

from kiosk.errors import GatepostError
from sync.central.access import MAY_DISPOSE, Act, Asker, NotAllowed, record
from sync.central.blind import Field, normalised
from sync.central.database import changing
from sync.central.holdings import arrivals_with, parts
from sync.central.residents.consents import ANSWERED, NoQuestion, State, Why
from sync.central.residents.invitations import Invitation, Invitations
from sync.central.residents.link import SECRET_BYTES, For, Link, NotALink, read, write
from sync.central.residents.premises import Premises
from sync.central.residents.register import Resident, Residents
from sync.central.residents.tables import consent_delivery, consent_request, home_link, resident
from sync.central.schema import event

DAYS = 30
"""So long a link to a resident's own page counts."""
AGAIN_US = 10 * 60 * 1_000_000
"""So long after a link was sent no other is sent to the same resident."""
SHOWN = 20
NEWEST = 200
"""So many of the newest events about a home are looked through."""


@dataclass(frozen=True, slots=True)
class Home:
    """Whose page it is."""

    compound: str
    resident: Resident
    unit_digest: bytes


@dataclass(frozen=True, slots=True)
class VisitToHome:
    """A visit to a home: when, at which gate, and what came of it (`admit`, `hold`, `refuse`, or a `State`)."""

    at_us: int
    gate: str
    said: str


class Homes:
    """The residents' pages of one server. Any thread may call any method."""

    def __init__(self, at: Premises, invitations: Invitations) -> None:
        self._engine = at.engine
        self._attempts = at.attempts()
        self._document_key = at.document_key
        self.invitations = invitations
        self._wall_us = at.wall_us
        self._url = at.url
        self._residents = Residents(at.engine, at.vault)

    def issue(self, compound: str, name: str, days: int = DAYS) -> str | None:
        """Make a link to the page of a resident; None where there is none such. Raises KeyUnusable."""
        secret, now_us = secrets.token_bytes(SECRET_BYTES), self._wall_us()
        link = Link(compound, secret, now_us // 1_000_000 + days * 86_400)
        row = {"compound": compound, "digest": link.digest, "resident": name, "issued_us": now_us}
        token = write(link, For.HOME, self._document_key.private().sign)
        with changing(self._engine) as connection:
            known = and_(resident.c.compound == compound, resident.c.resident == name)
            if connection.execute(select(resident.c.resident).where(known)).first() is None:
                return None
            connection.execute(insert(home_link).values(**row, expires_us=link.expires_s * 1_000_000))
        return f"{self._url()}/h/{token}"

    def issue_for(self, compound: str, name: str, days: int, asker: Asker) -> str | None:
        """The same for whoever looks after the residents, recorded. Raises NotAllowed."""
        if asker.role not in MAY_DISPOSE:
            raise NotAllowed(f"a {asker.role} may not open residents' pages")
        found = self.issue(compound, name, days)
        if found is not None:
            with changing(self._engine) as connection:
                record(connection, compound, asker, Act.RESIDENTS, {"link": name}, self._wall_us())
        return found

    def wanted(self, compound: str, unit: str, name: str, address: str) -> list[tuple[Resident, str]]:
        """Links for the residents of a unit who are called so, and whom they are for; few a minute from one place.

        Whoever asked learns nothing of it: a link goes to the addresses that are registered. Raises NoQuestion.
        """
        if self._attempts.wait_s(address) > 0:
            raise NoQuestion(Why.BUSY)
        self._attempts.in_vain(address)
        now_us = self._wall_us()
        with self._engine.connect() as connection:
            called = normalised(Field.NAME, name)
            there = self._residents.hosts(connection, compound, unit, name) if normalised(Field.UNIT, unit) else []
            found = [one for one in there if normalised(Field.NAME, one.name) == called]
            lately = select(home_link.c.resident).where(
                home_link.c.compound == compound, home_link.c.issued_us > now_us - AGAIN_US
            )
            sent = set(connection.execute(lately).scalars())
        links = [(one, self.issue(compound, one.id)) for one in found if one.id not in sent]
        return [(one, link) for one, link in links if link is not None]

    def open(self, token: str, address: str) -> Home:
        """Believe an address. Raises NoQuestion, SQLAlchemyError or KeyUnusable."""
        if self._attempts.wait_s(address) > 0:
            raise NoQuestion(Why.BUSY)
        try:
            link = read(token, For.HOME, self._document_key.private().public_key())
        except NotALink:
            self._attempts.in_vain(address)
            raise NoQuestion(Why.FOREIGN) from None
        try:
            with self._engine.connect() as connection:
                of = and_(home_link.c.compound == link.compound, home_link.c.digest == link.digest)
                row = connection.execute(select(home_link).where(of)).first()
                one = None if row is None else self._residents.find(connection, link.compound, row.resident)
            if row is None or one is None or row.expires_us <= self._wall_us():
                raise NoQuestion(Why.EXPIRED)
            return Home(link.compound, one, self._residents.unit_digest(link.compound, one.unit))
        except GatepostError as error:
            if isinstance(error, NoQuestion):
                raise
            raise NoQuestion(Why.LOST) from None

    def guest_link(self, home: Home, one: Invitation) -> str:
        """The address to forward: whoever has it sees the pass, and nothing of the home. Raises KeyUnusable."""
        secret = bytes.fromhex(one.pass_id) + b"pass"
        link = Link(home.compound, secret, one.ends_us // 1_000_000)
        return f"{self._url()}/g/{write(link, For.GUEST, self._document_key.private().sign)}"

    def invited(self, token: str, address: str) -> tuple[str, Invitation]:
        """The compound and the invitation behind an address that was forwarded. Raises NoQuestion."""
        if self._attempts.wait_s(address) > 0:
            raise NoQuestion(Why.BUSY)
        try:
            link = read(token, For.GUEST, self._document_key.private().public_key())
        except NotALink:
            self._attempts.in_vain(address)
            raise NoQuestion(Why.FOREIGN) from None
        try:
            one = self.invitations.find(link.compound, link.secret[:12].hex())
        except GatepostError:
            raise NoQuestion(Why.LOST) from None
        if one is None or one.revoked or one.ends_us <= self._wall_us():
            raise NoQuestion(Why.EXPIRED)
        return link.compound, one

    def visits(self, home: Home) -> list[VisitToHome]:
        """The newest visits to a home, by passes for it and by questions that its residents were asked."""
        with self._engine.connect() as connection:
            arrivals = sorted(arrivals_with(connection, home.compound, home.unit_digest))[-NEWEST:]
            found: list[VisitToHome] = []
            for some in parts(arrivals):
                of = and_(event.c.compound == home.compound, event.c.arrival.in_(some), event.c.kind == "decision")
                for row in connection.execute(select(event.c.at_us, event.c.header).where(of)):
                    said = msgspec.json.decode(row.header, type=dict[str, Any])
                    found.append(VisitToHome(row.at_us, str(said.get("gate", "")), str(said.get("answer", ""))))
            asked = (
                select(consent_request.c.asked_us, consent_request.c.gate, consent_request.c.state)
                .join(
                    consent_delivery,
                    and_(
                        consent_delivery.c.compound == consent_request.c.compound,
                        consent_delivery.c.device == consent_request.c.device,
                        consent_delivery.c.visit == consent_request.c.visit,
                    ),
                )
                .join(
                    resident,
                    and_(
                        resident.c.compound == consent_delivery.c.compound, resident.c.resident == consent_delivery.c.resident
                    ),
                )
                .where(consent_request.c.compound == home.compound, resident.c.unit_digest == home.unit_digest)
                .distinct()
                .order_by(consent_request.c.asked_us.desc())
                .limit(SHOWN)
            )
            for at_us, gate, said in connection.execute(asked):
                found.append(VisitToHome(at_us, gate, said if said in ANSWERED else State.ASKED))
        return sorted(found, key=lambda one: one.at_us, reverse=True)[:SHOWN]

    def forget(self) -> int:
        """Delete links whose time is over; how many."""
        with self._engine.begin() as connection:
            over = home_link.c.expires_us < self._wall_us()
            return connection.execute(delete(home_link).where(over)).rowcount
