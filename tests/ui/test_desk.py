"""The guard's desk: the card, letting somebody in under one's own name, and what is said to have come of it."""

from dataclasses import replace

import pytest

from kiosk.cards import shipped
from kiosk.link import OverrideAsked
from kiosk.model import Answer, Phase, ReasonCode, VisitId
from kiosk.policy import Contact
from kiosk.remote import Unfit
from kiosk.units import Monotonic
from kiosk.view import Declined, Lines, OwnCard, View
from tests.ui.views import NOW, session, view
from ui.back_room import present_staff
from ui.desk import ANSWERED_WITHIN, NOBODY_YET, Desk, Outcome, Page
from ui.picture import Action, Because, Card, Choices, Picture, PinPad, Plain, Say, Screen, Status
from ui.pin import hash_pin, whose
from ui.staff import DONE_FOR, OPEN_FOR, PIN_FOR, TECHNICIAN, Door, Staff, asked, checked, seen, touched, waited

HELD = view(Phase.AWAITING_GUARD, answer=Answer.HOLD, reasons=(ReasonCode("temperature_high"),))
TWO = replace(HELD, override_takes=2)


def later(seconds: float) -> Monotonic:
    return Monotonic(NOW + seconds)


def opened(by: str = "Wang Fang", at: Monotonic = NOW) -> Staff:
    return checked(Staff(Door.CHECKING, "2468", until=later(20)), by, HELD, at)


def press(staff: Staff, shown: View | None, *actions: Action | str, at: Monotonic = NOW) -> tuple[Staff, list[OverrideAsked]]:
    """Press buttons one after another, a reason by its name; return what was asked of the core meanwhile."""
    told = []
    for action in actions:
        known, value = (action, "") if isinstance(action, Action) else (Action.REASON, action)
        after = touched(staff, known, value, shown, at)
        told.append(asked(staff, after, "in words", at))
        staff = after
    return staff, [one for one in told if one is not None]


def page(staff: Staff) -> Page | None:
    return None if staff.desk is None else staff.desk.page


def pictured(staff: Staff, shown: View | None = HELD, at: Monotonic = NOW) -> Picture:
    found = present_staff(session(shown), staff, "gate-1", "1.0", at, lambda _: "14:05")
    assert found is not None
    return found


def card(staff: Staff, shown: View | None = HELD) -> Card:
    body = pictured(staff, shown).body
    assert isinstance(body, Card)
    return body


def actions(picture: Picture) -> list[Action]:
    return [touch.action for touch in picture.bar]


def test_a_pin_names_whose_it_is() -> None:
    kept = {"Wang Fang": hash_pin("2468", bytes(16)), TECHNICIAN: hash_pin("1357", bytes(16))}
    assert [whose(pin, kept) for pin in ("2468", "1357", "9999")] == ["Wang Fang", TECHNICIAN, None]


def test_the_technicians_pin_opens_no_desk() -> None:
    assert page(opened(TECHNICIAN)) is None
    assert pictured(opened(TECHNICIAN)).screen is Screen.STATUS


def test_the_card_says_what_the_visitor_was_told_what_to_say_what_to_do_and_whom_to_call() -> None:
    found = card(opened())
    assert found.told == Because(ReasonCode("temperature_high"), Answer.HOLD)
    assert isinstance(found.say, Plain)
    assert isinstance(found.do, Plain)
    assert "clinical thermometer" in found.do.text
    assert found.call == Plain("The neighbourhood committee")
    assert found.who == Say("desk.takes.1")


def test_the_card_is_in_the_sites_language_whatever_the_visitor_speaks() -> None:
    assert pictured(opened(), replace(HELD, language="ko")).language == "en"
    assert pictured(opened(), replace(HELD, site_language="ja", language="ko")).language == "ja"


