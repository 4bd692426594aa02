"""The core's loop where an admission cannot be made good: no record, no gate, or too late."""

import pytest

from kiosk.inbox import Recorded
from kiosk.link import GateFailed
from kiosk.model import Decision, EventId, GateOutcome, Part, Phase
from kiosk.people import VisitorKind
from kiosk.units import Monotonic
from tests.kiosk.runtimes import Bench, admit_resident, come_again, lose, signed_pass


@pytest.fixture
def bench() -> Bench:
    return Bench("response-level-2")


def test_a_gate_that_cannot_open_is_recorded(bench: Bench) -> None:
    admission = admit_resident(bench)
    bench.give(GateFailed(admission, "the line is in use", bench.clock.now))
    assert [effect.outcome for effect, _ in bench.recorder.outcomes] == [GateOutcome.FAILED]
    assert bench.phase() is Phase.IDLE


def test_a_lost_gate_process_is_noted_once_and_nothing_opens(bench: Bench) -> None:
    bench.gate.lost = True
    bench.clock.advance(1.0)
    bench.runtime.tick()
    bench.clock.advance(1.0)
    bench.runtime.tick()
    assert [draft.body["part"] for draft in bench.recorder.notes] == ["gate"]
    admit_resident(bench)
    assert [effect.outcome for effect, _ in bench.recorder.outcomes] == [GateOutcome.FAILED]


def test_an_unwritable_log_opens_nothing(bench: Bench) -> None:
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    bench.stand()
    visit, decision, _ = bench.recorder.decisions[-1]
    bench.give(Recorded(visit, decision, None, bench.clock.now))
    assert bench.gate.opened == []
    assert bench.phase() is Phase.AWAITING_GUARD


def test_an_admission_that_outlives_its_visit_is_recorded_as_not_opened(bench: Bench) -> None:
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    bench.stand()
    visit, decision, _ = bench.recorder.decisions[-1]
    bench.clock.advance(11.0)
    bench.runtime.tick()
    bench.runtime.tick()
    assert bench.phase() is Phase.IDLE
    bench.give(Recorded(visit, decision, EventId("gate-1/log/9"), Monotonic(bench.clock.now)))
    assert [effect.outcome for effect, _ in bench.recorder.outcomes] == [GateOutcome.NOT_OPENED]
    assert bench.gate.opened == []


PLACE = EventId("gate-1/standby/7")


def nobody_vouches(bench: Bench, event: EventId = PLACE) -> Decision:
    """The newest decision has its place in the log, and nobody said in time that it is durable."""
    visit, decision, _ = bench.recorder.decisions[-1]
    bench.give(Recorded(visit, decision, None, bench.clock.now, bench.recorder.spends[-1], event))
    return decision


def test_an_admission_that_nobody_vouched_for_opens_nothing_and_is_recorded_as_not_opened(bench: Bench) -> None:
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    bench.stand()
    nobody_vouches(bench)
    assert bench.gate.opened == []
    assert bench.phase() is Phase.AWAITING_GUARD
    assert [(effect.admission, effect.outcome) for effect, _ in bench.recorder.outcomes] == [(PLACE, GateOutcome.NOT_OPENED)]
    assert bench.recorder.given_back == [True]


def test_it_opens_nothing_either_when_the_same_decision_is_made_again(bench: Bench) -> None:
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    bench.stand()
    first = nobody_vouches(bench)
    bench.stand(present=False)
    bench.clock.advance(10)
    bench.runtime.tick()
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    bench.stand()
    assert bench.phase() is Phase.COMMITTING
    assert bench.recorder.decisions[-1][1] == first
    # Heard of once more, on whosever account: it stays what it was.
    visit, decision, _ = bench.recorder.decisions[0]
    bench.give(Recorded(visit, decision, None, bench.clock.now, None, PLACE))
    assert (bench.phase(), bench.gate.opened) == (Phase.COMMITTING, [])
    bench.durable("gate-1/log/9")
    assert bench.gate.opened == [EventId("gate-1/log/9")]


def test_within_one_visit_only_the_decision_that_is_durable_opens(bench: Bench) -> None:
    bench.stand()
    lose(bench, Part.CAMERA)
    assert nobody_vouches(bench, EventId("gate-1/standby/2")).reasons == ("pass_unavailable",)
    assert bench.recorder.outcomes == []  # a held visitor's record promises nothing
    lose(bench, Part.CAMERA, well=True)
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    nobody_vouches(bench)
    assert bench.phase() is Phase.AWAITING_GUARD
    lose(bench, Part.CAMERA)
    assert bench.gate.opened == []


def test_an_admission_that_nobody_vouched_for_until_its_visit_was_over_is_recorded_as_not_opened_once(bench: Bench) -> None:
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    bench.stand()
    bench.clock.advance(11)
    bench.runtime.tick()
    bench.stand(present=False)
    bench.clock.advance(3)
    bench.runtime.tick()
    nobody_vouches(bench)
    assert [(effect.admission, effect.outcome) for effect, _ in bench.recorder.outcomes] == [(PLACE, GateOutcome.NOT_OPENED)]
    assert bench.gate.opened == []


def test_a_pass_keeps_its_use_where_nobody_vouched_for_its_admission(bench: Bench) -> None:
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    bench.stand()
    nobody_vouches(bench)
    assert come_again(bench, "gate-1/log/3").reasons == ("resident",)


def test_a_gate_lost_after_the_order_leaves_the_outcome_open_and_the_pass_used(bench: Bench) -> None:
    admit_resident(bench)
    lose(bench, Part.GATE)
    assert [effect.outcome for effect, _ in bench.recorder.outcomes] == [GateOutcome.UNKNOWN]
    assert bench.recorder.given_back == [False]


def test_a_failure_of_an_earlier_admission_is_not_this_one(bench: Bench) -> None:
    admit_resident(bench)
    bench.give(GateFailed(EventId("gate-1/log/0"), "late", bench.clock.now))
    assert bench.phase() is Phase.OPENING
    assert bench.recorder.outcomes == []


def test_an_admission_that_comes_too_late_carries_nobody_elses_times(bench: Bench) -> None:
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    bench.stand()
    visit, decision, _ = bench.recorder.decisions[-1]
    spends = bench.recorder.spends[-1]
    bench.clock.advance(11)
    bench.runtime.tick()
    bench.stand(present=False)
    bench.clock.advance(3)
    bench.runtime.tick()
    assert bench.runtime.visit.id != visit
    bench.give(Recorded(visit, decision, EventId("gate-1/log/1"), bench.clock.now, spends))
    (effect, draft), *_ = bench.recorder.outcomes
    assert effect.outcome is GateOutcome.NOT_OPENED
    assert draft.body["times_us"] == {}
    assert bench.recorder.given_back == [True]
