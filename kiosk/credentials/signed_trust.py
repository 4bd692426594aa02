"""One signed, versioned document of all that a site trusts, made of files of every kind.

JSON:

    {"gatepost_trust": 1, "statement": "<JSON, as it was signed>", "key": "<64 hexadecimal digits>", "signature": "<base64>"}

The signature is Ed25519, over `gatepost trust document v1` and a zero byte, followed by the statement in UTF-8. The files
stand in the statement as they came, compressed (zlib, base64): what they say is read anew by whoever goes by them.
"""

import base64
import binascii
import zlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Meta

from kiosk.credentials.bounded import MAX_JSON, Unreadable, inflate
from kiosk.credentials.trust_document import Id
from kiosk.errors import UsageError
from kiosk.frozen import frozen

FORM = 1
MEMBER = "gatepost_trust"
CONTEXT = b"gatepost trust document v1\0"


class _File(msgspec.Struct, frozen=True, kw_only=True):
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    data: str


class _Statement(msgspec.Struct, frozen=True, kw_only=True):
    id: Id
    version: Annotated[int, Meta(ge=1, le=2**53 - 1)]
    issued_at: Annotated[datetime, Meta(tz=True)]
    files: Annotated[list[_File], Meta(min_length=1, max_length=100)]


class _Signed(msgspec.Struct, frozen=True, kw_only=True):
    gatepost_trust: int
    statement: str
    key: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
    signature: str


@frozen
class TrustDocument:
    """A document whose signature holds. `key` is the public key that made it, in hexadecimal digits; `files` by name."""

    id: str
    version: int
    issued_at: datetime
    files: Mapping[str, bytes]
    key: str = ""


def write(document: TrustDocument, sign: Callable[[bytes], bytes], public_key: bytes) -> bytes:
    """Write a document and sign it. Raises UsageError when it cannot be read again."""
    files = [
        _File(name=name, data=base64.b64encode(zlib.compress(data, 9)).decode()) for name, data in document.files.items()
    ]
    said = _Statement(id=document.id, version=document.version, issued_at=document.issued_at, files=files)
    statement = msgspec.json.encode(said)
    signature = base64.b64encode(sign(CONTEXT + statement)).decode()
    signed = _Signed(gatepost_trust=FORM, statement=statement.decode(), key=public_key.hex(), signature=signature)
    data = msgspec.json.encode(signed) + b"\n"
    read(msgspec.json.decode(data), "the new trust document")
    return data


def read(tree: Mapping[str, Any], where: str) -> TrustDocument:
    """Read a document that is JSON already, and check that it is as it was signed. Raises UsageError."""
    try:
        signed = msgspec.convert(tree, _Signed)
        if signed.gatepost_trust != FORM:
            raise UsageError(f"{where}: this trust document is of form {signed.gatepost_trust}; this version reads {FORM}")
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(signed.key))
        key.verify(base64.b64decode(signed.signature, validate=True), CONTEXT + signed.statement.encode())
        said = msgspec.json.decode(signed.statement, type=_Statement)
    except InvalidSignature:
        raise UsageError(f"{where}: is not as it was signed; get it again from where it was made") from None
    except (msgspec.MsgspecError, binascii.Error, UnicodeEncodeError) as error:
        raise UsageError(f"{where}: is no trust document: {error}") from error
    files = {file.name: _unpacked(file, where) for file in said.files}
    if len(files) != len(said.files):
        raise UsageError(f"{where}: two of its files have the same name")
    if any(f'"{MEMBER}"'.encode() in data for data in files.values()):
        raise UsageError(f"{where}: holds a trust document within it; import the files that it was made of")
    return TrustDocument(said.id, said.version, said.issued_at, files, signed.key)


def _unpacked(file: _File, where: str) -> bytes:
    try:
        return inflate(base64.b64decode(file.data, validate=True), MAX_JSON)
    except (binascii.Error, Unreadable) as error:
        raise UsageError(f"{where}: {file.name} in it cannot be unpacked: {error}") from error
