"""What the kiosk writes into its events: evidence and times in clear, and sealed what names a person. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kiosk import standing
from kiosk.cases import Cause
from kiosk.events import Draft, canonical
from kiosk.evidence import Credential
from kiosk.gate_mode import ModeOrder, ModeSince
from kiosk.model import ClockState, Command, Decision, EventId, Facts, GateOutcome, Part, VisitId
from kiosk.people import Declaration
from kiosk.ports import Sealer
from kiosk.spent import Spend
from kiosk.units import Celsius, Monotonic, WallTime
from kiosk.visit import Ending

CASE_OPENED = "case_opened"
ZERO_CELSIUS_MK = 273_150
TAIL = 4
"""So many characters of a health code's token are kept: enough to tell two apart, too few to ask its issuer again."""
SHORTEST_TOKEN = 12
"""Of a token that is shorter nothing is kept."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """When and by what an event was made; `direction`: which way people go there."""

    gate: str
    boot: str
    software: str
    mono: Monotonic
    wall: WallTime
    clock: ClockState
    simulated: bool
    direction: str = "in"

    def body(self) -> dict[str, Any]:
        """The members that every event carries."""
        return {
            "gate": self.gate,
            "direction": self.direction,
            "boot": self.boot,
            "software": self.software,
            "mono_us": microseconds(self.mono),
            "wall_us": self.wall,
            "clock": self.clock,
            "simulated": self.simulated,
        }


def decision_draft(
    stamp: Stamp,
    visit: VisitId,
    decision: Decision,
    facts: Facts,
    times: Mapping[str, Monotonic],
    sealer: Sealer | None = None,
    spends: Spend | None = None,
    along: tuple[VisitId, int] | None = None,
) -> Draft:
    """The event of an answer: what was decided, by which rule, on what evidence, and when each fact was there.

    `spends`: the use of a pass for one use, named by its mark, so that a second use of it at another gate is noticed.
    `along`: on the form of which visit they come in, and the how manieth of that group they are.

    What names a person is sealed; without a sealer it is not recorded at all.
    """
    command = decision.command
    named = personal(facts) | ({} if command is None else _commanded(command))
    sealed = sealer.seal(canonical(named).encode(), stamp.wall) if sealer is not None and named else None
    credential = facts.admission_pass
    body = {
        **stamp.body(),
        "visit": visit,
        "answer": decision.answer,
        "reasons": list(decision.reasons),
        "rule": decision.rule,
        "policy": decision.policy,
        "role": decision.role,
        "visitor": standing.visitor(facts) if credential is None else credential.visitor,
        "evidence": _evidence(facts),
        "times_us": {name: microseconds(at) for name, at in times.items()},
        "sealed_for": None if sealed is None else sealed.key_id,
    }
    if facts.declaration is not None:
        body["declared"] = _declared(facts.declaration)
    if along is not None:
        body |= {"party": along[0], "member": along[1]}
    if command is not None:
        body |= {"command": command.id, "overrides": list(decision.overrides), "people": 1 if command.second is None else 2}
    if spends is not None:
        body["spends"] = spends.mark
    return Draft("decision", body, None if sealed is None else sealed.data)


def _declared(told: Declaration) -> dict[str, Any]:
    """What the visitor said of themselves, as far as it names nobody; where their stays were is in the sealed form alone."""
    return {
        "visitor": told.visitor,
        "first_return": told.first_return,
        "vehicle": told.vehicle,
        "group": told.group,
        "stays": len(told.stays),
    }


def personal(facts: Facts) -> dict[str, str]:
    """All that is known of who the visitor is: members only for what is known, each a plain text."""
    shown, health = facts.admission_pass, facts.health_code
    token = "" if health is None or health.holder is None else health.holder
    known = {
        "holder": None if shown is None else shown.holder,
        "unit": None if shown is None else shown.unit,
        "pass": None if shown is None else shown.serial,
        "plate": None if shown is None else shown.plate,
        "health_token_tail": token[-TAIL:] if len(token) >= SHORTEST_TOKEN else None,
    }
    return {name: text for name, text in known.items() if text}


def _commanded(command: Command) -> dict[str, str]:
    second = {} if command.second is None else {"second": command.second}
    return {"issuer": command.issuer, "reason": command.reason, **second}


def outcome_draft(
    stamp: Stamp,
    visit: VisitId,
    admission: EventId,
    outcome: GateOutcome,
    times: Mapping[str, Monotonic],
    observed_clear_s: float | None,
    *,
    gives_back: bool = False,
) -> Draft:
    """The event of what became of an admission at the gate line; `gives_back`: its pass keeps its use."""
    body: dict[str, Any] = {
        **stamp.body(),
        "visit": visit,
        "admission": admission,
        "outcome": outcome,
        "times_us": {name: microseconds(at) for name, at in times.items()},
        "observed_clear_us": None if observed_clear_s is None else round(observed_clear_s * 1e6),
    }
    return Draft("gate_outcome", body | ({"gives_back": True} if gives_back else {}))


def case_draft(stamp: Stamp, visit: VisitId, causes: frozenset[Cause], facts: Facts) -> Draft:
    """The event of a case that is opened at a gate: about what, and the temperature, where it was measured."""
    read = {} if facts.reading is None else {"body_mk": millikelvin(facts.reading.body_c)}
    return Draft(CASE_OPENED, {**stamp.body(), "visit": visit, "causes": sorted(causes), **read})


def ended_draft(stamp: Stamp, visit: VisitId, ending: Ending) -> Draft:
    """The event of a visit that ended without an answer, or after the guard was called."""
    return Draft("visit_ended", {**stamp.body(), "visit": visit, "ending": ending})


def health_draft(stamp: Stamp, part: Part, *, well: bool, detail: str) -> Draft:
    """The event of a part that was lost or is back."""
    return Draft("part_health", {**stamp.body(), "part": part, "well": well, "detail": detail})


def started_draft(stamp: Stamp, policy: str) -> Draft:
    """The event of a start of the core."""
    return Draft("started", {**stamp.body(), "policy": policy})


def mode_draft(stamp: Stamp, order: ModeOrder, sealer: Sealer | None = None) -> Draft:
    """The event of a mode that somebody ordered; who they are, and why, is sealed, or not recorded at all."""
    sealed = None if sealer is None else sealer.seal(canonical(_commanded(order.command)).encode(), stamp.wall)
    body = {
        **stamp.body(),
        "visit": "",
        "mode": order.mode,
        "since": ModeSince.ORDERED,
        "command": order.command.id,
        "people": 1 if order.command.second is None else 2,
        "sealed_for": None if sealed is None else sealed.key_id,
    }
    if order.lasts_s is not None:
        body["lasts_us"] = microseconds(order.lasts_s)
    return Draft("gate_mode", body, None if sealed is None else sealed.data)


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
    evidence |= {name: said for name, said in (("consent", facts.consent), ("filing", facts.filing)) if said is not None}
    if (seen := facts.colour_seen) is not None:
        evidence["colour_seen"] = {"colour": seen.colour, "confidence_permille": round(seen.confidence * 1000)}
    if (reading := facts.reading) is not None:
        evidence |= {
            "object_mk": millikelvin(reading.object_c),
            "ambient_mk": millikelvin(reading.ambient_c),
            "body_mk": millikelvin(reading.body_c),
            "uncertainty_mk": round(reading.uncertainty_c * 1000),
            "samples": reading.samples,
            "calibration": reading.calibration,
            "quality": sorted(reading.quality),
        }
    return evidence


def _credential(credential: Credential) -> dict[str, Any]:
    found = {
        "kind": credential.kind,
        "verdict": credential.verdict,
        "issuer": credential.issuer,
        "key_id": credential.key_id,
        "health": credential.health,
    }
    # Of what a certificate tells only its kind: what rules ask for, and neither a date nor a name.
    told = sorted({finding.kind for finding in credential.findings if finding.in_force})
    return found | ({"findings": told} if told else {})
