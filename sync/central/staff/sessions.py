"""Sessions: a random id in a cookie, of which the database has a digest alone, until it ends or its time is over."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, and_, delete, insert, or_, select, update

from sync.central.database import changing
from sync.central.schema import staff_account, staff_session
from sync.central.staff.accounts import EVERYWHERE, Account, of_row

ID_BYTES = 32
IDLE_US = 3600 * 1_000_000
"""Nobody has asked for anything so long: it is over. A page that is open and asks by itself counts."""
ABSOLUTE_US = 12 * 3600 * 1_000_000
"""After a shift everybody signs in anew."""
NOTED_US = 60 * 1_000_000
"""How exactly it is known when somebody asked last."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in; `csrf` is what their forms prove themselves with."""

    account: Account
    csrf: str
    digest: bytes

    @property
    def scope(self) -> str | None:
        """The one compound that they see; None: all of them."""
        return None if self.account.compound == EVERYWHERE else self.account.compound

    def sees(self, compound: str) -> bool:
        """Whether a compound is theirs."""
        return self.scope is None or self.scope == compound


def begin(connection: Connection, account: Account, now_us: int) -> str:
    """Begin a session; the cookie's value, which nobody keeps but the browser."""
    cookie = f"{account.compound}.{secrets.token_urlsafe(ID_BYTES)}"
    connection.execute(
        insert(staff_session).values(
            compound=account.compound, digest=_digest(cookie), username=account.username, begun_us=now_us, seen_us=now_us
        )
    )
    return cookie


def person_of(engine: Engine, cookie: str, now_us: int) -> Person | None:
    """Whose session a cookie is; None: nobody's, or it is over. That they asked is noted about once a minute."""
    compound, _, _ = cookie.partition(".")
    if not 1 <= len(compound) <= 63 or not cookie.isascii():
        return None
    digest = _digest(cookie)
    place = and_(staff_session.c.compound == compound, staff_session.c.digest == digest)
    joined = staff_session.join(
        staff_account,
        and_(staff_account.c.compound == staff_session.c.compound, staff_account.c.username == staff_session.c.username),
    )
    query = select(staff_account, staff_session.c.seen_us).select_from(joined)
    lasting = and_(
        staff_session.c.seen_us > now_us - IDLE_US,
        staff_session.c.begun_us > now_us - ABSOLUTE_US,
        staff_account.c.disabled_us.is_(None),
    )
    with engine.connect() as connection:
        row = connection.execute(query.where(place, lasting)).first()
    if row is None:
        return None
    if now_us - row.seen_us > NOTED_US:
        with changing(engine) as connection:
            connection.execute(update(staff_session).where(place).values(seen_us=now_us))
    return Person(of_row(row), csrf_of(cookie), digest)


def end(engine: Engine, person: Person) -> None:
    """End a session. Idempotent."""
    place = (staff_session.c.compound == person.account.compound, staff_session.c.digest == person.digest)
    with changing(engine) as connection:
        connection.execute(delete(staff_session).where(*place))


def forget_over(connection: Connection, now_us: int) -> None:
    """Delete the sessions whose time is over."""
    over = or_(staff_session.c.seen_us <= now_us - IDLE_US, staff_session.c.begun_us <= now_us - ABSOLUTE_US)
    connection.execute(delete(staff_session).where(over))


def csrf_of(secret: str) -> str:
    """What a form has to bring along: nobody can make it who does not know the cookie."""
    return hmac.new(secret.encode(), b"gatepost csrf", hashlib.sha256).hexdigest()


def _digest(cookie: str) -> bytes:
    return hashlib.sha256(cookie.encode()).digest()
