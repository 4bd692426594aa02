"""Forms that were sent: each once, sealed as it comes, kept as long as the compound keeps what names a person."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Engine, Table, and_, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from kiosk.lines import get_logger
from kiosk.people import Filing, VisitorKind
from kiosk.units import WallTime
from sync.central.access import MAY_DISPOSE, Act, Asker, record, visible
from sync.central.database import changing
from sync.central.document_key import DocumentKey, KeyUnusable
from sync.central.filings import Filings
from sync.central.forms.fields import WITH_PLATES, Answers, companions
from sync.central.forms.fields import answers as answers_of
from sync.central.forms.opening import NoForm, Opened, Why, opened
from sync.central.guessing import Attempts
from sync.central.messages import announce, forget_expired
from sync.central.people import DAY_US
from sync.central.residents.tables import undertaking
from sync.central.schema import visitor_form
from sync.central.vault import KeyDestroyed, KeyMissing, Vault, VaultClosed, public_keys
from sync.downward.form_filled import EXPIRES_US, FORM_FILLED, Named, body_of, seal_names
from sync.downward.message import Message
from sync.form_link import FormLink
from sync.sealing import CannotUnseal, MonthSealer


class Works(StrEnum):
    """How the works stand that a form is about."""

    FILED = "filed"
    NO_UNDERTAKING = "no_undertaking"
    NOT_FILED = "not_filed"
    WANTED = "wanted"
    """They are filed but for the letter of undertaking, which the visitor is asked for; the gate has not been told yet."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A form that was sent: as which category, and when; `works`: how the works stand that it is about, if any."""

    visitor: VisitorKind
    at_us: int
    works: Works | None = None


