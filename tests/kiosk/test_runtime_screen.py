"""The loop and its screen: every scan answered at once, hints that age, time, and turning back."""

import pytest

from kiosk.display import ANSWERED_FOR, FOREHEAD_AFTER, MEASURED_EVERY, NOTICED_FOR, PARKED_FOR
from kiosk.evidence import HealthStatus, Scan
from kiosk.inbox import Item, TokenAnswered
from kiosk.link import Finished, FormAsked, GateClosed, GateOpened, GuardAsked, Noticed, SceneMoved, TimeAsked
from kiosk.model import EventId, Part, Phase
from kiosk.people import VisitorKind
from kiosk.presence import SETS_OFF
from kiosk.runtime import SHOWN_WITHIN
from kiosk.units import Monotonic
from kiosk.view import Hint, Step, StepState, View
from kiosk.viewing import short_code
from tests.kiosk.runtimes import HEALTH_CODE, MENU, Bench, admit_resident, lose, signed_pass
from tests.kiosk.watching import shown, stay, step, wait


@pytest.fixture
def bench() -> Bench:
    return Bench("response-level-2")


@pytest.fixture
def normal() -> Bench:
    return Bench("normal-times")


def test_there_is_something_to_show_before_anything_happens(bench: Bench) -> None:
    assert (shown(bench).phase, shown(bench).simulated) == (Phase.IDLE, True)


def test_nothing_new_is_not_told_again(bench: Bench) -> None:
    bench.stand(None)
    told = len(bench.views)
    stay(bench, 1.0)
    assert len(bench.views) == told


def test_a_code_that_is_recognised_moves_its_step_on_at_once(bench: Bench) -> None:
    bench.scan(signed_pass(VisitorKind.GUEST))
    assert (step(bench, Step.CODE), shown(bench).hint) == (StepState.ACTIVE, None)
    bench.scan(HEALTH_CODE)
    visit, token = bench.resolver.asked[-1]
    bench.give(TokenAnswered(visit, token.token, HealthStatus.GREEN))
    assert (step(bench, Step.CODE), shown(bench).hint) == (StepState.DONE, None)


def test_a_code_that_is_none_of_ours_is_said_to_be_so_while_it_is_held_up_and_a_while_longer(bench: Bench) -> None:
    for _ in range(20):
        bench.scan(MENU)
        assert shown(bench).hint is Hint.NOT_RECOGNISED
        bench.clock.advance(0.3)
    stay(bench, ANSWERED_FOR)
    assert shown(bench).hint is None


def test_a_good_code_takes_the_hint_away_and_a_poster_beside_it_does_not_flicker(bench: Bench) -> None:
    bench.scan(MENU)
    resident = signed_pass(VisitorKind.RESIDENT)
    bench.scan(resident)
    assert shown(bench).hint is None
    hints = []
    for _ in range(5):
        for content in (MENU, resident):
            bench.clock.advance(0.15)
            bench.scan(content)
            hints.append(shown(bench).hint)
    assert set(hints) == {Hint.NOT_RECOGNISED}


def test_of_several_codes_at_once_one_is_asked_for_where_they_are_not_all_of_use(bench: Bench) -> None:
    resident, health = signed_pass(VisitorKind.RESIDENT), HEALTH_CODE
    for contents, hint in (((resident, health), None), ((resident, health, MENU), Hint.SEVERAL_CODES)):
        bench.give(Noticed(Hint.SEVERAL_CODES, bench.clock.monotonic()))
        for content in contents:
            bench.scan(content)
        assert shown(bench).hint is hint
    stay(bench, ANSWERED_FOR)
    assert shown(bench).hint is None


def test_a_code_of_a_kind_that_the_rules_never_ask_for_is_answered_too(normal: Bench) -> None:
    normal.scan(HEALTH_CODE)
    assert shown(normal).hint is Hint.NOT_RECOGNISED
    normal.scan(signed_pass(VisitorKind.RESIDENT))
    assert shown(normal).hint is None


