"""The states of the gate line, as a literal table. Pure: `step(state, event) -> state`; what is not in it is illegal.

The line is high in `pulse` and `held_open`, and in no other state. Nothing but an admission leads to the one, nothing but
the guard's key switch or an order of a person's to the other, and silence of the core leads out of both.
"""

from collections.abc import Mapping
from enum import StrEnum

from kiosk.errors import GatepostError


class LineState(StrEnum):
    """What the gate line is doing."""

    SILENT = "silent"
    """The core does not speak: nothing opens."""
    READY = "ready"
    PULSE = "pulse"
    """Being opened for somebody."""
    REST = "rest"
    """Low between two openings, so that the gate's own control sees two."""
    HELD_OPEN = "held_open"
    """Somebody who may holds it open, by the key switch or by an order."""
    LOCKED = "locked"
    """Somebody who may has locked it: nobody is let in by the kiosk."""


class LineEvent(StrEnum):
    """What may happen to the line."""

    HEARD = "heard"
    """The core speaks."""
    SILENCE = "silence"
    """The core fell silent, or is gone, or this process ends."""
    ADMITTED = "admitted"
    """An order to open, on account of a durable admission, and within its bounds."""
    OVER = "over"
    """A pulse has lasted as long as it may."""
    RESTED = "rested"
    MODE_NORMAL = "mode_normal"
    MODE_HELD_OPEN = "mode_held_open"
    MODE_LOCKED = "mode_locked"


HIGH = frozenset({LineState.PULSE, LineState.HELD_OPEN})
"""Where the line is active."""

S, E = LineState, LineEvent
_SPOKEN: Mapping[LineEvent, LineState] = {
    E.SILENCE: S.SILENT,
    E.MODE_HELD_OPEN: S.HELD_OPEN,
    E.MODE_LOCKED: S.LOCKED,
}
"""What is the same in every state but `silent`."""

TRANSITIONS: Mapping[LineState, Mapping[LineEvent, LineState]] = {
    S.SILENT: {
        E.HEARD: S.READY,
        E.SILENCE: S.SILENT,
        E.MODE_NORMAL: S.SILENT,
        E.MODE_HELD_OPEN: S.SILENT,
        E.MODE_LOCKED: S.SILENT,
    },
    S.READY: {**_SPOKEN, E.HEARD: S.READY, E.MODE_NORMAL: S.READY, E.ADMITTED: S.PULSE},
    S.PULSE: {**_SPOKEN, E.HEARD: S.PULSE, E.MODE_NORMAL: S.PULSE, E.OVER: S.REST},
    S.REST: {**_SPOKEN, E.HEARD: S.REST, E.MODE_NORMAL: S.REST, E.RESTED: S.READY},
    S.HELD_OPEN: {**_SPOKEN, E.HEARD: S.HELD_OPEN, E.MODE_NORMAL: S.REST, E.ADMITTED: S.HELD_OPEN},
    S.LOCKED: {**_SPOKEN, E.HEARD: S.LOCKED, E.MODE_NORMAL: S.READY},
}


class IllegalLineEvent(GatepostError, RuntimeError):
    """The table has no row for this event in this state; nothing has changed."""


def step(state: LineState, event: LineEvent) -> LineState:
    """Take one event. Raises IllegalLineEvent."""
    after = TRANSITIONS[state].get(event)
    if after is None:
        raise IllegalLineEvent(f"a line that is {state} takes no {event}")
    return after


def takes(state: LineState, event: LineEvent) -> bool:
    """Whether the table has a way for this event."""
    return event in TRANSITIONS[state]


def mermaid() -> str:
    """Draw the table as a Mermaid state diagram, for docs/wiring.md; what changes nothing is left out."""
    lines = ["stateDiagram-v2", "    [*] --> ready: connected"]
    for state, row in TRANSITIONS.items():
        lines += [f"    {state} --> {after}: {event}" for event, after in row.items() if after is not state]
    return "\n".join(lines) + "\n"
