"""What is recorded: the event envelope, its canonical bytes and the hash chain. Pure; final from the start.

    hash = SHA-256( canonical header || previous hash || SHA-256( sealed part ) )

The sealed part, everything that names a person, can be erased and the chain still holds. The header is a JSON
object in the form of RFC 8785 (JCS), narrowed so that every implementation agrees without effort: keys are
ASCII, numbers are integers within +/-(2**53 - 1), no member repeats, nesting has a limit, text is UTF-8.
Measurements are therefore integers with the unit in the key (`object_mk`: millikelvin, `mono_us`: microseconds).
"""

import hashlib
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from kiosk.errors import GatepostError
from kiosk.frozen import frozen
from kiosk.model import EventId

SCHEMA = 1
GENESIS = bytes(32)
"""The previous hash of a log's first event."""
NOTHING_SEALED = hashlib.sha256(b"").digest()
"""The digest of an absent sealed part."""
MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 32
"""How deep a header may nest, so that no reader's stack decides what is canonical."""
IDENTITY = ("compound", "device", "log_id", "seq")
_KEY = re.compile(r"[a-z][a-z0-9_]{0,63}\Z")


class NotCanonical(GatepostError, ValueError):
    """A header holds something that has no canonical bytes, or its bytes are not in canonical form."""


class ChainBroken(GatepostError, ValueError):
    """An event does not follow from the one before it."""


@frozen
class Draft:
    """An event before the log gives it its place. `body` joins the header; `sealed` is ciphertext or None."""

    kind: str
    body: Mapping[str, Any]
    sealed: bytes | None = None


@frozen
class Head:
    """Where a log stands: the next sequence number and the hash of its newest event."""

    compound: str
    device: str
    log_id: str
    next_seq: int = 1
    hash: bytes = GENESIS


@frozen
class Event:
    """A recorded event. `header` is the canonical text exactly as hashed; `signature` has its place here."""

    header: str
    prev_hash: bytes
    sealed_digest: bytes
    hash: bytes
    sealed: bytes | None = None
    signature: bytes | None = None

    @property
    def fields(self) -> dict[str, Any]:
        """The header as a mapping."""
        return parse(self.header)

    @property
    def id(self) -> EventId:
        """`device/log_id/seq`."""
        named = self.fields
        return event_id(named["device"], named["log_id"], named["seq"])


def event_id(device: str, log_id: str, seq: int) -> EventId:
    """Write an event's identity within its compound."""
    return EventId(f"{device}/{log_id}/{seq}")


def canonical(header: Mapping[str, Any]) -> str:
    """Return the one text of a header. Raises NotCanonical, naming the member that has none."""
    see_canonical(header)
    return _encoder.encode(header)


def see_canonical(header: Mapping[str, Any]) -> None:
    """See that a header has a canonical text. Raises NotCanonical, naming the member that has none."""
    _check(header, "header")


def parse(text: str) -> dict[str, Any]:
    """Read a canonical header back. Raises NotCanonical when `text` is not exactly that."""
    try:
        header = _decoder.decode(text)
    except (ValueError, RecursionError) as error:
        raise NotCanonical(f"the header is not JSON: {error}") from error
    if not isinstance(header, dict):
        raise NotCanonical("the header is not an object")
    if canonical(header) != text:
        raise NotCanonical("the header is not in canonical form")
    return header


def sealed_digest(sealed: bytes | None) -> bytes:
    """SHA-256 of the sealed part; of nothing when there is none."""
    return NOTHING_SEALED if sealed is None else hashlib.sha256(sealed).digest()


def chain_hash(header: str, prev_hash: bytes, digest: bytes) -> bytes:
    """Hash one link. Both hashes are 32 bytes, so that no two inputs share their bytes."""
    if len(prev_hash) != 32 or len(digest) != 32:
        raise ChainBroken("a hash in the chain is 32 bytes")
    return hashlib.sha256(header.encode() + prev_hash + digest).digest()


def append(head: Head, draft: Draft) -> tuple[Event, Head]:
    """Give a draft its place after `head`: the event, and the head that follows."""
    identity = {"compound": head.compound, "device": head.device, "log_id": head.log_id, "seq": head.next_seq}
    taken = {"schema", "kind", *identity} & draft.body.keys()
    if taken:
        raise NotCanonical(f"the body may not set {', '.join(sorted(taken))}")
    header = canonical({"schema": SCHEMA, "kind": draft.kind, **identity, **draft.body})
    digest = sealed_digest(draft.sealed)
    event = Event(header, head.hash, digest, chain_hash(header, head.hash, digest), sealed=draft.sealed or None)
    return event, Head(head.compound, head.device, head.log_id, head.next_seq + 1, event.hash)


def verify(head: Head, event: Event) -> Head:
    """Return the head after `event`. Raises NotCanonical or ChainBroken when it does not follow `head`."""
    return follow(head, event, parse(event.header))


def follow(head: Head, event: Event, fields: Mapping[str, Any]) -> Head:
    """As `verify`, for who has parsed the header already. Raises ChainBroken."""
    expected = (head.compound, head.device, head.log_id, head.next_seq)
    if tuple(fields.get(name) for name in IDENTITY) != expected:
        raise ChainBroken(f"expected event {'/'.join(map(str, expected))}")
    if event.prev_hash != head.hash:
        raise ChainBroken(f"event {head.next_seq} does not name the hash of the one before it")
    if event.sealed is not None and sealed_digest(event.sealed) != event.sealed_digest:
        raise ChainBroken(f"the sealed part of event {head.next_seq} is not the one that was hashed")
    if chain_hash(event.header, event.prev_hash, event.sealed_digest) != event.hash:
        raise ChainBroken(f"event {head.next_seq} does not have the hash it claims")
    return Head(head.compound, head.device, head.log_id, head.next_seq + 1, event.hash)


@lru_cache(1024)
def _is_key(key: object) -> bool:
    return isinstance(key, str) and _KEY.match(key) is not None


def _is_plain(value: object) -> bool:
    """Whether a value is canonical at first sight, as nearly all are."""
    kind = type(value)
    if kind is str:
        return str.isascii(value)  # type: ignore[arg-type]  # it is a text
    if kind is int:
        return -MAX_INTEGER <= value <= MAX_INTEGER  # type: ignore[operator]  # it is a number
    return value is None or kind is bool


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NotCanonical("a member repeats")
    return members


def _check(value: object, where: str, depth: int = 0) -> None:
    if depth > MAX_DEPTH:
        raise NotCanonical(f"the header nests deeper than {MAX_DEPTH}")
    match value:
        case None | bool():
            return
        case str():
            # A lone surrogate has no UTF-8, so no bytes to hash.
            if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
                raise NotCanonical(f"{where} holds text that is not Unicode")
        case int():
            if abs(value) > MAX_INTEGER:
                raise NotCanonical(f"{where} is beyond 2**53 - 1")
        case Mapping():
            for key, member in value.items():
                if not _is_key(key):
                    raise NotCanonical(f"{where} has a key that is not a plain name")
                if not _is_plain(member):
                    _check(member, f"{where}.{key}", depth + 1)
        case list() | tuple():
            for index, member in enumerate(value):
                if not _is_plain(member):
                    _check(member, f"{where}[{index}]", depth + 1)
        case _:
            raise NotCanonical(f"{where} is a {type(value).__name__}, which has no canonical bytes")


_encoder = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
_decoder = json.JSONDecoder(object_pairs_hook=_unique)