def test_a_second_pass_that_changes_nothing_is_answered_too(bench: Bench) -> None:
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    bench.scan(b"GP1:NOT A PASS")
    assert shown(bench).hint is Hint.NOT_RECOGNISED


@pytest.mark.parametrize(
    "second",
    [b"https://health.example/code?t=ghiJKL789012", b"https://health.example/code?again=1&t=abcDEF123456", b"shc:/1/2/5676"],
    ids=["another health code", "the same health code otherwise written", "a part of a card"],
)
def test_a_health_code_that_brings_nothing_yet_is_taken_in_and_not_said_to_be_of_no_use(bench: Bench, second: bytes) -> None:
    bench.stand(None)
    bench.scan(HEALTH_CODE)
    bench.clock.advance(1.0)
    first_shown_at = bench.clock.now
    for _ in range(3):
        bench.scan(second)
        bench.clock.advance(0.3)
    assert (shown(bench).phase, shown(bench).hint) == (Phase.COLLECTING, None)
    assert shown(bench).code_taken_at == first_shown_at


def test_the_next_visitor_is_not_told_of_the_last_ones_code(bench: Bench) -> None:
    bench.scan(MENU)
    bench.give(Finished(bench.clock.now))
    wait(bench, SETS_OFF + 0.1)
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    assert (shown(bench).phase, shown(bench).hint) == (Phase.COLLECTING, None)


def test_a_temperature_as_it_settles_is_told_now_and_then_and_never_held_back_for_good(bench: Bench) -> None:
    bench.scan(signed_pass(VisitorKind.GUEST))
    told, began = len(bench.views), bench.clock.now
    for number in range(50):
        bench.clock.advance(0.02)
        bench.stand(36.0 + number / 100)
    count = len(bench.views) - told
    assert 2 <= count <= (bench.clock.now - began) / MEASURED_EVERY + 2
    wait(bench, MEASURED_EVERY + 0.1)
    measured = shown(bench).measured
    assert measured is not None
    assert measured.body_c == pytest.approx(36.49)


def test_what_the_eyes_notice_is_shown_while_they_repeat_it(bench: Bench) -> None:
    bench.stand(None)
    for _ in range(8):
        bench.give(Noticed(Hint.CODE_TOO_SMALL, bench.clock.now))
        assert shown(bench).hint is Hint.CODE_TOO_SMALL
        stay(bench, 0.25)
    stay(bench, NOTICED_FOR + 0.1)
    assert shown(bench).hint is None


def test_nobody_is_told_to_hold_a_code_better_that_nobody_wants_any_more(bench: Bench) -> None:
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    bench.give(Noticed(Hint.HOLD_STILL, bench.clock.now))
    assert shown(bench).wanted == ("temperature",)
    assert shown(bench).hint is None


def test_a_code_that_was_read_after_all_takes_the_hint_away(bench: Bench) -> None:
    bench.stand(None)
    bench.give(Noticed(Hint.HOLD_STILL, bench.clock.now))
    bench.scan(signed_pass(VisitorKind.GUEST))
    assert shown(bench).hint is None


def test_whoever_shows_a_code_out_of_the_thermometers_reach_is_told_to_come_closer(bench: Bench) -> None:
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    for _ in range(5):
        bench.clock.advance(FOREHEAD_AFTER / 5 - 0.01)
        bench.scan(signed_pass(VisitorKind.RESIDENT))
    assert shown(bench).hint is None
    bench.clock.advance(0.1)
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    assert shown(bench).hint is Hint.FOREHEAD
    bench.stand(None)
    assert shown(bench).hint is None
    assert step(bench, Step.TEMPERATURE) is StepState.ACTIVE


def keep_showing(bench: Bench, seconds: float) -> None:
    for _ in range(round(seconds / 0.3)):
        bench.clock.advance(0.3)
        bench.scan(signed_pass(VisitorKind.RESIDENT))


