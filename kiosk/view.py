"""What the screen shows, as one immutable value. Pure: made by the core of a visit and its evidence, drawn by the screen.

A view carries codes and numbers: words are the screen's, but for what a site's own rules say. Nothing in it names a
person. Times are of the boot-wide monotonic clock, so the screen can count down by itself.
"""

from dataclasses import field
from enum import StrEnum

from kiosk.frozen import frozen
from kiosk.model import Answer, Need, Part, Phase, ReasonCode, VisitId
from kiosk.people import VisitorKind
from kiosk.remote import Unfit
from kiosk.units import Celsius, Monotonic

Lines = tuple[tuple[str, str], ...]
"""The same in every language: pairs of language and line."""


class Step(StrEnum):
    """One of the three things that a visitor does, in the order in which they are drawn."""

    TEMPERATURE = "temperature"
    CODE = "code"
    FORM = "form"


class StepState(StrEnum):
    """How far a step is."""

    NOT_NEEDED = "not_needed"
    WAITING = "waiting"
    ACTIVE = "active"
    DONE = "done"
    NOT_IN_ORDER = "not_in_order"
    UNAVAILABLE = "unavailable"


class Hint(StrEnum):
    """What the visitor could do better just now, or what became of the last code."""

    NOT_RECOGNISED = "not_recognised"
    CODE_TOO_SMALL = "code_too_small"
    CODE_TOO_NEAR = "code_too_near"
    TOO_BRIGHT = "too_bright"
    TOO_DARK = "too_dark"
    HOLD_STILL = "hold_still"
    CODE_TILTED = "code_tilted"
    CODE_HIDDEN = "code_hidden"
    """A part of the code is outside of the picture, or under a finger."""
    SEVERAL_CODES = "several_codes"
    """Codes that differ are held up at once, and not all of them are of use."""
    FOREHEAD = "forehead"
    """Nobody is in the thermometer's field: come closer, hat and glasses off."""


class GuardCall(StrEnum):
    """How far a call for the guard is."""

    RINGING = "ringing"
    UNANSWERED = "unanswered"


@frozen
class Measured:
    """A temperature as it settles: `uncertainty_c` is the half-width of the 95 % interval."""

    body_c: Celsius
    uncertainty_c: Celsius
    settled: bool


@frozen
class FormTicket:
    """Where the visitor's phone finds the form: `url` goes into the QR, `short` is for typing. None: there is no server."""

    url: str
    short: str
    expires_at: Monotonic


@frozen
class ParkedTicket:
    """A visit that waits elsewhere while the kiosk is free: a short code to name it by, and until when it is kept."""

    code: str
    expires_at: Monotonic


@frozen
class Declined:
    """What a guard asked for at the kiosk was not carried out: why, and when that was known."""

    why: Unfit
    at: Monotonic


@frozen
class Badge:
    """A guard's or a technician's badge was held up for the staff's door: whose kind it is, and when."""

    kind: VisitorKind
    at: Monotonic


@frozen
class OwnCard:
    """What the site's own rules say for a reason: to the visitor, and on the guard's card. `call`: a Contact's name."""

    reason: ReasonCode
    visitor: Lines
    say: Lines
    do: Lines
    call: str


@frozen
class View:
    """All that whoever stands at the gate should see and hear now.

    `language`: what the visitor's credential asks for, if anything. `ends_at`: when the kiosk stops waiting for the
    visitor, or puts the ticket of a parked one away; `extendable`: whether they may ask for more time. `server_lost_at`:
    the server has not been reached since. `code_taken_at`: when the newest code that is of use was taken in, for whoever
    showed it to see and hear so, also where no step moves on with it. `scanned_at`: when the newest code that is answered
    by this view was decoded. `override_takes`: how many people let in whoever is stopped all the same; 0: nobody may.
    `declined`: the answer to a guard at the kiosk who could not. `notices`: which of those that ship go with the rules in
    force. `site_phone`: whom to call when all else fails. `site_language`, `volume` (from which local time on how loud, in
    percent): as a manager set them from afar; None: as configured.
    `leaving`: by this gate people only leave. `next_of_group`: the number of whoever of a group may step up next, and of
    how many.
    `own_words`: language and sentence, where the rules themselves bring one for the first reason; `own_cards`: the guard's
    cards that they bring for whoever is stopped, in the order of the reasons. `own_notices`: while nobody is here, what
    they bring to be shown in the place of `notices`. `badges`: the staff's door can be opened with a badge; `badge`: it
    was just now.
    """

    phase: Phase
    visit: VisitId
    at: Monotonic
    steps: tuple[tuple[Step, StepState], ...] = ()
    wanted: tuple[Need, ...] = ()
    measured: Measured | None = None
    hint: Hint | None = None
    code_taken_at: Monotonic | None = None
    scanned_at: Monotonic | None = None
    answer: Answer | None = None
    reasons: tuple[ReasonCode, ...] = ()
    form: FormTicket | None = None
    parked: ParkedTicket | None = None
    guard: GuardCall | None = None
    guard_phone: str | None = None
    override_takes: int = 1
    declined: Declined | None = None
    language: str | None = None
    ends_at: Monotonic | None = None
    extendable: bool = False
    lost: tuple[Part, ...] = field(default=())
    server_lost_at: Monotonic | None = None
    notices: str = "normal"
    site_phone: str | None = None
    site_language: str | None = None
    volume: tuple[tuple[str, int], ...] | None = None
    own_words: Lines = ()
    own_cards: tuple[OwnCard, ...] = ()
    own_notices: tuple[Lines, ...] = ()
    badges: bool = False
    badge: Badge | None = None
    simulated: bool = False
    leaving: bool = False
    next_of_group: tuple[int, int] | None = None
