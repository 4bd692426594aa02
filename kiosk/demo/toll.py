"""What the kill test did and found, and its judge: the server's events held against the world's trace of the relay line.

Every event follows the one before it. Every pulse belongs to one admission that was on the disk before it, every
admission has at most one, and an outcome that agrees with it: `passed` and `not_passed` had a pulse, `not_opened` and
`failed` had none, and of `unknown` nothing can be said. No pulse is longer than its bound. Pure.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from drivers.simulated.protocol import PinEdge
from kiosk.demo.report import MICRO, Stored
from kiosk.model import GateOutcome

BACK_WITHIN_S = {"core": 2.0, "eyes": 1.0, "gate": 1.0, "central": 3.0}
"""How long each process may be away after a kill, on a machine as fast as this one; the server's is our own."""
WIRE = "wire"
VICTIMS = (*BACK_WITHIN_S, WIRE)
LONGEST_PULSE_S = 0.8 + 0.1
"""The demo's pulse_s, and what the world's own clock may add."""
AFTER_ADMISSION_S = 3.0
"""An opening comes so soon after the admission it belongs to."""
RELAY_PIN = 17
OPENED = frozenset({GateOutcome.PASSED, GateOutcome.NOT_PASSED})
SHUT = frozenset({GateOutcome.NOT_OPENED, GateOutcome.FAILED})


@dataclass(slots=True)
class Toll:
    """What a run did and found. `wrong` holds one sentence for each breach, `late` for each return that took too long.

    Lateness is told apart: it depends on what else the machine does, and nothing is lost by it.
    """

    kills: dict[str, int] = field(default_factory=lambda: dict.fromkeys(VICTIMS, 0))
    visitors: int = 0
    events: int = 0
    admissions: int = 0
    openings: int = 0
    unknown: int = 0
    longest_pulse_s: float = 0.0
    slowest_return_s: dict[str, float] = field(default_factory=dict)
    late: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Admission:
    """An admission: since when it was on the disk, as far as the log tells, and what its outcome says of the line."""

    name: str
    durable_at: float
    outcome: str | None


UNREAD = "without the server's records neither openings nor outcomes were judged"


def judge(stored: Sequence[Stored] | None, edges: Sequence[PinEdge], toll: Toll) -> None:
    """Hold the events against the trace; every breach is a sentence in `toll.wrong`.

    None for events that could not be read: then that alone is wrong, since every opening would look unrecorded.
    """
    if stored is None:
        toll.wrong.append(UNREAD)
        return
    toll.events = len(stored)
    _judge_order(stored, toll)
    judge_line(stored, edges, toll, LONGEST_PULSE_S)


def judge_line(stored: Sequence[Stored], edges: Sequence[PinEdge], toll: Toll, longest_s: float = math.inf) -> None:
    """Hold admissions and outcomes against the trace of the line, whose pulses last `longest_s` at most."""
    outcomes = {event.fields["admission"]: event.fields for event in stored if event.fields["kind"] == "gate_outcome"}
    admissions = [_admission(event, outcomes) for event in stored if event.fields.get("answer") == "admit"]
    toll.admissions = len(admissions)
    toll.unknown = sum(1 for outcome in outcomes.values() if outcome["outcome"] == GateOutcome.UNKNOWN)
    toll.wrong += [f"admission {one.name} has no outcome" for one in admissions if one.outcome is None]
    opened = _judge_openings(admissions, edges, toll, longest_s)
    for one in admissions:
        if one.outcome in OPENED and one.name not in opened:
            toll.wrong.append(f"admission {one.name} is {one.outcome}, and the line was never active for it")
        if one.outcome in SHUT and one.name in opened:
            toll.wrong.append(f"admission {one.name} is {one.outcome}, and the line was active for it")


def _admission(event: Stored, outcomes: Mapping[str, Mapping[str, object]]) -> _Admission:
    """Read an admission. A core that died has not said when the disk had it: then it is when the decision was drafted."""
    outcome = outcomes.get(event.id)
    times = outcome.get("times_us") if outcome is not None else None
    durable_us = times.get("durable") if isinstance(times, Mapping) else None
    at_us = event.fields["mono_us"] if durable_us is None else durable_us
    return _Admission(event.id, at_us / MICRO, None if outcome is None else str(outcome["outcome"]))


def _judge_order(stored: Sequence[Stored], toll: Toll) -> None:
    newest: dict[str, int] = {}
    for event in stored:
        log, seq = event.fields["log_id"], event.fields["seq"]
        if seq != newest.get(log, 0) + 1:
            toll.wrong.append(f"event {event.id} follows {newest.get(log, 0)}")
        newest[log] = seq


def _judge_openings(admissions: Sequence[_Admission], edges: Sequence[PinEdge], toll: Toll, longest_s: float) -> set[str]:
    """Give each pulse the newest admission that it can belong to; the names of those that have one."""
    waiting = sorted(admissions, key=lambda one: one.durable_at)
    opened: set[str] = set()
    opened_at: float | None = None
    for edge in edges:
        if edge.pin != RELAY_PIN:
            continue
        if edge.level:
            toll.openings += 1
            opened_at = edge.at
            before = [one for one in waiting if one.durable_at <= edge.at <= one.durable_at + AFTER_ADMISSION_S]
            if before:
                waiting.remove(before[-1])
                opened.add(before[-1].name)
            else:
                toll.wrong.append(f"the line became active at {edge.at:.3f} without an admission of its own")
        elif opened_at is not None:
            length = edge.at - opened_at
            toll.longest_pulse_s = max(toll.longest_pulse_s, length)
            if length > longest_s:
                toll.wrong.append(f"a pulse lasted {length:.3f} s")
            opened_at = None
    if opened_at is not None:
        toll.wrong.append("the line was left active")
    return opened