def test_nobody_is_told_to_come_closer_to_a_thermometer_that_is_lost_or_not_wanted(bench: Bench, normal: Bench) -> None:
    lose(bench, Part.THERMOMETER)
    keep_showing(bench, 3.0)
    assert shown(bench).hint is None
    normal.scan(MENU)
    normal.give(SceneMoved(True, normal.clock.now))
    for _ in range(12):
        normal.clock.advance(0.3)
        normal.stand(None, present=False)
    assert shown(normal).hint is not Hint.FOREHEAD


def test_movement_before_a_camera_that_was_lost_since_is_no_visitor(bench: Bench) -> None:
    bench.give(GuardAsked(bench.clock.now))
    bench.give(SceneMoved(True, bench.clock.now))
    wait(bench, FOREHEAD_AFTER + 0.1)
    assert shown(bench).hint is Hint.FOREHEAD
    lose(bench, Part.EYES)
    assert shown(bench).hint is None


def test_lost_parts_are_shown_and_since_when_the_server_is_away(bench: Bench) -> None:
    at = bench.clock.now
    lose(bench, Part.SERVER)
    lose(bench, Part.THERMOMETER)
    assert (shown(bench).lost, shown(bench).server_lost_at) == ((Part.SERVER, Part.THERMOMETER), at)
    assert step(bench, Step.TEMPERATURE) is StepState.UNAVAILABLE
    lose(bench, Part.SERVER, well=True)
    assert (shown(bench).lost, shown(bench).server_lost_at) == ((Part.THERMOMETER,), None)


def test_more_time_is_given_twice(bench: Bench) -> None:
    bench.scan(signed_pass(VisitorKind.GUEST))
    for _ in range(2):
        stay(bench, 20.0)
        assert shown(bench).extendable
        bench.give(TimeAsked(bench.clock.now))
        assert shown(bench).ends_at == bench.clock.now + 30
    assert not shown(bench).extendable
    ends = shown(bench).ends_at
    stay(bench, 20.0)
    bench.give(TimeAsked(bench.clock.now))
    assert shown(bench).ends_at == ends


def test_a_touch_that_asks_for_nothing_new_begins_no_visit(bench: Bench) -> None:
    for touch in (TimeAsked(bench.clock.now), Finished(bench.clock.now)):
        bench.give(touch)
        assert shown(bench).phase is Phase.IDLE
    assert bench.recorder.notes == []


def test_whoever_turns_back_from_the_form_is_asked_for_a_code_again(bench: Bench) -> None:
    bench.give(FormAsked(bench.clock.now))
    assert shown(bench).phase is Phase.AWAITING_FORM
    bench.give(Finished(bench.clock.now))
    assert shown(bench).phase is Phase.COLLECTING
    assert "pass" in shown(bench).wanted
    admit_resident(bench)
    assert bench.gate.opened == [EventId("gate-1/log/1")]


def test_whoever_is_done_ends_the_visit_and_is_not_begun_anew_while_they_walk_off(bench: Bench) -> None:
    bench.stand(None)
    bench.scan(MENU)
    bench.give(Finished(bench.clock.now))
    assert bench.recorder.notes[-1].body["ending"] == "abandoned"
    bench.scan(MENU)
    stay(bench, 0.5)
    assert shown(bench).phase is Phase.IDLE


def test_whoever_starts_over_with_the_code_still_held_up_begins_anew(bench: Bench) -> None:
    bench.stand()
    bench.scan(b"GP1:NOT A PASS")
    bench.durable()
    first = bench.runtime.visit.id
    bench.give(Finished(bench.clock.now))
    for _ in range(6):
        bench.clock.advance(0.3)
        bench.stand()
        bench.scan(b"GP1:NOT A PASS")
    assert (bench.phase(), len(bench.recorder.decisions)) == (Phase.COMMITTING, 2)
    assert bench.recorder.decisions[1][0] != first


