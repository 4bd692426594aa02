"""The vocabulary of the gate: its parts and phases, all that is known of a visitor, and what is decided. Frozen values."""

from dataclasses import field
from enum import StrEnum
from typing import NewType

from kiosk.evidence import CERTIFICATES, ColourSeen, Credential, Reading
from kiosk.frozen import frozen
from kiosk.people import Consent, Declaration, Filing

VisitId = NewType("VisitId", str)

ReasonCode = NewType("ReasonCode", str)
"""A short stable name such as `temperature_high`; policy documents may bring their own."""

EventId = NewType("EventId", str)
"""`device/log_id/seq` of a recorded event."""


class ClockState(StrEnum):
    """How far the wall clock may be believed."""

    SYNCHRONISED = "synchronised"
    DRIFTING = "drifting"
    NEVER_SET = "never_set"


class Part(StrEnum):
    """A process of the kiosk, or a device whose loss has a named behaviour."""

    GATE = "gate"
    CORE = "core"
    EYES = "eyes"
    SCREEN = "screen"
    CAMERA = "camera"
    THERMOMETER = "thermometer"
    LOG = "log"
    ISSUER = "issuer"
    SERVER = "server"


class Phase(StrEnum):
    """Where a visit stands."""

    IDLE = "idle"
    APPROACHING = "approaching"
    COLLECTING = "collecting"
    CHECKING = "checking"
    DECIDING = "deciding"
    COMMITTING = "committing"
    OPENING = "opening"
    OPEN = "open"
    PASSED = "passed"
    AWAITING_FORM = "awaiting_form"
    AWAITING_CONSENT = "awaiting_consent"
    AWAITING_GUARD = "awaiting_guard"
    PARKED = "parked"
    ENDED = "ended"


class Need(StrEnum):
    """A fact the rules still ask the visitor for."""

    TEMPERATURE = "temperature"
    PASS = "pass"
    HEALTH_CODE = "health_code"
    FORM = "form"
    CONSENT = "consent"
    FILING = "filing"


class Answer(StrEnum):
    """What the gate says to a visitor."""

    ADMIT = "admit"
    REFUSE = "refuse"
    HOLD = "hold"


class Role(StrEnum):
    """Who answered: the rules, or a person."""

    POLICY = "policy"
    GUARD = "guard"


class GateOutcome(StrEnum):
    """What became of a durable admission at the gate line."""

    PASSED = "passed"
    NOT_PASSED = "not_passed"
    NOT_OPENED = "not_opened"
    FAILED = "failed"
    UNKNOWN = "unknown"


@frozen
class LocalTime:
    """A moment of the week at the gate: `weekday` from 0, Monday, to 6; `minute` of the day from 0 to 1439."""

    weekday: int
    minute: int


class TimeOfDay(StrEnum):
    """Whether a gate knows what time it is there."""

    KNOWN = "known"
    UNKNOWN = "unknown"


@frozen
class Facts:
    """All that is known of the visitor in front of the gate. What is not known is None.

    `pending` are needs whose answer is on its way; `unavailable` are needs that cannot be met because a
    part is lost. `pass_used`: the pass is for a single use, which it has had. `local_time`: None to a clock that was
    never set, and to a gate whose document names no zone. `colour_seen` is evidence, and admits nobody.
    """

    reading: Reading | None = None
    admission_pass: Credential | None = None
    health_code: Credential | None = None
    pending: frozenset[Need] = frozenset()
    unavailable: frozenset[Need] = frozenset()
    pass_used: bool = False
    clock: ClockState = ClockState.SYNCHRONISED
    declaration: Declaration | None = None
    consent: Consent | None = None
    filing: Filing | None = None
    local_time: LocalTime | None = None
    colour_seen: ColourSeen | None = None

    @property
    def certificate(self) -> Credential | None:
        """The health code, where it is a health certificate: the two answer the same need."""
        shown = self.health_code
        return shown if shown is not None and shown.kind in CERTIFICATES else None


@frozen
class Command:
    """What a person commanded. Who they are is sealed, never logged; so is why, which is in their words.

    `second`: who agreed, where the rules want two people for it.
    """

    id: str
    issuer: str = field(repr=False)
    reason: str = field(repr=False)
    second: str | None = field(default=None, repr=False)


@frozen
class Decision:
    """An answer with its reasons, the rule that gave it and the policy it stands in (`id@version`).

    `overrides`: what was in the way of somebody whom a person lets in all the same.
    """

    answer: Answer
    reasons: tuple[ReasonCode, ...]
    rule: str
    policy: str
    role: Role = Role.POLICY
    command: Command | None = None
    overrides: tuple[ReasonCode, ...] = ()


@frozen
class Needs:
    """The rules cannot answer yet: they want these facts first."""

    wanted: frozenset[Need]
