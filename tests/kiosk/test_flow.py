"""The flow: its table, its properties, its diagram."""

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from kiosk import flow, visit
from kiosk.flow import CONDITIONS, LIMITS, TRANSITIONS, EarlyDeadline, FlowError, IllegalEvent, step
from kiosk.model import Answer, Decision, EventId, GateOutcome, Monotonic, Need, ReasonCode, VisitId
from kiosk.visit import (
    Approached,
    DeadlineReached,
    Decided,
    End,
    Event,
    OpenGate,
    Park,
    Persist,
    Persisted,
    PersistFailed,
    Phase,
    RecordGate,
    Visit,
)

DOCS = Path(__file__).parents[2] / "docs" / "flow.md"
PASS = frozenset({Need.PASS})
SAMPLES: dict[type[Event], Callable[[Decision, EventId], Event]] = {
    visit.Approached: lambda *_: visit.Approached(),
    visit.Left: lambda *_: visit.Left(),
    visit.FactsWanted: lambda *_: visit.FactsWanted(PASS),
    visit.AnswerAwaited: lambda *_: visit.AnswerAwaited(PASS),
    visit.FactsComplete: lambda *_: visit.FactsComplete(),
    visit.FormWanted: lambda *_: visit.FormWanted(),
    visit.ConsentWanted: lambda *_: visit.ConsentWanted(),
    visit.FormReceived: lambda *_: visit.FormReceived(),
    visit.ConsentReceived: lambda *_: visit.ConsentReceived(),
    visit.Decided: lambda decision, _: visit.Decided(decision),
    visit.GuardDecided: lambda decision, _: visit.GuardDecided(decision),
    visit.Persisted: lambda decision, admission: visit.Persisted(admission, decision),
    visit.PersistFailed: lambda decision, _: visit.PersistFailed(decision),
    visit.GateOpened: lambda _, admission: visit.GateOpened(admission),
    visit.GatePassed: lambda _, admission: visit.GatePassed(admission),
    visit.GateClosed: lambda _, admission: visit.GateClosed(admission),
    visit.GateFailed: lambda _, admission: visit.GateFailed(admission),
    visit.Resumed: lambda *_: visit.Resumed(),
    visit.DeadlineReached: lambda *_: visit.DeadlineReached(),
}
EVENTS = tuple(SAMPLES)
UNASKED = [kind for kind in EVENTS if kind is not Persisted]
DECISIONS = [Decision(answer, (ReasonCode("because"),), "rule", "policy@1") for answer in Answer]
ADMIT = next(decision for decision in DECISIONS if decision.answer is Answer.ADMIT)
ADMISSION = EventId("gate-1/log/7")
NOW = Monotonic(100.0)


def sample(kind: type[Event], decision: Decision = ADMIT, admission: EventId = ADMISSION) -> Event:
    """One event of a kind."""
    return SAMPLES[kind](decision, admission)


def standing(phase: Phase) -> Visit:
    """A visit that stands in a phase, with what it has by then."""
    decided = phase not in {Phase.IDLE, Phase.APPROACHING, Phase.COLLECTING, Phase.CHECKING}
    admitted = phase in {Phase.OPENING, Phase.OPEN, Phase.PASSED}
    return Visit(
        VisitId("v"),
        phase,
        deadline=NOW if phase in LIMITS else None,
        decision=ADMIT if decided else None,
        admission=ADMISSION if admitted else None,
    )


def test_every_phase_has_a_row_and_every_condition_is_used() -> None:
    assert set(TRANSITIONS) == set(Phase)
    used = {way.when for row in TRANSITIONS.values() for ways in row.values() for way in ways if way.when}
    assert used == set(CONDITIONS)


def test_every_kind_of_event_is_tried() -> None:
    assert set(EVENTS) == set(get_args(Event))


