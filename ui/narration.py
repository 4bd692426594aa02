"""What is said aloud, and when: the view in, the key of a spoken sentence out. Pure.

Nothing that is said names a reason, a temperature, a number or a person: others can hear it. The screen says why.
"""

from dataclasses import dataclass, replace

from kiosk.model import Answer, Monotonic, Need, Part, ReasonCode, Seconds
from kiosk.view import GuardCall, Hint, Step, StepState, View
from kiosk.visit import Phase

HINT_EVERY = Seconds(6.0)
"""Between two hints: whoever tries is not to be talked at."""
HEARD_AFTER = Seconds(4.0)
"""How long the last sentence is left alone before a hint follows it, and how long an approach is before it needs words."""
MOMENT_AFTER = Seconds(1.5)
"""A check that takes longer than this is told; a shorter one would be answered in mid-sentence."""
WARN_BEFORE = Seconds(10.0)
"""So long before the kiosk stops waiting, it asks whether more time is needed."""

ASKING = frozenset({Phase.APPROACHING, Phase.COLLECTING, Phase.AWAITING_FORM, Phase.AWAITING_CONSENT})
ADMITTED = frozenset({Phase.OPEN, Phase.PASSED})
WEIGHING = frozenset({Phase.CHECKING, Phase.DECIDING, Phase.COMMITTING})
NEVER = Monotonic(0.0)
LASTING = ("answer.", "parked", "guard.", "part.")


@dataclass(frozen=True, slots=True)
class Told:
    """What the visitor has been told so far. Begin with `Told()`; begin again to have it all said once more.

    `instructed` and `answered` are of the visit in `before`; `since` is when its phase began.
    """

    before: View | None = None
    since: Monotonic = NEVER
    instructed: frozenset[str] = frozenset()
    answered: tuple[Answer, tuple[ReasonCode, ...]] | None = None
    warned: Monotonic | None = None
    spoken_at: Monotonic | None = None
    hinted_at: Monotonic | None = None


def spoken_for(told: Told, view: View, now: Monotonic) -> tuple[Told, str | None]:
    """Return what has been told after this view, and the key to say now, if any.

    Ask whenever the view changes and once a second besides: some things are said because time goes by.
    """
    told = _met(told, view, now)
    for say in (_answer, _guard, _parked, _instruction, _hint, _moment, _time):
        after, key = say(told, view, now)
        if key is not None:
            return replace(after, before=view, spoken_at=now), key
    return replace(told, before=view), None


def lasts(key: str) -> bool:
    """Whether a sentence is heard to its end, unless another one that lasts follows: an answer, the guard, a fault."""
    return key.startswith(LASTING)


def interrupts(new: str, current: str) -> bool:
    """Whether a sentence may cut another short: the newest does, but an instruction never cuts an answer."""
    return lasts(new) or not lasts(current)


Said = tuple[Told, str | None]


def _met(told: Told, view: View, now: Monotonic) -> Told:
    before = told.before
    if before is None or before.visit != view.visit:
        told = Told(before=before, spoken_at=told.spoken_at, hinted_at=told.hinted_at, since=now)
    elif before.phase is not view.phase:
        told = replace(told, since=now)
    return told


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
    if view.guard is None or (told.before is not None and told.before.guard is view.guard):
        return told, None
    if view.guard is GuardCall.UNANSWERED:
        return told, "guard.unanswered" if view.guard_phone else "guard.unanswered.no_phone"
    # Whoever is held has just heard that the guard comes.
    return told, None if view.answer is Answer.HOLD else "guard.ringing"


def _parked(told: Told, view: View, _: Monotonic) -> Said:
    before = told.before.parked if told.before is not None else None
    return told, "parked" if view.parked is not None and view.parked != before else None


def _instruction(told: Told, view: View, now: Monotonic) -> Said:
    key = _wanted(view) if view.phase in ASKING else None
    if key is None and view.phase is Phase.APPROACHING and now - told.since >= HEARD_AFTER:
        key = "do.come_closer"
    if key is None or key in told.instructed:
        return told, None
    return replace(told, instructed=told.instructed | {key}), key


def _wanted(view: View) -> str | None:
    active = {step for step, state in view.steps if state is StepState.ACTIVE}
    if Part.GATE in view.lost:
        return "part.gate.lost"
    if view.phase is Phase.AWAITING_CONSENT:
        return "do.wait_consent"
    if view.phase is Phase.AWAITING_FORM or Step.FORM in active:
        return "do.fill_form" if view.form is not None else "form.unavailable"
    if {Step.TEMPERATURE, Step.CODE} <= active:
        return "do.measure_and_hold"
    if Step.TEMPERATURE in active:
        return "do.measure"
    return _code_wanted(view) if Step.CODE in active else None


def _code_wanted(view: View) -> str:
    codes = {Need.PASS, Need.HEALTH_CODE} & set(view.wanted)
    if codes == {Need.PASS}:
        return "do.hold_pass"
    return "do.hold_health_code" if codes == {Need.HEALTH_CODE} else "do.hold_code"


def _hint(told: Told, view: View, now: Monotonic) -> Said:
    if view.hint is None or not (view.phase in ASKING or view.phase is Phase.AWAITING_GUARD):
        return told, None
    if told.hinted_at is not None and now - told.hinted_at < HINT_EVERY:
        return told, None
    # A scan is answered at once; whoever is only slow is first let hear what to do.
    heard = told.spoken_at is None or now - told.spoken_at >= HEARD_AFTER
    if not heard and view.hint is not Hint.NOT_RECOGNISED:
        return told, None
    return replace(told, hinted_at=now), f"hint.{view.hint}"


def _moment(told: Told, view: View, now: Monotonic) -> Said:
    if view.phase not in WEIGHING or now - told.since < MOMENT_AFTER or "do.one_moment" in told.instructed:
        return told, None
    return replace(told, instructed=told.instructed | {"do.one_moment"}), "do.one_moment"


def _time(told: Told, view: View, now: Monotonic) -> Said:
    if view.ends_at is None or not view.extendable or view.ends_at - now > WARN_BEFORE or view.ends_at == told.warned:
        return told, None
    return replace(told, warned=view.ends_at), "time.running_out"


KEYS = frozenset(
    {f"answer.{answer}" for answer in Answer}
    | {f"hint.{hint}" for hint in Hint}
    | {"guard.ringing", "guard.unanswered", "guard.unanswered.no_phone", "parked", "part.gate.lost", "form.unavailable"}
    | {"do.come_closer", "do.measure", "do.hold_code", "do.hold_pass", "do.hold_health_code", "do.measure_and_hold"}
    | {"do.fill_form", "do.wait_consent", "do.one_moment", "time.running_out"}
)
"""All that is ever said."""
