"""When an event happened, corrected by its place on the monotonic clock of its boot. Pure.

A kiosk whose clock was never set still knows how long its boot has lasted. As soon as one event of the same boot has a
synchronised time, the times of all the others follow from it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from sync.central.arriving import AHEAD_US, Entry
from sync.central.schema import Timing


@dataclass(frozen=True, slots=True, order=True)
class Anchor:
    """A moment of a boot's monotonic clock, and the time that it was, both in microseconds."""

    mono_us: int
    wall_us: int


def anchor_of(known: Anchor | None, entries: Iterable[Entry]) -> Anchor | None:
    """The earliest synchronised moment of a boot: nearest to what came before the clock was set."""
    found = [Anchor(entry.mono_us, entry.at_us) for entry in entries if entry.synchronised and entry.mono_us is not None]
    return min(found if known is None else [known, *found], default=None)


def corrected(anchor: Anchor, mono_us: int, received_us: int) -> int | None:
    """When a moment of the same boot was; None where that cannot be, since it would be before 1970 or is yet to come."""
    at_us = anchor.wall_us + mono_us - anchor.mono_us
    return at_us if 0 < at_us <= received_us + AHEAD_US else None


def with_times(entries: Sequence[Entry], anchors: dict[str, Anchor], received_us: int) -> list[Entry]:
    """The entries, corrected where their own clock is not believed and their boot has an anchor."""
    return [_with_time(entry, anchors.get(entry.boot), received_us) for entry in entries]


def _with_time(entry: Entry, anchor: Anchor | None, received_us: int) -> Entry:
    if anchor is None or entry.timing is Timing.CLOCK or entry.mono_us is None:
        return entry
    at_us = corrected(anchor, entry.mono_us, received_us)
    return entry if at_us is None else replace(entry, at_us=at_us, timing=Timing.CORRECTED)
