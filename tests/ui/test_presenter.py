"""What each widget says, from the view alone."""

from dataclasses import replace

import pytest

from kiosk.model import Answer, Part, Phase, ReasonCode
from kiosk.units import Celsius, Monotonic
from kiosk.view import FormTicket, GuardCall, Hint, Measured, ParkedTicket, View
from tests.ui.views import NOTICES, NOW, collecting, picture, session, view
from ui.back_room import present_staff
from ui.picture import Action, Answered, Because, Body, Form, Guard, Idle, Moment, Parked, Picture, PinPad, Say, Screen, Steps
from ui.presenter import answers_a_scan, present
from ui.staff import Door, Staff

FORM = FormTicket("https://gate.example/f/1", "gate.example/f/1", Monotonic(NOW + 90))
REASON = (ReasonCode("pass_used"),)


def steps(body: Body) -> Steps:
    assert isinstance(body, Steps)
    return body


@pytest.mark.parametrize(
    ("shown", "screen"),
    [
        (None, Screen.MOMENT),
        (view(Phase.IDLE), Screen.IDLE),
        (view(Phase.APPROACHING), Screen.STEPS),
        (view(Phase.COLLECTING), Screen.STEPS),
        (view(Phase.CHECKING), Screen.STEPS),
        (view(Phase.COMMITTING, answer=Answer.REFUSE), Screen.STEPS),
        (view(Phase.OPENING, answer=Answer.ADMIT), Screen.STEPS),
        (view(Phase.OPEN, answer=Answer.ADMIT), Screen.ANSWER),
        (view(Phase.PASSED, answer=Answer.ADMIT), Screen.ANSWER),
        (view(Phase.AWAITING_CONSENT), Screen.STEPS),
        (view(Phase.AWAITING_FORM, form=FORM), Screen.FORM),
        (view(Phase.AWAITING_GUARD, answer=Answer.REFUSE), Screen.ANSWER),
        (view(Phase.AWAITING_GUARD, answer=Answer.HOLD, guard=GuardCall.RINGING), Screen.ANSWER),
        (view(Phase.AWAITING_GUARD, answer=Answer.HOLD, guard=GuardCall.UNANSWERED), Screen.GUARD),
        (view(Phase.AWAITING_GUARD, answer=Answer.REFUSE, guard=GuardCall.RINGING), Screen.GUARD),
        (view(Phase.AWAITING_GUARD), Screen.GUARD),
        (view(Phase.PARKED, parked=ParkedTicket("K7Q2", Monotonic(NOW + 600))), Screen.PARKED),
        (view(Phase.IDLE, parked=ParkedTicket("K7Q2", Monotonic(NOW + 600))), Screen.PARKED),
        (view(Phase.ENDED, answer=Answer.REFUSE), Screen.IDLE),
    ],
    ids=str,
)
def test_each_moment_has_its_screen(shown: object, screen: Screen) -> None:
    assert picture(shown).screen is screen  # type: ignore[arg-type]


def test_an_exit_says_that_it_is_one_and_bids_nobody_in() -> None:
    idle = picture(replace(view(Phase.IDLE), leaving=True)).body
    assert isinstance(idle, Idle)
    assert (idle.title, idle.line) == (Say("idle.leaving"), Say("idle.leaving.line"))
    answered = picture(replace(view(Phase.OPEN, answer=Answer.ADMIT), leaving=True)).body
    assert isinstance(answered, Answered)
    assert answered.word == Say("answer.leaving")


def test_nobody_is_told_to_go_in_before_the_line_is_active() -> None:
    for phase in Phase:
        body = picture(view(phase, answer=Answer.ADMIT)).body
        admitted = isinstance(body, Answered) and body.answer is Answer.ADMIT
        assert admitted is (phase in {Phase.OPEN, Phase.PASSED}), phase


def test_an_admission_that_could_not_be_recorded_is_shown_as_a_hold() -> None:
    body = picture(view(Phase.AWAITING_GUARD, answer=Answer.ADMIT, reasons=REASON)).body
    assert isinstance(body, Answered)
    assert body.answer is Answer.HOLD


