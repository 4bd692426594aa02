"""The staff's door: a corner that is held, a PIN, and behind it what is out of order. Pure.

A session of its own beside the visitor's: it closes by itself, and a visitor's answer is never hidden by it for long.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from math import ceil

from kiosk.model import Phase, VisitId
from kiosk.units import Monotonic, Seconds
from kiosk.view import View
from ui.picture import Action, PinPad, Say, Status
from ui.pin import MOST, NEVER, Attempts

HELD_S = 2.0
"""How long the corner is held."""
PIN_FOR = Seconds(20.0)
STATUS_FOR = Seconds(60.0)
"""Without a touch the door closes after so long."""
NO_ATTEMPTS = Attempts()


class Door(StrEnum):
    """How far the door is open."""

    SHUT = "shut"
    PIN = "pin"
    CHECKING = "checking"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Staff:
    """What was entered so far is in no picture and in no log."""

    door: Door = Door.SHUT
    entered: str = ""
    until: Monotonic = NEVER
    attempts: Attempts = NO_ATTEMPTS
    wrong: bool = False

    def __repr__(self) -> str:
        return f"Staff({self.door})"


def knocked(staff: Staff, now: Monotonic) -> Staff:
    """The corner was held long enough."""
    if staff.door is not Door.SHUT:
        return staff
    return replace(staff, door=Door.PIN, entered="", wrong=False, until=Monotonic(now + PIN_FOR))


def touched(staff: Staff, action: Action, value: str, now: Monotonic) -> Staff:
    """A key of the pad, or the way out, was pressed. CHECKING asks whoever drives this for an answer."""
    if action is Action.CLOSE:
        return _shut(staff)
    if staff.door is not Door.PIN or staff.attempts.wait_s(now) > 0:
        return staff
    staff = replace(staff, until=Monotonic(now + PIN_FOR))
    match action:
        case Action.DIGIT if len(staff.entered) < MOST:
            return replace(staff, entered=staff.entered + value, wrong=False)
        case Action.DELETE:
            return replace(staff, entered=staff.entered[:-1])
        case Action.ENTER if staff.entered:
            return replace(staff, door=Door.CHECKING)
        case _:
            return staff


def checked(staff: Staff, right: bool, now: Monotonic) -> Staff:
    """The PIN was right or wrong."""
    if staff.door is not Door.CHECKING:
        return replace(staff, attempts=NO_ATTEMPTS if right else staff.attempts.failed(now))
    if right:
        return Staff(Door.OPEN, until=Monotonic(now + STATUS_FOR))
    # However long the pause is: the pad does not hide the visitor's screen meanwhile.
    return Staff(Door.PIN, "", Monotonic(now + PIN_FOR), staff.attempts.failed(now), wrong=True)


def waited(staff: Staff, now: Monotonic) -> Staff:
    """Time has passed."""
    return _shut(staff) if staff.door in {Door.PIN, Door.OPEN} and now >= staff.until else staff


def seen(staff: Staff, before: View | None, view: View | None) -> Staff:
    """The core shows something else: whose visit begins finds the door shut. One that was under way leaves it open."""
    begins = _visit_of(view) is not None and _visit_of(view) != _visit_of(before)
    return _shut(staff) if begins else staff


def shown(staff: Staff, view: View | None, device: str, version: str, now: Monotonic) -> PinPad | Status | None:
    """Return what is to be seen of it; None while the door is shut."""
    match staff.door:
        case Door.SHUT:
            return None
        case Door.OPEN:
            lost = ["core"] if view is None else [str(part) for part in view.lost]
            lines = [Say("staff.device", (("device", device),)), Say("staff.version", (("version", version),))]
            lines += [Say(f"part.{part}.lost") for part in lost] or [Say("staff.well")]
            return Status(Say("staff.title"), tuple(lines), well=not lost)
        case _:
            pause = ceil(staff.attempts.wait_s(now))
            line = Say("staff.wrong") if staff.wrong else Say("staff.ask")
            if pause > 0:
                line = Say("staff.wait", (("seconds", str(pause)),))
            return PinPad(Say("staff.title"), line, len(staff.entered), closed=pause > 0)


def _visit_of(view: View | None) -> VisitId | None:
    return None if view is None or view.phase is Phase.IDLE else view.visit


def _shut(staff: Staff) -> Staff:
    return Staff(attempts=staff.attempts)
