"""The staff's door: a corner that is held, a PIN or a badge, and behind it what is out of order, or a guard's desk. Pure.

A session of its own beside the visitor's: it closes by itself, and a visitor's answer is never hidden by it for long.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from kiosk.link import DoorMoved, OverrideAsked
from kiosk.model import Phase, VisitId
from kiosk.people import VisitorKind
from kiosk.units import Monotonic, Seconds
from kiosk.view import View
from ui import desk
from ui.desk import NOBODY_YET, Desk, Page
from ui.picture import Action
from ui.pin import MOST, NEVER, Attempts

HELD_S = 2.0
"""How long the corner is held."""
PIN_FOR = Seconds(20.0)
OPEN_FOR = Seconds(60.0)
DONE_FOR = Seconds(15.0)
"""Without a touch the door closes after so long."""
NO_ATTEMPTS = Attempts()
TECHNICIAN = ""
"""Whose PIN is the site's own, and opens no desk."""


class Door(StrEnum):
    """How far the door is open."""

    SHUT = "shut"
    PIN = "pin"
    CHECKING = "checking"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Staff:
    """What was entered so far is in no picture and in no log. `desk`: the guard's who opened the door, if one did.

    `asked_at`: since when a badge counts. `pins`: whether anybody here has a PIN.
    """

    door: Door = Door.SHUT
    entered: str = ""
    until: Monotonic = NEVER
    attempts: Attempts = NO_ATTEMPTS
    wrong: bool = False
    desk: Desk | None = None
    asked_at: Monotonic = NEVER
    pins: bool = True

    def __repr__(self) -> str:
        return f"Staff({self.door})"


def knocked(staff: Staff, now: Monotonic) -> Staff:
    """The corner was held long enough."""
    if staff.door is not Door.SHUT:
        return staff
    return replace(staff, door=Door.PIN, entered="", wrong=False, until=Monotonic(now + PIN_FOR), asked_at=now)


def touched(staff: Staff, action: Action, value: str, view: View | None, now: Monotonic) -> Staff:
    """A button behind the door was pressed. CHECKING asks whoever drives this for an answer."""
    if action is Action.CLOSE:
        return _shut(staff)
    if staff.desk is not None and (staff.door is Door.OPEN or action is Action.BACK):
        new = desk.touched(staff.desk, action, value, view, now)
        return replace(staff, until=Monotonic(now + OPEN_FOR)) if new is staff.desk else _at(staff, new, now)
    if staff.door is Door.OPEN:
        return replace(staff, until=Monotonic(now + OPEN_FOR))
    if staff.door is not Door.PIN or not staff.pins or staff.attempts.wait_s(now) > 0:
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


def checked(staff: Staff, who: str | None, view: View | None, now: Monotonic) -> Staff:
    """The PIN was this guard's, or the technician's; None: nobody's."""
    if staff.door is not Door.CHECKING:
        return replace(staff, attempts=NO_ATTEMPTS if who is not None else staff.attempts.failed(now))
    if staff.desk is not None:
        done = desk.agreed(staff.desk, who, view, now) if who else None
        if done is not None:
            return _at(replace(staff, attempts=NO_ATTEMPTS), done, now)
    elif who is not None:
        return _opened(replace(staff, attempts=NO_ATTEMPTS), Desk(who) if who != TECHNICIAN else None, now)
    # However long the pause is: the pad does not hide the visitor's screen meanwhile.
    failed = staff.attempts.failed(now)
    return replace(staff, door=Door.PIN, entered="", until=Monotonic(now + PIN_FOR), attempts=failed, wrong=True)


def waited(staff: Staff, now: Monotonic) -> Staff:
    """Time has passed."""
    if staff.desk is not None and (new := desk.waited(staff.desk, now)) is not staff.desk:
        return _at(staff, new, now)
    return _shut(staff) if staff.door in {Door.PIN, Door.OPEN} and now >= staff.until else staff


def seen(staff: Staff, before: View | None, view: View | None, now: Monotonic) -> Staff:
    """The core shows something else: whose visit begins finds the door shut. One that was under way leaves it open.

    So does one that a guard has just let in, seen by nobody but the guard, and one to whom the guard has just come. A
    badge opens the door that asks for one; it forgives no wrong PIN.
    """
    if view is not None and view.badge is not None and asks_for_badge(staff) and view.badge.at >= staff.asked_at:
        return _opened(staff, Desk(NOBODY_YET) if view.badge.kind is VisitorKind.GUARD else None, now)
    if staff.desk is not None and staff.desk.page is Page.ASKED:
        new = desk.seen(staff.desk, view)
        return staff if new is staff.desk else _at(staff, new, now)
    visit = _visit_of(view)
    let_in = staff.desk is not None and staff.desk.page is Page.DONE and staff.desk.visit == visit
    found = staff.desk is not None and staff.desk.page is Page.CARD and bool(desk.reasons_of(view))
    return _shut(staff) if visit is not None and visit != _visit_of(before) and not (let_in or found) else staff


def asks_for_badge(staff: Staff) -> bool:
    """Whether whoever opens the door may do it with a badge; another guard who agrees may not."""
    return staff.door in {Door.PIN, Door.CHECKING} and staff.desk is None


def door_of(staff: Staff, now: Monotonic) -> DoorMoved:
    """Return what the core is to know of the door."""
    return DoorMoved(staff.until if asks_for_badge(staff) else None, staff.desk is not None, now)


def asked(before: Staff, staff: Staff, reason: str, now: Monotonic) -> OverrideAsked | None:
    """Return what is to be told to the core: a guard has just asked to let somebody in, for this reason in words."""
    new = staff.desk
    if new is None or new.page is not Page.ASKED or (before.desk is not None and before.desk.page is Page.ASKED):
        return None
    return OverrideAsked(new.guard, reason, now, new.second)


def _at(staff: Staff, new: Desk, now: Monotonic) -> Staff:
    """The desk has changed: the pad comes up where another person is to agree, and goes again."""
    if new.page is Page.SECOND:
        return replace(staff, door=Door.PIN, entered="", wrong=False, desk=new, until=Monotonic(now + PIN_FOR))
    lasts = DONE_FOR if new.page is Page.DONE else OPEN_FOR
    return replace(staff, door=Door.OPEN, entered="", wrong=False, desk=new, until=Monotonic(now + lasts))


def _opened(staff: Staff, new: Desk | None, now: Monotonic) -> Staff:
    until = Monotonic(now + OPEN_FOR)
    return replace(staff, door=Door.OPEN, entered="", wrong=False, desk=new, until=until)


def _visit_of(view: View | None) -> VisitId | None:
    return None if view is None or view.phase is Phase.IDLE else view.visit


def _shut(staff: Staff) -> Staff:
    return Staff(attempts=staff.attempts, pins=staff.pins)
