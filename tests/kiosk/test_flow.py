"""The flow: its table, its properties, its diagram."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from kiosk import visit
from kiosk.deadlines import EXTENSIONS, LIMITS, PATIENT
from kiosk.diagram import mermaid
from kiosk.flow import TRANSITIONS, EarlyDeadline, FlowError, IllegalEvent, step, takes
from kiosk.model import Answer, Decision, EventId, GateOutcome, Need, Phase, ReasonCode, VisitId
from kiosk.units import Monotonic
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
    RecordGate,
    Visit,
)
from kiosk.way import CONDITIONS
from tests.examples import examples

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
    visit.GuardWanted: lambda *_: visit.GuardWanted(),
    visit.TimeWanted: lambda *_: visit.TimeWanted(),
    visit.TurnedBack: lambda *_: visit.TurnedBack(),
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


def test_who_comes_back_before_the_decision_is_written_finds_the_gate_open() -> None:
    gone, _ = step(standing(Phase.COMMITTING), visit.Left(), NOW)
    back, _ = step(gone, visit.Approached(), NOW)
    _, effects = step(back, Persisted(ADMISSION, ADMIT), NOW)
    assert effects == (OpenGate(VisitId("v"), ADMISSION),)


def test_an_older_admission_that_becomes_durable_opens_nothing() -> None:
    newer = replace(standing(Phase.COMMITTING), decision=replace(ADMIT, rule="another"))
    after, effects = step(newer, Persisted(ADMISSION, ADMIT), NOW)
    assert after == newer
    assert effects == (RecordGate(VisitId("v"), ADMISSION, GateOutcome.NOT_OPENED),)


@pytest.mark.parametrize(("until", "later"), [(0.5, 0.5), (1e6, None)])
def test_what_a_person_commands_waits_no_longer_for_the_disk_than_it_counts(until: float, later: float | None) -> None:
    usual, _ = step(standing(Phase.DECIDING), Decided(ADMIT), NOW)
    after, _ = step(standing(Phase.DECIDING), visit.GuardDecided(ADMIT, Monotonic(NOW + until)), NOW)
    assert after.deadline == (usual.deadline if later is None else NOW + later)


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
def test_whatever_is_to_be_done_is_done_for_this_visit(phase: Phase, kind: type[Event]) -> None:
    if kind in TRANSITIONS[phase]:
        _, effects = step(standing(phase), sample(kind), NOW)
        assert {effect.visit for effect in effects} <= {VisitId("v")}


HOLD, REFUSE = (next(one for one in DECISIONS if one.answer is answer) for answer in (Answer.HOLD, Answer.REFUSE))
OTHER = EventId("gate-1/log/8")
COMMITTING, OPENING, OPEN, PASSED, AWAITING_GUARD = (
    standing(phase) for phase in (Phase.COMMITTING, Phase.OPENING, Phase.OPEN, Phase.PASSED, Phase.AWAITING_GUARD)
)
Told = tuple[Visit, Event, Phase, tuple[object, ...]]


def recorded(outcome: GateOutcome, ending: visit.Ending | None = None) -> tuple[object, ...]:
    """What is done when an admission has an outcome, and perhaps the visit an end."""
    end = () if ending is None else (visit.End(VisitId("v"), ending),)
    return (RecordGate(VisitId("v"), ADMISSION, outcome), *end)


def ended(ending: visit.Ending) -> tuple[object, ...]:
    return (visit.End(VisitId("v"), ending),)


def decided(decision: Decision, *, left: bool = False) -> Visit:
    return replace(COMMITTING, decision=decision, left=left)


CALLED = (visit.CallGuard(VisitId("v")),)
ENDING = visit.Ending
WAYS: dict[str, Told] = {
    "held, still there": (decided(HOLD), Persisted(ADMISSION, HOLD), Phase.AWAITING_GUARD, CALLED),
    "held, but gone": (decided(HOLD, left=True), Persisted(ADMISSION, HOLD), Phase.ENDED, ended(ENDING.HELD)),
    "refused, still there": (decided(REFUSE), Persisted(ADMISSION, REFUSE), Phase.AWAITING_GUARD, ()),
    "refused, but gone": (decided(REFUSE, left=True), Persisted(ADMISSION, REFUSE), Phase.ENDED, ended(ENDING.REFUSED)),
    "a hold too late": (AWAITING_GUARD, Persisted(ADMISSION, HOLD), Phase.AWAITING_GUARD, ()),
    "not recorded, of another decision": (COMMITTING, PersistFailed(HOLD), Phase.COMMITTING, ()),
    "not recorded, gone": (decided(ADMIT, left=True), PersistFailed(ADMIT), Phase.ENDED, ended(ENDING.NOT_RECORDED)),
    "time is up, gone": (decided(ADMIT, left=True), DeadlineReached(), Phase.ENDED, ended(ENDING.NOT_RECORDED)),
    "time is up, still there": (COMMITTING, DeadlineReached(), Phase.AWAITING_GUARD, CALLED),
    "opened": (OPENING, visit.GateOpened(ADMISSION), Phase.OPEN, ()),
    "opened, for another": (OPENING, visit.GateOpened(OTHER), Phase.OPENING, ()),
    "failed": (OPENING, visit.GateFailed(ADMISSION), Phase.ENDED, recorded(GateOutcome.FAILED, ENDING.GATE_FAILED)),
    "failed, for another": (OPENING, visit.GateFailed(OTHER), Phase.OPENING, ()),
    "lost while opening": (OPENING, visit.GateFailed(None), Phase.ENDED, recorded(GateOutcome.UNKNOWN, ENDING.GATE_FAILED)),
    "never opened": (OPENING, DeadlineReached(), Phase.ENDED, recorded(GateOutcome.UNKNOWN, ENDING.GATE_FAILED)),
    "went through": (OPEN, visit.GatePassed(ADMISSION), Phase.PASSED, recorded(GateOutcome.PASSED)),
    "another went through": (OPEN, visit.GatePassed(OTHER), Phase.OPEN, ()),
    "closed, nobody passed": (
        OPEN,
        visit.GateClosed(ADMISSION, False),
        Phase.ENDED,
        recorded(GateOutcome.NOT_PASSED, ENDING.NOT_PASSED),
    ),
    "closed, perhaps passed": (
        OPEN,
        visit.GateClosed(ADMISSION, None),
        Phase.ENDED,
        recorded(GateOutcome.UNKNOWN, ENDING.UNCERTAIN),
    ),
    "closed, for another": (OPEN, visit.GateClosed(OTHER, False), Phase.OPEN, ()),
    "failed while open": (OPEN, visit.GateFailed(ADMISSION), Phase.ENDED, recorded(GateOutcome.UNKNOWN, ENDING.GATE_FAILED)),
    "failed while open, for another": (OPEN, visit.GateFailed(OTHER), Phase.OPEN, ()),
    "lost while open": (OPEN, visit.GateFailed(None), Phase.ENDED, recorded(GateOutcome.UNKNOWN, ENDING.GATE_FAILED)),
    "nothing heard while open": (OPEN, DeadlineReached(), Phase.ENDED, recorded(GateOutcome.UNKNOWN, ENDING.GATE_FAILED)),
    "through, and closed": (PASSED, visit.GateClosed(ADMISSION), Phase.ENDED, ended(ENDING.PASSED)),
    "through, closed for another": (PASSED, visit.GateClosed(OTHER), Phase.PASSED, ()),
    "through, then failed": (PASSED, visit.GateFailed(ADMISSION), Phase.ENDED, ended(ENDING.PASSED)),
    "through, failed for another": (PASSED, visit.GateFailed(OTHER), Phase.PASSED, ()),
    "through, then lost": (PASSED, visit.GateFailed(None), Phase.ENDED, ended(ENDING.PASSED)),
    "through, nothing heard": (PASSED, DeadlineReached(), Phase.ENDED, ended(ENDING.PASSED)),
    "deciding takes too long": (standing(Phase.DECIDING), DeadlineReached(), Phase.AWAITING_GUARD, CALLED),
    "what was pending does not come": (
        standing(Phase.CHECKING),
        DeadlineReached(),
        Phase.DECIDING,
        (visit.Decide(VisitId("v")),),
    ),
    "a parked visit expires": (standing(Phase.PARKED), DeadlineReached(), Phase.ENDED, ended(ENDING.EXPIRED)),
    **{
        f"nobody came, {name}, {kind.__name__}": (replace(AWAITING_GUARD, decision=decision), kind(), Phase.ENDED, ended(how))
        for name, decision, how in (
            ("refused", REFUSE, ENDING.REFUSED),
            ("held", HOLD, ENDING.HELD),
            ("not recorded", ADMIT, ENDING.NOT_RECORDED),
            ("unanswered", None, ENDING.ABANDONED),
        )
        for kind in (visit.Left, visit.TurnedBack, DeadlineReached)
    },
    **{
        f"gives up, {phase}, {kind.__name__}": (standing(phase), kind(), Phase.ENDED, ended(ENDING.ABANDONED))
        for phase in (Phase.APPROACHING, Phase.COLLECTING)
        for kind in (visit.Left, visit.TurnedBack, DeadlineReached)
    },
    **{
        f"goes to the phone, {phase}, {kind.__name__}": (standing(phase), kind(), Phase.PARKED, (visit.Park(VisitId("v")),))
        for phase in (Phase.AWAITING_FORM, Phase.AWAITING_CONSENT)
        for kind in (visit.Left, DeadlineReached)
    },
}


@pytest.mark.parametrize(("before", "event", "phase", "effects"), WAYS.values(), ids=WAYS)
def test_what_happens_leads_where_it_should(before: Visit, event: Event, phase: Phase, effects: tuple[object, ...]) -> None:
    after, done = step(before, event, NOW)
    assert (after.phase, done) == (phase, effects)


STAYS: dict[Phase, tuple[type[Event], ...]] = {
    Phase.IDLE: (visit.Left,),
    Phase.DECIDING: (visit.Approached, PersistFailed),
    Phase.COMMITTING: (visit.Approached, visit.Left),
    Phase.OPENING: (visit.Approached, visit.Left, PersistFailed),
    Phase.OPEN: (visit.Approached, visit.Left, PersistFailed),
    Phase.PASSED: (visit.Approached, visit.Left, PersistFailed, visit.GatePassed),
    Phase.AWAITING_FORM: (visit.Approached, visit.FormWanted),
    Phase.AWAITING_CONSENT: (visit.Approached,),
    Phase.AWAITING_GUARD: (visit.Approached, PersistFailed),
    Phase.PARKED: (visit.FormReceived, visit.ConsentReceived),
    Phase.ENDED: (PersistFailed,),
}


@pytest.mark.parametrize(("phase", "kind"), [(phase, kind) for phase, kinds in STAYS.items() for kind in kinds], ids=str)
def test_what_is_no_news_is_taken_and_changes_no_phase(phase: Phase, kind: type[Event]) -> None:
    after, done = step(standing(phase), sample(kind), NOW)
    assert (after.phase, done) == (phase, ())


CALLABLE = (Phase.DECIDING, Phase.COMMITTING, Phase.OPENING, Phase.OPEN, Phase.PASSED, Phase.AWAITING_GUARD)


@pytest.mark.parametrize("phase", CALLABLE)
def test_the_guard_can_be_called_wherever_somebody_stands(phase: Phase) -> None:
    after, done = step(standing(phase), visit.GuardWanted(), NOW)
    assert (after.phase, after.called_at, done) == (phase, NOW, CALLED)


@pytest.mark.parametrize("phase", [Phase.APPROACHING, Phase.COLLECTING, Phase.AWAITING_FORM, Phase.AWAITING_CONSENT])
def test_whoever_asks_for_more_time_has_it(phase: Phase) -> None:
    after, done = step(standing(phase), visit.TimeWanted(), NOW)
    assert (after.phase, after.extended, done) == (phase, 1, ())


ASKED: dict[type[Event], tuple[Phase | None, tuple[object, ...]]] = {
    visit.Approached: (None, ()),
    visit.FormWanted: (Phase.AWAITING_FORM, (visit.RequestForm(VisitId("v")),)),
    visit.ConsentWanted: (Phase.AWAITING_CONSENT, (visit.RequestConsent(VisitId("v")),)),
    visit.GuardWanted: (None, CALLED),
    visit.FactsComplete: (Phase.DECIDING, (visit.Decide(VisitId("v")),)),
    visit.GuardDecided: (Phase.COMMITTING, (Persist(VisitId("v"), ADMIT),)),
}


@pytest.mark.parametrize("kind", ASKED, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("phase", [Phase.APPROACHING, Phase.COLLECTING, Phase.CHECKING])
def test_wherever_the_kiosk_is_asking_it_can_be_asked_for_the_same(phase: Phase, kind: type[Event]) -> None:
    expected, effects = ASKED[kind]
    after, done = step(standing(phase), sample(kind), NOW)
    assert (after.phase, done) == (expected or phase, effects)


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


STANDING = [phase for phase in Phase if phase not in {Phase.IDLE, Phase.PARKED, Phase.ENDED}]


@pytest.mark.parametrize("phase", STANDING)
def test_the_guard_can_be_called_wherever_somebody_stands_and_the_visit_goes_on(phase: Phase) -> None:
    after, effects = step(standing(phase), visit.GuardWanted(), NOW)
    assert effects == (visit.CallGuard(VisitId("v")),)
    assert (after.phase, after.called_at) == (phase, NOW)


@pytest.mark.parametrize("phase", sorted(PATIENT))
def test_whoever_called_the_guard_is_waited_for_as_long_as_for_a_guard(phase: Phase) -> None:
    now = Monotonic(NOW - 1)
    after, _ = step(standing(phase), visit.GuardWanted(), now)
    assert after.deadline == now + LIMITS[Phase.AWAITING_GUARD]


def test_the_time_for_the_guard_outlasts_the_phase_in_which_they_were_called() -> None:
    called, _ = step(standing(Phase.CHECKING), visit.GuardWanted(), NOW)
    assert called.deadline == standing(Phase.CHECKING).deadline
    collecting, _ = step(called, visit.FactsWanted(PASS), NOW)
    assert collecting.deadline == NOW + LIMITS[Phase.AWAITING_GUARD]


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda decision: decision.answer)
def test_an_admission_and_a_guards_own_answer_end_the_call(decision: Decision) -> None:
    called, _ = step(standing(Phase.COLLECTING), visit.GuardWanted(), NOW)
    deciding, _ = step(called, visit.FactsComplete(), NOW)
    by_the_rules = step(deciding, Decided(decision), NOW)[0].called_at
    assert by_the_rules == (None if decision.answer is Answer.ADMIT else NOW)
    assert step(deciding, visit.GuardDecided(decision), NOW)[0].called_at is None


def test_leaving_for_the_form_ends_the_call() -> None:
    called, _ = step(standing(Phase.AWAITING_FORM), visit.GuardWanted(), NOW)
    assert step(called, visit.Left(), NOW)[0].called_at is None


@pytest.mark.parametrize("phase", sorted(PATIENT))
def test_more_time_is_given_so_often_and_no_longer(phase: Phase) -> None:
    one = standing(phase)
    for extension in range(1, EXTENSIONS + 1):
        now = Monotonic(NOW + extension)
        assert takes(one, visit.TimeWanted())
        one, effects = step(one, visit.TimeWanted(), now)
        assert (one.phase, one.deadline, effects) == (phase, now + LIMITS[phase], ())
    assert not takes(one, visit.TimeWanted())
    with pytest.raises(IllegalEvent):
        step(one, visit.TimeWanted(), NOW)


def test_the_next_phase_may_be_extended_anew() -> None:
    one = replace(standing(Phase.COLLECTING), extended=EXTENSIONS)
    form, _ = step(one, visit.FormWanted(), NOW)
    assert takes(form, visit.TimeWanted())


def test_nobody_waits_for_a_machine_longer_because_they_asked() -> None:
    for phase in set(Phase) - PATIENT:
        assert not takes(standing(phase), visit.TimeWanted())


def test_whoever_turns_back_from_the_form_is_asked_again() -> None:
    after, effects = step(standing(Phase.AWAITING_FORM), visit.TurnedBack(), NOW)
    assert (after.phase, effects) == (Phase.COLLECTING, ())


def test_whoever_does_not_wait_for_consent_at_the_kiosk_waits_elsewhere() -> None:
    after, effects = step(standing(Phase.AWAITING_CONSENT), visit.TurnedBack(), NOW)
    assert (after.phase, effects) == (Phase.PARKED, (Park(VisitId("v")),))


def test_a_host_is_asked_while_the_visitor_is_parked() -> None:
    parked = standing(Phase.PARKED)
    assert step(parked, visit.ConsentWanted(), NOW) == (parked, (visit.RequestConsent(VisitId("v")),))


@pytest.mark.parametrize("phase", [Phase.APPROACHING, Phase.COLLECTING, Phase.CHECKING])
def test_whoever_is_done_before_an_answer_has_given_up(phase: Phase) -> None:
    _, effects = step(standing(phase), visit.TurnedBack(), NOW)
    assert effects == (End(VisitId("v"), visit.Ending.ABANDONED),)


def test_whoever_is_done_after_an_answer_ends_with_it() -> None:
    held = replace(standing(Phase.AWAITING_GUARD), decision=DECISIONS[list(Answer).index(Answer.HOLD)])
    assert step(held, visit.TurnedBack(), NOW)[1] == (End(VisitId("v"), visit.Ending.HELD),)


def test_an_admission_on_its_way_cannot_be_turned_back() -> None:
    for phase in (Phase.DECIDING, Phase.COMMITTING, Phase.OPENING, Phase.OPEN, Phase.PASSED):
        assert not takes(standing(phase), visit.TurnedBack())


def test_a_form_that_is_offered_already_is_not_asked_for_again() -> None:
    waiting = standing(Phase.AWAITING_FORM)
    assert step(waiting, visit.FormWanted(), NOW) == (waiting, ())


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
TestAnyVisit.settings = settings(max_examples=examples(1.5), stateful_step_count=40, deadline=None)


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
    assert drawn == mermaid(), "print it anew, as kiosk/diagram.py says"


def test_the_limits_in_the_documentation_are_those_of_the_code() -> None:
    told = re.findall(r"^\| `(\w+)` \| (\d+) s \|$", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    assert {Phase(phase): float(limit) for phase, limit in told} == LIMITS
