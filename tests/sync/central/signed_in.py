"""People of staff in a server's database, signed in without the work that a password takes."""

import secrets

import requests
from sqlalchemy import Engine

from sync.central.access import Asker, Role
from sync.central.database import changing, open_database
from sync.central.staff import accounts
from sync.central.staff.door import COOKIE, SECURE_COOKIE
from sync.central.staff.passwords import Cost, Passwords
from sync.central.staff.sessions import begin
from tests.sync.central.enrolling import now_us

CHEAP = Passwords(Cost(1, 8192))
"""As little work as Argon2id takes at all."""
CHEN = Asker("Chen", Role.TECHNICIAN, "a test")
PASSWORD = "correct horse 12 staple"


def account_of(
    engine: Engine,
    role: Role = Role.ADMIN,
    compound: str = accounts.EVERYWHERE,
    username: str = "",
    *,
    passwords: Passwords = CHEAP,
) -> accounts.Account:
    """A new account; its password is PASSWORD."""
    named = {"compound": compound, "role": role, "name": "王芳", "username": username or f"{role}-{secrets.token_hex(4)}"}
    return accounts.add(engine, passwords, named, PASSWORD, CHEN, now_us())


def cookie_of(engine: Engine, account: accounts.Account) -> str:
    """The cookie of a new session."""
    with changing(engine) as connection:
        return begin(connection, account, now_us())


def staff_cookies(url: str, role: Role = Role.ADMIN) -> dict[str, str]:
    """The cookies of a new account in the database at a URL, of which another process is the server."""
    engine = open_database(url, now_us(), make=False)
    try:
        cookie = cookie_of(engine, account_of(engine, role))
    finally:
        engine.dispose()
    return {COOKIE: cookie, SECURE_COOKIE: cookie}


def sign_in(session: requests.Session, engine: Engine, role: Role = Role.ADMIN, compound: str = accounts.EVERYWHERE) -> str:
    """Let a session be a new account's; its cookie."""
    cookie = cookie_of(engine, account_of(engine, role, compound))
    for name in (COOKIE, SECURE_COOKIE):
        session.cookies.set(name, cookie)
    return cookie
