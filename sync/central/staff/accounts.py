"""Accounts of staff: who may sign in, in what role, for which compound. Each change is in the record of accesses."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, insert, select, text, update

from kiosk.errors import UsageError
from sync.central.access import Act, Asker, Role, record
from sync.central.database import changing
from sync.central.schema import staff_account, staff_session
from sync.central.staff.passwords import Passwords, wrong_with
from sync.central.staff.permissions import RANKS
from sync.wire import NAME

EVERYWHERE = "*"
"""In place of a compound: the account is for all of them."""
NAME_LENGTH = 80
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,62}")
_HOLDING = 0x6761_7466
"""PostgreSQL's advisory lock for whoever adds accounts: a username is unique over all compounds."""
_SENTENCES: Mapping[str, str] = {
    "short": "the password is too short; it has at least 12 characters",
    "long": "the password is too long; it has at most 256 characters",
    "plain": "the password is too plain; it has four different characters, and not the username in it",
}


@dataclass(frozen=True, slots=True)
class Account:
    """One account, without its password. `compound` is EVERYWHERE for one that is for all."""

    compound: str
    username: str
    name: str
    role: Role
    added_us: int
    signed_in_us: int | None
    disabled_us: int | None

    @property
    def signature(self) -> str:
        """Who it is, as records have it: two people may have one name."""
        return f"{self.name} ({self.username})"

    def asker(self, reason: str) -> Asker:
        """Whoever has this account, as the one who does something."""
        return Asker(self.signature, self.role, reason)


def add(
    engine: Engine, passwords: Passwords, account: Mapping[str, str], password: str, asker: Asker, now_us: int
) -> Account:
    """Add an account: `compound`, `username`, `name`, `role`. Raises UsageError."""
    compound, username, name, role = (account[key] for key in ("compound", "username", "name", "role"))
    if compound != EVERYWHERE and not re.fullmatch(NAME.strip("^$"), compound):
        raise UsageError(f"{compound!r} is no compound; use small letters, digits and -")
    if not is_username(username):
        raise UsageError(f"{username!r} is no username; use 2 to 63 small letters, digits, '.', '_' and '-'")
    if not 1 <= len(name.strip()) <= NAME_LENGTH or not name.isprintable():
        raise UsageError(f"a name is plain text of 1 to {NAME_LENGTH} characters")
    if role not in RANKS:
        raise UsageError(f"{role}: there are {', '.join(RANKS)}")
    see_good(password, username)
    row = {"compound": compound, "username": username, "name": name.strip(), "role": role, "added_us": now_us}
    hashed = passwords.hash(password)
    with changing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _HOLDING})
        if find(connection, username) is not None:
            raise UsageError(f"there is an account {username} already")
        connection.execute(insert(staff_account).values(**row, password=hashed))
        record(connection, compound, asker, Act.ACCOUNT, {"account": username, "did": "added", "role": role}, now_us)
    return Account(compound, username, name.strip(), Role(role), now_us, None, None)


def find(connection: Connection, username: str) -> Account | None:
    """Look an account up; usernames are unique over all compounds."""
    found = connection.execute(select(staff_account).where(staff_account.c.username == username)).first()
    return None if found is None else of_row(found)


def is_username(text: str) -> bool:
    """Whether there can be an account of this name."""
    return _USERNAME.fullmatch(text) is not None


def password_of(connection: Connection, username: str) -> str | None:
    """The hash of an account's password; None where there is no such account, or it is disabled."""
    query = select(staff_account.c.password).where(
        staff_account.c.username == username, staff_account.c.disabled_us.is_(None)
    )
    return connection.execute(query).scalar()


def listed(connection: Connection, compound: str | None = None) -> list[Account]:
    """Every account, of one compound or of all."""
    query = select(staff_account).order_by(staff_account.c.compound, staff_account.c.username)
    rows = connection.execute(query if compound is None else query.where(staff_account.c.compound == compound))
    return [of_row(row) for row in rows]


def disable(engine: Engine, username: str, asker: Asker, now_us: int) -> Account:
    """Let nobody sign in with an account any more, and end its sessions. Raises UsageError."""
    with changing(engine) as connection:
        found = _existing(connection, username)
        if found.disabled_us is not None:
            raise UsageError(f"{username} is disabled already")
        _change(connection, found, disabled_us=now_us)
        end_sessions(connection, found)
        record(connection, found.compound, asker, Act.ACCOUNT, {"account": username, "did": "disabled"}, now_us)
    return found


def enable(engine: Engine, username: str, asker: Asker, now_us: int) -> Account:
    """Let an account that was disabled sign in again. Raises UsageError."""
    with changing(engine) as connection:
        found = _existing(connection, username)
        if found.disabled_us is None:
            raise UsageError(f"{username} is not disabled")
        _change(connection, found, disabled_us=None)
        record(connection, found.compound, asker, Act.ACCOUNT, {"account": username, "did": "enabled"}, now_us)
    return found


def set_password(
    engine: Engine, passwords: Passwords, username: str, password: str, asker: Asker | None, now_us: int
) -> Account:
    """Give an account a new password and end its sessions; without an asker it is its owner's own. Raises UsageError."""
    see_good(password, username)
    hashed = passwords.hash(password)
    with changing(engine) as connection:
        found = _existing(connection, username)
        _change(connection, found, password=hashed)
        end_sessions(connection, found)
        subject = {"account": username, "did": "password"}
        record(connection, found.compound, asker or found.asker("their own password"), Act.ACCOUNT, subject, now_us)
    return found


def see_good(password: str, username: str) -> None:
    """See that a password may be used. Raises UsageError, which does not quote it."""
    if (code := wrong_with(password, username)) is not None:
        raise UsageError(_SENTENCES[code])


def rehash(connection: Connection, account: Account, hashed: str) -> None:
    """Keep the same password at another cost."""
    _change(connection, account, password=hashed)


def signed_in(connection: Connection, account: Account, password: str, now_us: int) -> bool:
    """Note that somebody signed in, and when; False where the password with this hash is theirs no more."""
    still = (
        staff_account.c.compound == account.compound,
        staff_account.c.username == account.username,
        staff_account.c.password == password,
        staff_account.c.disabled_us.is_(None),
    )
    if connection.execute(update(staff_account).where(*still).values(signed_in_us=now_us)).rowcount != 1:
        return False
    record(connection, account.compound, account.asker("signed in"), Act.SIGN_IN, {"account": account.username}, now_us)
    return True


def end_sessions(connection: Connection, account: Account) -> None:
    """End every session of an account."""
    of_it = (staff_session.c.compound == account.compound, staff_session.c.username == account.username)
    connection.execute(delete(staff_session).where(*of_it))


def of_row(row: Row[Any]) -> Account:
    """Read a row that has the account's columns."""
    return Account(row.compound, row.username, row.name, Role(row.role), row.added_us, row.signed_in_us, row.disabled_us)


def _existing(connection: Connection, username: str) -> Account:
    found = find(connection, username)
    if found is None:
        raise UsageError(f"there is no account {username}; `gatepost central staff list` lists them")
    return found


def _change(connection: Connection, account: Account, **values: object) -> None:
    place = (staff_account.c.compound == account.compound, staff_account.c.username == account.username)
    connection.execute(update(staff_account).where(*place).values(**values))
