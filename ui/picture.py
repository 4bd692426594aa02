"""What the screen shows at one moment, as frozen values: which screen, the keys of its words, shapes and tones. Pure.

Made by the presenter, drawn by the widgets. Two equal pictures look alike, so that only what changed is drawn again.
"""

from dataclasses import dataclass
from enum import StrEnum

from kiosk.model import Answer, ReasonCode
from kiosk.view import Step, StepState


class Screen(StrEnum):
    """The screens: a visitor's, and those behind the staff's door."""

    IDLE = "idle"
    STEPS = "steps"
    FORM = "form"
    ANSWER = "answer"
    PARKED = "parked"
    GUARD = "guard"
    MOMENT = "moment"
    PIN = "pin"
    STATUS = "status"
    CARD = "card"
    CHOICES = "choices"


class Action(StrEnum):
    """What a touch asks for."""

    LANGUAGE = "language"
    CHOOSE = "choose"
    LARGE_TYPE = "large_type"
    HIGH_CONTRAST = "high_contrast"
    CLOSE = "close"
    FORM = "form"
    GUARD = "guard"
    MORE_TIME = "more_time"
    DIGIT = "digit"
    DELETE = "delete"
    ENTER = "enter"
    START_OVER = "start_over"
    LET_IN = "let_in"
    REASON = "reason"
    NEXT = "next"
    BACK = "back"


@dataclass(frozen=True, slots=True)
class Say:
    """The words of one key, with what stands in their places."""

    key: str
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Because:
    """The sentence for a reason code; `own`: language and sentence, where the site's rules bring one."""

    code: ReasonCode
    answer: Answer
    own: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Plain:
    """Words that are in the visitor's language already: a site's own notice."""

    text: str


Words = Say | Because | Plain


@dataclass(frozen=True, slots=True)
class Touch:
    """A button: what it asks for, its words (None: the pictogram speaks) and whether it is the one to press.

    `value`: the language of a language button, the digit of a digit's, the name of a reason. `on`: a switch that is on.
    `wide`: its share of the bar.
    """

    action: Action
    words: Words | None = None
    pictogram: str | None = None
    value: str = ""
    on: bool = False
    prominent: bool = False
    wide: float = 1.0


@dataclass(frozen=True, slots=True)
class Banner:
    """A word on what is out of order, or that all this is a simulation. `tone`: the palette's colour.

    `brief`: its pictogram alone, where the words of everything would leave no room for the screen below.
    """

    words: Say
    tone: str
    pictogram: str
    brief: bool = False


@dataclass(frozen=True, slots=True)
class Tile:
    """One step: its picture, its name, how far it is."""

    step: Step
    state: StepState
    title: Say
    line: Say


@dataclass(frozen=True, slots=True)
class Gauge:
    """A temperature with the interval it lies in, for a scale from COLDEST to WARMEST."""

    words: Say
    low_c: float
    high_c: float
    settled: bool


@dataclass(frozen=True, slots=True)
class Idle:
    """Nobody is here: a welcome, what will happen, and one of the site's notices under their heading.

    `leaving`: nothing will be asked.
    """

    title: Say
    line: Say
    heading: Plain
    notice: Plain
    privacy: Say
    leaving: bool = False


@dataclass(frozen=True, slots=True)
class Steps:
    """The three steps, and the one thing to do now.

    `urgent`: `do` is a hint or the end of the time. `taken`: a code was read just now, and is of use.
    """

    tiles: tuple[Tile, ...]
    do: Say
    urgent: bool
    line: Say | None
    gauge: Gauge | None
    taken: bool
    mirror: bool
    no_mirror: Say


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer: its tone (also the name of its shape), the word, the sentence below it, what happens next, the end."""

    answer: Answer
    word: Say
    line: Words
    next: Say | None
    ending: Say | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """The way to the form: `url` for the QR, an address to type, and how long it is good. None: there is no server."""

    title: Say
    line: Say
    url: str | None
    address: Say | None
    countdown: Say | None


@dataclass(frozen=True, slots=True)
class Parked:
    """The visit waits elsewhere: what that means, the code that names it, how to come back, and until when it is shown."""

    title: Say
    line: Say
    code: Say
    how: Say
    ending: Say | None = None


@dataclass(frozen=True, slots=True)
class Guard:
    """The guard is being called, or has not answered. `phone`: the number to call, as large as may be."""

    title: Say
    line: Say
    unanswered: bool
    phone: str | None
    ending: Say | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """The core is not there: that is said, what there will be to do, and whom to phone where that is known."""

    title: Say
    line: Say
    tiles: tuple[Tile, ...] = ()


@dataclass(frozen=True, slots=True)
class PinPad:
    """The staff's door: how many digits there are so far, and what is to be said about them.

    `keys`: whether anybody has a PIN to enter. `out_of_order`: what stands in the strip elsewhere, which would leave the
    keys too little room here.
    """

    title: Say
    line: Say
    digits: int
    closed: bool
    keys: bool = True
    out_of_order: tuple[Say, ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """Behind the staff's door: this gate and what is out of order, or what became of what a guard asked for.

    `well` None: that is not known yet.
    """

    title: Say
    lines: tuple[Say, ...]
    well: bool | None
    ending: Say | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A guard's cue card: what the visitor was told, what to say, what to do, whom to call. None: nobody is stopped.

    `who`: who may let them in all the same.
    """

    title: Say
    told: Words | None
    say: Words
    do: Words
    call: Words | None
    who: Say
    ending: Say | None = None


@dataclass(frozen=True, slots=True)
class Choices:
    """Why a guard lets somebody in: a list to choose from."""

    title: Say
    choices: tuple[Touch, ...]
    ending: Say | None = None


Body = Idle | Steps | Answered | Form | Parked | Guard | Moment | PinPad | Status | Card | Choices


@dataclass(frozen=True, slots=True)
class Picture:
    """All of the screen at one moment. `shift`: by how many pixels it is moved against burn-in."""

    screen: Screen
    body: Body
    language: str
    large_type: bool
    high_contrast: bool
    bar: tuple[Touch, ...] = ()
    banners: tuple[Banner, ...] = ()
    simulation: Banner | None = None
    dimmed: bool = False
    shift: tuple[int, int] = (0, 0)
