"""What residents are asked about a visitor at the gate: whom, until when, and the one answer that counts."""

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, and_, delete, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from kiosk.edge import Edge
from kiosk.errors import GatepostError
from kiosk.lines import get_logger
from kiosk.model import VisitId
from kiosk.people import Consent, VisitorKind
from sync.central.database import changing
from sync.central.enrolled import find as enrolment_of
from sync.central.messages import announce
from sync.central.people import DAY_US
from sync.central.reading import parse
from sync.central.residents.link import For, Link, NotALink, read, secret_for, write
from sync.central.residents.premises import Premises
from sync.central.residents.register import Residents
from sync.central.residents.tables import consent_delivery, consent_request
from sync.central.schema import visitor_form
from sync.downward.consent_answered import CONSENT_ANSWERED, Said, body_of
from sync.downward.form_filled import EXPIRES_US
from sync.downward.message import Message

ASKED_US = 900 * 1_000_000
"""So long a resident may answer: longer than any visit waits for it."""
LATE_US = 120 * 1_000_000
"""A gate that was out of touch for longer asks in vain: whoever stood there has called the guard."""

_log = get_logger()


class State(StrEnum):
    """How a question stands."""

    ASKED = "asked"
    UNREACHED = "unreached"
    """Nobody is known who could be asked, or nothing could be delivered; whoever has the link all the same may answer."""
    GIVEN = "given"
    DECLINED = "declined"


ANSWERED = frozenset({State.GIVEN, State.DECLINED})


class Why(StrEnum):
    """Why there is nothing to answer at an address."""

    FOREIGN = "foreign"
    EXPIRED = "expired"
    BUSY = "busy"
    TOO_LARGE = "too_large"
    LOST = "lost"


class NoQuestion(GatepostError, LookupError):
    """There is nothing to be answered at this address."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Question:
    """Who asks for whom, at which gate, as the visitor typed it; and how the question stands."""

    compound: str
    device: str
    visit: VisitId
    gate: str
    resident: str
    state: State
    answered_us: int | None
    name: str = field(repr=False)
    visitor: VisitorKind
    group: int
    plate: str = field(repr=False)
    unit: str = field(repr=False)
    own: bool
    """Whether it is this resident who answered."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a visit's question stands, for the visitor's own phone."""

    state: State
    at_us: int


