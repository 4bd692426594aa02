"""What the demo found: the world's account of each visitor against the events in the server's database. Pure."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from drivers.simulated.protocol import VisitorReport
from kiosk.demo.site import Guest
from kiosk.model import Answer, GateOutcome

MICRO = 1_000_000
AFTER_SETTING_OFF_S = 0.8
"""A decision may come just after a visitor who gave up has turned away; the next one is at the gate after 1 s."""
NOTICED_S = 2.5
"""By then the kiosk has noticed that a visitor is gone."""
ACTIVE = True
"""The relay line of the demo is active high."""
ALWAYS = frozenset({"decision", "gate_outcome", "log_opened", "started"})
NOT_RECORDED = "not_recorded"
STAGES = ("code", "temperature", "credential", "issuer", "decision", "record", "card", "relay")


@dataclass(frozen=True, slots=True)
class Stored:
    """An event as the server has it."""

    id: str
    fields: Mapping[str, Any]


def visit_row(
    guest: Guest, seen: VisitorReport, events: Sequence[Stored], fsyncs: Sequence[tuple[float, float]] = ()
) -> dict[str, Any]:
    """One visitor's row of the report: expected and actual answer, clear time and its stages.

    `fsyncs`: when each fsync of a simulated card ended (monotonic) and how long it took, in seconds.
    """
    decision = _decision(seen, events)
    outcome = _outcome(decision, events)
    fields = decision.fields if decision is not None else {}
    answer, reasons = fields.get("answer"), list(fields.get("reasons", ()))
    if _not_recorded(decision, outcome, events):
        # An admission that was not durable in time is known by now; at the gate it was a call for the guard.
        answer, reasons = Answer.HOLD, [NOT_RECORDED]
    admitted = answer == Answer.ADMIT
    clear_s = None
    if admitted and seen.relay_at is not None and seen.in_position_at is not None:
        clear_s = round(seen.relay_at - seen.in_position_at, 4)
    return {
        "name": guest.name,
        "arrived_at": round(seen.arrived_at, 3),
        "expected": guest.case.expected,
        "decision": answer,
        "reasons": reasons,
        "clear_s": clear_s,
        "stages_s": _stages(seen, fields.get("times_us", {}), outcome, fsyncs),
        "event_id": decision.id if decision is not None else None,
        "synced": decision is not None,
        "gate_outcome": outcome.get("outcome"),
        "observed_clear_s": _seconds(outcome.get("observed_clear_us")),
        "openings": sum(1 for edge in seen.line_trace if edge.level == ACTIVE),
        "also": sorted({event.fields["kind"] for event in events if _during(seen, event)} - ALWAYS),
    }


def as_expected(row: Mapping[str, Any], guest: Guest) -> bool:
    """Whether a visitor got the answer, and the reasons, that the case asks for, and the gate did its part."""
    case = guest.case
    admitted = case.expected is Answer.ADMIT
    return (
        row["decision"] == case.expected
        and tuple(row["reasons"]) == case.reasons
        and row["gate_outcome"] == case.outcome
        and row["openings"] == int(admitted)
        and (row["clear_s"] is not None) == admitted
        and set(case.also) <= set(row["also"])
    )


def told(row: Mapping[str, Any]) -> str:
    """What a visitor was to get and what they got, in words."""
    reasons = f" ({', '.join(row['reasons'])})" if row["reasons"] else ""
    openings = f"the line active {row['openings']} times, outcome {_or_none(row['gate_outcome'])}"
    also = f"; also recorded: {', '.join(row['also'])}" if row["also"] else ""
    return f"expected {_or_none(row['expected'])}, got {_or_none(row['decision'])}{reasons}; {openings}{also}"


def _or_none(value: str | None) -> str:
    return "none" if value is None else str(value)


def summary(rows: Sequence[Mapping[str, Any]], *, lost: int, scale: Mapping[str, Any]) -> dict[str, Any]:
    """The report's summary. `scale` says how much slower the kiosk was made, and was."""
    answers = [row["decision"] for row in rows]
    return {
        "cleared": answers.count(Answer.ADMIT),
        "refused": answers.count(Answer.REFUSE),
        "held": answers.count(Answer.HOLD),
        "abandoned": answers.count(None),
        "clear_s": percentiles(row["clear_s"] for row in rows),
        "form_s": percentiles(row.get("form_s") for row in rows),
        "stages_s": stage_percentiles(rows),
        "per_minute": came_per_minute([row["arrived_at"] for row in rows]),
        "synced": sum(1 for row in rows if row["synced"]),
        "lost": lost,
        **scale,
    }


