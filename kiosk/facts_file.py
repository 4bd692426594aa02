"""Facts written down as JSON, for `gatepost policy explain`: what is known of one visitor, in a few plain keys."""

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from kiosk.errors import UsageError
from kiosk.evidence import (
    Colour,
    ColourSeen,
    Credential,
    CredentialKind,
    Finding,
    FindingKind,
    HealthStatus,
    Reading,
    Verdict,
)
from kiosk.model import ClockState, Facts, LocalTime, Need
from kiosk.operands import DAYS
from kiosk.people import Consent, Declaration, Filing, FirstReturn, Stay, Vehicle, VisitorKind
from kiosk.units import Celsius, Monotonic

MOST_BYTES = 64 * 1024


class _Written(msgspec.Struct, forbid_unknown_fields=True):
    pass


class _Temperature(_Written):
    body_c: float
    ambient_c: float = 22.0
    uncertainty_c: float = 0.3
    samples: Annotated[int, Meta(ge=1, le=1000)] = 12


class _Pass(_Written):
    verdict: Verdict = Verdict.VALID
    visitor: VisitorKind | None = None
    used: bool = False


class _HealthCode(_Written):
    verdict: Verdict = Verdict.VALID
    health: HealthStatus | None = None
    certificate: list[FindingKind] | None = None


class _Stay(_Written):
    region: str
    days_ago: Annotated[int, Meta(ge=0, le=36500)]


class _Form(_Written):
    visitor: VisitorKind | None = None
    stays: list[_Stay] = []
    first_return: FirstReturn = FirstReturn.NO
    vehicle: Vehicle = Vehicle.NONE
    group: Annotated[int, Meta(ge=1, le=1000)] = 1


class _Facts(_Written, rename={"shown": "pass"}):
    temperature: _Temperature | None = None
    shown: _Pass | None = None
    health_code: _HealthCode | None = None
    form: _Form | None = None
    consent: Consent | None = None
    filing: Filing | None = None
    local_time: Annotated[str, Meta(pattern=r"^(mon|tue|wed|thu|fri|sat|sun) ([01]\d|2[0-3]):[0-5]\d$")] | None = None
    clock: ClockState = ClockState.SYNCHRONISED
    colour_seen: Colour | None = None
    pending: list[Need] = []
    unavailable: list[Need] = []


def read_facts(path: Path) -> Facts:
    """Read a file of facts. Raises UsageError: one sentence on what is wrong and where."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path}: the facts cannot be read: {error.strerror}") from error
    if len(content) > MOST_BYTES:
        raise UsageError(f"{path}: is larger than the facts of one visitor can be")
    try:
        return _facts(msgspec.json.decode(content, type=_Facts))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{path}: these are no facts: {error}") from error


def _facts(written: _Facts) -> Facts:
    shown = written.shown
    return Facts(
        reading=None if written.temperature is None else _reading(written.temperature),
        admission_pass=None if shown is None else Credential(CredentialKind.PASS, shown.verdict, visitor=shown.visitor),
        health_code=None if written.health_code is None else _health_code(written.health_code),
        pending=frozenset(written.pending),
        unavailable=frozenset(written.unavailable),
        pass_used=shown is not None and shown.used,
        clock=written.clock,
        colour_seen=None if written.colour_seen is None else ColourSeen(written.colour_seen, 1.0),
        declaration=None if written.form is None else _declaration(written.form),
        consent=written.consent,
        filing=written.filing,
        local_time=None if written.local_time is None else _local_time(written.local_time),
    )


def _reading(written: _Temperature) -> Reading:
    body_c, ambient_c, uncertainty_c = map(Celsius, (written.body_c, written.ambient_c, written.uncertainty_c))
    return Reading(body_c, ambient_c, body_c, uncertainty_c, written.samples, "", Monotonic(0), Monotonic(0))


def _health_code(written: _HealthCode) -> Credential:
    if written.certificate is None:
        return Credential(CredentialKind.HEALTH_TOKEN, written.verdict, health=written.health)
    findings = tuple(Finding(kind, "", 0) for kind in written.certificate)
    return Credential(CredentialKind.DCC, written.verdict, findings=findings)


def _declaration(written: _Form) -> Declaration:
    stays = tuple(Stay(stay.region, stay.days_ago) for stay in written.stays)
    return Declaration(written.visitor, stays, written.first_return, written.vehicle, written.group)


def _local_time(written: str) -> LocalTime:
    day, hour, minute = written[:3], int(written[4:6]), int(written[7:])
    return LocalTime(DAYS.index(day), hour * 60 + minute)
