"""The blind index: what somebody may be searched by, as keyed digests that tell nothing without the compound's key.

Two spellings of one thing have one digest; there is no search by a part of it, but for a phone number's last digits.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any

import msgspec

from sync.central.vault import KeyDestroyed, KeyMissing, Vault, VaultClosed
from sync.sealing import CannotUnseal

TAIL = 4
LONGEST = 200
"""More characters than anybody's name or number has; what is longer is not indexed."""
NATIONAL = {"86": (11,), "81": (9, 10), "82": (8, 9, 10)}
"""Country codes that people leave out, and how many digits follow them."""
_between_words = re.compile(r"[\W_]+")
_members = msgspec.json.Decoder(dict[str, Any])


class Field(StrEnum):
    """What can be searched by."""

    NAME = "name"
    PHONE = "phone"
    PHONE_TAIL = "phone_tail"
    PLATE = "plate"
    UNIT = "unit"
    HOLDER = "holder"
    """The pseudonym under which a pass was made."""


class Indexed(IntEnum):
    """What became of a sealed part in the index."""

    NOT_YET = 0
    """The vault was closed or lacks the key; it is tried again."""
    DONE = 1
    NEVER = 2
    """Its key was destroyed, or nothing can be read in it."""


@dataclass(frozen=True, slots=True)
class Terms:
    """A sealed part's digests, 16 bytes each, and what became of it."""

    indexed: Indexed
    digests: frozenset[bytes] = frozenset()


NOTHING_TO_FIND = Terms(Indexed.NEVER)


def terms_of(vault: Vault, compound: str, sealed: bytes) -> Terms:
    """Open a sealed part and return what it can be found by. Never raises."""
    try:
        said = _values(vault.unseal(compound, sealed))
        found = frozenset(digest(vault, compound, field, value) for field, value in said)
    except (VaultClosed, KeyMissing):
        return Terms(Indexed.NOT_YET)
    except (CannotUnseal, KeyDestroyed):
        return Terms(Indexed.NEVER)
    return Terms(Indexed.DONE, found)


def digest(vault: Vault, compound: str, field: Field, value: str) -> bytes:
    """The digest of a normalised value. Raises VaultClosed or KeyMissing."""
    return vault.mac(compound, f"{field}\0{value}".encode())


def normalised(field: Field, value: str) -> str:
    """The one spelling of a value; empty when nothing is left of it."""
    if len(value) > LONGEST:
        return ""
    text = value if value.isascii() else unicodedata.normalize("NFKC", value.encode(errors="replace").decode())
    match field:
        case Field.NAME:
            return "".join(filter(str.isalnum, text.casefold()))
        case Field.PHONE:
            return _national(text)
        case Field.PHONE_TAIL:
            digits = _national(text)
            return digits[-TAIL:] if len(digits) >= TAIL else ""
        case Field.PLATE:
            return "".join(filter(str.isalnum, text.upper()))
        case Field.UNIT:
            return _between_words.sub("-", text.casefold()).strip("-")
        case Field.HOLDER:
            return text.strip()


def _national(text: str) -> str:
    digits = "".join(filter(str.isdecimal, text))
    if not digits.isascii():
        digits = "".join(str(unicodedata.decimal(character)) for character in digits)
    digits = digits.lstrip("0")
    for code, lengths in NATIONAL.items():
        rest = digits.removeprefix(code).lstrip("0")
        if digits.startswith(code) and len(rest) in lengths and len(digits) > max(lengths):
            return rest
    return digits


def _values(text: bytes) -> Iterator[tuple[Field, str]]:
    """What a sealed text says of each field, normalised. A member is a text or a list of texts."""
    try:
        members = _members.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise CannotUnseal("the sealed text is no object") from error
    for field in Field:
        said = members.get(Field.PHONE if field is Field.PHONE_TAIL else field)
        for value in said if isinstance(said, list) else [said]:
            if isinstance(value, str) and (spelling := normalised(field, value)):
                yield field, spelling
