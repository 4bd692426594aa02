"""The vocabulary of both ends about who a kiosk is, beside what it sends (`sync.wire`). JSON over HTTP.

    GET  /api/v1/time      -> ServerTime
    GET  /api/v1/site-ca   -> the site CA's certificate, PEM: believed only when a code's fingerprint is its own
    POST /api/v1/enrol     an Enrol, signed by the key that it presents -> 200 with an Enrolled, or a Refusal
    GET  /api/v1/device    signed -> 200 with the Place of whoever asks, or a Refusal

Every request of an enrolled kiosk is signed (`sync.signing`). Members that a version does not know are passed over.
"""

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta, Raw

from kiosk.direction import Direction
from sync.wire import NAME, NotOnTheWire

VERSION = 1
TIME_PATH = "/api/v1/time"
CA_PATH = "/api/v1/site-ca"
ENROL_PATH = "/api/v1/enrol"
DEVICE_PATH = "/api/v1/device"
MAX_ENROL = 16 * 1024
"""The most bytes of an Enrol that a server reads."""

Name = Annotated[str, Meta(pattern=NAME.removesuffix("$") + r"\Z")]
Key = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
Secret = Annotated[str, Meta(pattern=r"^[0-9a-f]{20}\Z")]


class Why(StrEnum):
    """Why a server refuses a kiosk, for programs; the sentence beside it is for people."""

    UNSIGNED = "unsigned"
    BAD_SIGNATURE = "bad_signature"
    STALE = "stale"
    """`created` is too far from the server's time, which the refusal names."""
    UNKNOWN_DEVICE = "unknown_device"
    REVOKED = "revoked"
    REPLACED = "replaced"
    NOT_YOURS = "not_yours"
    SIMULATED = "simulated"
    CODE_UNKNOWN = "code_unknown"
    CODE_USED = "code_used"
    CODE_EXPIRED = "code_expired"
    KEY_KNOWN = "key_known"
    TOO_MANY = "too_many"


NOTHING = Raw(b"null")


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A device's own name and its place. `replaces` is the device that was there before it."""

    compound: Name
    gate: Name
    direction: Direction
    device: Name
    replaces: Name | None = None


class Enrol(msgspec.Struct, frozen=True, kw_only=True):
    """Asks to be enrolled in a compound. `secret` is the code's, `public_key` the device's Ed25519 key, hexadecimal."""

    enrol: int
    compound: Name
    secret: Secret
    public_key: Key


class Enrolled(msgspec.Struct, frozen=True, kw_only=True):
    """The answer, the same for a repeat by the same key.

    `month_keys` is the document of `sync.sealing`, or null; `document_key` the public half of what signs the server's
    documents and commands.
    """

    enrolled: int
    place: Place
    time_us: int
    site_ca: str | None = None
    month_keys: Raw = NOTHING
    document_key: Key | None = None


class ServerTime(msgspec.Struct, frozen=True, kw_only=True):
    """The server's time in microseconds since 1970."""

    time_us: Annotated[int, Meta(ge=0, le=2**53 - 1)]


class Refusal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why something is not done. Other servers' answers may lack any of it."""

    error: str = ""
    reason: str = ""
    time_us: int | None = None


_enrols = msgspec.json.Decoder(Enrol)
_enrolled = msgspec.json.Decoder(Enrolled)
_times = msgspec.json.Decoder(ServerTime)
_refusals = msgspec.json.Decoder(Refusal)


def decode_enrol(body: bytes) -> Enrol:
    """Read a request to be enrolled. Raises NotOnTheWire, quoting nothing of it."""
    try:
        return _enrols.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise NotOnTheWire("the body is no request to be enrolled") from error


def decode_enrolled(body: bytes) -> Enrolled:
    """Read a server's answer, which may be hostile. Raises NotOnTheWire."""
    try:
        return _enrolled.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise NotOnTheWire("the answer is none to a request to be enrolled") from error


def decode_time(body: bytes) -> ServerTime:
    """Read what time a server says it is. Raises NotOnTheWire."""
    try:
        return _times.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise NotOnTheWire("the answer is no time") from error


def decode_refusal(body: bytes) -> Refusal:
    """Read a refusal; an empty one where it is of another form."""
    try:
        return _refusals.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Refusal()
