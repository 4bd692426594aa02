"""The core's loop while one visitor is on the way through and the next one comes."""

import pytest

from kiosk.credentials import Uses
from kiosk.link import FormAsked, GateClosed, GateFailed, GateNoticed, GateOpened, PartHealth, Passed
from kiosk.model import GateOutcome, Part, Phase
from kiosk.people import VisitorKind
from tests.kiosk.runtimes import FIRST, HEALTH_CODE, SECOND, Bench, let_in, outcomes, signed_pass, step_aside


@pytest.fixture
def bench() -> Bench:
    return Bench("response-level-2")


@pytest.fixture
def normal() -> Bench:
    """A gate where a pass alone lets in."""
    return Bench("normal-times")


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


def test_a_touch_on_the_screen_is_a_sign_that_somebody_is_there(bench: Bench) -> None:
    bench.give(FormAsked(bench.clock.now))
    assert bench.phase() is Phase.AWAITING_FORM
    assert [draft.kind for draft in bench.recorder.notes] == ["form_requested"]


def test_what_is_noticed_at_the_gate_is_recorded_and_changes_nothing(bench: Bench) -> None:
    before = bench.phase()
    bench.give(GateNoticed("fire", True, bench.clock.now))
    draft = bench.recorder.notes[-1]
    assert (draft.kind, draft.body["what"], draft.body["on"]) == ("gate_noticed", "fire", "on")
    assert bench.phase() is before
    assert bench.gate.opened == []
