"""The address of one visitor's form, as a gate's QR code has it: both ends' one vocabulary. Formats that live for years.

    https://server/f/<token>      token = Base64url of payload || Ed25519 signature, 64 bytes, by the device's enrolled key

The signature is over `gatepost form v1` || 0 || payload. The payload, numbers big-endian:

    version 1 | visit 8 | nonce 16 | expires 4 (seconds since 1970, UTC) | compound, device: length 1, ASCII

A server that knows the device's key believes it without having heard of the visit: a gate's network may be down, and the
visitor's phone has one of its own. There is one encoding of a token and no other is read.
"""

import base64
import binascii
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from kiosk.errors import GatepostError
from kiosk.model import VisitId
from sync.wire import NAME

VERSION = 1
CONTEXT = b"gatepost form v1\0"
NONCE_BYTES = 16
"""128 bits: nobody comes upon another's form by guessing."""
SIGNATURE_BYTES = 64
GOOD_FOR_S = 900
"""So long after it was first shown a form may be sent: the longest that a visit can wait for it, and a minute to type."""
MAX_TOKEN = 400

_HEAD = struct.Struct(f">B8s{NONCE_BYTES}sI")
_TOKEN = re.compile(r"[A-Za-z0-9_-]+")


class NotALink(GatepostError, ValueError):
    """A text is no form's address that this version reads."""


@dataclass(frozen=True, slots=True)
class FormLink:
    """Whose form it is: one visit at one device of a compound, until a moment by that device's clock."""

    compound: str
    device: str
    visit: VisitId
    nonce: bytes = field(repr=False)
    expires_s: int


@dataclass(frozen=True, slots=True)
class SignedLink:
    """A link as read, its signature not yet checked."""

    link: FormLink
    signed: bytes = field(repr=False)
    signature: bytes = field(repr=False)


def write(link: FormLink, sign: Callable[[bytes], bytes]) -> str:
    """Write and sign a token. `sign` makes an Ed25519 signature (64 bytes)."""
    payload = _payload(link)
    return base64.urlsafe_b64encode(payload + sign(CONTEXT + payload)).rstrip(b"=").decode()


def read(token: str) -> SignedLink:
    """Read a token. Raises NotALink."""
    if len(token) > MAX_TOKEN or not _TOKEN.fullmatch(token):
        raise NotALink("not a form's address")
    try:
        data = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except binascii.Error:
        raise NotALink("not Base64") from None
    payload, signature = data[:-SIGNATURE_BYTES], data[-SIGNATURE_BYTES:]
    if len(payload) < _HEAD.size or payload[0] != VERSION:
        raise NotALink("of no version that is read here")
    _, visit, nonce, expires_s = _HEAD.unpack_from(payload)
    compound, device = _texts(payload[_HEAD.size :])
    link = FormLink(compound, device, VisitId(visit.hex()), nonce, expires_s)
    if base64.urlsafe_b64encode(data).rstrip(b"=").decode() != token:
        raise NotALink("not as it is written")
    return SignedLink(link, CONTEXT + payload, signature)


def _payload(link: FormLink) -> bytes:
    texts = b"".join(bytes((len(text),)) + text.encode("ascii") for text in (link.compound, link.device))
    return _HEAD.pack(VERSION, bytes.fromhex(link.visit), link.nonce, link.expires_s) + texts


def _texts(data: bytes) -> tuple[str, str]:
    found: list[str] = []
    while data:
        length, rest = data[0], data[1:]
        text, data = rest[:length], rest[length:]
        if len(text) != length or not text.isascii() or not re.fullmatch(NAME, text.decode("ascii")):
            raise NotALink("a name is none")
        found.append(text.decode("ascii"))
    if len(found) != 2:
        raise NotALink("the lengths do not add up")
    return found[0], found[1]
