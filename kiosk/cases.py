"""The handling chain (全链条处置): what opens a case, and the way from there to its end, as a literal table. Pure.

`after(case, step)` takes one recorded act. An act that the table has no row for raises OutOfOrder and changes nothing.
"""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from types import MappingProxyType

from kiosk.errors import GatepostError
from kiosk.frozen import frozen
from kiosk.model import Answer, Decision, ReasonCode, Role
from kiosk.units import Celsius, WallTime

MINUTE, HOUR = 60_000_000, 3_600_000_000
RAISED = Celsius(37.3)
"""From here on the second, clinical reading confirms the first: the screening threshold of spring 2020. Our assumption."""
LOWEST, HIGHEST = Celsius(30.0), Celsius(45.0)
"""What a clinical thermometer can have shown of somebody who stands at a gate."""


class Cause(StrEnum):
    """What a case is about."""

    TEMPERATURE = "temperature"
    TRAVEL = "travel"
    REVOKED = "revoked"


CAUSES: Mapping[ReasonCode, Cause] = MappingProxyType(
    {
        ReasonCode("temperature_high"): Cause.TEMPERATURE,
        ReasonCode("travel_listed"): Cause.TRAVEL,
        ReasonCode("pass_revoked"): Cause.REVOKED,
    }
)
"""The reasons that open a case."""


class State(StrEnum):
    """How far a case is."""

    OPENED = "opened"
    CONFIRMED = "confirmed"
    """The second reading is raised too."""
    NORMAL = "normal"
    """The second reading is not."""
    REPORTED = "reported"
    HANDED_OVER = "handed_over"
    CLOSED = "closed"


class Act(StrEnum):
    """What somebody does about a case."""

    MEASURE = "measure"
    """A second reading, with a clinical thermometer."""
    REPORT = "report"
    HAND_OVER = "hand_over"
    CLOSE = "close"


NAMES_SOMEBODY = frozenset({Act.REPORT, Act.HAND_OVER})
"""The acts that say to whom."""


class OutOfOrder(GatepostError, ValueError):
    """An act that does not follow, or lacks what belongs to it. The case is unchanged."""


@frozen
class Step:
    """One act as it was recorded: when, by whom, to whom; `body_c` is what the clinical thermometer showed."""

    act: Act
    at: WallTime
    who: str
    to: str = ""
    body_c: Celsius | None = None


@frozen
class Case:
    """One case: why it was opened, how far it is, and since when."""

    causes: frozenset[Cause]
    since: WallTime
    state: State = State.OPENED
    steps: tuple[Step, ...] = ()


READ: Mapping[Act, Mapping[bool, State]] = {Act.MEASURE: {True: State.CONFIRMED, False: State.NORMAL}}
TRANSITIONS: Mapping[State, Mapping[Act, State | Mapping[bool, State]]] = MappingProxyType(
    {
        # Whoever has gone before they could be measured again is reported as they were.
        State.OPENED: {**READ, Act.REPORT: State.REPORTED},
        State.CONFIRMED: {**READ, Act.REPORT: State.REPORTED},
        State.NORMAL: {**READ, Act.REPORT: State.REPORTED, Act.CLOSE: State.CLOSED},
        State.REPORTED: {Act.HAND_OVER: State.HANDED_OVER},
        State.HANDED_OVER: {Act.CLOSE: State.CLOSED},
        State.CLOSED: {},
    }
)
"""State, then act, to the next state; of a second reading by whether it is raised."""

WITHIN: Mapping[State, int] = MappingProxyType(
    {
        State.OPENED: 10 * MINUTE,
        State.CONFIRMED: 10 * MINUTE,
        State.NORMAL: 30 * MINUTE,
        State.REPORTED: 2 * HOUR,
        State.HANDED_OVER: 24 * HOUR,
    }
)
"""How long, in microseconds, the next act may take before somebody else is asked for it. The page says 'at once' and
names no figure: ours allow five minutes of rest before the second reading."""


class Answers(StrEnum):
    """Whose turn it is, from the gate upwards."""

    GUARD = "guard"
    PROPERTY_OFFICE = "property_office"
    COMMITTEE = "committee"


_LADDER = tuple(Answers)


def causes_of(decision: Decision) -> frozenset[Cause]:
    """Return what a decision of the rules opens a case about; a person's, and an admission, open none."""
    if decision.role is not Role.POLICY or decision.answer is Answer.ADMIT:
        return frozenset()
    return frozenset(CAUSES[reason] for reason in decision.reasons if reason in CAUSES)


def next_acts(case: Case) -> tuple[Act, ...]:
    """Return what may be done now, first what is due."""
    about_temperature = Cause.TEMPERATURE in case.causes
    possible = TRANSITIONS[case.state]
    due = tuple(act for act in possible if act is not Act.MEASURE or about_temperature)
    # It was measured again: what follows is due now, and a further reading still possible.
    return due if case.state is State.OPENED else tuple(sorted(due, key=lambda act: act is Act.MEASURE))


def after(case: Case, step: Step) -> Case:
    """Take one act. Raises OutOfOrder."""
    if step.act not in next_acts(case):
        raise OutOfOrder(f"a case that is {case.state} takes no {step.act}; {_possible(case)}")
    if (step.body_c is not None) != (step.act is Act.MEASURE):
        raise OutOfOrder("a second reading says what the thermometer showed, and no other act does")
    if step.body_c is not None and not LOWEST <= step.body_c <= HIGHEST:
        raise OutOfOrder(f"a clinical thermometer shows {LOWEST:g} to {HIGHEST:g} degrees")
    if bool(step.to.strip()) != (step.act in NAMES_SOMEBODY):
        raise OutOfOrder("a report and a handing over say to whom, and no other act does")
    leads = TRANSITIONS[case.state][step.act]
    state = leads if isinstance(leads, State) else leads[step.body_c is not None and step.body_c >= RAISED]
    return replace(case, state=state, since=step.at, steps=(*case.steps, step))


def answers(case: Case, now: WallTime) -> Answers | None:
    """Return whose turn it is: each time that nobody has acted within the time, the next above them; None: it is closed."""
    within = WITHIN.get(case.state)
    if within is None:
        return None
    return _LADDER[min(max(0, now - case.since) // within, len(_LADDER) - 1)]


def due(case: Case) -> WallTime | None:
    """Return by when the next act is due; None: there is none."""
    within = WITHIN.get(case.state)
    return None if within is None else WallTime(case.since + within)


def _possible(case: Case) -> str:
    acts = next_acts(case)
    return f"it takes {' or '.join(acts)}" if acts else "nothing more is done about it"
