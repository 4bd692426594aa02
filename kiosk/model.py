"""The vocabulary of the gate: what is measured, shown, believed and decided. Frozen values, no behaviour."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

from kiosk.holder import Holder

Celsius = NewType("Celsius", float)
Seconds = NewType("Seconds", float)
Monotonic = NewType("Monotonic", float)
"""Seconds of CLOCK_MONOTONIC: the same line for every process of one boot. For deadlines and durations."""
WallTime = NewType("WallTime", int)
"""Microseconds since 1970 UTC. For records only, never for deadlines."""
VisitId = NewType("VisitId", str)
ReasonCode = NewType("ReasonCode", str)
"""A short stable name such as `temperature_high`; policy documents may bring their own."""
EventId = NewType("EventId", str)
"""`device/log_id/seq` of a recorded event."""

MAX_CODE = 7089
"""What the largest QR code holds: digits, in version 40-L (ISO/IEC 18004). Longer content is nobody's code."""


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


class VisitorKind(StrEnum):
    """Who somebody is to the compound, as the rules tell people apart."""

    RESIDENT = "resident"
    GUEST = "guest"
    """A relative or friend of a resident's, or whom an office has invited."""
    COURIER = "courier"
    """Whoever delivers or removes things, with their vehicle."""
    STAFF = "staff"
    """Whoever works here: in an office tower, or for the property office."""
    DOMESTIC_HELP = "domestic_help"
    """Domestic help and care."""
    UTILITY_REPAIR = "utility_repair"
    """Water, power, gas, telecom."""
    ESTATE_AGENT = "estate_agent"
    """An estate agent, and the client who comes along."""
    RENOVATION = "renovation"
    """An owner who renovates, or the company that does it."""
    OTHER = "other"


OF_THE_HOUSE = frozenset({VisitorKind.RESIDENT, VisitorKind.STAFF})
"""Who belongs here: only a pass proves it, and nobody has to consent to their coming."""


class Consent(StrEnum):
    """What somebody of the house answered about a visit."""

    GIVEN = "given"
    DECLINED = "declined"


class Filing(StrEnum):
    """How a renovation stands with the committee and the property office."""

    FILED = "filed"
    """Filed with both, with the owner's letter of undertaking."""
    NO_UNDERTAKING = "no_undertaking"
    NOT_FILED = "not_filed"


class FirstReturn(StrEnum):
    """Whether somebody comes back to the city for the first time."""

    NO = "no"
    REGISTERED = "registered"
    """They do, and their registration is done."""
    UNREGISTERED = "unregistered"


class Vehicle(StrEnum):
    """What somebody comes in with."""

    NONE = "none"
    REGISTERED = "registered"
    """One that is registered here, whatever it is."""
    TWO_WHEELER = "two_wheeler"
    CAR = "car"
    VAN = "van"
    LORRY = "lorry"


class HealthStatus(StrEnum):
    """An issuer's answer about a health code, after that issuer's own mapping. Unknown is never green."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


class Colour(StrEnum):
    """What a screen shows around a health code. Any screen can show any of them."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


@dataclass(frozen=True, slots=True)
class ColourSeen:
    """The colour that the camera saw around a health code, and how sure that is, 0 to 1."""

    colour: Colour
    confidence: float


@dataclass(frozen=True, slots=True)
class IssuerAnswer:
    """What an issuer tells of a health code: its status, whose it is as far as it says, for how long that holds.

    `person` is masked: part of the name, the end of an identity number. `valid_s` None: it does not say.
    """

    status: HealthStatus
    person: Holder | None = field(default=None, repr=False)
    valid_s: Seconds | None = None


class CredentialKind(StrEnum):
    """What a scanned code turned out to be."""

    PASS = "pass"
    HEALTH_TOKEN = "health_token"
    DCC = "dcc"
    """An EU Digital COVID Certificate."""
    SHC = "shc"
    """A SMART Health Card."""
    UNRECOGNISED = "unrecognised"


CERTIFICATES = frozenset({CredentialKind.DCC, CredentialKind.SHC})
"""Health certificates: they tell what happened to their holder, and never a colour."""


class Verdict(StrEnum):
    """What checking a credential found; the first that fails wins, in this order."""

    MALFORMED = "malformed"
    UNSUPPORTED = "unsupported"
    UNTRUSTED_ISSUER = "untrusted_issuer"
    BAD_SIGNATURE = "bad_signature"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    REVOKED = "revoked"
    VALID = "valid"


