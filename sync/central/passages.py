"""A passage as the live page shows it: made of a decision's header and of what became of it. Pure.

A header is anything that a device has sent in canonical form: nothing in it is taken for granted, nothing names a
person, and whatever is too long to be genuine is cut.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from kiosk.events import event_id
from kiosk.model import EventId, Role
from kiosk.records import ZERO_CELSIUS_MK

LENGTH = 63
"""The longest name or code shown."""
REASONS = 6
"""The most reasons shown."""
COLDEST_MK, WARMEST_MK = 250_000, 350_000


@dataclass(frozen=True, slots=True)
class OwnCard:
    """What a site's own document says for a reason of its own: language to words. `call`: whom."""

    reason: str
    visitor: Mapping[str, str]
    say: Mapping[str, str]
    do: Mapping[str, str]
    call: str


@dataclass(frozen=True, slots=True)
class Passage:
    """One answer of a gate. Codes are as recorded; `certain` is False when the gate's clock was not believed.

    `policy`: the rules that it was given by; `own`: what they say for those of the reasons that only they have.
    """

    compound: str
    event: EventId
    gate: str
    at_us: int
    certain: bool
    visitor: str
    answer: str
    reasons: tuple[str, ...]
    by_guard: bool
    body_c: float | None
    outcome: str
    simulated: bool
    policy: str = ""
    own: tuple[OwnCard, ...] = ()


def passage(compound: str, header: str, at_us: int, ends: Mapping[tuple[str, str], Any], *, certain: bool) -> Passage:
    """Read a decision's header. `ends` says how admissions ended, by compound and event."""
    fields: dict[str, Any] = msgspec.json.decode(header)
    event = event_id(fields["device"], fields["log_id"], fields["seq"])
    reasons = fields.get("reasons")
    return Passage(
        compound=compound,
        event=event,
        gate=code(fields.get("gate")) or code(fields["device"]),
        at_us=at_us,
        certain=certain,
        visitor=code(fields.get("visitor")),
        answer=code(fields.get("answer")),
        reasons=tuple(filter(None, map(code, reasons)))[:REASONS] if isinstance(reasons, list) else (),
        by_guard=fields.get("role") == Role.GUARD,
        body_c=body_c(fields.get("evidence")),
        outcome=code(ends.get((compound, event))),
        # Only a plain 'false' is a real gate's word; one that says nothing is left to be real, as older ones may be.
        simulated=fields.get("simulated", False) is not False,
        policy=code(fields.get("policy")),
    )


def code(value: object) -> str:
    """Return a name or code as it can be shown: what is no text is none, what is too long is cut."""
    return value[:LENGTH] if isinstance(value, str) else ""


def body_c(evidence: object) -> float | None:
    """Return the temperature that evidence tells, if it is one that can be shown."""
    if not isinstance(evidence, dict):
        return None
    body_mk = evidence.get("body_mk")
    if not isinstance(body_mk, int) or isinstance(body_mk, bool) or not COLDEST_MK <= body_mk <= WARMEST_MK:
        return None
    return (body_mk - ZERO_CELSIUS_MK) / 1000