class Forms:
    """The forms of one server. Any thread may call any method."""

    def __init__(
        self,
        engine: Engine,
        vault: Vault,
        attempts: Attempts,
        document_key: DocumentKey,
        wall_us: Callable[[], int],
        days_of: Callable[[str], int],
        pass_key: DocumentKey | None = None,
    ) -> None:
        """`pass_key` signs the passes that bring parked visitors back; without one there are none."""
        self._engine = engine
        self._vault = vault
        self._attempts = attempts
        self._document_key = document_key
        self._wall_us = wall_us
        self.days_of = days_of
        self.pass_key = pass_key
        self._filings = Filings(engine, vault)

    def open(self, token: str, address: str, late_s: int = 0) -> Opened:
        """Believe an address that came from somewhere; many in vain from there make it wait. Raises NoForm.

        `late_s`: so much longer than a form may be sent.
        """
        if self._attempts.wait_s(address) > 0:
            raise NoForm(Why.BUSY)
        try:
            return opened(self._engine, token, self._wall_us(), late_s)
        except NoForm as none:
            if none.why is Why.FOREIGN:
                self._attempts.in_vain(address)
            raise

    def see_unsent(self, link: FormLink) -> None:
        """See that nobody has sent this form. Raises NoForm."""
        if self._row(link) is not None:
            raise NoForm(Why.USED)

    def sent(self, link: FormLink, key: str) -> Sent | None:
        """What is known of a form, to whoever has sent it with this key; None to everybody else."""
        row = self._row(link)
        if row is None or not hmac.compare_digest(row.key_digest, _digest(key)):
            return None
        return Sent(VisitorKind(row.visitor), row.sent_us, None if row.filing is None else Works(row.filing))

    def submit(self, form: Opened, key: str, answers: Answers, language: str) -> bool:
        """Keep a form and tell its gate; the same again by the same key changes nothing. Whether it is new.

        Raises NoForm.
        """
        link, now_us = form.link, self._wall_us()
        personal = msgspec.json.encode({**answers.told(), "language": language})
        try:
            keys = public_keys(self._vault, link.compound, now_us)
        except VaultClosed:
            keys = []
        if not keys:
            # What cannot be sealed is not kept, and a visitor whom nobody could name later is the guard's to let in.
            get_logger().error("form not taken without month keys", compound=link.compound)
            raise NoForm(Why.LOST)
        declared = answers.declaration()
        works = self._works(link, answers, now_us) if declared.visitor is VisitorKind.RENOVATION else None
        row = {
            "compound": link.compound,
            "device": link.device,
            "visit": link.visit,
            "key_digest": _digest(key),
            "sent_us": now_us,
            "visitor": declared.visitor,
            "sealed": MonthSealer(keys).seal(personal, WallTime(now_us)).data,
            "filing": works,
        }
        forget_expired(self._engine, now_us)
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(visitor_form).values(row))
                if works is not Works.WANTED:
                    announce(connection, self._document_key, _message(form, answers, now_us, works))
        except KeyUnusable as error:
            get_logger().error("form not taken without document key", kind=type(error).__name__)
            raise NoForm(Why.LOST) from None
        except IntegrityError:
            if self.sent(link, key) is None:
                raise NoForm(Why.USED) from None
            return False
        return True

    def undertake(self, form: Opened, picture: bytes | None) -> None:
        """Keep the letter of undertaking that was wanted, or take note that there is none, and tell the gate.

        `picture`: a JPEG of ours. Where none is wanted nothing changes. Raises NoForm.
        """
        link, now_us = form.link, self._wall_us()
        works = Works.NO_UNDERTAKING if picture is None else Works.FILED
        wanted = and_(_of(visitor_form, link), visitor_form.c.filing == Works.WANTED)
        try:
            answers = self._answers(link)
            keys = public_keys(self._vault, link.compound, now_us)
            with changing(self._engine) as connection:
                if not connection.execute(update(visitor_form).where(wanted).values(filing=works)).rowcount:
                    return
                if picture is not None:
                    sealed = MonthSealer(keys).seal(picture, WallTime(now_us)).data
                    connection.execute(insert(undertaking).values(**_named(link), sent_us=now_us, sealed=sealed))
                announce(connection, self._document_key, _message(form, answers, now_us, works))
        except (KeyUnusable, VaultClosed, KeyMissing, KeyDestroyed, CannotUnseal, IndexError) as error:
            get_logger().error("undertaking not taken", kind=type(error).__name__)
            raise NoForm(Why.LOST) from None

    def read(self, compound: str, visit: str, asker: Asker) -> "tuple[dict[str, str], bytes | None] | None":
        """What a visitor typed and the letter that came with it, once that was recorded; None where there is no form.

        Raises NotAllowed, VaultClosed, KeyMissing, KeyDestroyed or CannotUnseal.
        """
        visible(asker.role, {})
        with changing(self._engine) as connection:
            of = and_(visitor_form.c.compound == compound, visitor_form.c.visit == visit)
            row = connection.execute(select(visitor_form).where(of)).first()
            if row is None:
                return None
            letter = connection.execute(select(undertaking.c.sealed).where(_of(undertaking, row))).scalar()
            told = msgspec.json.decode(self._vault.unseal(compound, row.sealed), type=dict[str, str])
            picture = None if letter is None else self._vault.unseal(compound, letter)
            record(connection, compound, asker, Act.FORM, {"device": row.device, "visit": visit}, self._wall_us())
        return visible(asker.role, told), picture if asker.role in MAY_DISPOSE else None

    def forget(self) -> int:
        """Delete the forms and letters that are older than their compound keeps them; how many."""
        now_us, count = self._wall_us(), 0
        with self._engine.begin() as connection:
            for compound in connection.execute(select(visitor_form.c.compound).distinct()).scalars().all():
                before = now_us - self.days_of(compound) * DAY_US
                old = and_(visitor_form.c.compound == compound, visitor_form.c.sent_us < before)
                count += connection.execute(delete(visitor_form).where(old)).rowcount
                letters = and_(undertaking.c.compound == compound, undertaking.c.sent_us < before)
                connection.execute(delete(undertaking).where(letters))
        return count

    def _works(self, link: FormLink, answers: Answers, now_us: int) -> Works:
        """How the works stand at the home that is named. Raises NoForm."""
        try:
            with self._engine.connect() as connection:
                filed = self._filings.standing(connection, link.compound, answers.typed["unit"], now_us)
        except (VaultClosed, KeyMissing):
            raise NoForm(Why.LOST) from None
        return Works.WANTED if filed is Filing.NO_UNDERTAKING else Works(filed)

    def _answers(self, link: FormLink) -> Answers:
        """What was typed into a form that was sent. Raises what the vault raises."""
        query = select(visitor_form.c.sealed).where(_of(visitor_form, link))
        with self._engine.connect() as connection:
            sealed = connection.execute(query).scalar_one()
        told = msgspec.json.decode(self._vault.unseal(link.compound, sealed), type=dict[str, str])
        return answers_of(told)

    def _row(self, link: FormLink) -> Any:
        """The digest of the key, the category, the time and the works of a form that was sent."""
        columns = (visitor_form.c.key_digest, visitor_form.c.visitor, visitor_form.c.sent_us, visitor_form.c.filing)
        with self._engine.connect() as connection:
            return connection.execute(select(*columns).where(_of(visitor_form, link))).first()


def _named(link: Any) -> dict[str, str]:
    return {"compound": link.compound, "device": link.device, "visit": link.visit}


def _of(table: Table, link: Any) -> ColumnElement[bool]:
    """The row of a visit, as a link or another row names it."""
    return and_(*(table.c[name] == text for name, text in _named(link).items()))


def _message(form: Opened, answers: Answers, now_us: int, works: Works | None) -> Message:
    """What the gate is told: all that its rules ask for, and what names the visitors for its device alone."""
    typed = answers.typed
    plate = typed["plate"] if typed["vehicle"] in WITH_PLATES else ""
    named = seal_names(Named(name=typed["name"], companions=companions(typed), plate=plate), form.device_key)
    return Message(
        compound=form.link.compound,
        gate=form.gate,
        device=form.link.device,
        id=secrets.token_hex(16),
        kind=FORM_FILLED,
        issued_us=now_us,
        expires_us=now_us + EXPIRES_US,
        body=body_of(form.link.visit, answers.declaration(), None if works is None else Filing(works), named),
    )


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
