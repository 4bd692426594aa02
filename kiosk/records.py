"""What the kiosk writes into its events, in clear: evidence and times, nothing that names a person. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kiosk.events import Draft
from kiosk.model import (
    Celsius,
    ClockState,
    Credential,
    Decision,
    EventId,
    Facts,
    GateOutcome,
    Monotonic,
    Part,
    VisitId,
    WallTime,
)
from kiosk.visit import Ending

ZERO_CELSIUS_MK = 273_150


@dataclass(frozen=True, slots=True)
class Stamp:
    """When and by what an event was made."""

    gate: str
    boot: str
    software: str
    mono: Monotonic
    wall: WallTime
    clock: ClockState
    simulated: bool

    def body(self) -> dict[str, Any]:
        """The members that every event carries."""
        return {
            "gate": self.gate,
            "boot": self.boot,
            "software": self.software,
            "mono_us": microseconds(self.mono),
            "wall_us": self.wall,
            "clock": self.clock,
            "simulated": self.simulated,
        }


def decision_draft(stamp: Stamp, visit: VisitId, decision: Decision, facts: Facts, times: Mapping[str, Monotonic]) -> Draft:
    """The event of an answer: what was decided, by which rule, on what evidence, and when each fact was there."""
    credential = facts.admission_pass
    body = {
        **stamp.body(),
        "visit": visit,
        "answer": decision.answer,
        "reasons": list(decision.reasons),
        "rule": decision.rule,
        "policy": decision.policy,
        "role": decision.role,
        "visitor": credential.visitor if credential is not None else None,
        "evidence": _evidence(facts),
        "times_us": {name: microseconds(at) for name, at in times.items()},
        # Its place is here; until the compound's key is on the kiosk nothing personal is kept at all.
        "sealed_for": None,
    }
    return Draft("decision", body)


def outcome_draft(
    stamp: Stamp,
    visit: VisitId,
    admission: EventId,
    outcome: GateOutcome,
    times: Mapping[str, Monotonic],
    observed_clear_s: float | None,
) -> Draft:
    """The event of what became of an admission at the gate line."""
    return Draft(
        "gate_outcome",
        {
            **stamp.body(),
            "visit": visit,
            "admission": admission,
            "outcome": outcome,
            "times_us": {name: microseconds(at) for name, at in times.items()},
            "observed_clear_us": None if observed_clear_s is None else round(observed_clear_s * 1e6),
        },
    )


def ended_draft(stamp: Stamp, visit: VisitId, ending: Ending) -> Draft:
    """The event of a visit that ended without an answer, or after the guard was called."""
    return Draft("visit_ended", {**stamp.body(), "visit": visit, "ending": ending})


def health_draft(stamp: Stamp, part: Part, *, well: bool, detail: str) -> Draft:
    """The event of a part that was lost or is back."""
    return Draft("part_health", {**stamp.body(), "part": part, "well": well, "detail": detail})


def started_draft(stamp: Stamp, policy: str) -> Draft:
    """The event of a start of the core."""
    return Draft("started", {**stamp.body(), "policy": policy})


def note_draft(stamp: Stamp, kind: str, body: Mapping[str, Any]) -> Draft:
    """The event of anything else: what `body` says, stamped."""
    return Draft(kind, {**stamp.body(), **body})


def microseconds(at: float) -> int:
    """Seconds to whole microseconds: canonical headers hold no fractions."""
    return round(at * 1_000_000)


def millikelvin(temperature: Celsius) -> int:
    """Degrees Celsius to whole millikelvin."""
    return round(temperature * 1000) + ZERO_CELSIUS_MK


def _evidence(facts: Facts) -> dict[str, Any]:
    evidence: dict[str, Any] = {
        "credentials": [_credential(found) for found in (facts.admission_pass, facts.health_code) if found is not None],
        "unavailable": sorted(facts.unavailable),
        "pass_used": facts.pass_used,
    }
    if (reading := facts.reading) is not None:
        evidence |= {
            "object_mk": millikelvin(reading.object_c),
            "ambient_mk": millikelvin(reading.ambient_c),
            "body_mk": millikelvin(reading.body_c),
            "uncertainty_mk": round(reading.uncertainty_c * 1000),
            "samples": reading.samples,
            "calibration": reading.calibration,
        }
    return evidence


def _credential(credential: Credential) -> dict[str, Any]:
    return {
        "kind": credential.kind,
        "verdict": credential.verdict,
        "issuer": credential.issuer,
        "key_id": credential.key_id,
        "health": credential.health,
    }