def came_per_minute(arrivals: Sequence[float]) -> float | None:
    """At what rate people came, by the times at which they did; None for fewer than two."""
    if len(arrivals) < 2 or max(arrivals) == min(arrivals):
        return None
    return round(60 * (len(arrivals) - 1) / (max(arrivals) - min(arrivals)), 1)


def stage_percentiles(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float | None]]:
    """The percentiles of each stage over the visitors who went through it."""
    return {stage: percentiles(row["stages_s"].get(stage) for row in rows) for stage in STAGES}


def percentiles(values: Iterable[float | None]) -> dict[str, float | None]:
    """p50, p95, p99 and the greatest, by nearest rank; None where there are no values."""
    known = sorted(value for value in values if value is not None)

    def rank(share: float) -> float | None:
        return known[max(0, math.ceil(share * len(known)) - 1)] if known else None

    return {"p50": rank(0.5), "p95": rank(0.95), "p99": rank(0.99), "max": rank(1.0)}


def _decision(seen: VisitorReport, events: Sequence[Stored]) -> Stored | None:
    """The last answer given while this visitor stood at the gate: the one before may still be on the way through."""
    since = seen.arrived_at + AFTER_SETTING_OFF_S
    until = seen.set_off_at + AFTER_SETTING_OFF_S
    found = None
    for event in events:
        if event.fields["kind"] == "decision" and since <= _at(event) <= until:
            found = event
    return found


def _during(seen: VisitorReport, event: Stored) -> bool:
    """Whether something happened from their coming until the kiosk has noticed that they are gone."""
    return bool(seen.arrived_at <= _at(event) <= seen.left_at + NOTICED_S)


def _at(event: Stored) -> float:
    return float(event.fields.get("mono_us", 0) / MICRO)


def _outcome(decision: Stored | None, events: Sequence[Stored]) -> Mapping[str, Any]:
    if decision is None:
        return {}
    for event in events:
        if event.fields["kind"] == "gate_outcome" and event.fields.get("admission") == decision.id:
            return event.fields
    return {}


def _not_recorded(decision: Stored | None, outcome: Mapping[str, Any], events: Sequence[Stored]) -> bool:
    """Whether nothing opened on an admission and the guard was called instead, because nobody vouched for its record."""
    if decision is None or outcome.get("outcome") != GateOutcome.NOT_OPENED:
        return False
    visit = decision.fields["visit"]
    return any(event.fields["kind"] == "guard_called" and event.fields["visit"] == visit for event in events)


def _stages(
    seen: VisitorReport, times: Mapping[str, int], outcome: Mapping[str, Any], fsyncs: Sequence[tuple[float, float]]
) -> dict[str, float]:
    """Durations between the marks that are there, in seconds. All are of one boot-wide monotonic clock."""
    at = {name: value / MICRO for name, value in {**times, **outcome.get("times_us", {})}.items()}
    ready = max((at[name] for name in ("code_verified", "issuer_answered", "reading") if name in at), default=None)
    spans = {
        "code": (at.get("code_captured"), at.get("code_decoded")),
        "temperature": (seen.forehead_at, at.get("reading")),
        "credential": (at.get("code_decoded"), at.get("code_verified")),
        "issuer": (at.get("issuer_asked"), at.get("issuer_answered")),
        "decision": (ready, at.get("decided")),
        "record": (at.get("decided"), at.get("durable")),
        "relay": (at.get("durable"), seen.relay_at),
    }
    found = {
        stage: round(until - since, 4) for stage, (since, until) in spans.items() if since is not None and until is not None
    }
    card_s = [took for ended, took in fsyncs if ended <= at.get("durable", -math.inf)]
    return {**found, "card": round(card_s[-1], 4)} if card_s else found


def _seconds(microseconds: int | None) -> float | None:
    return None if microseconds is None else round(microseconds / MICRO, 4)
