"""The loop and calls for the guard: who made them, how long they ring, and when they end."""

import pytest

from kiosk.evidence import HealthStatus
from kiosk.inbox import TokenAnswered
from kiosk.link import Finished, GateClosed, GateOpened, GuardAsked, Passed
from kiosk.model import Answer, Part, Phase
from kiosk.people import VisitorKind
from kiosk.presence import CALLED_FOR
from kiosk.spot import PHONES_FOR, READS_FOR
from kiosk.view import GuardCall, Step, StepState
from tests.kiosk.runtimes import HEALTH_CODE, Bench, admit_resident, lose, signed_pass
from tests.kiosk.watching import kinds, shown, stay, step, step_out, wait


@pytest.fixture
def bench() -> Bench:
    return Bench("response-level-2")


def test_a_touch_calls_the_guard_though_nobody_was_seen_and_the_visit_goes_on(bench: Bench) -> None:
    bench.give(GuardAsked(bench.clock.now))
    assert kinds(bench) == ["guard_called"]
    assert (shown(bench).phase, shown(bench).guard) == (Phase.COLLECTING, GuardCall.RINGING)
    admit_resident(bench)
    assert (shown(bench).answer, shown(bench).guard) == (Answer.ADMIT, None)
    assert bench.gate.opened


def test_whoever_called_is_waited_for_where_camera_and_thermometer_do_not_reach(bench: Bench) -> None:
    bench.give(GuardAsked(bench.clock.now))
    wait(bench, CALLED_FOR - 0.2)
    assert shown(bench).phase is Phase.COLLECTING
    wait(bench, 3.0)
    assert shown(bench).phase is Phase.IDLE
    assert kinds(bench) == ["guard_called", "visit_ended"]


def test_a_call_that_nobody_answers_is_recorded_once(bench: Bench) -> None:
    bench.give(GuardAsked(bench.clock.now))
    stay(bench, 59.5)
    assert shown(bench).guard is GuardCall.RINGING
    stay(bench, 1.0)
    assert shown(bench).guard is GuardCall.UNANSWERED
    stay(bench, 5.0)
    assert kinds(bench) == ["guard_called", "guard_unanswered"]
    assert len({draft.body["visit"] for draft in bench.recorder.notes}) == 1


def test_ringing_again_is_one_call_until_it_has_rung_out(bench: Bench) -> None:
    for _ in range(5):
        bench.give(GuardAsked(bench.clock.now))
        stay(bench, 0.2)
    assert kinds(bench) == ["guard_called"]
    stay(bench, 60.0)
    bench.give(GuardAsked(bench.clock.now))
    assert shown(bench).guard is GuardCall.RINGING
    stay(bench, 61.0)
    assert kinds(bench) == ["guard_called", "guard_unanswered"] * 2


def test_whoever_is_held_has_the_guard_called_and_the_end_of_the_visit_ends_the_call(bench: Bench) -> None:
    bench.stand(38.4)
    bench.durable()
    assert shown(bench).guard is GuardCall.RINGING
    assert step(bench, Step.TEMPERATURE) is StepState.NOT_IN_ORDER
    bench.give(Finished(bench.clock.now))
    assert [(draft.kind, draft.body.get("ending")) for draft in bench.recorder.notes] == [
        ("case_opened", None),
        ("guard_called", None),
        ("visit_ended", "held"),
    ]


def test_a_refusal_does_not_end_the_call_of_whoever_made_it(bench: Bench) -> None:
    bench.stand()
    bench.give(GuardAsked(bench.clock.now))
    bench.scan(b"GP1:NOT A PASS")
    assert bench.durable().answer is Answer.REFUSE
    assert (shown(bench).answer, shown(bench).guard) == (Answer.REFUSE, GuardCall.RINGING)


def test_a_visitor_at_the_opening_gate_can_still_call_and_the_call_ends_with_the_visit(bench: Bench) -> None:
    admission = admit_resident(bench)
    bench.give(GuardAsked(bench.clock.now))
    bench.give(GateOpened(admission, bench.clock.now))
    assert (shown(bench).phase, shown(bench).guard) == (Phase.OPEN, GuardCall.RINGING)
    bench.give(Passed(admission, bench.clock.now))
    bench.give(GateClosed(admission, True, bench.clock.now))
    assert kinds(bench) == ["guard_called", "visit_ended"]