def test_without_a_server_there_is_no_form_to_ask_for() -> None:
    alone = Bench("response-level-2", form_base=None)
    alone.stand(None)
    alone.give(FormAsked(alone.clock.now))
    assert shown(alone).form is None
    assert shown(alone).phase is not Phase.AWAITING_FORM


def test_a_gate_that_can_vouch_for_no_visit_offers_no_form() -> None:
    bench = Bench("response-level-2")
    bench.links.vouches = False
    bench.stand(None)
    bench.give(FormAsked(bench.clock.now))
    assert shown(bench).form is None
    assert shown(bench).phase is not Phase.AWAITING_FORM


def park(bench: Bench) -> View:
    bench.stand()
    bench.give(FormAsked(bench.clock.now))
    form = shown(bench)
    bench.stand(present=False)
    wait(bench, 2.0)
    assert shown(bench).phase is Phase.IDLE
    return form


def test_the_free_kiosk_names_the_parked_visit_for_a_while(bench: Bench) -> None:
    form = park(bench)
    parked = [view for view in bench.views if view.phase is Phase.PARKED]
    assert [view.visit for view in parked] == [form.visit]
    ticket = shown(bench).parked
    assert ticket is not None
    assert form.form is not None
    assert ticket.code == short_code(form.visit)
    assert form.form.short.endswith(ticket.code)
    assert ticket.expires_at <= form.form.expires_at
    wait(bench, PARKED_FOR)
    assert shown(bench).parked is None


def test_the_ticket_says_until_when_it_is_there_and_more_time_leaves_it_there(bench: Bench) -> None:
    park(bench)
    wait(bench, 10.0)
    ends = shown(bench).ends_at
    assert ends is not None
    assert shown(bench).extendable
    bench.give(TimeAsked(bench.clock.now))
    assert shown(bench).ends_at == bench.clock.now + PARKED_FOR
    wait(bench, 10.0)
    assert shown(bench).parked is not None
    wait(bench, 5.1)
    assert (shown(bench).parked, shown(bench).ends_at, shown(bench).extendable) == (None, None, False)


def test_whoever_is_done_with_the_ticket_puts_it_away(bench: Bench) -> None:
    park(bench)
    bench.give(Finished(bench.clock.now))
    assert (shown(bench).phase, shown(bench).parked) == (Phase.IDLE, None)


@pytest.mark.parametrize("code", [MENU, HEALTH_CODE, signed_pass(VisitorKind.GUEST)], ids=["none of ours", "health", "pass"])
def test_a_new_code_is_dated_so_that_the_screen_can_say_how_soon_it_answered(bench: Bench, code: bytes) -> None:
    bench.scan(code)
    first = shown(bench).scanned_at
    assert first == bench.clock.now
    bench.clock.advance(0.3)
    bench.scan(code)
    assert shown(bench).scanned_at == first, "it is held up still"
    bench.clock.advance(0.3)
    bench.scan(b"https://shop.example/another")
    assert shown(bench).scanned_at == bench.clock.now


def test_a_code_of_no_use_that_is_shown_again_later_is_answered_again(bench: Bench) -> None:
    bench.stand(None)
    bench.scan(MENU)
    stay(bench, ANSWERED_FOR + 0.1)
    assert shown(bench).hint is None
    bench.scan(MENU)
    assert (shown(bench).hint, shown(bench).scanned_at) == (Hint.NOT_RECOGNISED, bench.clock.now)


def test_somebody_else_takes_the_parked_ticket_off_the_screen_for_good(bench: Bench) -> None:
    park(bench)
    bench.stand(present=False)
    bench.stand(None)
    assert (shown(bench).phase, shown(bench).parked) == (Phase.APPROACHING, None)
    bench.give(Finished(bench.clock.now))
    assert (shown(bench).phase, shown(bench).parked) == (Phase.IDLE, None)


