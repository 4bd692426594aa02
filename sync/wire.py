"""The one vocabulary of both ends: how events travel from a kiosk to the central server. JSON over HTTP.

    POST /api/v1/logs/{device}/{log_id}   an Upload             -> 200 or 409 with a Standing
    GET  /api/v1/logs/{device}/{log_id}   (query: compound)     -> 200 with a Standing

An Upload holds consecutive events of one log; `prev_hash` is the hash before the first. A Standing says where the
server's copy of the log ends. 200: the events are durable there; with `kept_to`, the copy has them up to but not
including that number and goes on beyond them, as the kiosk may not know whose card is an older copy of itself. 409
without `fork`: a gap, send from `next_seq`. 409 with `fork`: the server holds another event under a number that was
sent. It has kept what was sent aside, up to but not including `kept_to`; the kiosk begins a new log, and sends the rest
of the old one to be kept aside too.

Nothing a genuine kiosk says is refused or lost: an event that cannot be verified takes its place in the chain with
the hash it claims, marked as faulty, so that the events after it still arrive. Unknown members are kept as they came.
"""

import hashlib
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Raw

from kiosk.errors import GatepostError
from kiosk.events import Event

WIRE = 1
MAX_BODY = 4 * 1024 * 1024
"""The most bytes of one request that a server reads."""
MAX_ANSWER = 64 * 1024
"""The most bytes of one answer that a kiosk reads."""
MAX_EVENT = 1024 * 1024
"""The most bytes of header and sealed part together that a log takes, so that one event always fits a request."""
COMPOUND_HEADER = "Gatepost-Compound"
SIMULATED_HEADER = "Gatepost-Simulated"
NAME = r"^[a-z0-9][a-z0-9-]{0,62}$"
LOG_ID = r"^[0-9a-f]{8,64}$"
BEGIN_NEW = "begin_new"

Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]


class NotOnTheWire(GatepostError, ValueError):
    """A body that is no message of this protocol."""


class WireEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event. Bytes are base64 in JSON, hashes hexadecimal; `header` is the text exactly as hashed."""

    header: str
    sealed_digest: Digest
    hash: Digest
    sealed: bytes | None = None
    signature: bytes | None = None


class _KnownEvent(WireEvent, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An event of which this version knows every member, as nearly all are."""


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """Consecutive events of one log. Each is read on its own, so that a broken one does not hide the others."""

    wire: int
    from_seq: Annotated[int, Meta(ge=1, le=2**53 - 1)]
    prev_hash: Digest
    events: list[Raw]


class Standing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where the server's copy of a log ends, and what became of an upload that did not fit it."""

    next_seq: Annotated[int, Meta(ge=1, le=2**53 - 1)]
    head: Digest
    fork: bool = False
    log: str | None = None
    kept_to: Annotated[int, Meta(ge=1, le=2**53 - 1)] | None = None


class Arrived(msgspec.Struct, frozen=True):
    """An event as it came: readable or not, with what this version does not know.

    `claimed` is the hash that the next event names; of an event without a readable hash, the SHA-256 of its text.
    """

    raw: bytes
    claimed: bytes
    event: Event | None
    extra: dict[str, Any]
    fault: str = ""


_UPLOAD_MEMBERS = frozenset(Upload.__struct_fields__)
_EVENT_MEMBERS = frozenset(WireEvent.__struct_fields__)
_encoder = msgspec.json.Encoder()
_uploads = msgspec.json.Decoder(Upload)
_members = msgspec.json.Decoder(dict[str, Any])
_known_event = msgspec.json.Decoder(_KnownEvent)
_envelopes = msgspec.json.Decoder(dict[str, Raw])
_standings = msgspec.json.Decoder(Standing)


def to_wire(event: Event) -> WireEvent:
    """Write an event as it travels. Its `prev_hash` is the hash of the one before it, or the upload's."""
    return WireEvent(
        header=event.header,
        sealed=event.sealed,
        sealed_digest=event.sealed_digest.hex(),
        hash=event.hash.hex(),
        signature=event.signature,
    )


def from_wire(event: WireEvent, prev_hash: bytes) -> Event:
    """Read an event back, given the hash before it."""
    return Event(
        header=event.header,
        prev_hash=prev_hash,
        sealed_digest=bytes.fromhex(event.sealed_digest),
        hash=bytes.fromhex(event.hash),
        sealed=event.sealed,
        signature=event.signature,
    )


def encode_event(event: Event) -> bytes:
    """Write one event of an upload as JSON."""
    return _encoder.encode(to_wire(event))


def encode_upload(from_seq: int, prev_hash: bytes, events: Sequence[bytes]) -> bytes:
    """Write an upload of events that `encode_event` wrote, consecutive from `from_seq`."""
    return _encoder.encode(
        Upload(wire=WIRE, from_seq=from_seq, prev_hash=prev_hash.hex(), events=[Raw(event) for event in events])
    )


def decode_upload(body: bytes) -> tuple[Upload, dict[str, Any]]:
    """Read an upload, and the members that this version does not know. Raises NotOnTheWire."""
    try:
        upload = _uploads.decode(body)
        members = _envelopes.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise NotOnTheWire(f"the body is no upload: {error}") from error
    try:
        return upload, {name: msgspec.json.decode(members[name]) for name in members.keys() - _UPLOAD_MEMBERS}
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise NotOnTheWire(f"the body is no upload: {error}") from error


def arrivals(upload: Upload) -> list[Arrived]:
    """Read the events of an upload one by one; each names the claimed hash of the one before it."""
    arrived: list[Arrived] = []
    prev_hash = bytes.fromhex(upload.prev_hash)
    for raw in upload.events:
        arrived.append(_arrived(bytes(raw), prev_hash))
        prev_hash = arrived[-1].claimed
    return arrived


def encode_standing(standing: Standing) -> bytes:
    """Write a server's answer as JSON."""
    return _encoder.encode(standing)


def decode_standing(body: bytes) -> Standing:
    """Read a server's answer, which may be hostile. Raises NotOnTheWire."""
    try:
        return _standings.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise NotOnTheWire("the answer is no standing of a log") from error


def _arrived(raw: bytes, prev_hash: bytes) -> Arrived:
    try:
        event = from_wire(_known_event.decode(raw), prev_hash)
        return Arrived(raw, event.hash, event, {})
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass  # read member by member, to say what is wrong with it or what is new
    try:
        members = _members.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return Arrived(raw, hashlib.sha256(raw).digest(), None, {}, f"not an object: {error}")
    extra = {name: members[name] for name in members.keys() - _EVENT_MEMBERS}
    try:
        event = from_wire(msgspec.convert(members, WireEvent), prev_hash)
    except msgspec.ValidationError as error:
        return Arrived(raw, _claim(members, raw), None, extra, str(error))
    return Arrived(raw, event.hash, event, extra)


def _claim(members: dict[str, Any], raw: bytes) -> bytes:
    """The hash that an otherwise unreadable event claims."""
    try:
        return bytes.fromhex(msgspec.convert(members.get("hash"), Digest))
    except msgspec.ValidationError:
        return hashlib.sha256(raw).digest()
