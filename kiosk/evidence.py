"""What a thermometer measured and what a code turned out to be. Frozen values, no behaviour."""

from dataclasses import field
from enum import StrEnum

from kiosk.frozen import frozen
from kiosk.holder import Holder
from kiosk.people import VisitorKind
from kiosk.units import Celsius, Monotonic, Seconds, WallTime

MAX_CODE = 7089
"""What the largest QR code holds: digits, in version 40-L (ISO/IEC 18004). Longer content is nobody's code."""


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


@frozen
class ColourSeen:
    """The colour that the camera saw around a health code, and how sure that is, 0 to 1."""

    colour: Colour
    confidence: float


@frozen
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


OF_THE_STANDING = frozenset({Doubt.UNSTEADY, Doubt.PARTIAL, Doubt.FAR})
"""What speaks against a reading because of how somebody stands: the next one may be free of it."""


@frozen
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


@frozen
class Observation:
    """What the thermometer sees just now: whether someone stands there and, once it has settled, a reading."""

    present: bool
    at: Monotonic
    reading: Reading | None = None


@frozen
class Scan:
    """One code found in one frame. `corners` are four (x, y) in pixels of that frame, or empty."""

    content: bytes = field(repr=False)
    symbology: str
    engine: str
    captured_at: Monotonic
    decoded_at: Monotonic
    corners: tuple[tuple[int, int], ...] = ()


@frozen
class Finding:
    """One thing that a health certificate tells: what happened, on which day (ISO 8601), how many whole days ago.

    `in_force`: it has happened, and the time for which the certificate gives it, if it gives one, is running.
    """

    kind: FindingKind
    on: str
    days: int
    in_force: bool = True


@frozen
class Credential:
    """A scanned code after checking. `holder` names a person or token and is sealed, never logged; so is `person`.

    `serial` tells a pass from every other one, so that one for a single use is taken once; it is sealed as well, and
    so is `unit`, the home or office that a pass is for. `language`: in which its holder is to be spoken to. `findings`
    are those of a health certificate; none of them is a colour. `invited`: whoever issued a visitor's pass knew that
    somebody of the house wants them to come; not so of one that only brings back who has filled in a form.

    `plate`: of the vehicle that a pass names; sealed. `asks_name`: it is a whole company's, and whoever shows it says who
    they are.
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
    plate: str | None = field(default=None, repr=False)
    asks_name: bool = False
