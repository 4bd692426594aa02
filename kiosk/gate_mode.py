"""The gate's mode: normal, held open, or locked, as somebody who may has ordered it. Pure.

    normal --order--> held_open --order, its time over, a restart, a gate that does not take it--> normal
    normal, held_open --order--> locked --order--> normal, held_open

An order names who gave it, is recorded, and is a person's, as an opening from afar is. Held open always has an end, and
never outlives the core that was told; a lock has none and outlives every restart, for a gate that stays shut does no harm:
the guard's key and the ways out act on the gate itself.
"""

from enum import StrEnum

from kiosk.frozen import frozen
from kiosk.model import Command
from kiosk.units import Monotonic, Seconds

HELD_OPEN_AT_MOST = Seconds(15 * 60.0)
"""Longer than any removal van stands in the way; whoever needs more orders it again."""


class GateMode(StrEnum):
    """How the gate stands, apart from whoever is let in."""

    NORMAL = "normal"
    HELD_OPEN = "held_open"
    LOCKED = "locked"


class ModeSince(StrEnum):
    """Why the gate is in its mode."""

    ORDERED = "ordered"
    OVER = "over"
    """The time for which it was to be held open is over."""
    KEPT = "kept"
    """An order that was recorded is not carried out: the mode is as it was."""
    RESTARTED = "restarted"
    """The core began anew: what was held open is not any more."""


@frozen
class ModeOrder:
    """To the loop: a person orders a mode. `lasts_s`: for how long the gate is held open; `until`: it is too late then."""

    command: Command
    mode: GateMode
    until: Monotonic
    lasts_s: Seconds | None = None


@frozen
class ModeRecorded:
    """The log's answer to an order: whether it is durable."""

    order: ModeOrder
    well: bool


@frozen
class Kept:
    """What outlives a restart: the mode that was ordered last, and the command that ordered it."""

    mode: GateMode = GateMode.NORMAL
    command: str | None = None
