"""The loop and calls for the guard: who made them, how long they ring, and when they end."""

import pytest

from kiosk.link import Finished, GateClosed, GateOpened, GuardAsked, Passed
from kiosk.model import Answer, Phase, VisitorKind
from kiosk.presence import CALLED_FOR
from kiosk.view import GuardCall, Step, StepState
from tests.kiosk.runtimes import Bench, admit_resident, signed_pass
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
