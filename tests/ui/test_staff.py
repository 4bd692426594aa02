"""The staff's door: held, asked, opened, shut by itself."""

import pytest

from kiosk.errors import UsageError
from kiosk.model import Part, Phase
from kiosk.units import Monotonic
from kiosk.view import View
from tests.ui.views import NOW, view
from ui.picture import Action, PinPad, Say, Status
from ui.pin import PAUSES_S, Attempts, hash_pin, matches
from ui.staff import PIN_FOR, STATUS_FOR, Door, Staff, checked, knocked, seen, shown, touched, waited

SALT = bytes(16)


def later(seconds: float) -> Monotonic:
    return Monotonic(NOW + seconds)


def entered(digits: str, staff: Staff | None = None, at: Monotonic = NOW) -> Staff:
    staff = knocked(Staff(), at) if staff is None else staff
    for digit in digits:
        staff = touched(staff, Action.DIGIT, digit, at)
    return touched(staff, Action.ENTER, "", at)


def pictured(staff: Staff, what: View | None, at: Monotonic = NOW) -> PinPad | Status | None:
    return shown(staff, what, "gate-1", "1.0", at)


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
    staff = checked(staff, True, NOW)
    assert (staff.door, staff.entered) == (Door.OPEN, "")
    assert waited(staff, later(STATUS_FOR - 1)).door is Door.OPEN
    assert waited(staff, later(STATUS_FOR)).door is Door.SHUT


def test_a_pad_that_nobody_touches_closes() -> None:
    assert waited(knocked(Staff(), NOW), later(PIN_FOR)).door is Door.SHUT


def test_wrong_pins_are_paid_for_with_growing_pauses_that_closing_does_not_end() -> None:
    staff, now = Staff(), NOW
    pauses = []
    for _ in range(6):
        staff = checked(entered("0000", knocked(staff, now), now), False, now)
        pauses.append(staff.attempts.wait_s(now))
        staff = touched(staff, Action.CLOSE, "", now)
        now = Monotonic(now + pauses[-1])
    assert pauses == [PAUSES_S[wrong] for wrong in range(1, 7)]
    assert sorted(pauses) == pauses


def test_the_pad_closes_as_soon_however_long_the_pause_is() -> None:
    staff = Staff(attempts=Attempts(7, NOW))
    staff = checked(entered("0000", knocked(staff, NOW)), False, NOW)
    assert staff.attempts.wait_s(NOW) > PIN_FOR
    assert waited(staff, later(PIN_FOR)).door is Door.SHUT


@pytest.mark.parametrize("door", [Door.PIN, Door.CHECKING, Door.OPEN])
def test_a_visit_that_begins_shuts_the_door_and_one_that_goes_on_does_not(door: Door) -> None:
    staff = Staff(door, attempts=Attempts(7, later(300)))
    idle, coming, held = view(Phase.IDLE), view(Phase.APPROACHING), view(Phase.AWAITING_GUARD)
    assert seen(staff, idle, coming) == Staff(attempts=staff.attempts)
    assert seen(staff, None, coming).door is Door.SHUT
    assert seen(staff, held, view(Phase.APPROACHING, visit="v2")).door is Door.SHUT
    for before, after in ((coming, held), (held, idle), (idle, None)):
        assert seen(staff, before, after).door is door


def test_during_a_pause_no_digit_is_taken_and_the_wait_is_said() -> None:
    staff = Staff(attempts=Attempts(2, later(5)))
    staff = entered("2468", knocked(staff, NOW))
    assert (staff.door, staff.entered) == (Door.PIN, "")
    pad = pictured(staff, None)
    assert isinstance(pad, PinPad)
    assert (pad.line, pad.closed) == (Say("staff.wait", (("seconds", "5"),)), True)


def test_the_right_pin_forgives_the_wrong_ones() -> None:
    staff = checked(entered("0000"), False, NOW)
    assert checked(entered("2468", staff), True, NOW).attempts == Attempts()


def test_an_answer_that_comes_after_the_pad_was_closed_opens_nothing() -> None:
    staff = touched(entered("2468"), Action.CLOSE, "", NOW)
    assert checked(staff, True, NOW).door is Door.SHUT


def test_what_was_entered_is_shown_as_dots_and_never_printed() -> None:
    staff = touched(knocked(Staff(), NOW), Action.DIGIT, "7", NOW)
    pad = pictured(staff, None)
    assert isinstance(pad, PinPad)
    assert pad.digits == 1
    assert "7" not in repr(staff)
    assert touched(staff, Action.DELETE, "", NOW).entered == ""


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
