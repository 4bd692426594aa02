"""The address that a resident gets: signed, for one purpose and one thing, until a moment. Formats that live for years.

    https://server/c/<token>      token = Base64url of payload || Ed25519 signature, 64 bytes, by the site's document key

The signature is over the purpose || 0 || payload. The payload, numbers big-endian:

    version 1 | secret 16 | expires 4 (seconds since 1970, UTC) | compound: length 1, ASCII

The secret is by chance, or a keyed digest of what the link is for, made by the vault: 128 bits that nobody can guess who has
only the database, or only the key. Of it the database has a digest. A guest's link has the pass's id in its place, which is
as secret as the pass. There is one encoding of a token and no other is read.
"""

import base64
import binascii
import hashlib
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from kiosk.errors import GatepostError
from sync.central.vault import Vault
from sync.wire import NAME

VERSION = 1
SECRET_BYTES = 16
SIGNATURE_BYTES = 64
MAX_TOKEN = 300
_HEAD = struct.Struct(f">B{SECRET_BYTES}sI")
_TOKEN = re.compile(r"[A-Za-z0-9_-]+")


class For(StrEnum):
    """What a link is for; one for another purpose is none."""

    CONSENT = "gatepost consent v1"
    HOME = "gatepost home v1"
    """The page of a resident's own home."""
    GUEST = "gatepost guest v1"
    """The pass of somebody who was invited."""


class NotALink(GatepostError, ValueError):
    """A text is no link of this site for this purpose."""


@dataclass(frozen=True, slots=True)
class Link:
    """What a link says."""

    compound: str
    secret: bytes = field(repr=False)
    expires_s: int

    @property
    def digest(self) -> bytes:
        """What the database knows it by (32 bytes)."""
        return hashlib.sha256(self.secret).digest()


def secret_for(vault: Vault, compound: str, purpose: For, *names: str) -> bytes:
    """The secret of a link for one thing, always the same. Raises VaultClosed or KeyMissing."""
    return vault.mac(compound, "\0".join((purpose, *names)).encode())


def write(link: Link, purpose: For, sign: Callable[[bytes], bytes]) -> str:
    """Write and sign a token."""
    name = link.compound.encode("ascii")
    payload = _HEAD.pack(VERSION, link.secret, link.expires_s) + bytes((len(name),)) + name
    return base64.urlsafe_b64encode(payload + sign(_signed(purpose, payload))).rstrip(b"=").decode()


def read(token: str, purpose: For, key: Ed25519PublicKey) -> Link:
    """Read a token and believe it by its signature. Whether its time is over is for others to say. Raises NotALink."""
    if len(token) > MAX_TOKEN or not _TOKEN.fullmatch(token):
        raise NotALink("no link")
    try:
        data = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except binascii.Error:
        raise NotALink("not Base64") from None
    payload, signature = data[:-SIGNATURE_BYTES], data[-SIGNATURE_BYTES:]
    if len(payload) <= _HEAD.size or base64.urlsafe_b64encode(data).rstrip(b"=").decode() != token:
        raise NotALink("not as it is written")
    try:
        key.verify(signature, _signed(purpose, payload))
    except InvalidSignature:
        raise NotALink("not signed by this site for this purpose") from None
    version, secret, expires_s = _HEAD.unpack_from(payload)
    length, name = payload[_HEAD.size], payload[_HEAD.size + 1 :]
    if version != VERSION or len(name) != length or not re.fullmatch(NAME, name.decode("ascii", "replace")):
        raise NotALink("of no version that is read here")
    return Link(name.decode("ascii"), secret, expires_s)


def _signed(purpose: For, payload: bytes) -> bytes:
    return purpose.encode() + b"\0" + payload