def test_of_several_reasons_each_has_its_card_in_turn() -> None:
    both = replace(HELD, reasons=(ReasonCode("temperature_high"), ReasonCode("consent_missing")))
    staff = opened()
    first = card(staff, both)
    assert first.title == Say("desk.title.of", (("number", "1"), ("count", "2")))
    second, third = press(staff, both, Action.NEXT)[0], press(staff, both, Action.NEXT, Action.NEXT)[0]
    assert card(second, both).say != first.say
    assert card(third, both) == first
    assert Action.NEXT not in actions(pictured(staff))


def lines(said: str) -> Lines:
    return tuple((language, f"{said} {language}") for language in ("zh", "en", "ja", "ko"))


@pytest.mark.parametrize("reason", ["use_the_side_gate", "temperature_high"], ids=["its own", "one of ours"])
def test_what_the_sites_rules_say_for_a_reason_is_on_its_card_in_the_sites_language(reason: str) -> None:
    own = OwnCard(ReasonCode(reason), lines("told"), lines("say"), lines("do"), "property_office")
    found = card(opened(), replace(HELD, reasons=(ReasonCode(reason),), own_cards=(own,)))
    assert (found.say, found.do) == (Plain("say en"), Plain("do en"))
    assert found.told == Because(ReasonCode(reason), Answer.HOLD, lines("told"))
    assert found.call == Plain(shipped().contact[Contact.PROPERTY_OFFICE].en)


def test_a_reason_that_nobody_has_a_card_for_has_a_general_one() -> None:
    assert card(opened(), replace(HELD, reasons=(ReasonCode("use_the_side_gate"),))).say == Say("card.other.say")


@pytest.mark.parametrize("shown", [None, view(Phase.IDLE), view(Phase.COLLECTING)], ids=["no core", "idle", "coming"])
def test_where_nobody_is_stopped_it_says_so(shown: View | None) -> None:
    assert card(opened(), shown).title == Say("desk.nobody")


def test_one_guard_lets_somebody_in_with_a_reason_from_the_list() -> None:
    staff, told = press(opened(), HELD, Action.LET_IN)
    assert (page(staff), told) == (Page.REASONS, [])
    body = pictured(staff).body
    assert isinstance(body, Choices)
    assert "measured_again" in [choice.value for choice in body.choices]
    staff, told = press(staff, HELD, "measured_again", at=later(3))
    assert told == [OverrideAsked("Wang Fang", "in words", later(3))]
    assert page(staff) is Page.ASKED


def test_nothing_is_asked_twice() -> None:
    staff, told = press(opened(), HELD, Action.LET_IN, "measured_again", "measured_again", Action.LET_IN)
    assert len(told) == 1
    assert asked(staff, staff, "in words", NOW) is None


def test_where_the_rules_want_two_the_pad_asks_for_another_guard() -> None:
    staff, told = press(opened(), TWO, Action.LET_IN, "measured_again")
    assert (staff.door, page(staff), told) == (Door.PIN, Page.SECOND, [])
    body = pictured(staff).body
    assert isinstance(body, PinPad)
    assert body.line == Say("desk.second")
    staff, told = enter(staff, "Li Wei")
    assert told == [OverrideAsked("Wang Fang", "in words", NOW, "Li Wei")]
    assert (staff.door, page(staff)) == (Door.OPEN, Page.ASKED)


@pytest.mark.parametrize("who", ["Wang Fang", "wang fang", TECHNICIAN, None])
def test_nobody_agrees_with_themselves_and_wrong_pins_are_paid_for(who: str | None) -> None:
    staff, _ = press(opened(), TWO, Action.LET_IN, "measured_again")
    staff, told = enter(staff, who)
    assert (staff.door, page(staff), staff.wrong, staff.attempts.wrong, told) == (Door.PIN, Page.SECOND, True, 1, [])


def enter(staff: Staff, who: str | None) -> tuple[Staff, list[OverrideAsked]]:
    for action, value in ((Action.DIGIT, "1"), (Action.ENTER, "")):
        staff = touched(staff, action, value, TWO, NOW)
    assert staff.door is Door.CHECKING
    after = checked(staff, who, TWO, NOW)
    order = asked(staff, after, "in words", NOW)
    return after, [] if order is None else [order]


