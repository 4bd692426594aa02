"""The staff's PIN: kept as a scrypt hash, checked slowly on purpose, with growing pauses after wrong ones. Pure."""

import hashlib
import hmac
from dataclasses import dataclass

from kiosk.errors import UsageError
from kiosk.units import Monotonic

LEAST, MOST = 4, 12
"""How many digits a PIN has."""
COST, BLOCK, LANES = 2**14, 8, 1
"""scrypt's N, r and p (RFC 7914): 16 MB and about 50 ms on a server, a quarter of a second on a Pi."""
SALT_BYTES = 16
NEVER = Monotonic(0.0)
PAUSES_S = (0.0, 0.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0)
"""After so many wrong PINs one waits so long. With four digits a guesser needs weeks."""


def hash_pin(pin: str, salt: bytes) -> str:
    """Return what goes into `[screen] staff_pin`. Raises UsageError for what is no PIN."""
    if not (pin.isascii() and pin.isdigit() and LEAST <= len(pin) <= MOST):
        raise UsageError(f"a PIN has {LEAST} to {MOST} digits and nothing else")
    return f"scrypt${COST}${BLOCK}${LANES}${salt.hex()}${_scrypt(pin, salt, COST, BLOCK, LANES).hex()}"


def matches(pin: str, kept: str) -> bool:
    """Say whether this is the PIN. Takes its time: never call it in Kivy's thread."""
    _, cost, block, lanes, salt, digest = kept.split("$")
    found = _scrypt(pin, bytes.fromhex(salt), int(cost), int(block), int(lanes))
    return hmac.compare_digest(found, bytes.fromhex(digest))


def _scrypt(pin: str, salt: bytes, cost: int, block: int, lanes: int) -> bytes:
    return hashlib.scrypt(pin.encode(), salt=salt, n=cost, r=block, p=lanes, maxmem=2**27, dklen=32)


@dataclass(frozen=True, slots=True)
class Attempts:
    """How often the PIN was wrong in a row, and until when nobody may try again."""

    wrong: int = 0
    closed_until: Monotonic = NEVER

    def failed(self, now: Monotonic) -> "Attempts":
        """One more was wrong."""
        wrong = self.wrong + 1
        return Attempts(wrong, Monotonic(now + PAUSES_S[min(wrong, len(PAUSES_S) - 1)]))

    def wait_s(self, now: Monotonic) -> float:
        """How long nobody may try yet; 0 when one may."""
        return max(0.0, self.closed_until - now)
