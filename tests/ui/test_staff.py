"""The staff's door: held, asked, opened, shut by itself."""

from typing import Any

import pytest

from kiosk.errors import UsageError
from kiosk.link import DoorMoved
from kiosk.model import Part, Phase
from kiosk.people import VisitorKind
from kiosk.units import Monotonic
from kiosk.view import Badge, View
from tests.ui.views import NOW, session, view
from ui.back_room import present_staff
from ui.picture import Action, PinPad, Say, Status
from ui.pin import PAUSES_S, Attempts, hash_pin, matches
from ui.staff import OPEN_FOR, PIN_FOR, TECHNICIAN, Door, Staff, checked, door_of, knocked, seen, touched, waited

SALT = bytes(16)


def later(seconds: float) -> Monotonic:
    return Monotonic(NOW + seconds)


def entered(digits: str, staff: Staff | None = None, at: Monotonic = NOW) -> Staff:
    staff = knocked(Staff(), at) if staff is None else staff
    for digit in digits:
        staff = touched(staff, Action.DIGIT, digit, None, at)
    return touched(staff, Action.ENTER, "", None, at)


def pictured(staff: Staff, what: View | None, at: Monotonic = NOW) -> PinPad | Status | None:
    found = present_staff(session(what), staff, "gate-1", "1.0", at, lambda _: "14:05")
    assert found is None or isinstance(found.body, PinPad | Status)
    return None if found is None else found.body  # type: ignore[return-value]  # mypy does not narrow an attribute


def test_a_pin_matches_its_own_hash_and_no_other() -> None:
    kept = hash_pin("2468", SALT)
    assert matches("2468", kept)
    assert not matches("2469", kept)
    assert "2468" not in kept


@pytest.mark.parametrize("pin", ["", "123", "1234567890123", "12a4", "１２３４"])
def test_what_is_no_pin_is_one_sentence(pin: str) -> None:
    with pytest.raises(UsageError, match="a PIN has 4 to 12 digits"):
        hash_pin(pin, SALT)


def test_the_right_pin_opens_and_the_door_shuts_by_itself() -> None:
    staff = entered("2468")
    assert (staff.door, staff.entered) == (Door.CHECKING, "2468")
    staff = checked(staff, TECHNICIAN, None, NOW)
    assert (staff.door, staff.entered) == (Door.OPEN, "")
    assert waited(staff, later(OPEN_FOR - 1)).door is Door.OPEN
    assert waited(staff, later(OPEN_FOR)).door is Door.SHUT


def test_a_pad_that_nobody_touches_closes() -> None:
    assert waited(knocked(Staff(), NOW), later(PIN_FOR)).door is Door.SHUT


def test_wrong_pins_are_paid_for_with_growing_pauses_that_closing_does_not_end() -> None:
    staff, now = Staff(), NOW
    pauses = []
    for _ in range(6):
        staff = checked(entered("0000", knocked(staff, now), now), None, None, now)
        pauses.append(staff.attempts.wait_s(now))
        staff = touched(staff, Action.CLOSE, "", None, now)
        now = Monotonic(now + pauses[-1])
    assert pauses == [PAUSES_S[wrong] for wrong in range(1, 7)]
    assert sorted(pauses) == pauses


def test_the_pad_closes_as_soon_however_long_the_pause_is() -> None:
    staff = Staff(attempts=Attempts(7, NOW))
    staff = checked(entered("0000", knocked(staff, NOW)), None, None, NOW)
    assert staff.attempts.wait_s(NOW) > PIN_FOR
    assert waited(staff, later(PIN_FOR)).door is Door.SHUT


@pytest.mark.parametrize("door", [Door.PIN, Door.CHECKING, Door.OPEN])
def test_a_visit_that_begins_shuts_the_door_and_one_that_goes_on_does_not(door: Door) -> None:
    staff = Staff(door, attempts=Attempts(7, later(300)))
    idle, coming, held = view(Phase.IDLE), view(Phase.APPROACHING), view(Phase.AWAITING_GUARD)
    assert seen(staff, idle, coming, NOW) == Staff(attempts=staff.attempts)
    assert seen(staff, None, coming, NOW).door is Door.SHUT
    assert seen(staff, held, view(Phase.APPROACHING, visit="v2"), NOW).door is Door.SHUT
    for before, after in ((coming, held), (held, idle), (idle, None)):
        assert seen(staff, before, after, NOW).door is door


