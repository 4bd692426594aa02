"""Calls for the guard that still stand, as the live page shows them above the passages. Pure.

A call stands until the visitor is let in, a guard decides, the visit ends or is parked, or its gate starts anew. A
visit at a gate lasts minutes: a call that is older than `STANDS_US` was made at a gate that has not been heard since.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from kiosk.events import event_id
from kiosk.model import Answer, EventId, Role
from sync.central.arriving import happened_at
from sync.central.passages import Passage, code

STANDS_US = 15 * 60 * 1_000_000
"""Three times `awaiting_guard`, the longest that a visit may wait for a guard, and the time for an upload."""
SHOWN = 20
CALLED, UNANSWERED, STARTED = "guard_called", "guard_unanswered", "started"
ENDINGS = ("decision", "visit_ended", "visit_parked", STARTED)
"""The kinds of events that may end a call."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call that stands. `unanswered`: its kiosk has given up waiting for an answer."""

    compound: str
    event: EventId
    gate: str
    at_us: int
    certain: bool
    unanswered: bool
    simulated: bool


@dataclass(frozen=True, slots=True)
class Latest:
    """What the live page shows."""

    passages: tuple[Passage, ...]
    calls: tuple[Call, ...] = ()


@dataclass(frozen=True, slots=True)
class Recorded:
    """A header of one of those kinds as it was recorded, in the order of arrival within its log."""

    compound: str
    kind: str
    header: str
    at_us: int
    received_us: int


def standing(recorded: Iterable[Recorded]) -> tuple[Call, ...]:
    """Return the calls that stand after these events, the longest waiting first."""
    calls: dict[tuple[str, str, str], Call] = {}
    for one in recorded:
        fields: dict[str, Any] = msgspec.json.decode(one.header)
        place = one.compound, fields["device"]
        key = (*place, code(fields.get("visit")))
        if one.kind == CALLED:
            calls[key] = _call(one, fields)
        elif one.kind == UNANSWERED and key in calls:
            calls[key] = replace(calls[key], unanswered=True)
        elif one.kind == STARTED:
            calls = {other: call for other, call in calls.items() if other[:2] != place}
        elif one.kind in ENDINGS and _ends(one.kind, fields):
            calls.pop(key, None)
    return tuple(sorted(calls.values(), key=lambda call: (call.at_us, call.compound, call.event)))[:SHOWN]


def _ends(kind: str, fields: dict[str, Any]) -> bool:
    """Whether an event ends its visit's call: a refusal by the rules is no answer to whoever asks for a person."""
    if kind != "decision":
        return True
    return fields.get("answer") == Answer.ADMIT or fields.get("role") == Role.GUARD


def _call(one: Recorded, fields: dict[str, Any]) -> Call:
    return Call(
        compound=one.compound,
        event=event_id(fields["device"], fields["log_id"], fields["seq"]),
        gate=code(fields.get("gate")) or code(fields["device"]),
        at_us=one.at_us,
        certain=happened_at(fields, one.received_us) is not None,
        unanswered=False,
        simulated=fields.get("simulated", False) is not False,
    )
