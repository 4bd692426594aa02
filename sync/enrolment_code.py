"""The code that lets a kiosk enrol: a secret to be used once, and whose server it is for. Pure.

    G1A2B-3C4D5-...      seven groups of five characters (Crockford's base 32: no I, L, O or U)

    version, 1 character | secret and fingerprint, 10 bytes each, 32 characters | check, 2 characters

The fingerprint is that of the site CA, so that the very first connection is to the right server or to none. The check
is 10 bits of a digest: a slip of the finger is found here, and nobody's server counts it as a guess.
"""

import hashlib
import hmac
from dataclasses import dataclass

from kiosk.errors import UsageError

VERSION = "1"
SECRET_BYTES = 10
"""80 bits: never guessed, whatever a server's limits are."""
FINGERPRINT_BYTES = 10
"""80 bits of the SHA-256 of the site CA's public key: nobody makes another key with them in a code's lifetime."""
NO_CA = bytes(FINGERPRINT_BYTES)
"""The fingerprint in the code of a server without TLS, which is on loopback or said to be insecure."""
GROUP = 5
LENGTH = 35
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_TYPED = str.maketrans({"O": "0", "I": "1", "L": "1"}) | {ord(between): None for between in "- \t\r\n"}


@dataclass(frozen=True, slots=True)
class EnrolmentCode:
    """One code. `ca` is the fingerprint of the site CA, or NO_CA."""

    secret: bytes
    ca: bytes = NO_CA

    def __str__(self) -> str:
        """Write it as people type it."""
        bare = VERSION + _letters(int.from_bytes(self.secret + self.ca), 32)
        bare += _check(bare)
        return "-".join(bare[start : start + GROUP] for start in range(0, LENGTH, GROUP))

    def __repr__(self) -> str:
        """It is a secret: nothing of it is written by accident."""
        return "EnrolmentCode(...)"

    def is_of(self, public_key: bytes) -> bool:
        """Whether a site CA with this public key (DER, SubjectPublicKeyInfo) is the one that the code is for."""
        return hmac.compare_digest(fingerprint(public_key), self.ca)


def read_code(text: str) -> EnrolmentCode:
    """Read a code as it was typed or scanned: small letters, O for 0, other grouping. Raises UsageError, not quoting it."""
    bare = text.upper().translate(_TYPED)
    if len(bare) != LENGTH or any(letter not in _ALPHABET for letter in bare):
        raise UsageError(f"an enrolment code has {LENGTH} letters and digits; copy it whole")
    if not bare.startswith(VERSION):
        raise UsageError("the enrolment code is of a newer server; bring this kiosk's software up to date")
    if bare[-2:] != _check(bare[:-2]):
        raise UsageError("the enrolment code has a slip in it; compare it with the one that was printed")
    number = 0
    for letter in bare[1:-2]:
        number = number * 32 + _ALPHABET.index(letter)
    data = number.to_bytes(SECRET_BYTES + FINGERPRINT_BYTES)
    return EnrolmentCode(data[:SECRET_BYTES], data[SECRET_BYTES:])


def fingerprint(public_key: bytes) -> bytes:
    """Name a site CA by its public key (DER, SubjectPublicKeyInfo)."""
    return hashlib.sha256(public_key).digest()[:FINGERPRINT_BYTES]


def _check(bare: str) -> str:
    return _letters(int.from_bytes(hashlib.sha256(b"gatepost enrolment code\0" + bare.encode()).digest()[:2]) >> 6, 2)


def _letters(number: int, count: int) -> str:
    return "".join(_ALPHABET[number >> (5 * place) & 31] for place in reversed(range(count)))
