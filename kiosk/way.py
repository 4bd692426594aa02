"""One way out of a phase of a visit, and the conditions on which ways are taken, by name. Pure.

The table of `kiosk.flow` is made of these; its diagram says the names.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kiosk.deadlines import EXTENSIONS
from kiosk.model import Answer, GateOutcome, Phase
from kiosk.visit import Effect, Ending, Event, GateClosed, Persisted, Visit

Condition = Callable[[Visit, Event], bool]
Effects = tuple[type[Effect], ...]


@dataclass(frozen=True, slots=True)
class To:
    """One way out of a phase: the next phase (None: stay), what to do, and the named condition that holds."""

    phase: Phase | None
    effects: Effects = ()
    when: str | None = None
    ending: Ending | None = None
    gate: GateOutcome | None = None


def _answered(visit: Visit, answer: Answer) -> bool:
    return visit.decision is not None and visit.decision.answer is answer


def _durable(visit: Visit, event: Event, answer: Answer) -> bool:
    """Whether the decision that has just become durable is this visit's newest, and says this."""
    return isinstance(event, Persisted) and event.decision == visit.decision and _answered(visit, answer)


def _admits(event: Event) -> bool:
    return isinstance(event, Persisted) and event.decision.answer is Answer.ADMIT


def _names(visit: Visit, event: Event) -> bool:
    return getattr(event, "admission", None) == visit.admission


def _passed(event: Event) -> bool | None:
    return event.passed if isinstance(event, GateClosed) else None


CONDITIONS: Mapping[str, Condition] = {
    "admitted, still there": lambda visit, event: _durable(visit, event, Answer.ADMIT) and not visit.left,
    "admitted, but gone": lambda visit, event: _durable(visit, event, Answer.ADMIT) and visit.left,
    "held, still there": lambda visit, event: _durable(visit, event, Answer.HOLD) and not visit.left,
    "held, but gone": lambda visit, event: _durable(visit, event, Answer.HOLD) and visit.left,
    "refused, still there": lambda visit, event: _durable(visit, event, Answer.REFUSE) and not visit.left,
    "refused, but gone": lambda visit, event: _durable(visit, event, Answer.REFUSE) and visit.left,
    "gone": lambda visit, _: visit.left,
    "still there": lambda visit, _: not visit.left,
    "an admission too late": lambda _, event: _admits(event),
    "another answer too late": lambda _, event: not _admits(event),
    "another decision": lambda visit, event: getattr(event, "decision", None) != visit.decision,
    "this admission": _names,
    "this admission, nobody passed": lambda visit, event: _names(visit, event) and _passed(event) is False,
    "this admission, perhaps passed": lambda visit, event: _names(visit, event) and _passed(event) is not False,
    "another admission": lambda visit, event: not _names(visit, event),
    "the gate is lost": lambda _, event: getattr(event, "admission", None) is None,
    "held": lambda visit, _: _answered(visit, Answer.HOLD),
    "refused": lambda visit, _: _answered(visit, Answer.REFUSE),
    "admitted, not recorded": lambda visit, _: _answered(visit, Answer.ADMIT),
    "unanswered": lambda visit, _: visit.decision is None,
    "extendable": lambda visit, _: visit.extended < EXTENSIONS,
}
