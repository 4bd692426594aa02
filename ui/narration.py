"""What is said aloud, and when: the view in, the key of a spoken sentence out. Pure.

Nothing that is said names a reason, a temperature, a number or a person: others can hear it. The screen says why.
"""

from dataclasses import dataclass, replace

from kiosk.model import Answer, Part, Phase, ReasonCode
from kiosk.units import Monotonic, Seconds
from kiosk.view import GuardCall, Hint, View
from ui.guidance import to_do

HINT_EVERY = Seconds(6.0)
"""Between two hints: whoever tries is not to be talked at."""
HEARD_AFTER = Seconds(4.0)
"""How long the last sentence is left alone before a hint follows it, and how long an approach is before it needs words."""
MOMENT_AFTER = Seconds(1.5)
"""A check that takes longer than this is told; a shorter one would be answered in mid-sentence."""
WARN_BEFORE = Seconds(10.0)
"""So long before the kiosk stops waiting, it asks whether more time is needed."""

HINTED = frozenset(
    {
        Phase.APPROACHING,
        Phase.COLLECTING,
        Phase.CHECKING,
        Phase.AWAITING_FORM,
        Phase.AWAITING_CONSENT,
        Phase.AWAITING_GUARD,
    }
)
ADMITTED = frozenset({Phase.OPEN, Phase.PASSED})
SAID_LATE = {"do.come_closer": HEARD_AFTER, "do.one_moment": MOMENT_AFTER}
"""Whoever comes, or waits, usually needs no words: these come only when their phase has lasted so long."""
UNSAID = frozenset({"do.stand_still"})
"""Shown only: it would be out of date before it is said."""
LASTING = ("parked", "guard.", "part.")
NEVER = Monotonic(0.0)


@dataclass(frozen=True, slots=True)
class Told:
    """What the visitor has been told so far. Begin with `Told()`; begin again to have it all said once more.

    `instructed`, `answered` and `guard` are of the visit in `before`; `since` is when its phase began. `guard` is the
    call that was told, and whether with a number to phone.
    """

    before: View | None = None
    since: Monotonic = NEVER
    instructed: frozenset[str] = frozenset()
    answered: tuple[Answer, tuple[ReasonCode, ...]] | None = None
    guard: tuple[GuardCall, bool] | None = None
    parked: str | None = None
    warned: Monotonic | None = None
    spoken_at: Monotonic | None = None
    hinted_at: Monotonic | None = None


def spoken_for(told: Told, view: View, now: Monotonic) -> tuple[Told, str | None]:
    """Return what has been told after this view, and the key to say now, if any.

    Ask whenever the view changes and once a second besides: some things are said because time goes by.
    """
    told = _met(told, view, now)
    for say in (_answer, _guard, _parked, _instruction, _hint, _time):
        told, key = say(told, view, now)
        if key is not None:
            return replace(told, spoken_at=now), key
    return told, None


def weight(key: str) -> int:
    """Return how much a sentence matters: an answer 2, the guard, a parked visit or a fault 1, all else 0."""
    if key.startswith("answer."):
        return 2
    return 1 if key.startswith(LASTING) else 0


def interrupts(new: str, current: str) -> bool:
    """Whether a sentence may cut another short: the newest does, unless what is being said matters more."""
    return weight(new) >= weight(current)


Said = tuple[Told, str | None]


def _met(told: Told, view: View, now: Monotonic) -> Told:
    before = told.before
    if before is None or before.visit != view.visit:
        told = Told(spoken_at=told.spoken_at, hinted_at=told.hinted_at, parked=told.parked, since=now)
    elif before.phase is not view.phase:
        told = replace(told, since=now)
    return replace(told, before=view)


def _answer(told: Told, view: View, _: Monotonic) -> Said:
    if view.answer is None:
        return told, None
    answer = view.answer
    if view.phase is Phase.AWAITING_GUARD:
        # Whatever the rules said, the gate has not opened.
        answer = Answer.REFUSE if answer is Answer.REFUSE else Answer.HOLD
    elif view.phase not in ADMITTED or answer is not Answer.ADMIT:
        return told, None
    given = (answer, view.reasons)
    return (told, None) if given == told.answered else (replace(told, answered=given), f"answer.{answer}")


def _guard(told: Told, view: View, _: Monotonic) -> Said:
    call = None if view.guard is None else (view.guard, view.guard_phone is not None)
    if call is None or call == told.guard:
        return replace(told, guard=call), None
    told = replace(told, guard=call)
    match call:
        case (GuardCall.UNANSWERED, True):
            return told, "guard.unanswered"
        case (GuardCall.UNANSWERED, False):
            return told, "guard.unanswered.no_phone"
        case (_, True):
            return told, "guard.phone"
        case _:
            # Whoever is held has just heard that the guard comes.
            return told, None if view.answer is Answer.HOLD else "guard.ringing"


def _parked(told: Told, view: View, _: Monotonic) -> Said:
    if view.parked is None or view.parked.code == told.parked:
        return told, None
    return replace(told, parked=view.parked.code), "parked"


def _instruction(told: Told, view: View, now: Monotonic) -> Said:
    key = to_do(view)
    if key is not None and Part.GATE in view.lost:
        key = "part.gate.lost"
    if key is None or key in told.instructed or key in UNSAID or now - told.since < SAID_LATE.get(key, 0.0):
        return told, None
    return replace(told, instructed=told.instructed | {key}), key


def _hint(told: Told, view: View, now: Monotonic) -> Said:
    if view.hint is None or view.phase not in HINTED:
        return told, None
    if told.hinted_at is not None and now - told.hinted_at < HINT_EVERY:
        return told, None
    # A scan is answered at once; whoever is only slow is first let hear what to do.
    heard = told.spoken_at is None or now - told.spoken_at >= HEARD_AFTER
    if not heard and view.hint is not Hint.NOT_RECOGNISED:
        return told, None
    return replace(told, hinted_at=now), f"hint.{view.hint}"


def _time(told: Told, view: View, now: Monotonic) -> Said:
    if view.ends_at is None or not view.extendable or view.ends_at - now > WARN_BEFORE or view.ends_at == told.warned:
        return told, None
    return replace(told, warned=view.ends_at), "time.running_out"


KEYS = frozenset(
    {f"answer.{answer}" for answer in Answer}
    | {f"hint.{hint}" for hint in Hint}
    | {"guard.ringing", "guard.phone", "guard.unanswered", "guard.unanswered.no_phone", "parked", "part.gate.lost"}
    | {"do.come_closer", "do.measure", "do.hold_code", "do.hold_pass", "do.hold_health_code", "do.measure_and_hold"}
    | {"do.fill_form", "do.wait_consent", "do.one_moment", "form.unavailable", "time.running_out"}
)
"""All that is ever said."""
