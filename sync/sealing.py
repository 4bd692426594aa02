"""What names a person, sealed at the gate to the compound's key of the month; only who has the private half can read it.

    sealed part = version 1, one byte | key id 8 | sealed box of the padded text

The box is libsodium's `crypto_box_seal`: X25519 with a key made for this one message, XSalsa20 and Poly1305. The text
is a JSON object in the canonical form of `kiosk.events`, padded by ISO/IEC 7816-4 to whole blocks, so that its length
does not tell who it is. A key's id is the first 8 bytes of the SHA-256 of its public half.

A kiosk needs the public halves alone, sent ahead as a document of month keys:

    {"month_keys": 1, "compound": "riverside", "keys": [{"month": "2026-11", "public_key": "64 hexadecimal digits"}]}
"""

import hashlib
from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta
from nacl.bindings import sodium_pad, sodium_unpad
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

from kiosk.errors import GatepostError, UsageError
from kiosk.ports import Sealed
from kiosk.units import WallTime

VERSION = 1
KEY_ID_BYTES = 8
HEAD_BYTES = 1 + KEY_ID_BYTES
BLOCK = 128
MAX_DOCUMENT = 1024 * 1024

Month = Annotated[str, Meta(pattern=r"^20\d\d-(0[1-9]|1[0-2])\Z")]
"""`2026-11`, in UTC."""
Key = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]


class CannotUnseal(GatepostError, ValueError):
    """A sealed part is of no known form, is for another key, or was changed."""


class MonthKey(msgspec.Struct, frozen=True, kw_only=True):
    """The public half of a compound's key for one month."""

    month: Month
    public_key: Key

    @property
    def id(self) -> str:
        """Its name: 16 hexadecimal digits."""
        return key_id(bytes.fromhex(self.public_key))


class MonthKeys(msgspec.Struct, frozen=True, kw_only=True):
    """The document that a kiosk gets. Members that this version does not know are passed over."""

    month_keys: int
    compound: str
    keys: Annotated[list[MonthKey], Meta(min_length=1, max_length=1200)]


class MonthSealer:
    """Seals to the key of the month; a kiosk's `Sealer`."""

    def __init__(self, keys: Sequence[MonthKey]) -> None:
        """Take at least one key. Raises UsageError when one of them cannot be sealed to."""
        ordered = sorted(keys, key=lambda key: key.month)
        self._months = [key.month for key in ordered]
        self._keys = [(key.id, bytes.fromhex(key.public_key)) for key in ordered]
        for key, (_, public_key) in zip(ordered, self._keys, strict=True):
            try:
                seal(public_key, b"")
            except CryptoError as error:
                raise UsageError(f"the key of {key.month} is none that can be sealed to; get the month keys again") from error

    def seal(self, personal: bytes, at: WallTime) -> Sealed:
        """Seal to the key of the month of `at`, or to the nearest before it, or to the first.

        So a clock that was never set, or keys that have run out, lead to a key that is destroyed too early rather
        than too late.
        """
        index = max(0, bisect_right(self._months, month_of(at)) - 1)
        name, public_key = self._keys[index]
        return Sealed(name, seal(public_key, personal))


def key_id(public_key: bytes) -> str:
    """Name a public key: the first 8 bytes of its SHA-256, hexadecimal."""
    return hashlib.sha256(public_key).digest()[:KEY_ID_BYTES].hex()


def month_of(at: WallTime) -> str:
    """The month (UTC) that holds a moment; the first or last that there can be when it lies outside."""
    seconds = min(max(at // 1_000_000, 0), 4_102_444_799)
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m")


def seal(public_key: bytes, text: bytes) -> bytes:
    """Seal a text to a public key (32 bytes)."""
    box = SealedBox(PublicKey(public_key)).encrypt(sodium_pad(text, BLOCK))
    return bytes((VERSION,)) + bytes.fromhex(key_id(public_key)) + box


def key_named(sealed: bytes) -> str | None:
    """The id of the key that a sealed part is for; None when it is of no form known here."""
    if len(sealed) <= HEAD_BYTES or sealed[0] != VERSION:
        return None
    return sealed[1:HEAD_BYTES].hex()


def unseal(key: PrivateKey, sealed: bytes) -> bytes:
    """Open a sealed part with a private key. Raises CannotUnseal."""
    if key_named(sealed) != key_id(bytes(key.public_key)):
        raise CannotUnseal("the sealed part is of no known form or for another key")
    try:
        return sodium_unpad(SealedBox(key).decrypt(sealed[HEAD_BYTES:]), BLOCK)
    except (CryptoError, ValueError) as error:
        raise CannotUnseal("the sealed part is damaged") from error


def encode_month_keys(compound: str, keys: Sequence[MonthKey]) -> bytes:
    """Write the document of a compound's month keys for its kiosks."""
    return msgspec.json.encode(MonthKeys(month_keys=VERSION, compound=compound, keys=list(keys)))


def read_month_keys(path: Path, compound: str) -> list[MonthKey]:
    """Read a document of month keys. Raises UsageError: one sentence on what is wrong and what to do."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: the month keys cannot be read: {error.strerror}") from error
    return parse_month_keys(data, str(path), compound)


def parse_month_keys(data: bytes, where: str, compound: str) -> list[MonthKey]:
    """Read a document of month keys that came from `where`. Raises UsageError."""
    if len(data) > MAX_DOCUMENT:
        raise UsageError(f"{where}: is too large for month keys")
    try:
        found = msgspec.json.decode(data, type=MonthKeys)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{where}: is no document of month keys: {error}") from error
    if found.month_keys != VERSION:
        raise UsageError(f"{where}: these month keys are of version {found.month_keys}, and this software reads {VERSION}")
    if found.compound != compound:
        raise UsageError(f"{where}: these are the month keys of {found.compound}, not of {compound}")
    if len({key.month for key in found.keys}) != len(found.keys):
        raise UsageError(f"{where}: two keys are for the same month")
    return found.keys
