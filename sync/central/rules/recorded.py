"""The facts of a recorded decision, as far as its header tells them: what a gate knew when it answered. Pure.

A header is anything that a device has sent. Where somebody's stays were and who they are is not in it: that part is sealed.
"""

import math
from dataclasses import dataclass, replace
from typing import Annotated

import msgspec
from msgspec import Meta

from kiosk.evidence import (
    Colour,
    ColourSeen,
    Credential,
    CredentialKind,
    Doubt,
    Finding,
    FindingKind,
    HealthStatus,
    Reading,
    Verdict,
)
from kiosk.holder import Holder
from kiosk.local_time import local_time
from kiosk.model import Answer, ClockState, Facts, Need, ReasonCode, Role
from kiosk.people import Consent, Declaration, Filing, FirstReturn, Stay, Vehicle, VisitorKind
from kiosk.records import ZERO_CELSIUS_MK
from kiosk.units import Celsius, Monotonic, WallTime

Short = Annotated[str, Meta(max_length=200)]
Pair = tuple[Holder, Holder]
"""Whom a form was about, and whom a health code."""
MilliKelvin = Annotated[int, Meta(ge=0, le=1_000_000)]


class _Credential(msgspec.Struct, frozen=True):
    kind: CredentialKind
    verdict: Verdict
    health: HealthStatus | None = None
    findings: tuple[FindingKind, ...] = ()


class _Colour(msgspec.Struct, frozen=True):
    colour: Colour
    confidence_permille: int


class _Evidence(msgspec.Struct, frozen=True):
    credentials: tuple[_Credential, ...] = ()
    unavailable: tuple[Need, ...] = ()
    pass_used: bool = False
    consent: Consent | None = None
    filing: Filing | None = None
    colour_seen: _Colour | None = None
    object_mk: MilliKelvin | None = None
    ambient_mk: MilliKelvin | None = None
    body_mk: MilliKelvin | None = None
    uncertainty_mk: MilliKelvin | None = None
    samples: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    quality: tuple[Doubt, ...] = ()


class _Declared(msgspec.Struct, frozen=True):
    visitor: VisitorKind | None = None
    first_return: FirstReturn = FirstReturn.NO
    vehicle: Vehicle = Vehicle.NONE
    group: Annotated[int, Meta(ge=1, le=1000)] = 1
    stays: Annotated[int, Meta(ge=0, le=1000)] = 0


class _Header(msgspec.Struct, frozen=True):
    device: Short
    visit: Short
    answer: Answer
    reasons: tuple[Short, ...]
    rule: Short
    policy: Short
    role: Role
    clock: ClockState
    wall_us: int
    evidence: _Evidence
    gate: Short = ""
    visitor: VisitorKind | None = None
    declared: _Declared | None = None
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class RecordedDecision:
    """A gate's answer and what it was given on. `stays`: how many stays elsewhere were told of, where is not in it."""

    device: str
    gate: str
    visit: str
    at: WallTime
    answer: Answer
    reasons: tuple[ReasonCode, ...]
    rule: str
    policy: str
    role: Role
    clock: ClockState
    visitor: VisitorKind | None
    stays: int
    facts: Facts
    """Without the time at the gate, which the zone of a document makes of `at`, and without stays."""

    def facts_by(self, zone: str | None, stays: tuple[Stay, ...] = (), persons: Pair | None = None) -> Facts:
        """The facts as rules of this zone see them.

        `stays` and `persons`, whom form and health code were about, where they are known from elsewhere.
        """
        told, shown = self.facts.declaration, self.facts.health_code
        if told is not None:
            told = replace(told, stays=stays, person=None if persons is None else persons[0])
        if shown is not None and persons is not None:
            shown = replace(shown, person=persons[1])
        return replace(self.facts, declaration=told, health_code=shown, local_time=local_time(self.at, self.clock, zone))


def read(header: str) -> RecordedDecision | None:
    """Read the header of a decision; None for one that this software cannot make facts of."""
    try:
        found = msgspec.json.decode(header, type=_Header)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    evidence, declared = found.evidence, found.declared
    shown = [_credential(one, found.visitor) for one in evidence.credentials]
    facts = Facts(
        reading=_reading(evidence),
        admission_pass=next((one for one in shown if one.kind is CredentialKind.PASS), None),
        health_code=next((one for one in shown if one.kind is not CredentialKind.PASS), None),
        unavailable=frozenset(evidence.unavailable),
        pass_used=evidence.pass_used,
        clock=found.clock,
        declaration=None if declared is None else _declaration(declared),
        consent=evidence.consent,
        filing=evidence.filing,
        colour_seen=_colour(evidence.colour_seen),
    )
    return RecordedDecision(
        device=found.device,
        gate=found.gate or found.device,
        visit=found.visit,
        at=WallTime(found.wall_us),
        answer=found.answer,
        reasons=tuple(map(ReasonCode, found.reasons)),
        rule=found.rule,
        policy=found.policy,
        role=found.role,
        clock=found.clock,
        visitor=found.visitor,
        stays=0 if declared is None else declared.stays,
        facts=facts,
    )


def _credential(told: _Credential, visitor: VisitorKind | None) -> Credential:
    findings = tuple(Finding(kind, "", 0) for kind in told.findings)
    who = visitor if told.kind is CredentialKind.PASS else None
    return Credential(told.kind, told.verdict, visitor=who, health=told.health, findings=findings)


def _reading(told: _Evidence) -> Reading | None:
    if told.body_mk is None:
        return None
    # One that says nothing of the air or of its uncertainty can be relied on by no rule that asks for either.
    uncertainty_c = math.nan if told.uncertainty_mk is None else told.uncertainty_mk / 1000
    return Reading(
        object_c=_celsius(told.object_mk),
        ambient_c=_celsius(told.ambient_mk),
        body_c=_celsius(told.body_mk),
        uncertainty_c=Celsius(uncertainty_c),
        samples=told.samples,
        calibration="",
        began_at=Monotonic(0.0),
        at=Monotonic(0.0),
        quality=told.quality,
    )


def _celsius(millikelvin: int | None) -> Celsius:
    return Celsius(math.nan if millikelvin is None else (millikelvin - ZERO_CELSIUS_MK) / 1000)


def _declaration(told: _Declared) -> Declaration:
    return Declaration(told.visitor, (), told.first_return, told.vehicle, told.group)


def _colour(told: _Colour | None) -> ColourSeen | None:
    return None if told is None else ColourSeen(told.colour, told.confidence_permille / 1000)