def test_an_answer_gives_its_first_reason() -> None:
    body = picture(view(Phase.AWAITING_GUARD, answer=Answer.REFUSE, reasons=REASON)).body
    assert isinstance(body, Answered)
    assert body.line == Because(REASON[0], Answer.REFUSE)
    assert body.word == Say("answer.refuse")


def test_a_hint_takes_the_place_of_what_to_do() -> None:
    body = steps(picture(collecting(hint=Hint.NOT_RECOGNISED)).body)
    assert body.do == Say("hint.not_recognised")
    assert body.urgent
    assert not steps(picture(collecting()).body).urgent


def test_a_code_that_was_taken_in_is_said_to_be_so_at_once_and_not_for_long() -> None:
    shown = collecting(code_taken_at=Monotonic(NOW))
    assert steps(picture(shown, NOW).body).taken
    assert not steps(picture(shown, NOW + 1.6).body).taken
    assert not steps(picture(collecting()).body).taken


@pytest.mark.parametrize("extendable", [True, False])
def test_the_end_of_the_time_is_announced_twenty_seconds_before_also_where_no_more_can_be_had(extendable: bool) -> None:
    shown = collecting(ends_at=Monotonic(NOW + 30), extendable=extendable)
    assert steps(picture(shown, NOW + 9.9).body).line is None
    assert steps(picture(shown, NOW + 10.5).body).line == Say("time.running_out.line", (("seconds", "20"),))
    assert steps(picture(shown, NOW + 35).body).line == Say("time.running_out.line", (("seconds", "0"),))
    assert any(touch.action is Action.MORE_TIME for touch in picture(shown, NOW + 11).bar) is extendable


@pytest.mark.parametrize(
    "shown",
    [
        view(Phase.AWAITING_CONSENT),
        view(Phase.AWAITING_GUARD, answer=Answer.HOLD, reasons=REASON, guard=GuardCall.RINGING),
        view(Phase.AWAITING_GUARD, answer=Answer.REFUSE, reasons=REASON),
        view(Phase.AWAITING_GUARD, guard=GuardCall.RINGING),
        view(Phase.AWAITING_GUARD, guard=GuardCall.UNANSWERED),
        view(Phase.AWAITING_GUARD, guard=GuardCall.UNANSWERED, guard_phone="021 5555"),
        view(Phase.AWAITING_GUARD, guard=GuardCall.RINGING, guard_phone="021 5555"),
    ],
    ids=["consent", "held", "refused", "ringing", "unanswered", "with a number", "with a number at once"],
)
def test_whoever_waits_is_told_before_the_waiting_ends_and_still_whom_to_phone(shown: View) -> None:
    ending = Say("time.running_out.line", (("seconds", "9"),))
    waits = replace(shown, ends_at=Monotonic(NOW + 30), extendable=True)
    assert ending not in sayings(picture(waits, NOW + 5).body)
    late = picture(waits, NOW + 21)
    assert ending in sayings(late.body)
    assert any(touch.action is Action.MORE_TIME and touch.prominent for touch in late.bar)
    if isinstance(late.body, Guard) and shown.guard_phone is not None:
        assert ("phone", "021 5555") in late.body.line.values


def test_a_parked_visitor_is_told_until_when_their_code_is_shown_and_may_keep_it() -> None:
    ticket = ParkedTicket("K7Q2", Monotonic(NOW + 600))
    shown = picture(view(Phase.IDLE, parked=ticket, ends_at=Monotonic(NOW + 15), extendable=True), NOW + 2)
    assert isinstance(shown.body, Parked)
    assert shown.body.ending == Say("time.running_out.line", (("seconds", "13"),))
    assert [touch.action for touch in shown.bar if touch.prominent] == [Action.START_OVER]
    assert Action.MORE_TIME in [touch.action for touch in shown.bar]


def test_without_a_core_it_says_what_there_will_be_to_do_and_whom_to_phone() -> None:
    idle = view(Phase.IDLE, steps=collecting().steps, simulated=True, site_phone="021 5555")
    shown = present(session(None, empty=idle), NOW, lambda _: "14:05", NOTICES)
    assert isinstance(shown.body, Moment)
    assert [tile.step for tile in shown.body.tiles] == [step for step, _ in idle.steps]
    assert shown.body.line == Say("moment.phone", (("phone", "021 5555"),))
    assert shown.simulation is not None
    never = present(session(None), NOW, lambda _: "14:05", NOTICES)
    assert isinstance(never.body, Moment)
    assert (never.body.tiles, never.body.line, never.simulation) == ((), Say("moment.line"), None)