class Consents:
    """The questions of one server. Any thread may call any method."""

    def __init__(self, at: Premises) -> None:
        self._engine = at.engine
        self._vault = at.vault
        self._attempts = at.attempts()
        self._document_key = at.document_key
        self._wall_us = at.wall_us
        self._url = at.url
        self._residents = Residents(at.engine, at.vault)
        self._edge = Edge("asking residents")
        self._wake: Callable[[], None] = lambda: None

    def on_asked(self, wake: Callable[[], None]) -> None:
        """Call `wake` when something is to be delivered."""
        self._wake = wake

    # The gate asks.

    def requested(self, compound: str, header: str, at_us: int) -> None:
        """Ask about the visit of a gate's `consent_requested`. Never raises: the event itself is kept already."""
        if at_us < self._wall_us() - LATE_US:
            return
        visit = parse(header).get("visit")
        if not isinstance(visit, str):
            return
        try:
            self._ask(compound, VisitId(visit))
        except (SQLAlchemyError, GatepostError, msgspec.MsgspecError) as error:
            self._edge.lose(time.monotonic(), kind=type(error).__name__)
        else:
            self._edge.find(time.monotonic())

    def _ask(self, compound: str, visit: VisitId) -> None:
        now_us = self._wall_us()
        with changing(self._engine) as connection:
            of = and_(visitor_form.c.compound == compound, visitor_form.c.visit == visit)
            form = connection.execute(select(visitor_form).where(of)).first()
            if form is None:
                return
            enrolment = enrolment_of(connection, compound, form.device)
            if enrolment is None:
                return
            named = {"compound": compound, "device": form.device, "visit": visit}
            known = connection.execute(select(consent_request).where(_of(consent_request.c, named))).first()
            if known is not None:
                if known.state != State.ASKED:
                    self._tell(connection, named, known.gate, Said(known.state))
                return
            rows = self._deliveries(connection, named, form.sealed, now_us)
            connection.execute(
                insert(consent_request).values(
                    **named,
                    gate=enrolment.place.gate,
                    asked_us=now_us,
                    expires_us=now_us + ASKED_US,
                    state=State.ASKED if rows else State.UNREACHED,
                )
            )
            if rows:
                connection.execute(insert(consent_delivery), rows)
            else:
                self._tell(connection, named, enrolment.place.gate, Said.UNREACHED)
        self._wake()

    def _deliveries(self, connection: Connection, named: dict[str, str], sealed: bytes, now_us: int) -> list[dict[str, Any]]:
        """A row for each target of each resident whom the form names; none where the vault can say of nobody."""
        compound = named["compound"]
        try:
            told = msgspec.json.decode(self._vault.unseal(compound, sealed), type=dict[str, str])
            hosts = self._residents.hosts(connection, compound, told.get("unit", ""), told.get("host", ""))
            secrets_of = {one.id: self._secret(named, one.id) for one in hosts}
        except GatepostError as error:
            _log.error("nobody can be asked for consent", compound=compound, kind=type(error).__name__)
            return []
        return [
            {
                **named,
                "resident": one.id,
                "target": number,
                "digest": hashlib.sha256(secrets_of[one.id]).digest(),
                "due_us": now_us,
                "attempts": 0,
                "failed": "",
            }
            for one in hosts
            for number, _ in enumerate(one.targets)
        ]

    def link(self, named: dict[str, str], resident: str, expires_us: int) -> str:
        """The address for one resident. Raises VaultClosed, KeyMissing or KeyUnusable."""
        link = Link(named["compound"], self._secret(named, resident), expires_us // 1_000_000)
        return f"{self._url()}/c/{write(link, For.CONSENT, self._document_key.private().sign)}"

    def unreached(self, connection: Connection, named: dict[str, str]) -> None:
        """Tell the gate, once, that nothing has reached anybody so far."""
        asked = and_(_of(consent_request.c, named), consent_request.c.state == State.ASKED)
        done = connection.execute(update(consent_request).where(asked).values(state=State.UNREACHED))
        if done.rowcount:
            gate = connection.execute(select(consent_request.c.gate).where(_of(consent_request.c, named))).scalar_one()
            self._tell(connection, named, gate, Said.UNREACHED)

    # The resident answers.

    def open(self, token: str, address: str) -> Question:
        """Believe an address and say what it asks. Raises NoQuestion, SQLAlchemyError or KeyUnusable."""
        if self._attempts.wait_s(address) > 0:
            raise NoQuestion(Why.BUSY)
        try:
            link = read(token, For.CONSENT, self._document_key.private().public_key())
            found = self._question(link)
        except NotALink:
            found = None
        if found is None:
            self._attempts.in_vain(address)
            raise NoQuestion(Why.FOREIGN)
        return found

    def answer(self, question: Question, consent: Consent) -> Question:
        """Take an answer; the first one counts. Returns how the question stands. Raises NoQuestion."""
        now_us = self._wall_us()
        named = {"compound": question.compound, "device": question.device, "visit": question.visit}
        open_ = and_(
            _of(consent_request.c, named),
            consent_request.c.state.in_((State.ASKED, State.UNREACHED)),
            consent_request.c.expires_us > now_us,
        )
        values = {"state": State(consent), "answered_us": now_us, "answered_by": question.resident}
        with changing(self._engine) as connection:
            if connection.execute(update(consent_request).where(open_).values(values)).rowcount:
                self._tell(connection, named, question.gate, Said(consent))
            row = connection.execute(select(consent_request).where(_of(consent_request.c, named))).one()
        if row.state not in ANSWERED:
            raise NoQuestion(Why.EXPIRED)
        own = row.answered_by == question.resident
        return replace(question, state=State(row.state), answered_us=row.answered_us, own=own)

    def outcome(self, compound: str, device: str, visit: VisitId) -> Outcome | None:
        """How a visit's question stands; None while nobody was asked."""
        named = {"compound": compound, "device": device, "visit": visit}
        with self._engine.connect() as connection:
            row = connection.execute(select(consent_request).where(_of(consent_request.c, named))).first()
        return None if row is None else Outcome(State(row.state), row.answered_us or row.asked_us)

    def forget(self, days_of: Callable[[str], int]) -> int:
        """Delete questions that are older than their compound keeps what names a person; how many."""
        now_us, count = self._wall_us(), 0
        with self._engine.begin() as connection:
            for compound in connection.execute(select(consent_request.c.compound).distinct()).scalars().all():
                before = now_us - days_of(compound) * DAY_US
                old = and_(consent_request.c.compound == compound, consent_request.c.asked_us < before)
                count += connection.execute(delete(consent_request).where(old)).rowcount
                over = and_(consent_delivery.c.compound == compound, consent_delivery.c.due_us.is_(None))
                kept = select(consent_request.c.visit).where(consent_request.c.compound == compound)
                connection.execute(delete(consent_delivery).where(over, consent_delivery.c.visit.not_in(kept)))
        return count

    def _question(self, link: Link) -> Question | None:
        with self._engine.connect() as connection:
            of = and_(consent_delivery.c.compound == link.compound, consent_delivery.c.digest == link.digest)
            way = connection.execute(select(consent_delivery).where(of)).first()
            if way is None:
                return None
            named = {"compound": way.compound, "device": way.device, "visit": way.visit}
            row = connection.execute(select(consent_request).where(_of(consent_request.c, named))).first()
            form = connection.execute(select(visitor_form.c.sealed).where(_of(visitor_form.c, named))).first()
        if row is None or form is None:
            raise NoQuestion(Why.EXPIRED)
        if row.state not in ANSWERED and row.expires_us <= self._wall_us():
            raise NoQuestion(Why.EXPIRED)
        return self._told(row, way.resident, form.sealed)

    def _told(self, row: Row[Any], resident: str, sealed: bytes) -> Question:
        try:
            told = msgspec.json.decode(self._vault.unseal(row.compound, sealed), type=dict[str, str])
        except GatepostError:
            raise NoQuestion(Why.LOST) from None
        return Question(
            compound=row.compound,
            device=row.device,
            visit=VisitId(row.visit),
            gate=row.gate,
            resident=resident,
            state=State(row.state),
            answered_us=row.answered_us,
            name=told.get("name", ""),
            visitor=VisitorKind(told["visitor"]),
            group=int(told.get("group", "1")),
            plate=told.get("plate", ""),
            unit=told.get("unit", ""),
            own=row.answered_by == resident,
        )

    def _secret(self, named: dict[str, str], resident: str) -> bytes:
        return secret_for(self._vault, named["compound"], For.CONSENT, named["device"], named["visit"], resident)

    def _tell(self, connection: Connection, named: dict[str, str], gate: str, said: Said) -> None:
        now_us = self._wall_us()
        message = Message(
            compound=named["compound"],
            gate=gate,
            device=named["device"],
            id=secrets.token_hex(16),
            kind=CONSENT_ANSWERED,
            issued_us=now_us,
            expires_us=now_us + EXPIRES_US,
            body=body_of(VisitId(named["visit"]), said),
        )
        announce(connection, self._document_key, message)


def _of(columns: Any, named: dict[str, str]) -> ColumnElement[bool]:
    return and_(*(getattr(columns, name) == text for name, text in named.items()))