def test_every_phase_that_waits_has_a_limit_and_takes_its_deadline() -> None:
    for phase in Phase:
        waits = phase not in {Phase.IDLE, Phase.ENDED}
        assert (phase in LIMITS) is waits
        assert (DeadlineReached in TRANSITIONS[phase]) is waits


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
def test_a_pair_is_in_the_table_or_a_named_error_that_changes_nothing(phase: Phase, kind: type[Event]) -> None:
    before = standing(phase)
    if kind in TRANSITIONS[phase]:
        after, _ = step(before, sample(kind), NOW)
        assert after.id == before.id
    else:
        with pytest.raises(IllegalEvent if before.deadline is not None or kind is not DeadlineReached else FlowError):
            step(before, sample(kind), NOW)
        assert before == standing(phase)


def test_a_deadline_before_its_time_is_an_error_that_changes_nothing() -> None:
    with pytest.raises(EarlyDeadline, match="time left"):
        step(standing(Phase.COLLECTING), DeadlineReached(), Monotonic(NOW - 0.001))


def test_an_admission_opens_only_once_it_is_durable() -> None:
    deciding = standing(Phase.DECIDING)
    committing, effects = step(deciding, Decided(ADMIT), NOW)
    assert effects == (Persist(VisitId("v"), ADMIT),)
    opening, effects = step(committing, Persisted(ADMISSION, ADMIT), NOW)
    assert effects == (OpenGate(VisitId("v"), ADMISSION),)
    assert opening.phase is Phase.OPENING


def test_who_left_while_the_decision_was_written_finds_the_gate_closed() -> None:
    committing, _ = step(standing(Phase.COMMITTING), visit.Left(), NOW)
    ended, effects = step(committing, Persisted(ADMISSION, ADMIT), NOW)
    assert ended.phase is Phase.ENDED
    assert RecordGate(VisitId("v"), ADMISSION, GateOutcome.NOT_OPENED) in effects
    assert not any(isinstance(effect, OpenGate) for effect in effects)


def test_an_admission_that_becomes_durable_too_late_is_recorded_and_not_opened() -> None:
    waiting, _ = step(standing(Phase.COMMITTING), DeadlineReached(), NOW)
    after, effects = step(waiting, Persisted(ADMISSION, ADMIT), NOW)
    assert after == waiting
    assert effects == (RecordGate(VisitId("v"), ADMISSION, GateOutcome.NOT_OPENED),)


def test_a_log_that_takes_nothing_calls_the_guard() -> None:
    after, effects = step(standing(Phase.COMMITTING), PersistFailed(ADMIT), NOW)
    assert after.phase is Phase.AWAITING_GUARD
    assert [type(effect) for effect in effects] == [visit.CallGuard]


def left_alone(start: Visit) -> list[Phase]:
    """The phases of a visit to which nothing happens but its deadlines and what it asks for itself."""
    now, phases = NOW, [start.phase]
    while start.phase is not Phase.ENDED:
        assert start.deadline is not None, f"nothing ends a visit that is {start.phase}"
        now = max(now, start.deadline)
        start, effects = step(start, DeadlineReached(), now)
        phases.append(start.phase)
        if visit.Decide(start.id) in effects:
            start, effects = step(start, Decided(ADMIT), now)
        assert len(phases) < 12
    return phases


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.IDLE])
def test_left_alone_every_visit_ends(phase: Phase) -> None:
    assert left_alone(standing(phase))[-1] is Phase.ENDED


def test_no_phase_is_a_trap() -> None:
    reaches = {phase: {way.phase for ways in row.values() for way in ways if way.phase} for phase, row in TRANSITIONS.items()}
    for phase in Phase:
        found, new = {phase}, {phase}
        while new:
            new = {target for one in new for target in reaches[one]} - found
            found |= new
        assert Phase.ENDED in found, f"{phase} never ends"
        if phase not in {Phase.ENDED, Phase.PASSED, Phase.OPEN, Phase.OPENING}:
            assert Phase.OPENING in found, f"nobody is ever admitted from {phase}"