@pytest.mark.parametrize(
    ("shown", "answers"),
    [
        (collecting(), False),
        (collecting(code_taken_at=NOW), True),
        (collecting(hint=Hint.NOT_RECOGNISED), True),
        (view(Phase.AWAITING_GUARD, answer=Answer.REFUSE, reasons=REASON), True),
        (view(Phase.COMMITTING, answer=Answer.ADMIT), False),
        (view(Phase.OPEN, answer=Answer.ADMIT), True),
        (view(Phase.IDLE), False),
    ],
    ids=["asked for", "taken", "hint", "refused", "not durable", "open", "nobody"],
)
def test_a_scan_is_answered_by_a_tick_a_hint_or_the_answer(shown: View, answers: bool) -> None:
    assert answers_a_scan(picture(shown).body) is answers


def sayings(body: Body) -> list[object]:
    return [getattr(body, name) for name in ("title", "line", "next", "ending") if hasattr(body, name)]


def test_a_temperature_is_given_only_once_it_has_settled() -> None:
    settling = Measured(Celsius(36.1), Celsius(0.8), settled=False)
    gauge = steps(picture(collecting(measured=settling)).body).gauge
    assert gauge is not None
    assert gauge.words == Say("measured.settling")
    assert (gauge.low_c, gauge.high_c) == pytest.approx((35.3, 36.9))
    settled = steps(picture(collecting(measured=replace(settling, settled=True))).body).gauge
    assert settled is not None
    assert settled.words == Say("measured.value", (("value", "36.1"), ("uncertainty", "0.8")))


def test_without_a_camera_there_is_no_mirror_and_it_is_said() -> None:
    body = steps(picture(collecting(lost=(Part.CAMERA,))).body)
    assert not body.mirror
    assert body.no_mirror == Say("part.camera.lost")


def test_a_form_counts_down_to_whatever_ends_first() -> None:
    shown = view(Phase.AWAITING_FORM, form=FORM, ends_at=Monotonic(NOW + 45))
    body = picture(shown, NOW + 0.2).body
    assert isinstance(body, Form)
    assert body.url == FORM.url
    assert body.countdown == Say("form.countdown", (("time", "0:45"),))
    later = picture(replace(shown, ends_at=None), NOW + 20).body
    assert isinstance(later, Form)
    assert later.countdown == Say("form.countdown", (("time", "1:10"),))


def test_without_a_server_the_form_is_said_to_be_unavailable() -> None:
    body = picture(view(Phase.AWAITING_FORM)).body
    assert isinstance(body, Form)
    assert body.url is None
    assert body.line == Say("form.unavailable")


def test_a_parked_visitor_reads_their_code_and_how_long_it_is_kept() -> None:
    body = picture(view(Phase.PARKED, parked=ParkedTicket("K7Q2", Monotonic(NOW + 541)))).body
    assert isinstance(body, Parked)
    assert body.code == Say("parked.code", (("code", "K7Q2"),))
    assert body.line == Say("parked.line", (("minutes", "10"),))


def test_a_guard_who_does_not_answer_can_be_phoned_where_there_is_a_number() -> None:
    call = view(Phase.AWAITING_GUARD, guard=GuardCall.UNANSWERED, guard_phone="021 5555")
    body = picture(call).body
    assert isinstance(body, Guard)
    assert (body.phone, body.line) == ("021 5555", Say("guard.unanswered.line", (("phone", "021 5555"),)))
    without = picture(replace(call, guard_phone=None)).body
    assert isinstance(without, Guard)
    assert (without.phone, without.line) == (None, Say("guard.unanswered.no_phone"))


def test_a_call_that_nobody_hears_shows_the_number_at_once() -> None:
    call = view(Phase.AWAITING_GUARD, guard=GuardCall.RINGING, guard_phone="021 5555", server_lost_at=Monotonic(NOW - 60))
    body = picture(call).body
    assert isinstance(body, Guard)
    assert (body.phone, body.title) == ("021 5555", Say("guard.phone"))
    assert body.line == Say("guard.phone.line", (("phone", "021 5555"),))
    held = picture(replace(call, answer=Answer.HOLD, reasons=REASON)).body
    assert isinstance(held, Answered)
    assert held.next == Say("guard.unanswered.line", (("phone", "021 5555"),))


