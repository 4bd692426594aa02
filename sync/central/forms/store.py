"""Forms that were sent: each once, sealed as it comes, kept as long as the compound keeps what names a person."""

import hashlib
import hmac
from collections.abc import Callable

import msgspec
from sqlalchemy import Engine, and_, delete, insert, select
from sqlalchemy.exc import IntegrityError

from kiosk.lines import get_logger
from kiosk.model import WallTime
from sync.central.forms.fields import Answers
from sync.central.forms.opening import NoForm, Opened, Why, opened
from sync.central.guessing import Attempts
from sync.central.people import DAY_US
from sync.central.schema import visitor_form
from sync.central.vault import Vault, VaultClosed, public_keys
from sync.form_link import FormLink
from sync.sealing import MonthSealer


class Forms:
    """The forms of one server. Any thread may call any method."""

    def __init__(
        self, engine: Engine, vault: Vault, attempts: Attempts, wall_us: Callable[[], int], days_of: Callable[[str], int]
    ) -> None:
        self._engine = engine
        self._vault = vault
        self._attempts = attempts
        self._wall_us = wall_us
        self.days_of = days_of

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
        if self._key_digest(link) is not None:
            raise NoForm(Why.USED)

    def was_sent(self, link: FormLink, key: str) -> bool:
        """Whether this form was sent by whoever has this key."""
        known = self._key_digest(link)
        return known is not None and hmac.compare_digest(known, _digest(key))

    def submit(self, form: Opened, key: str, answers: Answers, language: str) -> bool:
        """Keep a form; the same again, by the same key, changes nothing. Whether it is new. Raises NoForm."""
        link, now_us = form.link, self._wall_us()
        personal = msgspec.json.encode({**answers.told(), "language": language})
        try:
            keys = public_keys(self._vault, link.compound, now_us)
        except VaultClosed:
            keys = []
        if not keys:
            # What cannot be sealed is not kept, and a visitor whom nobody could name later is the guard's to let in.
            get_logger().error("form not taken: no month keys", compound=link.compound)
            raise NoForm(Why.LOST)
        row = {
            "compound": link.compound,
            "device": link.device,
            "visit": link.visit,
            "key_digest": _digest(key),
            "sent_us": now_us,
            "visitor": answers.declaration().visitor,
            "sealed": MonthSealer(keys).seal(personal, WallTime(now_us)).data,
        }
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(visitor_form).values(row))
        except IntegrityError:
            if not self.was_sent(link, key):
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

    def _key_digest(self, link: FormLink) -> bytes | None:
        query = select(visitor_form.c.key_digest).where(
            visitor_form.c.compound == link.compound,
            visitor_form.c.device == link.device,
            visitor_form.c.visit == link.visit,
        )
        with self._engine.connect() as connection:
            found: bytes | None = connection.execute(query).scalar()
        return found


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