def test_a_parked_visit_resumes_or_expires() -> None:
    waiting = standing(Phase.AWAITING_FORM)
    parked, effects = step(waiting, DeadlineReached(), NOW)
    assert effects == (Park(VisitId("v")),)
    assert step(parked, visit.Resumed(), NOW)[0].phase is Phase.COLLECTING
    assert parked.deadline == Monotonic(NOW + 600.0)
    expired, effects = step(parked, DeadlineReached(), parked.deadline)
    assert effects == (End(VisitId("v"), visit.Ending.EXPIRED),)
    assert expired.phase is Phase.ENDED


class AnyVisit(RuleBasedStateMachine):
    """Any events in any order, some of them true answers to what the flow asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.visit = Visit(VisitId("v"))
        self.now = Monotonic(0.0)
        self.durable: dict[EventId, Decision] = {}
        self.asked: list[Persist] = []
        self.opened: list[EventId] = []
        self.ends = 0

    def take(self, event: Event) -> None:
        before = self.visit
        try:
            self.visit, effects = step(before, event, self.now)
        except FlowError:
            assert self.visit is before
            return
        for effect in effects:
            if isinstance(effect, OpenGate):
                assert effect.admission in self.durable
                assert self.durable[effect.admission].answer is Answer.ADMIT
                assert effect.admission not in self.opened
                self.opened.append(effect.admission)
            elif isinstance(effect, RecordGate):
                assert effect.admission in self.durable
            elif isinstance(effect, Persist):
                self.asked.append(effect)
            elif isinstance(effect, End):
                self.ends += 1

    @rule(
        kind=st.sampled_from([kind for kind in EVENTS if kind is not Persisted]),
        decision=st.sampled_from(DECISIONS),
    )
    def anything_happens(self, kind: type[Event], decision: Decision) -> None:
        admission = self.visit.admission or ADMISSION
        self.take(sample(kind, decision, admission))

    @precondition(lambda self: self.asked)
    @rule(data=st.data())
    def something_becomes_durable(self, data: st.DataObject) -> None:
        effect = data.draw(st.sampled_from(self.asked))
        self.asked.remove(effect)
        event = EventId(f"gate-1/log/{len(self.durable) + 1}")
        self.durable[event] = effect.decision
        self.take(Persisted(event, effect.decision))

    @rule(seconds=st.sampled_from([0.1, 2.0, 50.0, 700.0]))
    def time_passes(self, seconds: float) -> None:
        self.now = Monotonic(self.now + seconds)
        self.take(DeadlineReached())

    @rule()
    def somebody_comes(self) -> None:
        self.take(Approached())

    @invariant()
    def a_visit_ends_once(self) -> None:
        assert self.ends == (1 if self.visit.phase is Phase.ENDED else 0)

    @invariant()
    def who_waits_has_a_deadline(self) -> None:
        assert (self.visit.deadline is None) == (self.visit.phase in {Phase.IDLE, Phase.ENDED})

    def teardown(self) -> None:
        if self.visit.phase is not Phase.IDLE:
            left_alone(self.visit)


TestAnyVisit = AnyVisit.TestCase
TestAnyVisit.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


@given(st.lists(st.sampled_from(EVENTS), max_size=30))
def test_nothing_opens_without_something_durable(kinds: list[type[Event]]) -> None:
    one, now = Visit(VisitId("v")), Monotonic(0.0)
    for kind in kinds:
        if kind is Persisted:
            continue
        now = Monotonic(now + 1)
        try:
            one, effects = step(one, sample(kind), now)
        except FlowError:
            continue
        assert not any(isinstance(effect, OpenGate) for effect in effects)


def test_the_diagram_in_the_documentation_is_printed_from_the_table() -> None:
    drawn = DOCS.read_text(encoding="utf-8").split("```mermaid\n")[1].split("```")[0]
    assert drawn == flow.mermaid(), "print it anew: python -c 'from kiosk import flow; print(flow.mermaid())'"