def test_what_is_out_of_order_is_said_the_gravest_first() -> None:
    lost = (Part.THERMOMETER, Part.CAMERA, Part.GATE, Part.EYES)
    banners = picture(view(Phase.IDLE, lost=lost)).banners
    assert [banner.words.key for banner in banners] == ["part.gate.lost", "part.camera.lost", "part.thermometer.lost"]
    assert not any(banner.brief for banner in banners)


def test_of_much_that_is_lost_nothing_is_left_out_and_since_when_it_is_offline_keeps_its_words() -> None:
    lost = (Part.CAMERA, Part.THERMOMETER, Part.ISSUER, Part.SERVER)
    banners = picture(view(Phase.IDLE, lost=lost, server_lost_at=Monotonic(NOW - 60))).banners
    assert [(banner.words.key, banner.brief) for banner in banners] == [
        ("part.camera.lost", False),
        ("part.thermometer.lost", True),
        ("part.issuer.lost", True),
        ("offline.since", False),
    ]


def behind_the_door(shown: View | None, door: Door) -> Picture:
    found = present_staff(session(shown), Staff(door), "gate-1", "1.0", NOW, lambda _: "14:05")
    assert found is not None
    return found


def test_the_strip_stands_above_the_staffs_screen_too() -> None:
    shown = view(Phase.IDLE, lost=(Part.CAMERA,), server_lost_at=Monotonic(NOW - 60), simulated=True)
    behind = behind_the_door(shown, Door.OPEN)
    assert (behind.banners, behind.simulation) == (picture(shown).banners, picture(shown).simulation)
    assert behind.simulation is not None
    assert (behind_the_door(None, Door.OPEN).banners, behind_the_door(None, Door.OPEN).simulation) == ((), None)


def test_beside_the_pad_it_is_a_line_so_that_the_keys_keep_their_size() -> None:
    shown = view(Phase.IDLE, lost=(Part.CAMERA,), server_lost_at=Monotonic(NOW - 60), simulated=True)
    behind = behind_the_door(shown, Door.PIN)
    assert isinstance(behind.body, PinPad)
    assert [line.key for line in behind.body.out_of_order] == ["part.camera.lost", "offline.since", "simulation"]
    assert (behind.banners, behind.simulation) == ((), None)


def test_offline_is_said_with_the_time_or_without_it_while_the_clock_is_wrong() -> None:
    shown = view(Phase.IDLE, server_lost_at=Monotonic(NOW - 60))
    (banner,) = picture(shown).banners
    assert banner.words == Say("offline.since", (("time", "14:05"),))
    (banner,) = present(session(shown), NOW, lambda _: None, NOTICES).banners
    assert banner.words == Say("part.server.lost")


def test_a_simulation_is_marked_on_every_screen() -> None:
    for phase in Phase:
        shown = picture(view(phase, simulated=True))
        assert shown.simulation is not None, phase
        assert picture(view(phase)).simulation is None


def test_an_empty_gate_grows_dark_and_a_visitor_wakes_it() -> None:
    assert not picture(view(Phase.IDLE), NOW + 119).dimmed
    assert picture(view(Phase.IDLE), NOW + 121).dimmed
    assert not picture(collecting(), NOW + 121).dimmed


def test_the_picture_moves_by_a_few_pixels_every_minute() -> None:
    shifts = {picture(view(Phase.IDLE), NOW + 60 * minute).shift for minute in range(12)}
    assert len(shifts) > 8
    assert all(abs(across) <= 3 and abs(up) <= 3 for across, up in shifts)


def test_the_free_kiosk_asks_for_the_next_of_a_group() -> None:
    idle = picture(replace(view(Phase.IDLE), next_of_group=(2, 3))).body
    assert isinstance(idle, Idle)
    assert (idle.title, idle.line) == (Say("group.next", (("number", "2"), ("of", "3"))), Say("group.next.line"))
