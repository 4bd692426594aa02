"""What the site's document key signs, so that nobody between server and kiosk can put words into the server's mouth.

The signature (Ed25519) is over the purpose, a zero byte, and the statement: a JSON object in the canonical form of
`kiosk.events`. A statement for one purpose is none for another. Members that a reader does not know are passed over.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from kiosk.errors import GatepostError, UsageError
from kiosk.events import NotCanonical, canonical, parse

KEY_BYTES = 32
MAX_STATEMENT = 64 * 1024


class Purpose(StrEnum):
    """What a statement is for; the number is the version of its form."""

    DOCUMENT = "gatepost document v1"
    STANDING = "gatepost standing v1"
    MESSAGE = "gatepost message v1"


class NotSigned(GatepostError, ValueError):
    """A statement that the site's document key has not signed for this purpose, or that is none of ours."""


class Signed(msgspec.Struct, frozen=True):
    """A statement as it travels: its canonical text and the signature (64 bytes, base64 in JSON)."""

    statement: str
    signature: bytes


Form = TypeVar("Form", bound=msgspec.Struct)


def sign(key: Ed25519PrivateKey, purpose: Purpose, statement: msgspec.Struct) -> Signed:
    """Sign a statement. Raises NotCanonical when it holds what has no canonical form."""
    text = canonical(msgspec.to_builtins(statement))
    return Signed(text, key.sign(_signed(purpose, text)))


def verified(signed: Signed, purpose: Purpose, key: Ed25519PublicKey, form: type[Form]) -> Form:
    """Return what a statement says. Raises NotSigned."""
    if len(signed.statement) > MAX_STATEMENT:
        raise NotSigned("a statement is longer than any of ours")
    try:
        key.verify(signed.signature, _signed(purpose, signed.statement))
        said: Mapping[str, object] = parse(signed.statement)
        return msgspec.convert(said, form)
    except InvalidSignature:
        raise NotSigned("the signature is not that of the site's document key") from None
    except (NotCanonical, msgspec.ValidationError, UnicodeEncodeError) as error:
        raise NotSigned("the statement is signed, but of no form that is known here") from error


def read_public_key(text: str, where: str) -> Ed25519PublicKey:
    """Read the public half of a document key, 64 hexadecimal digits. Raises UsageError."""
    try:
        data = bytes.fromhex(text)
    except ValueError:
        data = b""
    if len(data) != KEY_BYTES:
        raise UsageError(f"{where} is no document key: 64 hexadecimal digits, as `gatepost central documents` prints it")
    return Ed25519PublicKey.from_public_bytes(data)


def _signed(purpose: Purpose, text: str) -> bytes:
    return purpose.encode() + b"\0" + text.encode()