def test_going_back_from_the_pad_leads_to_the_card_also_while_the_pin_is_checked() -> None:
    staff, _ = press(opened(), TWO, Action.LET_IN, "measured_again")
    back, _ = press(staff, TWO, Action.BACK)
    assert (back.door, page(back)) == (Door.OPEN, Page.CARD)
    checking = replace(staff, door=Door.CHECKING, entered="1")
    back, _ = press(checking, TWO, Action.BACK)
    assert page(checked(back, "Li Wei", TWO, NOW)) is Page.CARD


def test_whom_nobody_may_let_in_nobody_is_offered_to() -> None:
    nobody = replace(HELD, override_takes=0)
    assert Action.LET_IN not in actions(pictured(opened(), nobody))
    assert page(press(opened(), nobody, Action.LET_IN)[0]) is Page.CARD
    assert card(opened(), nobody).who == Say("desk.takes.0")


@pytest.mark.parametrize("phase", [Phase.COMMITTING, Phase.OPENING, Phase.OPEN, Phase.PASSED])
def test_while_somebody_is_let_in_nobody_else_is(phase: Phase) -> None:
    going = view(phase, answer=Answer.ADMIT)
    assert Action.LET_IN not in actions(pictured(opened(), going))
    assert press(opened(), going, Action.LET_IN, "measured_again")[1] == []


def ordered(shown: View = HELD) -> Staff:
    return press(opened(), shown, Action.LET_IN, "measured_again")[0]


@pytest.mark.parametrize(
    ("then", "outcome"),
    [
        ((view(Phase.COMMITTING), view(Phase.OPEN, answer=Answer.ADMIT)), Outcome.OPENED),
        ((view(Phase.PASSED, answer=Answer.ADMIT),), Outcome.OPENED),
        ((view(Phase.COMMITTING), view(Phase.AWAITING_GUARD)), Outcome.NOT_OPENED),
        ((view(Phase.OPENING), view(Phase.ENDED)), Outcome.NOT_OPENED),
        ((view(Phase.IDLE, visit="v2"),), Outcome.NOT_OPENED),
        ((replace(HELD, declined=Declined(Unfit.LATE, later(1))),), Unfit.LATE),
        ((replace(HELD, declined=Declined(Unfit.NOBODY_MAY, later(1))),), Unfit.NOBODY_MAY),
    ],
    ids=["opened", "seen late", "not recorded", "gate failed", "gone", "late", "nobody may"],
)
def test_it_shows_what_came_of_it(then: tuple[View, ...], outcome: Outcome | Unfit) -> None:
    staff, before = ordered(), HELD
    for shown in then:
        staff, before = seen(staff, before, shown, later(1)), shown
    body = pictured(staff).body
    assert isinstance(body, Status)
    assert (body.title, body.well) == (Say(f"override.{outcome}"), outcome is Outcome.OPENED)
    assert waited(staff, later(1 + DONE_FOR)).door is Door.SHUT


def test_an_older_refusal_is_no_answer() -> None:
    before = replace(HELD, declined=Declined(Unfit.LATE, later(-5)))
    assert page(seen(ordered(before), before, replace(before, server_lost_at=NOW), later(1))) is Page.ASKED


def test_a_core_that_wants_another_person_after_all_has_the_pad_ask_for_one() -> None:
    staff = seen(ordered(), HELD, replace(HELD, declined=Declined(Unfit.SECOND_PERSON, later(1))), later(1))
    assert (staff.door, page(staff)) == (Door.PIN, Page.SECOND)


def test_without_an_answer_it_says_so() -> None:
    staff = waited(ordered(), later(ANSWERED_WITHIN))
    body = pictured(staff).body
    assert isinstance(body, Status)
    assert body.title == Say("override.no_answer")


