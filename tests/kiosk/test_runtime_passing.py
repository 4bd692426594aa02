"""The core's loop while one visitor is on the way through and the next one comes."""

import pytest

from kiosk.credentials import Uses
from kiosk.inbox import TokenAnswered
from kiosk.link import FormAsked, GateClosed, GateFailed, GateNoticed, GateOpened, PartHealth, Passed
from kiosk.model import EventId, GateOutcome, HealthStatus, Part, Phase, VisitorKind
from tests.kiosk.runtimes import HEALTH_CODE, Bench, signed_pass

FIRST, SECOND = EventId("gate-1/log/1"), EventId("gate-1/log/2")


@pytest.fixture
def bench() -> Bench:
    return Bench("response-level-2")


@pytest.fixture
def normal() -> Bench:
    """A gate where a pass alone lets in."""
    return Bench("normal-times")


def let_in(bench: Bench, number: int = 1, event: EventId = FIRST, visitor: VisitorKind = VisitorKind.RESIDENT) -> str:
    """Somebody stands there, shows a pass and sees the gate open; return their visit."""
    bench.stand()
    bench.scan(signed_pass(visitor, number=number))
    bench.durable(event)
    visit = bench.recorder.decisions[-1][0]
    bench.give(GateOpened(event, bench.clock.now))
    return visit


def step_aside(bench: Bench, seconds: float = 0.8) -> None:
    """Whoever was in the thermometer's spot is out of it."""
    bench.stand(present=False)
    bench.clock.advance(seconds)
    bench.stand(present=False)


def outcomes(bench: Bench) -> dict[str, GateOutcome]:
    return {effect.admission: effect.outcome for effect, _ in bench.recorder.outcomes}


def test_the_kiosk_is_free_as_soon_as_the_gate_is_open(bench: Bench) -> None:
    let_in(bench)
    assert bench.phase() is Phase.IDLE
    assert bench.recorder.outcomes == []


def test_the_next_visitor_is_let_in_while_the_one_before_is_on_the_way(bench: Bench) -> None:
    first = let_in(bench)
    step_aside(bench)
    second = let_in(bench, 2, SECOND)
    assert bench.gate.opened == [FIRST, SECOND]
    assert first != second
    bench.give(Passed(FIRST, bench.clock.now))
    bench.give(GateClosed(FIRST, True, bench.clock.now))
    bench.clock.advance(0.7)
    bench.give(Passed(SECOND, bench.clock.now))
    bench.give(GateClosed(SECOND, True, bench.clock.now))
    assert [(effect.visit, effect.admission, effect.outcome) for effect, _ in bench.recorder.outcomes] == [
        (first, FIRST, GateOutcome.PASSED),
        (second, SECOND, GateOutcome.PASSED),
    ]
    passed_at = [draft.body["times_us"]["passed"] for _, draft in bench.recorder.outcomes]
    assert passed_at[1] - passed_at[0] == 700_000


def test_a_passage_of_the_one_before_changes_nothing_for_whoever_is_being_served(bench: Bench) -> None:
    let_in(bench)
    step_aside(bench)
    bench.stand()
    bench.scan(signed_pass(VisitorKind.GUEST, number=2))
    here = bench.runtime.visit
    bench.give(Passed(FIRST, bench.clock.now))
    bench.give(GateClosed(FIRST, True, bench.clock.now))
    assert bench.runtime.visit == here
    assert here.phase is Phase.COLLECTING


def test_a_code_shown_while_the_gate_is_open_for_another_is_not_lost(normal: Bench) -> None:
    let_in(normal)
    step_aside(normal)
    normal.scan(signed_pass(VisitorKind.RESIDENT, number=2))
    normal.durable(SECOND)
    assert normal.gate.opened == [FIRST, SECOND]


def test_a_second_code_of_whoever_was_let_in_begins_no_visit(normal: Bench) -> None:
    let_in(normal, visitor=VisitorKind.GUEST)
    normal.scan(HEALTH_CODE)
    normal.clock.advance(0.4)
    normal.scan(HEALTH_CODE)
    assert normal.phase() is Phase.IDLE
    assert normal.resolver.asked == []
    # They stand there still, so it is still theirs.
    normal.clock.advance(0.5)
    normal.stand()
    normal.scan(HEALTH_CODE)
    assert normal.phase() is Phase.IDLE


def test_nobody_comes_in_on_a_code_that_the_one_before_showed_too_late(bench: Bench) -> None:
    let_in(bench)
    bench.clock.advance(0.2)
    bench.scan(HEALTH_CODE)
    step_aside(bench)
    bench.stand()
    bench.scan(signed_pass(VisitorKind.GUEST, number=2))
    assert bench.phase() is Phase.COLLECTING
    assert bench.runtime.visit.wanted == {"health_code"}