def test_a_call_while_another_is_on_the_way_is_a_visit_of_its_own_and_outlives_their_passage(bench: Bench) -> None:
    admission = admit_resident(bench)
    bench.give(GateOpened(admission, bench.clock.now))
    bench.give(GuardAsked(bench.clock.now))
    bench.give(Passed(admission, bench.clock.now))
    bench.give(GateClosed(admission, True, bench.clock.now))
    assert (shown(bench).phase, shown(bench).guard) == (Phase.COLLECTING, GuardCall.RINGING)
    assert kinds(bench) == ["guard_called"]


def test_whoever_called_and_steps_out_of_the_spot_is_waited_for(bench: Bench) -> None:
    bench.stand()
    bench.give(GuardAsked(bench.clock.now))
    step_out(bench)
    assert shown(bench).guard is GuardCall.RINGING


def test_nobody_comes_in_on_the_code_of_one_who_called_and_stepped_out_of_the_spot(bench: Bench) -> None:
    bench.stand()
    bench.scan(signed_pass(VisitorKind.GUEST))
    bench.give(GuardAsked(bench.clock.now))
    step_out(bench)
    assert shown(bench).phase is Phase.IDLE


def feverish(bench: Bench) -> None:
    """Somebody is held, and told to wait for the guard."""
    bench.stand(38.4)
    bench.durable()
    assert shown(bench).guard is GuardCall.RINGING


def test_whoever_is_held_may_step_aside_and_lives_to_read_whom_to_phone(bench: Bench) -> None:
    feverish(bench)
    visit = bench.runtime.visit.id
    step_out(bench)
    wait(bench, 60.0)
    assert (shown(bench).visit, shown(bench).guard) == (visit, GuardCall.UNANSWERED)
    assert kinds(bench) == ["case_opened", "guard_called", "guard_unanswered"]
    wait(bench, PHONES_FOR - 1.5)
    assert shown(bench).visit == visit
    wait(bench, 1.5)
    assert kinds(bench)[-1] == "visit_ended"
    assert shown(bench).phase is Phase.IDLE


def test_whoever_stands_in_the_spot_of_one_who_stepped_aside_is_a_visitor_of_their_own(bench: Bench) -> None:
    feverish(bench)
    visit = bench.runtime.visit.id
    step_out(bench)
    bench.stand(None)
    assert (bench.phase(), bench.runtime.visit.id != visit) == (Phase.APPROACHING, True)
    bench.clock.advance(0.2)
    bench.stand(36.6)
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    assert bench.durable("gate-1/log/2").answer is Answer.ADMIT


def test_nobody_is_measured_into_the_visit_of_one_who_was_held_without_a_thermometer(bench: Bench) -> None:
    lose(bench, Part.THERMOMETER)
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    assert bench.durable().answer is Answer.HOLD
    wait(bench, 5.0)
    lose(bench, Part.THERMOMETER, well=True)
    bench.stand(36.6)
    assert len(bench.recorder.decisions) == 1
    assert bench.runtime.visit.wanted == {"pass", "health_code"}


def test_a_code_shown_after_they_stepped_aside_adds_nothing_to_theirs(bench: Bench) -> None:
    lose(bench, Part.THERMOMETER)
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    bench.durable()
    visit = bench.runtime.visit.id
    wait(bench, 5.0)
    bench.scan(signed_pass(VisitorKind.RESIDENT, number=2))
    assert bench.recorder.decisions[-1][0] != visit


def test_the_gate_opens_for_nobody_who_stepped_aside_though_the_answer_comes_after_all(bench: Bench) -> None:
    bench.stand()
    bench.scan(signed_pass(VisitorKind.GUEST))
    bench.scan(HEALTH_CODE)
    visit, token = bench.resolver.asked[-1]
    bench.give(TokenAnswered(visit, token.token, None))
    assert bench.durable().answer is Answer.HOLD
    wait(bench, 5.0)
    bench.give(TokenAnswered(visit, token.token, HealthStatus.GREEN))
    assert (bench.phase(), len(bench.recorder.decisions)) == (Phase.AWAITING_GUARD, 1)


def test_a_refusal_can_be_read_after_the_phone_is_lowered() -> None:
    bench = Bench("normal-times")
    bench.scan(b"GP1:NOT A PASS")
    assert bench.durable().answer is Answer.REFUSE
    wait(bench, READS_FOR - 0.2)
    assert (shown(bench).answer, shown(bench).phase) == (Answer.REFUSE, Phase.AWAITING_GUARD)
    wait(bench, 0.4)
    assert shown(bench).phase is Phase.IDLE
