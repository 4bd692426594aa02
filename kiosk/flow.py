"""One visitor's way through the gate, as a literal table. Pure: `step(visit, event, now) -> (visit, effects)`.

A pair of phase and event that is not in the table raises IllegalEvent and changes nothing. An effect is a value
that the runtime carries out. On what conditions a way is taken: `kiosk.way`. `kiosk.diagram` prints docs/flow.md's diagram
from the same table.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from kiosk.deadlines import PATIENT, deadline_of
from kiosk.errors import GatepostError
from kiosk.model import Answer, GateOutcome, Phase
from kiosk.units import Monotonic
from kiosk.visit import (
    AnswerAwaited,
    Approached,
    CallGuard,
    ConsentReceived,
    ConsentWanted,
    DeadlineReached,
    Decide,
    Decided,
    Effect,
    End,
    Ending,
    Event,
    FactsComplete,
    FactsWanted,
    FormReceived,
    FormWanted,
    GateClosed,
    GateFailed,
    GateOpened,
    GatePassed,
    GuardDecided,
    GuardWanted,
    Left,
    OpenGate,
    Park,
    Persist,
    Persisted,
    PersistFailed,
    RecordGate,
    RequestConsent,
    RequestForm,
    Resumed,
    TimeWanted,
    TurnedBack,
    Visit,
)
from kiosk.way import CONDITIONS, To


class FlowError(GatepostError, RuntimeError):
    """An event that the flow does not accept. The visit is unchanged."""


class IllegalEvent(FlowError):
    """The table has no row for this event in this phase, or no condition of the row holds."""

    def __init__(self, visit: Visit, event: Event) -> None:
        """Name the phase and the event."""
        super().__init__(f"a visit that is {visit.phase} takes no {type(event).__name__}")


class EarlyDeadline(FlowError):
    """DeadlineReached came before the deadline."""


Value = TypeVar("Value")

STAY = (To(None),)
CALL = (To(None, (CallGuard,)),)
"""The guard can be called wherever somebody stands, and the visit goes on meanwhile."""
EXTEND = (To(None, (), "extendable"),)
ASKING: Mapping[type[Event], tuple[To, ...]] = {
    Approached: STAY,
    FactsWanted: (To(Phase.COLLECTING),),
    AnswerAwaited: (To(Phase.CHECKING),),
    FormWanted: (To(Phase.AWAITING_FORM, (RequestForm,)),),
    ConsentWanted: (To(Phase.AWAITING_CONSENT, (RequestConsent,)),),
    GuardWanted: CALL,
    FactsComplete: (To(Phase.DECIDING, (Decide,)),),
    GuardDecided: (To(Phase.COMMITTING, (Persist,)),),
}
"""What is the same wherever the kiosk is still asking."""

ABANDON = (To(Phase.ENDED, (End,), ending=Ending.ABANDONED),)
LATE = (
    To(None, (RecordGate,), "an admission too late", gate=GateOutcome.NOT_OPENED),
    To(None, (), "another answer too late"),
)
"""A decision that became durable after the visit had moved on never opens the gate."""

GIVE_UP = (
    To(Phase.ENDED, (End,), "refused", ending=Ending.REFUSED),
    To(Phase.ENDED, (End,), "held", ending=Ending.HELD),
    To(Phase.ENDED, (End,), "admitted, not recorded", ending=Ending.NOT_RECORDED),
    To(Phase.ENDED, (End,), "unanswered", ending=Ending.ABANDONED),
)
"""Nobody came to help; the answer that stands is the end."""

TRANSITIONS: Mapping[Phase, Mapping[type[Event], tuple[To, ...]]] = {
    Phase.IDLE: {
        Approached: (To(Phase.APPROACHING),),
        Left: STAY,
    },
    Phase.APPROACHING: {
        **ASKING,
        TimeWanted: EXTEND,
        TurnedBack: ABANDON,
        Left: ABANDON,
        DeadlineReached: ABANDON,
    },
    Phase.COLLECTING: {
        **ASKING,
        TimeWanted: EXTEND,
        TurnedBack: ABANDON,
        Left: ABANDON,
        DeadlineReached: ABANDON,
    },
    Phase.CHECKING: {
        **ASKING,
        TurnedBack: ABANDON,
        Left: ABANDON,
        DeadlineReached: (To(Phase.DECIDING, (Decide,)),),
    },
    Phase.DECIDING: {
        Approached: STAY,
        GuardWanted: CALL,
        Persisted: LATE,
        PersistFailed: STAY,
        Left: ABANDON,
        Decided: (To(Phase.COMMITTING, (Persist,)),),
        GuardDecided: (To(Phase.COMMITTING, (Persist,)),),
        DeadlineReached: (To(Phase.AWAITING_GUARD, (CallGuard,)),),
    },
    Phase.COMMITTING: {
        Approached: STAY,
        GuardWanted: CALL,
        Left: STAY,
        Persisted: (
            To(Phase.OPENING, (OpenGate,), "admitted, still there"),
            To(
                Phase.ENDED,
                (RecordGate, End),
                "admitted, but gone",
                ending=Ending.ABANDONED,
                gate=GateOutcome.NOT_OPENED,
            ),
            To(Phase.AWAITING_GUARD, (CallGuard,), "held, still there"),
            To(Phase.ENDED, (End,), "held, but gone", ending=Ending.HELD),
            To(Phase.AWAITING_GUARD, (), "refused, still there"),
            To(Phase.ENDED, (End,), "refused, but gone", ending=Ending.REFUSED),
            *LATE,
        ),
        PersistFailed: (
            To(None, (), "another decision"),
            To(Phase.ENDED, (End,), "gone", ending=Ending.NOT_RECORDED),
            To(Phase.AWAITING_GUARD, (CallGuard,), "still there"),
        ),
        DeadlineReached: (
            To(Phase.ENDED, (End,), "gone", ending=Ending.NOT_RECORDED),
            To(Phase.AWAITING_GUARD, (CallGuard,), "still there"),
        ),
    },
    Phase.OPENING: {
        Approached: STAY,
        GuardWanted: CALL,
        Left: STAY,
        Persisted: LATE,
        PersistFailed: STAY,
        GateOpened: (To(Phase.OPEN, (), "this admission"), To(None, (), "another admission")),
        GateFailed: (
            To(Phase.ENDED, (RecordGate, End), "the gate is lost", ending=Ending.GATE_FAILED, gate=GateOutcome.UNKNOWN),
            To(Phase.ENDED, (RecordGate, End), "this admission", ending=Ending.GATE_FAILED, gate=GateOutcome.FAILED),
            To(None, (), "another admission"),
        ),
        DeadlineReached: (To(Phase.ENDED, (RecordGate, End), ending=Ending.GATE_FAILED, gate=GateOutcome.UNKNOWN),),
    },
    Phase.OPEN: {
        Approached: STAY,
        GuardWanted: CALL,
        Left: STAY,
        Persisted: LATE,
        PersistFailed: STAY,
        GatePassed: (
            To(Phase.PASSED, (RecordGate,), "this admission", gate=GateOutcome.PASSED),
            To(None, (), "another admission"),
        ),
        GateClosed: (
            To(
                Phase.ENDED,
                (RecordGate, End),
                "this admission, nobody passed",
                ending=Ending.NOT_PASSED,
                gate=GateOutcome.NOT_PASSED,
            ),
            To(
                Phase.ENDED,
                (RecordGate, End),
                "this admission, perhaps passed",
                ending=Ending.UNCERTAIN,
                gate=GateOutcome.UNKNOWN,
            ),
            To(None, (), "another admission"),
        ),
        GateFailed: (
            To(Phase.ENDED, (RecordGate, End), "the gate is lost", ending=Ending.GATE_FAILED, gate=GateOutcome.UNKNOWN),
            To(Phase.ENDED, (RecordGate, End), "this admission", ending=Ending.GATE_FAILED, gate=GateOutcome.UNKNOWN),
            To(None, (), "another admission"),
        ),
        DeadlineReached: (To(Phase.ENDED, (RecordGate, End), ending=Ending.GATE_FAILED, gate=GateOutcome.UNKNOWN),),
    },
    Phase.PASSED: {
        Approached: STAY,
        GuardWanted: CALL,
        Left: STAY,
        Persisted: LATE,
        PersistFailed: STAY,
        GatePassed: STAY,
        GateClosed: (
            To(Phase.ENDED, (End,), "this admission", ending=Ending.PASSED),
            To(None, (), "another admission"),
        ),
        GateFailed: (
            To(Phase.ENDED, (End,), "the gate is lost", ending=Ending.PASSED),
            To(Phase.ENDED, (End,), "this admission", ending=Ending.PASSED),
            To(None, (), "another admission"),
        ),
        DeadlineReached: (To(Phase.ENDED, (End,), ending=Ending.PASSED),),
    },
    Phase.AWAITING_FORM: {
        **ASKING,
        FormWanted: STAY,
        TimeWanted: EXTEND,
        TurnedBack: (To(Phase.COLLECTING),),
        Left: (To(Phase.PARKED, (Park,)),),
        FormReceived: (To(Phase.COLLECTING),),
        DeadlineReached: (To(Phase.PARKED, (Park,)),),
    },
    Phase.AWAITING_CONSENT: {
        **ASKING,
        ConsentWanted: STAY,
        TimeWanted: EXTEND,
        TurnedBack: (To(Phase.PARKED, (Park,)),),
        Left: (To(Phase.PARKED, (Park,)),),
        ConsentReceived: (To(Phase.COLLECTING),),
        DeadlineReached: (To(Phase.PARKED, (Park,)),),
    },
    Phase.AWAITING_GUARD: {
        Approached: STAY,
        GuardWanted: CALL,
        TimeWanted: EXTEND,
        TurnedBack: GIVE_UP,
        FactsComplete: (To(Phase.DECIDING, (Decide,)),),
        GuardDecided: (To(Phase.COMMITTING, (Persist,)),),
        Persisted: LATE,
        PersistFailed: STAY,
        Left: GIVE_UP,
        DeadlineReached: GIVE_UP,
    },
    Phase.PARKED: {
        FormReceived: STAY,
        ConsentWanted: (To(None, (RequestConsent,)),),
        ConsentReceived: STAY,
        Resumed: (To(Phase.COLLECTING),),
        DeadlineReached: (To(Phase.ENDED, (End,), ending=Ending.EXPIRED),),
    },
    Phase.ENDED: {
        Persisted: LATE,
        PersistFailed: STAY,
    },
}


def step(visit: Visit, event: Event, now: Monotonic) -> tuple[Visit, tuple[Effect, ...]]:
    """Take one event. Raises IllegalEvent or EarlyDeadline, and then nothing has changed."""
    if isinstance(event, DeadlineReached) and (visit.deadline is None or now < visit.deadline):
        raise EarlyDeadline(f"a visit that is {visit.phase} has time left")
    way = _way(visit, event)
    if way is None:
        raise IllegalEvent(visit, event)
    after = _moved(visit, event, way, now)
    return after, tuple(_effect(kind, after, event, way) for kind in way.effects)


def takes(visit: Visit, event: Event) -> bool:
    """Whether the table has a way for this event now."""
    return _way(visit, event) is not None


def _way(visit: Visit, event: Event) -> To | None:
    for way in TRANSITIONS[visit.phase].get(type(event), ()):
        if way.when is None or CONDITIONS[way.when](visit, event):
            return way
    return None


def _moved(visit: Visit, event: Event, way: To, now: Monotonic) -> Visit:
    after = visit
    match event:
        case Left() if visit.phase is Phase.COMMITTING:
            after = replace(after, left=True)
        case Approached() if visit.left:
            after = replace(after, left=False)
        case FactsWanted(wanted) | AnswerAwaited(wanted):
            after = replace(after, wanted=wanted)
        case Decided(decision) | GuardDecided(decision, _):
            # Whoever called the guard and is not let in by the rules still waits for a person.
            answered = isinstance(event, GuardDecided) or decision.answer is Answer.ADMIT
            called_at = None if answered else after.called_at
            after = replace(after, decision=decision, admission=None, called_at=called_at)
        case Persisted(admission, _) if way.phase is not None:
            after = replace(after, admission=admission)
        case TimeWanted():
            after = replace(after, extended=after.extended + 1, deadline=deadline_of(after, visit.phase, now))
    if CallGuard in way.effects:
        after = replace(after, called_at=now)
        if way.phase is None and visit.phase in PATIENT:
            after = replace(after, deadline=deadline_of(after, visit.phase, now))
    if way.phase is None or way.phase is visit.phase:
        return after
    if Park in way.effects:
        after = replace(after, called_at=None)
    deadline = deadline_of(after, way.phase, now)
    if isinstance(event, GuardDecided) and event.until is not None and deadline is not None:
        deadline = min(deadline, event.until)
    return replace(after, phase=way.phase, deadline=deadline, ending=way.ending, extended=0)


def _effect(kind: type[Effect], visit: Visit, event: Event, way: To) -> Effect:
    """Fill an effect of the table with what it is about."""
    if kind is Persist:
        return Persist(visit.id, _known(visit.decision))
    if kind is OpenGate:
        return OpenGate(visit.id, _known(visit.admission))
    if kind is RecordGate:
        admission = event.event if isinstance(event, Persisted) else _known(visit.admission)
        return RecordGate(visit.id, admission, _known(way.gate))
    if kind is End:
        return End(visit.id, _known(way.ending))
    if kind is Decide:
        return Decide(visit.id)
    if kind is RequestForm:
        return RequestForm(visit.id)
    if kind is RequestConsent:
        return RequestConsent(visit.id)
    return CallGuard(visit.id) if kind is CallGuard else Park(visit.id)


def _known(value: Value | None) -> Value:
    """What the table's order guarantees to be there; the properties in tests/kiosk hold it to that."""
    if value is None:
        raise FlowError("the table asks for an effect on something that is not known")
    return value