class FindingKind(StrEnum):
    """What a health certificate tells of its holder."""

    VACCINATION = "vaccination"
    """A course of vaccinations that the certificate itself calls complete."""
    VACCINE_DOSE = "vaccine_dose"
    """One dose: the course is not complete, or the certificate does not say."""
    TEST = "test"
    """A test that found nothing."""
    POSITIVE_TEST = "positive_test"
    RECOVERY = "recovery"


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


class Doubt(StrEnum):
    """What speaks against a reading, beside its uncertainty."""

    WARMING_UP = "warming_up"
    """The sensor itself grows warmer or colder too fast."""
    DRIFTING = "drifting"
    """The empty scene is not where it was when the sensor was calibrated."""
    AMBIENT = "ambient"
    """The air is warmer or colder than where the calibration holds."""
    UNSTEADY = "unsteady"
    """Head or sensor moved: the values that make the reading spread as far as they may."""
    PARTIAL = "partial"
    """So low that the forehead cannot have filled the sensor's field: a hat, a turned head, too far away, too cold."""
    FAR = "far"
    """The forehead is too far away to fill the sensor's field."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One temperature of one person, with what a later reader needs to judge it.

    `object_c` and `ambient_c` are as the sensor gave them; `body_c` is what the named calibration makes of them.
    `uncertainty_c` is the half-width of the 95 % interval; `quality` is what it does not cover, empty if nothing.
    """

    object_c: Celsius
    ambient_c: Celsius
    body_c: Celsius
    uncertainty_c: Celsius
    samples: int
    calibration: str
    began_at: Monotonic
    at: Monotonic
    quality: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True)
class Observation:
    """What the thermometer sees just now: whether someone stands there and, once it has settled, a reading."""

    present: bool
    at: Monotonic
    reading: Reading | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """One code found in one frame. `corners` are four (x, y) in pixels of that frame, or empty."""

    content: bytes = field(repr=False)
    symbology: str
    engine: str
    captured_at: Monotonic
    decoded_at: Monotonic
    corners: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a health certificate tells: what happened, on which day (ISO 8601), how many whole days ago.

    `in_force`: it has happened, and the time for which the certificate gives it, if it gives one, is running.
    """

    kind: FindingKind
    on: str
    days: int
    in_force: bool = True


@dataclass(frozen=True, slots=True)
class Credential:
    """A scanned code after checking. `holder` names a person or token and is sealed, never logged; so is `person`.

    `serial` tells a pass from every other one, so that one for a single use is taken once; it is sealed as well, and
    so is `unit`, the home or office that a pass is for. `language`: in which its holder is to be spoken to. `findings`
    are those of a health certificate; none of them is a colour. `invited`: whoever issued a visitor's pass knew that
    somebody of the house wants them to come; not so of one that only brings back who has filled in a form.
    """

    kind: CredentialKind
    verdict: Verdict
    issuer: str | None = None
    key_id: str | None = None
    holder: str | None = field(default=None, repr=False)
    visitor: VisitorKind | None = None
    health: HealthStatus | None = None
    expires_at: WallTime | None = None
    detail: str = ""
    serial: str | None = field(default=None, repr=False)
    unit: str | None = field(default=None, repr=False)
    single_use: bool = False
    language: str | None = None
    person: Holder | None = field(default=None, repr=False)
    findings: tuple[Finding, ...] = ()
    invited: bool = True


@dataclass(frozen=True, slots=True)
class Stay:
    """A stay elsewhere that ended so many whole days ago. `region`: ISO 3166-1 such as `IT`, or 3166-2 such as `CN-HB`."""

    region: str
    days_ago: int


@dataclass(frozen=True, slots=True)
class Declaration:
    """What somebody told of themselves: on the visitor form, or beforehand for a list of expected arrivals.

    `visitor`: who they say they are; `group`: how many come in on this form.
    """

    visitor: VisitorKind | None = None
    stays: tuple[Stay, ...] = field(default=(), repr=False)
    first_return: FirstReturn = FirstReturn.NO
    vehicle: Vehicle = Vehicle.NONE
    group: int = 1


@dataclass(frozen=True, slots=True)
class LocalTime:
    """A moment of the week at the gate: `weekday` from 0, Monday, to 6; `minute` of the day from 0 to 1439."""

    weekday: int
    minute: int


class TimeOfDay(StrEnum):
    """Whether a gate knows what time it is there."""

    KNOWN = "known"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Command:
    """What a person commanded. Who they are is sealed, never logged; so is why, which is in their words.

    `second`: who agreed, where the rules want two people for it.
    """

    id: str
    issuer: str = field(repr=False)
    reason: str = field(repr=False)
    second: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Needs:
    """The rules cannot answer yet: they want these facts first."""

    wanted: frozenset[Need]
