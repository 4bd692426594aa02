"""Forms that were sent: each once, sealed as it comes, kept as long as the compound keeps what names a person."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from sqlalchemy import Engine, and_, delete, insert, select
from sqlalchemy.exc import IntegrityError

from kiosk.lines import get_logger
from kiosk.people import Declaration, VisitorKind
from kiosk.units import WallTime
from sync.central.document_key import DocumentKey, KeyUnusable
from sync.central.forms.fields import Answers
from sync.central.forms.opening import NoForm, Opened, Why, opened
from sync.central.guessing import Attempts
from sync.central.messages import announce, forget_expired
from sync.central.people import DAY_US
from sync.central.schema import visitor_form
from sync.central.vault import Vault, VaultClosed, public_keys
from sync.downward.form_filled import EXPIRES_US, FORM_FILLED, body_of
from sync.downward.message import Message
from sync.form_link import FormLink
from sync.sealing import MonthSealer


@dataclass(frozen=True, slots=True)
class Sent:
    """A form that was sent: as which category, and when."""

    visitor: VisitorKind
    at_us: int


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

    def open(self, token: str, address: str) -> Opened:
        """Believe an address that came from somewhere; many in vain from there make it wait. Raises NoForm."""
        if self._attempts.wait_s(address) > 0:
            raise NoForm(Why.BUSY)
        try:
            return opened(self._engine, token, self._wall_us())
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
        if row is None or not hmac.compare_digest(row[0], _digest(key)):
            return None
        return Sent(VisitorKind(row[1]), row[2])

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
        row = {
            "compound": link.compound,
            "device": link.device,
            "visit": link.visit,
            "key_digest": _digest(key),
            "sent_us": now_us,
            "visitor": declared.visitor,
            "sealed": MonthSealer(keys).seal(personal, WallTime(now_us)).data,
        }
        forget_expired(self._engine, now_us)
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(visitor_form).values(row))
                announce(connection, self._document_key, _message(form, declared, now_us))
        except KeyUnusable as error:
            get_logger().error("form not taken without document key", kind=type(error).__name__)
            raise NoForm(Why.LOST) from None
        except IntegrityError:
            if self.sent(link, key) is None:
                raise NoForm(Why.USED) from None
            return False
        return True

    def forget(self) -> int:
        """Delete the forms that are older than their compound keeps them; how many."""
        now_us, count = self._wall_us(), 0
        with self._engine.begin() as connection:
            for compound in connection.execute(select(visitor_form.c.compound).distinct()).scalars().all():
                before = now_us - self.days_of(compound) * DAY_US
                old = and_(visitor_form.c.compound == compound, visitor_form.c.sent_us < before)
                count += connection.execute(delete(visitor_form).where(old)).rowcount
        return count

    def _row(self, link: FormLink) -> tuple[bytes, str, int] | None:
        """The digest of the key, the category and the time of a form that was sent."""
        query = select(visitor_form.c.key_digest, visitor_form.c.visitor, visitor_form.c.sent_us).where(
            visitor_form.c.compound == link.compound,
            visitor_form.c.device == link.device,
            visitor_form.c.visit == link.visit,
        )
        with self._engine.connect() as connection:
            found = connection.execute(query).first()
        return None if found is None else (found.key_digest, found.visitor, found.sent_us)


def _message(form: Opened, declared: Declaration, now_us: int) -> Message:
    """What the gate is told: all that its rules ask for."""
    return Message(
        compound=form.link.compound,
        gate=form.gate,
        device=form.link.device,
        id=secrets.token_hex(16),
        kind=FORM_FILLED,
        issued_us=now_us,
        expires_us=now_us + EXPIRES_US,
        body=body_of(form.link.visit, declared),
    )


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