def test_whoever_is_through_the_gate_holds_up_no_code_any_more(normal: Bench) -> None:
    let_in(normal)
    normal.clock.advance(0.3)
    normal.give(Passed(FIRST, normal.clock.now))
    normal.scan(signed_pass(VisitorKind.RESIDENT, number=2))
    assert normal.phase() is Phase.COMMITTING


def test_somebody_in_the_spot_for_long_does_not_keep_the_next_ones_code_away(normal: Bench) -> None:
    let_in(normal)
    for _ in range(40):
        normal.clock.advance(0.1)
        normal.stand()
    normal.scan(signed_pass(VisitorKind.RESIDENT, number=2))
    assert normal.phase() is Phase.COMMITTING


def test_a_code_that_comes_up_while_the_decision_is_written_is_no_part_of_it(bench: Bench) -> None:
    bench.stand()
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    bench.clock.advance(0.3)
    bench.scan(signed_pass(VisitorKind.RESIDENT, number=2))
    bench.durable(FIRST)
    bench.give(GateOpened(FIRST, bench.clock.now))
    bench.give(Passed(FIRST, bench.clock.now))
    (_, draft), *_ = bench.recorder.outcomes
    assert draft.body["observed_clear_us"] == 300_000
    # Nor does it linger: it is served as soon as it is told again.
    step_aside(bench, 0.3)
    bench.scan(signed_pass(VisitorKind.RESIDENT, number=2))
    assert bench.phase() is Phase.COLLECTING


def test_two_members_of_a_family_come_in_on_one_pass_one_after_the_other(bench: Bench) -> None:
    family = signed_pass(VisitorKind.RESIDENT, uses=Uses.MULTIPLE)
    for event in (FIRST, SECOND):
        bench.stand()
        bench.scan(family)
        bench.durable(event)
        bench.give(GateOpened(event, bench.clock.now))
        step_aside(bench)
    assert bench.gate.opened == [FIRST, SECOND]


def test_whoever_was_let_in_and_turns_back_at_once_is_not_let_in_again_by_the_code_they_still_hold(bench: Bench) -> None:
    family = signed_pass(VisitorKind.RESIDENT, uses=Uses.MULTIPLE)
    bench.stand()
    bench.scan(family)
    bench.durable(FIRST)
    bench.give(GateOpened(FIRST, bench.clock.now))
    bench.stand(present=False)
    bench.clock.advance(0.2)
    bench.stand()
    bench.scan(family)
    assert bench.gate.opened == [FIRST]
    assert bench.recorder.decisions[1:] == []


def test_somebody_who_slips_in_is_recorded_behind_the_last_one_for_whom_the_gate_opened(bench: Bench) -> None:
    let_in(bench)
    bench.give(Passed(FIRST, bench.clock.now))
    step_aside(bench)
    second = let_in(bench, 2, SECOND)
    bench.give(Passed(SECOND, bench.clock.now))
    bench.give(Passed(None, bench.clock.now))
    (slipped,) = [draft for draft in bench.recorder.notes if draft.kind == "passage"]
    assert slipped.body["visit"] == second
    assert slipped.body["admission"] is None


def test_a_newcomer_who_slips_in_instead_of_being_served_leaves_a_passage_and_an_abandoned_visit(bench: Bench) -> None:
    let_in(bench)
    bench.give(Passed(FIRST, bench.clock.now))
    bench.give(GateClosed(FIRST, True, bench.clock.now))
    step_aside(bench)
    bench.stand()
    bench.give(Passed(None, bench.clock.now))
    step_aside(bench)
    assert [draft.kind for draft in bench.recorder.notes] == ["passage", "visit_ended"]
    assert bench.gate.opened == [FIRST]


def test_of_two_let_in_and_one_seen_the_second_is_recorded_as_unknown_and_its_pass_stays_used(bench: Bench) -> None:
    let_in(bench)
    step_aside(bench)
    let_in(bench, 2, SECOND)
    bench.give(Passed(FIRST, bench.clock.now))
    bench.give(GateClosed(FIRST, True, bench.clock.now))
    bench.give(GateClosed(SECOND, None, bench.clock.now))
    assert outcomes(bench) == {FIRST: GateOutcome.PASSED, SECOND: GateOutcome.UNKNOWN}
    assert bench.recorder.given_back == [False, False]


def test_a_gate_lost_with_two_on_their_way_leaves_both_open(bench: Bench) -> None:
    let_in(bench)
    step_aside(bench)
    let_in(bench, 2, SECOND)
    bench.give(PartHealth(Part.GATE, False, "gone", bench.clock.now))
    assert outcomes(bench) == {FIRST: GateOutcome.UNKNOWN, SECOND: GateOutcome.UNKNOWN}


