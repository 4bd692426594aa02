"""A visit, what happens to it, and what it asks the runtime to do. Frozen values; the flow is in kiosk.flow."""

from enum import StrEnum

from kiosk.frozen import frozen
from kiosk.model import Decision, EventId, GateOutcome, Need, Phase, VisitId
from kiosk.units import Monotonic

ASKING = frozenset({Phase.APPROACHING, Phase.COLLECTING, Phase.CHECKING, Phase.AWAITING_FORM, Phase.AWAITING_CONSENT})
"""The rules have no answer yet: facts are taken in."""
COMING = frozenset({Phase.APPROACHING, Phase.COLLECTING})
"""It may still turn out that a visitor is one who comes back."""
ELSEWHERE = frozenset({Phase.AWAITING_FORM, Phase.AWAITING_CONSENT})
"""What is wanted comes from the visitor's or the resident's phone."""
ANSWERED = frozenset({Phase.DECIDING, Phase.COMMITTING, Phase.OPENING})
"""A code that comes up now is no part of the visit: it is the next person's, or of no consequence."""
LEAVABLE = ASKING | {Phase.COMMITTING, Phase.AWAITING_GUARD}
"""Whoever leaves now has not been let in."""


class Ending(StrEnum):
    """How a visit ended."""

    PASSED = "passed"
    NOT_PASSED = "not_passed"
    REFUSED = "refused"
    HELD = "held"
    ABANDONED = "abandoned"
    EXPIRED = "expired"
    GATE_FAILED = "gate_failed"
    NOT_RECORDED = "not_recorded"
    UNCERTAIN = "uncertain"


UNANSWERED = frozenset({Ending.ABANDONED, Ending.EXPIRED})
"""Nobody gave an answer: the end is an event of its own."""


# What happens to a visit.


@frozen
class Approached:
    """Somebody is there: presence, movement towards the gate, or a code."""


@frozen
class Left:
    """Nobody is there any more."""


@frozen
class FactsWanted:
    """The rules want more of the visitor before they answer."""

    wanted: frozenset[Need]


@frozen
class AnswerAwaited:
    """The visitor has done all that is asked; an answer from elsewhere is on its way."""

    pending: frozenset[Need]


@frozen
class FactsComplete:
    """The rules can answer."""


@frozen
class FormWanted:
    """The rules want the visitor form."""


@frozen
class ConsentWanted:
    """The rules want a resident's consent."""


@frozen
class GuardWanted:
    """The visitor asks for the guard."""


@frozen
class TimeWanted:
    """The visitor needs more time."""


@frozen
class TurnedBack:
    """The visitor is done with the kiosk, or goes back from the form to the codes."""


@frozen
class FormReceived:
    """The form is complete."""


@frozen
class ConsentReceived:
    """The resident answered."""


@frozen
class Decided:
    """The answer of the rules."""

    decision: Decision


@frozen
class GuardDecided:
    """The answer of a guard, under their own name. `until`: it must be durable by then, or it opens nothing."""

    decision: Decision
    until: Monotonic | None = None


@frozen
class Persisted:
    """This decision is durable, as this event."""

    event: EventId
    decision: Decision


@frozen
class PersistFailed:
    """The log could not take this decision."""

    decision: Decision


@frozen
class GateOpened:
    """The gate line is active."""

    admission: EventId


@frozen
class GatePassed:
    """Somebody went through."""

    admission: EventId


@frozen
class GateClosed:
    """The line is inactive and the time for passing is over. `passed` None: somebody did, perhaps this visitor."""

    admission: EventId
    passed: bool | None = False


@frozen
class GateFailed:
    """The gate did not open for this admission, or was cut short; without one: the gate itself is lost."""

    admission: EventId | None = None


@frozen
class Resumed:
    """A parked visitor is back."""


@frozen
class DeadlineReached:
    """The phase has lasted as long as it may."""


Event = (
    Approached
    | Left
    | FactsWanted
    | AnswerAwaited
    | FactsComplete
    | FormWanted
    | ConsentWanted
    | GuardWanted
    | TimeWanted
    | TurnedBack
    | FormReceived
    | ConsentReceived
    | Decided
    | GuardDecided
    | Persisted
    | PersistFailed
    | GateOpened
    | GatePassed
    | GateClosed
    | GateFailed
    | Resumed
    | DeadlineReached
)


# What the runtime is asked to do.


@frozen
class Decide:
    """Apply the rules to the facts and answer with Decided."""

    visit: VisitId


@frozen
class Persist:
    """Make the decision durable and answer with Persisted or PersistFailed."""

    visit: VisitId
    decision: Decision


@frozen
class OpenGate:
    """Give one pulse on account of this durable admission."""

    visit: VisitId
    admission: EventId


@frozen
class RecordGate:
    """Record what became of a durable admission."""

    visit: VisitId
    admission: EventId
    outcome: GateOutcome


@frozen
class RequestForm:
    """Offer the visitor form."""

    visit: VisitId


@frozen
class RequestConsent:
    """Ask the resident."""

    visit: VisitId


@frozen
class CallGuard:
    """Ask a guard to look."""

    visit: VisitId


@frozen
class Park:
    """Free the kiosk for the next person; give this one a way back."""

    visit: VisitId


@frozen
class End:
    """The visit is over."""

    visit: VisitId
    ending: Ending


Effect = Decide | Persist | OpenGate | RecordGate | RequestForm | RequestConsent | CallGuard | Park | End


@frozen
class Visit:
    """One visit: its phase, until when it may last, and what has been decided and made durable.

    `extended`: how often this phase was given more time. `called_at`: when the guard was called, if that call still
    stands: an admission, a guard's own answer, and leaving for the form end it.
    """

    id: VisitId
    phase: Phase = Phase.IDLE
    deadline: Monotonic | None = None
    decision: Decision | None = None
    admission: EventId | None = None
    left: bool = False
    wanted: frozenset[Need] = frozenset()
    ending: Ending | None = None
    extended: int = 0
    called_at: Monotonic | None = None