def test_during_a_pause_no_digit_is_taken_and_the_wait_is_said() -> None:
    staff = Staff(attempts=Attempts(2, later(5)))
    staff = entered("2468", knocked(staff, NOW))
    assert (staff.door, staff.entered) == (Door.PIN, "")
    pad = pictured(staff, None)
    assert isinstance(pad, PinPad)
    assert (pad.line, pad.closed) == (Say("staff.wait", (("seconds", "5"),)), True)


def test_the_right_pin_forgives_the_wrong_ones() -> None:
    staff = checked(entered("0000"), None, None, NOW)
    assert checked(entered("2468", staff), TECHNICIAN, None, NOW).attempts == Attempts()


def test_an_answer_that_comes_after_the_pad_was_closed_opens_nothing() -> None:
    staff = touched(entered("2468"), Action.CLOSE, "", None, NOW)
    assert checked(staff, TECHNICIAN, None, NOW).door is Door.SHUT


def test_what_was_entered_is_shown_as_dots_and_never_printed() -> None:
    staff = touched(knocked(Staff(), NOW), Action.DIGIT, "7", None, NOW)
    pad = pictured(staff, None)
    assert isinstance(pad, PinPad)
    assert pad.digits == 1
    assert "7" not in repr(staff)
    assert touched(staff, Action.DELETE, "", None, NOW).entered == ""


def test_behind_the_door_stands_what_is_out_of_order() -> None:
    status = pictured(Staff(Door.OPEN), view(Phase.IDLE, lost=(Part.CAMERA,)))
    assert isinstance(status, Status)
    assert not status.well
    assert [line.key for line in status.lines] == ["staff.device", "staff.version", "part.camera.lost"]
    well = pictured(Staff(Door.OPEN), view(Phase.IDLE))
    assert isinstance(well, Status)
    assert well.well
    alone = pictured(Staff(Door.OPEN), None)
    assert isinstance(alone, Status)
    assert alone.lines[-1] == Say("part.core.lost")


def shown(kind: VisitorKind, at: Monotonic = NOW) -> View:
    return view(Phase.IDLE, badges=True, badge=Badge(kind, at))


@pytest.mark.parametrize(("kind", "has_desk"), [(VisitorKind.GUARD, True), (VisitorKind.TECHNICIAN, False)])
def test_a_badge_opens_the_door_that_asks_for_one_and_forgives_no_wrong_pin(kind: VisitorKind, has_desk: bool) -> None:
    asks = knocked(Staff(attempts=Attempts(3, later(30))), NOW)
    opened = seen(asks, view(Phase.IDLE), shown(kind), NOW)
    assert (opened.door, opened.desk is not None, opened.attempts.wrong) == (Door.OPEN, has_desk, 3)
    assert seen(Staff(), view(Phase.IDLE), shown(kind), NOW).door is Door.SHUT
    assert seen(knocked(Staff(), NOW), view(Phase.IDLE), shown(kind, later(-1)), NOW).door is Door.PIN


@pytest.mark.parametrize(
    ("pins", "parts", "asks", "keys"),
    [
        (True, {"badges": True}, "staff.ask.either", True),
        (True, {"badges": True, "lost": (Part.CAMERA,)}, "staff.ask", True),
        (True, {}, "staff.ask", True),
        (False, {"badges": True}, "staff.ask.badge", False),
    ],
    ids=["either", "no camera", "nobody signs badges", "nobody has a PIN"],
)
def test_the_pad_asks_for_what_can_open_it(pins: bool, parts: dict[str, Any], asks: str, keys: bool) -> None:
    pad = pictured(knocked(Staff(pins=pins), NOW), view(Phase.IDLE, **parts))
    assert isinstance(pad, PinPad)
    assert (pad.line, pad.keys) == (Say(asks), keys)


def test_where_nobody_has_a_pin_no_key_counts() -> None:
    assert entered("2468", knocked(Staff(pins=False), NOW)) == knocked(Staff(pins=False), NOW)


def test_the_core_hears_whether_a_badge_is_asked_for_and_whether_a_guard_is_there() -> None:
    asks = knocked(Staff(), NOW)
    assert door_of(asks, NOW) == DoorMoved(later(PIN_FOR), guard=False, at=NOW)
    assert door_of(Staff(), NOW) == DoorMoved(None, guard=False, at=NOW)
    assert door_of(seen(asks, None, shown(VisitorKind.GUARD), NOW), NOW) == DoorMoved(None, guard=True, at=NOW)
