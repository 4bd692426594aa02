"""What is to happen in a simulated world, as data: visitors, their cards and habits, the sensor and the wiring."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from kiosk.errors import UsageError

Positive = Annotated[float, Meta(gt=0)]
NotNegative = Annotated[float, Meta(ge=0)]
Share = Annotated[float, Meta(ge=0, le=1)]


class ScriptPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A part of a script. Unknown keys are errors."""


class CardScript(ScriptPart, frozen=True):
    """A code that a visitor shows, on a phone or on paper, and how long at a time. A torn one cannot be read."""

    text: str
    medium: Literal["phone", "paper"] = "phone"
    hold_s: Positive = 1.0
    torn: bool = False


class UpsetScript(ScriptPart, frozen=True):
    """A part of the kiosk is unplugged `after_s` after a visitor's arrival, and back `for_s` later."""

    part: Literal["thermometer", "camera"]
    after_s: NotNegative = 0.0
    for_s: Positive = 3.0


class VisitorScript(ScriptPart, frozen=True):
    """One visitor: comes `gap_s` after the one before has left, shows the cards in turn (or all at once).

    `queues`: he has waited behind the one before, and comes `gap_s` after that one has set off, through the gate or
    away. `core_c` is the body temperature. `patience_s` counts from when he stands at the gate, and so does
    `touches_s`, when he touches 'form' on the screen. Once the line is active he walks through and is at the passage
    sensor `passage_s` after having set off; `passes=False`: he turns back. `followers` slip in behind him. `upsets`
    happen while he is there.
    """

    name: str
    cards: tuple[CardScript, ...] = ()
    core_c: Annotated[float, Meta(ge=30, le=44)] = 36.6
    gap_s: NotNegative = 1.0
    queues: bool = False
    simultaneous: bool = False
    patience_s: Positive = 6.0
    touches_s: NotNegative | None = None
    passes: bool = True
    passage_s: Positive = 1.0
    followers: Annotated[int, Meta(ge=0, le=5)] = 0
    upsets: tuple[UpsetScript, ...] = ()


class FaultScript(ScriptPart, frozen=True):
    """What the thermometer does wrong from `after_s` on, counted from the first transfer, and for how long."""

    kind: Literal["nack", "wrong_pec", "stuck", "error_flag", "all_ones"]
    after_s: NotNegative = 0.0
    for_s: Positive = 1.0


class SensorScript(ScriptPart, frozen=True):
    """The thermometer: address, configuration register, faults, and the air it hangs in."""

    address: Annotated[int, Meta(ge=3, le=0x77)] = 0x5A
    config: Annotated[int, Meta(ge=0, le=0xFFFF)] = 0x9FB4
    present: bool = True
    pec_right: bool = True
    nack: Share = 0.005
    ambient_c: Annotated[float, Meta(ge=-30, le=50)] = 22.0
    faults: tuple[FaultScript, ...] = ()


class Script(ScriptPart, frozen=True):
    """A whole world. `relay_pin` and `passage_pin` are what the gate is wired to, BCM numbers."""

    seed: int = 0
    visitors: tuple[VisitorScript, ...] = ()
    sensor: SensorScript = SensorScript()
    relay_pin: int = 17
    relay_active_high: bool = True
    passage_pin: int | None = 27
    fps: Annotated[int, Meta(ge=1, le=120)] = 30
    open_ended: bool = False


def load(path: Path) -> Script:
    """Read a script from a JSON file. Raises UsageError: one sentence, what and where."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Script)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    except msgspec.MsgspecError as error:
        raise UsageError(f"{path}: is no script of a simulated world: {error}") from error


def save(script: Script, path: Path) -> None:
    """Write a script as a JSON file."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(script)))