def test_a_form_that_has_become_a_pass_shows_its_step_done(bench: Bench) -> None:
    visit = park(bench).visit
    bench.scan(signed_pass(VisitorKind.GUEST, holder=visit))
    assert (shown(bench).visit, step(bench, Step.FORM)) == (visit, StepState.DONE)
    assert shown(bench).code_taken_at == bench.clock.now


def test_a_pass_names_the_language_of_its_visit_and_of_no_other(bench: Bench) -> None:
    bench.scan(signed_pass(VisitorKind.GUEST, language="ko"))
    assert shown(bench).language == "ko"
    bench.give(Finished(bench.clock.now))
    assert shown(bench).language is None


def test_the_next_visitor_does_not_hear_of_the_code_of_the_one_before(bench: Bench) -> None:
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    assert shown(bench).code_taken_at == bench.clock.now
    bench.give(Finished(bench.clock.now))
    assert shown(bench).code_taken_at is None


def test_the_ending_is_shown_before_the_kiosk_is_free(bench: Bench) -> None:
    admission = admit_resident(bench)
    bench.give(GateOpened(admission, bench.clock.now))
    bench.give(GateClosed(admission, False, Monotonic(bench.clock.now)))
    assert [view.phase for view in bench.views[-2:]] == [Phase.ENDED, Phase.IDLE]


def turn(bench: Bench, *items: Item) -> None:
    """Let the loop take in what has come all at once, and turn once more than that."""
    for item in items:
        bench.inbox.post(item)
    turns = iter([False] * max(1, len(items)))
    bench.runtime.run(lambda: next(turns, True))


def seen_now(bench: Bench, content: bytes) -> Scan:
    return Scan(content, "QRCode", "zxing", bench.clock.now, bench.clock.now)


def test_codes_that_come_together_are_all_examined_before_the_screen_is_told(bench: Bench) -> None:
    told = len(bench.views)
    turn(bench, seen_now(bench, signed_pass(VisitorKind.GUEST)), seen_now(bench, HEALTH_CODE))
    assert len(bench.resolver.asked) == 1
    assert len(bench.views) == told + 1
    assert shown(bench).code_taken_at == bench.clock.now


def test_an_issuer_is_asked_once_the_codes_that_came_with_it_are_taken_in(bench: Bench) -> None:
    for content in (HEALTH_CODE, signed_pass(VisitorKind.GUEST)):
        bench.inbox.post(seen_now(bench, content))
    turn(bench)
    assert bench.resolver.asked == []
    turn(bench)
    assert len(bench.resolver.asked) == 1


def test_an_issuer_is_asked_in_any_case_before_long(bench: Bench) -> None:
    bench.inbox.post(seen_now(bench, HEALTH_CODE))
    for _ in range(3):
        bench.inbox.post(seen_now(bench, MENU))
    turn(bench)
    bench.clock.advance(SHOWN_WITHIN)
    turn(bench)
    assert bench.inbox.depth() == 2
    assert len(bench.resolver.asked) == 1


def test_the_screen_waits_for_an_admission_that_is_written_down_but_not_for_long(normal: Bench) -> None:
    turn(normal, seen_now(normal, signed_pass(VisitorKind.RESIDENT)))
    assert normal.phase() is Phase.COMMITTING
    assert shown(normal).phase is Phase.IDLE
    assert normal.runtime.wait_s() <= SHOWN_WITHIN
    normal.clock.advance(SHOWN_WITHIN)
    turn(normal)
    assert shown(normal).phase is Phase.COMMITTING


def test_what_is_seen_beside_the_codes_is_told_a_moment_later(bench: Bench) -> None:
    turn(bench, seen_now(bench, signed_pass(VisitorKind.GUEST)))
    turn(bench, Noticed(Hint.CODE_TOO_SMALL, bench.clock.now))
    assert shown(bench).hint is not Hint.CODE_TOO_SMALL
    assert bench.runtime.wait_s() <= SHOWN_WITHIN
    bench.clock.advance(SHOWN_WITHIN)
    turn(bench)
    assert shown(bench).hint is Hint.CODE_TOO_SMALL
