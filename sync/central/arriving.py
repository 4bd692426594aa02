"""An upload as it came, read before the database is asked: each event with its place, its fault and its time. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from kiosk import events
from kiosk.errors import GatepostError
from kiosk.events import Head
from kiosk.model import ClockState
from sync.central.blind import NOTHING_TO_FIND, Terms
from sync.central.reading import parse
from sync.central.schema import Timing
from sync.central.spending import given_back, spent
from sync.wire import Arrived, Upload, arrivals

AHEAD_US = 5 * 60 * 1_000_000
"""A clock may be so much ahead of the server's and still be believed."""
FAULT_LENGTH = 400
KIND_LENGTH = 64
BOOT_LENGTH = 64


@dataclass(frozen=True, slots=True)
class Place:
    """Which log of which device of which compound."""

    compound: str
    device: str
    log_id: str

    @property
    def named(self) -> dict[str, str]:
        """As statements name it."""
        return {"its_compound": self.compound, "its_device": self.device, "its_log_id": self.log_id}


class Entry(msgspec.Struct, frozen=True):
    """One event and where it belongs. `before` is the hash that it follows.

    `raw` is the event as it came where the other members do not hold all of it. `synchronised`: its time is good
    enough to tell others by. `boot` and `mono_us` are its place on the monotonic clock, when it names one. `terms` is
    what its sealed part can be found by. `spends` is the mark of a pass for one use, `gives_back` the log and number of an
    admission whose use is taken back. `newer` is the schema of an event that this version cannot read.
    """

    seq: int
    before: bytes
    hash: bytes
    header: str = ""
    kind: str = ""
    fault: str = ""
    sealed_digest: bytes | None = None
    sealed: bytes | None = None
    signature: bytes | None = None
    raw: bytes | None = None
    at_us: int = 0
    timing: Timing = Timing.RECEIVED
    synchronised: bool = False
    boot: str = ""
    mono_us: int | None = None
    terms: Terms = NOTHING_TO_FIND
    spends: bytes | None = None
    gives_back: tuple[str, int] | None = None
    newer: int | None = None


TermsOf = Callable[[str, bytes], Terms]
"""What a sealed part of a compound can be found by."""


def entries(
    place: Place, upload: Upload, received_us: int, terms_of: TermsOf, schema: int = events.SCHEMA
) -> Sequence[Entry]:
    """Read the events of an upload, in order. What is wrong with one is said in its `fault`, and it is kept.

    `schema` is the newest that is known. Of an event of a later one the chain and the sealed part are as ever; what its
    header means is left to a version that knows.
    """
    found: list[Entry] = []
    before = bytes.fromhex(upload.prev_hash)
    for seq, arrived in enumerate(arrivals(upload), start=upload.from_seq):
        found.append(_entry(place, seq, before, arrived, received_us, terms_of, schema))
        before = arrived.claimed
    return found


def meaning(fields: dict[str, Any], received_us: int) -> dict[str, Any]:
    """What the fields of a header of a known schema come to, by the names that it has in an Entry."""
    kind, at_us, (boot, mono_us) = fields.get("kind"), happened_at(fields, received_us), _moment(fields)
    return {
        "kind": _plain(kind, KIND_LENGTH) if isinstance(kind, str) else "",
        "at_us": received_us if at_us is None else at_us,
        "timing": Timing.RECEIVED if at_us is None else Timing.CLOCK,
        "synchronised": at_us is not None and fields.get("clock") == ClockState.SYNCHRONISED,
        "boot": boot,
        "mono_us": mono_us,
        "spends": spent(fields),
        "gives_back": given_back(fields),
    }


def happened_at(fields: dict[str, Any], received_us: int) -> int | None:
    """When an event happened, in microseconds since 1970; None when its kiosk's clock cannot be believed."""
    wall_us = fields.get("wall_us")
    if not isinstance(wall_us, int) or isinstance(wall_us, bool):
        return None
    if fields.get("clock") not in (ClockState.SYNCHRONISED, ClockState.DRIFTING):
        return None
    return wall_us if 0 < wall_us <= received_us + AHEAD_US else None


def _entry(
    place: Place, seq: int, before: bytes, arrived: Arrived, received_us: int, terms_of: TermsOf, schema: int
) -> Entry:
    event = arrived.event
    if event is None:
        fault = _plain(arrived.fault or "unreadable", FAULT_LENGTH)
        return Entry(seq, before, arrived.claimed, fault=fault, raw=arrived.raw, at_us=received_us)
    kept: Any = {"sealed_digest": event.sealed_digest, "sealed": event.sealed, "signature": event.signature}
    try:
        fields = parse(event.header)
        events.follow(Head(place.compound, place.device, place.log_id, seq, before), event, fields)
    except GatepostError as error:
        # PostgreSQL's text takes no NUL, and only a header that is not canonical can hold one; `raw` has it all.
        header = "" if "\x00" in event.header else event.header
        fault = _plain(str(error), FAULT_LENGTH)
        return Entry(seq, before, event.hash, header, "", fault, raw=arrived.raw, at_us=received_us, **kept)
    named = fields.get("schema")
    newer = isinstance(named, int) and not isinstance(named, bool) and named > schema
    says: Any = {"at_us": received_us, "newer": named} if newer else meaning(fields, received_us)
    return Entry(
        seq,
        before,
        event.hash,
        event.header,
        raw=arrived.raw if arrived.extra else None,
        terms=NOTHING_TO_FIND if event.sealed is None else terms_of(place.compound, event.sealed),
        **says,
        **kept,
    )


def _moment(fields: dict[str, Any]) -> tuple[str, int | None]:
    """The boot and the moment of its monotonic clock; nothing unless both are there and plausible."""
    boot, mono_us = fields.get("boot"), fields.get("mono_us")
    if not isinstance(boot, str) or not 0 < len(boot) <= BOOT_LENGTH or "\x00" in boot:
        return "", None
    if not isinstance(mono_us, int) or isinstance(mono_us, bool) or mono_us < 0:
        return "", None
    return boot, mono_us


def _plain(words: str, length: int) -> str:
    """Text that every database takes."""
    return words.replace("\x00", "�").encode(errors="replace").decode()[:length]
