"""An upload as it came, read before the database is asked: each event with its place, its fault and its time. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kiosk import events
from kiosk.errors import GatepostError
from kiosk.events import Head
from kiosk.model import ClockState
from sync.wire import Arrived, Upload, arrivals

AHEAD_US = 5 * 60 * 1_000_000
"""A clock may be so much ahead of the server's and still be believed."""
FAULT_LENGTH = 400
KIND_LENGTH = 64


@dataclass(frozen=True, slots=True)
class Place:
    """Which log of which device of which compound."""

    compound: str
    device: str
    log_id: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One event and where it belongs. `before` is the hash that it follows."""

    seq: int
    before: bytes
    hash: bytes
    raw: bytes
    header: str
    kind: str
    fault: str
    at_us: int


def entries(place: Place, upload: Upload, received_us: int) -> Sequence[Entry]:
    """Read the events of an upload, in order. What is wrong with one is said in its `fault`, and it is kept."""
    found: list[Entry] = []
    before = bytes.fromhex(upload.prev_hash)
    for seq, arrived in enumerate(arrivals(upload), start=upload.from_seq):
        found.append(_entry(place, seq, before, arrived, received_us))
        before = arrived.claimed
    return found


def happened_at(fields: dict[str, Any], received_us: int) -> int | None:
    """When an event happened, in microseconds since 1970; None when its kiosk's clock cannot be believed."""
    wall_us = fields.get("wall_us")
    if not isinstance(wall_us, int) or isinstance(wall_us, bool):
        return None
    if fields.get("clock") not in (ClockState.SYNCHRONISED, ClockState.DRIFTING):
        return None
    return wall_us if 0 < wall_us <= received_us + AHEAD_US else None


def _entry(place: Place, seq: int, before: bytes, arrived: Arrived, received_us: int) -> Entry:
    if arrived.event is None:
        fault = _plain(arrived.fault or "unreadable", FAULT_LENGTH)
        return Entry(seq, before, arrived.claimed, arrived.raw, "", "", fault, received_us)
    header = arrived.event.header
    head = Head(place.compound, place.device, place.log_id, seq, before)
    try:
        events.verify(head, arrived.event)
        fields = arrived.event.fields
    except GatepostError as error:
        # PostgreSQL's text takes no NUL, and only a header that is not canonical can hold one; `raw` has it all.
        kept = "" if "\x00" in header else header
        return Entry(seq, before, arrived.claimed, arrived.raw, kept, "", _plain(str(error), FAULT_LENGTH), received_us)
    kind = fields.get("kind")
    return Entry(
        seq,
        before,
        arrived.claimed,
        arrived.raw,
        header,
        _plain(kind, KIND_LENGTH) if isinstance(kind, str) else "",
        "",
        happened_at(fields, received_us) or received_us,
    )


def _plain(words: str, length: int) -> str:
    """Text that every database takes."""
    return words.replace("\x00", "�").encode(errors="replace").decode()[:length]