def test_whoever_is_let_in_unseen_by_the_kiosk_is_no_new_visitor_who_shuts_the_door() -> None:
    idle = view(Phase.IDLE)
    staff = ordered(idle)
    for shown in (view(Phase.COMMITTING), view(Phase.OPEN, answer=Answer.ADMIT)):
        staff = seen(staff, idle, shown, NOW)
    assert page(staff) is Page.DONE
    staff = seen(staff, view(Phase.OPEN), view(Phase.PASSED, answer=Answer.ADMIT), NOW)
    assert page(staff) is Page.DONE
    assert seen(staff, view(Phase.IDLE, visit="v2"), view(Phase.APPROACHING, visit="v3"), NOW).door is Door.SHUT


def test_the_next_visitor_shuts_the_desk_before_anybody_else_is_let_in() -> None:
    staff = seen(press(opened(), HELD, Action.LET_IN)[0], HELD, view(Phase.APPROACHING, visit="v2"), NOW)
    assert staff.door is Door.SHUT


def test_it_closes_by_itself_says_so_before_and_any_touch_keeps_it_open() -> None:
    staff = opened()
    assert pictured(staff, at=later(OPEN_FOR - 11)).body.ending is None  # type: ignore[union-attr]  # a card has one
    assert pictured(staff, at=later(OPEN_FOR - 9)).body.ending == Say("staff.closes", (("seconds", "9"),))  # type: ignore[union-attr]
    kept = touched(staff, Action.MORE_TIME, "", HELD, later(OPEN_FOR - 5))
    assert waited(kept, later(OPEN_FOR + 1)).door is Door.OPEN
    assert waited(staff, later(OPEN_FOR)).door is Door.SHUT
    pad = press(opened(), TWO, Action.LET_IN, "measured_again")[0]
    assert waited(pad, later(PIN_FOR)).door is Door.SHUT


def test_names_are_in_no_log() -> None:
    staff = ordered()
    assert "Wang" not in repr(staff) + repr(staff.desk) + repr(Desk("Wang Fang", visit=VisitId("v1")))


def test_who_came_in_with_a_badge_gives_a_pin_before_letting_anybody_in() -> None:
    by_badge = replace(opened(), desk=Desk(NOBODY_YET))
    assert card(by_badge).title == Say("desk.title")
    staff, told = press(by_badge, HELD, Action.LET_IN, "measured_again")
    assert (staff.door, page(staff), told) == (Door.PIN, Page.SECOND, [])
    body = pictured(staff).body
    assert isinstance(body, PinPad)
    assert body.line == Say("staff.ask")
    after = checked(replace(staff, door=Door.CHECKING), "Wang Fang", HELD, NOW)
    assert asked(staff, after, "in words", NOW) == OverrideAsked("Wang Fang", "in words", NOW)


def test_where_nobody_has_a_pin_nobody_is_let_in_with_a_badge() -> None:
    by_badge = replace(opened(), desk=Desk(NOBODY_YET))
    assert Action.LET_IN in actions(pictured(by_badge))
    assert Action.LET_IN not in actions(pictured(replace(by_badge, pins=False)))


def test_where_two_are_wanted_a_badge_stands_for_neither() -> None:
    by_badge = replace(opened(), desk=Desk(NOBODY_YET))
    staff, _ = press(by_badge, TWO, Action.LET_IN, "measured_again")
    staff, told = enter(staff, "Wang Fang")
    assert (staff.door, page(staff), told) == (Door.PIN, Page.SECOND, [])
    body = pictured(staff, TWO).body
    assert isinstance(body, PinPad)
    assert body.line == Say("desk.second")
    assert enter(staff, "Wang Fang")[1] == []
    assert enter(staff, "Li Wei")[1] == [OverrideAsked("Wang Fang", "in words", NOW, "Li Wei")]


def test_a_visitor_to_whom_the_guard_has_come_is_no_new_one_who_shuts_the_door() -> None:
    theirs = replace(HELD, visit=VisitId("v9"))
    assert page(seen(opened(), view(Phase.APPROACHING, visit="v2"), theirs, NOW)) is Page.CARD
