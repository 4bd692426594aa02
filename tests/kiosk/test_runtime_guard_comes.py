"""The guard comes for somebody who was held, and stands in the camera's spot as the next visitor would."""

import pytest

from kiosk.declared import FormFilled
from kiosk.link import DoorMoved, OverrideAsked
from kiosk.model import Answer, EventId, Part, Phase, VisitId
from kiosk.people import Declaration, VisitorKind
from kiosk.presence import ABSENCE
from kiosk.spot import PHONES_FOR
from kiosk.view import GuardCall
from tests.kiosk.runtimes import Bench, lose, signed_pass
from tests.kiosk.watching import kinds, shown, step_out, wait

WAITS_S = 60.0 + PHONES_FOR


@pytest.fixture
def bench() -> Bench:
    return Bench("response-level-2")


def held(bench: Bench, body_c: float = 38.9) -> VisitId:
    """Somebody is held, told to wait for the guard, and makes room."""
    bench.stand(body_c)
    bench.durable()
    visit = bench.runtime.visit.id
    step_out(bench)
    return visit


def desk(bench: Bench, *, opens: bool = True) -> None:
    bench.give(DoorMoved(None, opens, bench.clock.now))


def test_the_guard_who_stands_in_the_spot_finds_whom_they_came_for_on_the_desk(bench: Bench) -> None:
    visit = held(bench)
    bench.stand(None)
    assert bench.runtime.visit.id != visit
    desk(bench)
    view = shown(bench)
    assert (view.visit, view.phase, view.reasons) == (visit, Phase.AWAITING_GUARD, ("temperature_high",))
    assert view.guard is GuardCall.RINGING


def test_and_lets_them_in_under_the_rules_that_held_them(bench: Bench) -> None:
    held(bench)
    bench.stand(None)
    desk(bench)
    bench.give(OverrideAsked("Wang Fang", "measured again", bench.clock.now, "Li Wei"))
    assert "temperature_high" in bench.durable("gate-1/log/2").overrides
    assert bench.gate.opened == [EventId("gate-1/log/2")]


def test_the_next_visitor_sees_nothing_of_them_and_is_measured_alone(bench: Bench) -> None:
    visit = held(bench)
    bench.stand(None)
    view = shown(bench)
    assert (view.visit != visit, view.reasons, view.guard, view.measured) == (True, (), None, None)
    bench.clock.advance(0.2)
    bench.stand(36.6)
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    assert bench.durable("gate-1/log/2").answer is Answer.ADMIT


def test_a_visitor_who_has_shown_a_code_is_not_sent_away_by_a_guard_who_comes_for_another(bench: Bench) -> None:
    held(bench)
    bench.stand(None)
    bench.scan(signed_pass(VisitorKind.GUEST))
    visit = bench.runtime.visit.id
    desk(bench)
    assert bench.runtime.visit.id == visit


@pytest.mark.parametrize(("guard", "decisions"), [(False, 2), (True, 1)], ids=["alone", "with the guard"])
def test_a_pass_that_waits_for_a_temperature_is_not_let_in_on_the_guards(bench: Bench, guard: bool, decisions: int) -> None:
    lose(bench, Part.THERMOMETER)
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    assert bench.durable().reasons == ("temperature_unavailable",)
    if guard:
        desk(bench)
        desk(bench, opens=False)
    lose(bench, Part.THERMOMETER, well=True)
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    bench.stand(36.4)
    assert len(bench.recorder.decisions) == decisions


def test_one_for_whom_nobody_comes_is_waited_for_no_longer_than_before_and_ends(bench: Bench) -> None:
    held(bench)
    bench.stand(None)
    assert "visit_ended" not in kinds(bench)
    step_out(bench)
    wait(bench, WAITS_S)
    assert kinds(bench).count("visit_ended") == 2
    desk(bench)
    assert bench.phase() is Phase.IDLE


def test_of_two_who_wait_the_guard_finds_the_last_and_the_first_has_ended(bench: Bench) -> None:
    first = held(bench)
    bench.stand(None)
    bench.clock.advance(0.2)
    bench.stand(39.2)
    bench.durable("gate-1/log/2")
    second = bench.runtime.visit.id
    step_out(bench)
    bench.stand(None)
    assert kinds(bench).count("visit_ended") == 1
    desk(bench)
    assert (bench.runtime.visit.id, first != second) == (second, True)


def test_whoever_the_guard_is_with_may_step_out_and_in_again(bench: Bench) -> None:
    visit = held(bench)
    bench.stand(None)
    desk(bench)
    step_out(bench)
    bench.stand(None)
    assert bench.runtime.visit.id == visit


def test_once_the_guard_has_gone_whoever_steps_in_begins_a_visit_of_their_own(bench: Bench) -> None:
    visit = held(bench)
    bench.stand(None)
    desk(bench)
    desk(bench, opens=False)
    step_out(bench)
    wait(bench, ABSENCE)
    bench.stand(None)
    assert bench.runtime.visit.id != visit
    assert shown(bench).reasons == ()


def test_with_the_screen_its_desk_goes_and_whoever_steps_in_begins_a_visit_of_their_own(bench: Bench) -> None:
    visit = held(bench)
    bench.stand(None)
    desk(bench)
    lose(bench, Part.SCREEN)
    step_out(bench)
    wait(bench, ABSENCE)
    bench.stand(None)
    assert bench.runtime.visit.id != visit


def test_a_guard_who_was_at_the_desk_before_the_call_is_not_taken_for_the_next_visitor(bench: Bench) -> None:
    bench.stand(None)
    desk(bench)
    visit = held(bench)
    bench.stand(36.5)
    assert bench.runtime.visit.id == visit
    assert len(bench.recorder.decisions) == 1


def test_what_is_told_of_one_who_waits_aside_is_there_when_the_guard_comes(bench: Bench) -> None:
    visit = held(bench)
    bench.stand(None)
    bench.give(FormFilled(visit, Declaration(visitor=VisitorKind.COURIER)))
    assert kinds(bench).count("form_received") == 1
    desk(bench)
    assert bench.runtime._here.evidence.facts.declaration == Declaration(visitor=VisitorKind.COURIER)


def test_a_code_of_another_begins_a_visit_of_its_own_though_the_guard_is_there(bench: Bench) -> None:
    visit = held(bench)
    bench.stand(None)
    desk(bench)
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    assert bench.runtime.visit.id != visit
