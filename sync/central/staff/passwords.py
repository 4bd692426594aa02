"""Passwords of staff: what is asked of one, and Argon2id by libsodium, which makes and opens the vault, too.

A password is never logged, quoted or kept; its hash is the usual text, `$argon2id$v=19$m=65536,t=3,p=1$...`.
"""

import base64
import secrets
import unicodedata
from dataclasses import dataclass
from functools import cached_property

from nacl.exceptions import InvalidkeyError
from nacl.pwhash import argon2id

SHORTEST = 12
LONGEST = 256


@dataclass(frozen=True, slots=True)
class Cost:
    """Passes over the memory, and the memory in bytes."""

    passes: int
    memory: int


USUAL = Cost(3, 64 * 1024 * 1024)
"""RFC 9106, section 4, second choice: 64 MiB and three passes; libsodium has one lane."""


class Passwords:
    """Hashes and checks passwords at one cost, in the same time whether there is such a person or not."""

    def __init__(self, cost: Cost = USUAL) -> None:
        self._cost = cost

    def hash(self, password: str) -> str:
        """Hash a password with a salt of its own."""
        return argon2id.str(_bytes(password), opslimit=self._cost.passes, memlimit=self._cost.memory).decode()

    def fits(self, stored: str | None, password: str) -> bool:
        """Whether a password is the one of a hash. Without a hash it takes as long, and is not."""
        try:
            found = argon2id.verify((stored or self._nobody).encode(), _bytes(password))
        except InvalidkeyError:
            return False
        return found and stored is not None

    def outdated(self, stored: str) -> bool:
        """Whether a hash was made at another cost."""
        return not stored.startswith(self._prefix)

    @cached_property
    def _nobody(self) -> str:
        """The hash of no password: a salt and a digest by chance, at the usual cost."""
        salt, digest = (base64.b64encode(secrets.token_bytes(size)).rstrip(b"=").decode() for size in (16, 32))
        return f"{self._prefix}{salt}${digest}"

    @property
    def _prefix(self) -> str:
        return f"$argon2id$v=19$m={self._cost.memory // 1024},t={self._cost.passes},p=1$"


def wrong_with(password: str, username: str) -> str | None:
    """Return what a new password lacks, as a code; None when it is good."""
    length = len(unicodedata.normalize("NFC", password))
    if length < SHORTEST:
        return "short"
    if length > LONGEST:
        return "long"
    if len(set(password)) < 4 or username.casefold() in password.casefold():
        return "plain"
    return None


def _bytes(password: str) -> bytes:
    """One spelling of what looks the same, whatever keyboard it was typed on (RFC 8265, OpaqueString)."""
    return unicodedata.normalize("NFC", password)[: LONGEST + 1].encode("utf-8", "surrogatepass")