def test_a_second_pulse_that_the_gate_refuses_is_the_second_ones_failure(bench: Bench) -> None:
    let_in(bench)
    step_aside(bench)
    bench.stand()
    bench.scan(signed_pass(VisitorKind.RESIDENT, number=2))
    bench.durable(SECOND)
    bench.give(GateFailed(SECOND, "a long pulse is being given", bench.clock.now))
    assert outcomes(bench) == {SECOND: GateOutcome.FAILED}
    bench.give(Passed(FIRST, bench.clock.now))
    assert outcomes(bench) == {FIRST: GateOutcome.PASSED, SECOND: GateOutcome.FAILED}


def test_a_gate_that_says_no_more_of_somebody_on_the_way_does_not_keep_the_visit_for_ever(bench: Bench) -> None:
    let_in(bench)
    assert bench.runtime.wait_s() <= 0.15
    bench.clock.advance(70.0)
    bench.runtime.tick()
    assert outcomes(bench) == {FIRST: GateOutcome.UNKNOWN}


def test_the_screen_shows_the_answer_until_the_next_visitor_comes(bench: Bench) -> None:
    let_in(bench)
    assert (bench.views[-1].phase, bench.views[-1].reasons) == (Phase.OPEN, ("resident",))
    bench.give(Passed(FIRST, bench.clock.now))
    step_aside(bench)
    bench.stand()
    bench.give(GateClosed(FIRST, True, bench.clock.now))
    assert [view.phase for view in bench.views[-3:]] == [Phase.OPEN, Phase.PASSED, Phase.COLLECTING]


def test_the_screen_is_idle_once_nobody_is_there_or_on_the_way(bench: Bench) -> None:
    let_in(bench)
    bench.give(Passed(FIRST, bench.clock.now))
    bench.give(GateClosed(FIRST, True, bench.clock.now))
    assert bench.views[-1].phase is Phase.IDLE


def test_nobody_comes_in_on_the_pass_of_one_who_gave_up(bench: Bench) -> None:
    bench.stand()
    bench.scan(signed_pass(VisitorKind.GUEST))
    visit = bench.runtime.visit.id
    step_aside(bench)
    assert [draft.body["ending"] for draft in bench.recorder.notes] == ["abandoned"]
    bench.stand()
    bench.scan(HEALTH_CODE)
    assert bench.runtime.visit.id != visit
    assert bench.runtime.visit.wanted == {"pass"}


def test_an_answer_that_comes_for_one_who_gave_up_is_nobodys(bench: Bench) -> None:
    bench.stand()
    bench.scan(signed_pass(VisitorKind.GUEST))
    bench.scan(HEALTH_CODE)
    visit, token = bench.resolver.asked[-1]
    step_aside(bench)
    bench.stand()
    bench.give(TokenAnswered(visit, token.token, HealthStatus.GREEN))
    assert bench.recorder.decisions == []
    assert bench.phase() is Phase.COLLECTING


def test_whoever_steps_aside_with_the_code_held_up_is_still_there_and_measured_anew(bench: Bench) -> None:
    bench.stand()
    bench.scan(signed_pass(VisitorKind.GUEST))
    visit = bench.runtime.visit.id
    bench.stand(present=False)
    bench.clock.advance(0.3)
    bench.scan(signed_pass(VisitorKind.GUEST))
    bench.clock.advance(0.5)
    bench.stand(present=False)
    assert bench.runtime.visit.id == visit
    assert bench.runtime.visit.phase is Phase.COLLECTING
    bench.scan(HEALTH_CODE)
    _, token = bench.resolver.asked[-1]
    bench.give(TokenAnswered(visit, token.token, HealthStatus.GREEN))
    assert bench.recorder.decisions == []
    bench.stand()
    assert bench.durable(FIRST).reasons == ("guest_green",)


def test_a_code_that_was_not_answered_may_be_shown_again_at_once(bench: Bench) -> None:
    bench.stand()
    bench.scan(signed_pass(VisitorKind.GUEST))
    step_aside(bench)
    assert bench.phase() is Phase.IDLE
    bench.scan(signed_pass(VisitorKind.GUEST))
    assert bench.phase() is Phase.COLLECTING


def test_the_gate_does_not_open_for_whoever_stands_there_instead_of_the_one_it_was_decided_for(bench: Bench) -> None:
    # The card is slow, the visitor goes, and somebody else steps in before the admission is on disk.
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    bench.stand()
    assert bench.phase() is Phase.COMMITTING
    bench.clock.advance(0.5)
    step_aside(bench)
    bench.stand()
    bench.scan(signed_pass(VisitorKind.RESIDENT, number=2))
    bench.durable(FIRST)
    assert bench.gate.opened == []
    assert outcomes(bench) == {FIRST: GateOutcome.NOT_OPENED}


