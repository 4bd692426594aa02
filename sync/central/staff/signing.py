"""Signing in: a password checked in the same time whoever it is, delays that grow, a session, and the record of it."""

from collections.abc import Callable

from sqlalchemy import Engine

from kiosk.errors import GatepostError
from kiosk.lines import get_logger
from sync.central.database import changing
from sync.central.guessing import source_of
from sync.central.staff import accounts
from sync.central.staff.delays import FREE_OF_ACCOUNT, FREE_OF_ADDRESS, Delays
from sync.central.staff.passwords import Passwords
from sync.central.staff.sessions import Person, begin, forget_over

_log = get_logger()


class TooSoon(GatepostError, PermissionError):
    """Too many were wrong: whoever is there has to wait."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"too many attempts in vain; try again in {wait_s:.0f} s")
        self.wait_s = wait_s


class Signing:
    """Signs people in to one server. Any thread may call any method."""

    def __init__(self, engine: Engine, passwords: Passwords, delays: Delays, wall_us: Callable[[], int]) -> None:
        self.engine = engine
        self._passwords = passwords
        self._delays = delays
        self._wall_us = wall_us

    def sign_in(self, username: str, password: str, address: str) -> str | None:
        """Return the cookie of a new session; None: no such account, another password, or disabled. Raises TooSoon.

        Which of these it is, nobody learns, not by the time that it takes either.
        """
        stored = self._fitting(username, password, address)
        if stored is None:
            return None
        now_us = self._wall_us()
        renewed = self._passwords.hash(password) if self._passwords.outdated(stored) else None
        with changing(self.engine) as connection:
            account = accounts.find(connection, username)
            # Somebody may have disabled it, or changed the password, in this very moment.
            if account is None or not accounts.signed_in(connection, account, stored, now_us):
                return None
            if renewed is not None:
                accounts.rehash(connection, account, renewed)
            forget_over(connection, now_us)
            return begin(connection, account, now_us)

    def change_password(self, person: Person, old: str, new: str, address: str) -> str | None:
        """Give a person's account a new password, end all its sessions, and return the cookie of a new one.

        None: the old one is not theirs. Raises TooSoon, and UsageError for a password that may not be used.
        """
        username = person.account.username
        if self._fitting(username, old, address) is None:
            return None
        now_us = self._wall_us()
        account = accounts.set_password(self.engine, self._passwords, username, new, None, now_us)
        with changing(self.engine) as connection:
            return begin(connection, account, now_us)

    def _fitting(self, username: str, password: str, address: str) -> str | None:
        """The hash of an account whose password this is. Raises TooSoon when too many were wrong."""
        of_account, of_address = f"account {username}", f"address {source_of(address)}"
        wait_s = self._delays.begin({of_account: FREE_OF_ACCOUNT, of_address: FREE_OF_ADDRESS})
        if wait_s > 0:
            raise TooSoon(wait_s)
        stored = None
        if accounts.is_username(username):
            with self.engine.connect() as connection:
                stored = accounts.password_of(connection, username)
        if not self._passwords.fits(stored, password):
            # Not as whom: somebody may have typed the password there.
            _log.warning("sign in refused")
            return None
        self._delays.forgive(of_account)
        self._delays.give_back(of_address)
        return stored
