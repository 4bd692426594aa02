"""The core's loop and whoever gives up, steps aside, or takes another's place: nobody comes in on what is another's."""

import pytest

from kiosk.evidence import HealthStatus
from kiosk.inbox import TokenAnswered
from kiosk.link import FormAsked
from kiosk.model import GateOutcome, Phase
from kiosk.people import VisitorKind
from tests.kiosk.runtimes import FIRST, HEALTH_CODE, SECOND, Bench, outcomes, signed_pass, step_aside


@pytest.fixture
def bench() -> Bench:
    return Bench("response-level-2")


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