def test_it_does_not_open_for_somebody_else_after_a_long_absence_either(bench: Bench) -> None:
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    bench.stand()
    bench.stand(present=False)
    bench.clock.advance(2.0)
    bench.runtime.tick()
    bench.stand()
    bench.durable(FIRST)
    assert bench.gate.opened == []


def test_it_opens_for_one_who_stepped_aside_and_holds_up_the_same_code(bench: Bench) -> None:
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    bench.stand()
    step_aside(bench)
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    bench.durable(FIRST)
    assert bench.gate.opened == [FIRST]


def test_a_touch_on_the_screen_is_a_sign_that_somebody_is_there(bench: Bench) -> None:
    bench.give(FormAsked(bench.clock.now))
    assert bench.phase() is Phase.AWAITING_FORM
    assert [draft.kind for draft in bench.recorder.notes] == ["form_requested"]


def test_one_who_asked_for_the_form_and_stepped_aside_is_parked_before_the_next_one_is_there(bench: Bench) -> None:
    bench.stand()
    bench.give(FormAsked(bench.clock.now))
    visit = bench.runtime.visit.id
    step_aside(bench)
    assert bench.recorder.notes[-1].kind == "visit_parked"
    bench.stand()
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    assert bench.durable(FIRST).reasons == ("resident",)
    assert bench.recorder.decisions[-1][0] != visit


def held_for_the_guard(bench: Bench) -> None:
    bench.stand()
    bench.scan(b"GP1:NOT A PASS")
    assert bench.durable(FIRST).reasons == ("pass_malformed",)


def test_whoever_takes_the_place_of_one_who_was_held_is_not_let_in_on_their_temperature(bench: Bench) -> None:
    held_for_the_guard(bench)
    bench.stand(present=False)
    bench.clock.advance(0.1)
    bench.stand(None)
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    assert len(bench.recorder.decisions) == 1
    bench.stand(39.0)
    assert bench.durable(SECOND).reasons == ("temperature_high",)
    assert bench.recorder.decisions[0][0] != bench.recorder.decisions[1][0]


def test_whoever_takes_the_place_of_one_who_was_measured_is_measured_before_the_answer(bench: Bench) -> None:
    bench.stand()
    bench.stand(present=False)
    bench.clock.advance(0.1)
    bench.stand(None)
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    assert bench.recorder.decisions == []
    bench.stand(39.0)
    assert bench.durable(FIRST).reasons == ("temperature_high",)


def test_whoever_takes_the_place_of_one_whose_decision_is_being_written_finds_the_gate_closed(bench: Bench) -> None:
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    bench.stand()
    bench.stand(present=False)
    bench.clock.advance(0.8)
    bench.stand()
    bench.durable(FIRST)
    assert outcomes(bench) == {FIRST: GateOutcome.NOT_OPENED}


def test_one_who_was_held_with_a_fever_and_sways_is_not_measured_again(bench: Bench) -> None:
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    bench.stand(38.4)
    bench.durable(FIRST)
    bench.stand(present=False)
    bench.clock.advance(0.2)
    bench.stand(36.6)
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    assert bench.phase() is Phase.AWAITING_GUARD
    assert len(bench.recorder.decisions) == 1


@pytest.mark.parametrize(("away_s", "phase"), [(290.0, Phase.COMMITTING), (301.0, Phase.COLLECTING)], ids=["soon", "late"])
def test_one_who_comes_back_late_with_the_form_is_measured_anew(bench: Bench, away_s: float, phase: Phase) -> None:
    bench.stand()
    bench.give(FormAsked(bench.clock.now))
    visit = bench.runtime.visit.id
    step_aside(bench)
    bench.clock.advance(away_s)
    bench.scan(signed_pass(VisitorKind.RESIDENT, holder=visit))
    assert (bench.runtime.visit.id, bench.phase()) == (visit, phase)
    if phase is Phase.COLLECTING:
        assert bench.runtime.visit.wanted == {"temperature"}
        bench.stand(39.0)
        assert bench.durable(FIRST).reasons == ("temperature_high",)


def test_what_is_noticed_at_the_gate_is_recorded_and_changes_nothing(bench: Bench) -> None:
    before = bench.phase()
    bench.give(GateNoticed("fire", True, bench.clock.now))
    draft = bench.recorder.notes[-1]
    assert (draft.kind, draft.body["what"], draft.body["on"]) == ("gate_noticed", "fire", "on")
    assert bench.phase() is before
    assert bench.gate.opened == []
