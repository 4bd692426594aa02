"""From what the core shows and what the visitor touched to what each widget says. Pure; no decision is made here."""

from math import ceil

from kiosk.model import Answer, Part, Phase
from kiosk.units import Monotonic
from kiosk.view import GuardCall, Measured, Step, StepState, View
from ui.banners import SIMULATION, TimeOfDay, strip_of
from ui.guidance import to_do
from ui.notices import NoticeBoard
from ui.picture import (
    Answered,
    Because,
    Body,
    Form,
    Gauge,
    Guard,
    Idle,
    Moment,
    Parked,
    Picture,
    Plain,
    Say,
    Screen,
    Steps,
    Tile,
    Words,
)
from ui.session import Session
from ui.touches import bar_of

ANNOUNCED_S = 20.0
"""So long before the kiosk stops waiting it says so, and whoever needs more time can ask for it (WCAG 2.2, 2.2.1)."""
TAKEN_S = 1.5
"""How long a code that was taken in is said to be so."""
NOTICE_S = 12.0
"""How long a notice is shown while nobody is here."""
SHIFT_S = 60.0
SHIFTS = ((0, 0), (2, 1), (3, 3), (1, 2), (-1, 3), (-3, 1), (-2, -1), (-3, -3), (-1, -2), (1, -3), (3, -1))
"""Against burn-in, in pixels: far enough to move every edge, too little to be noticed."""


def present(session: Session, now: Monotonic, time_of_day: TimeOfDay, board: NoticeBoard) -> Picture:
    """Return what is to be seen now."""
    view = session.view
    if view is None:
        return Picture(
            Screen.MOMENT,
            _moment(session),
            session.speaks,
            session.in_large_type,
            session.in_high_contrast,
            simulation=SIMULATION if session.empty is not None and session.empty.simulated else None,
            shift=_shift(now),
        )
    screen, body = _shown(view, now, board, session.speaks)
    banners, simulation = strip_of(view, time_of_day)
    return Picture(
        screen,
        body,
        session.speaks,
        session.in_large_type,
        session.in_high_contrast,
        bar=bar_of(screen, session, running_out=_running_out(view, now)),
        banners=banners,
        simulation=simulation,
        dimmed=screen is Screen.IDLE and now - session.stirred_at > session.manner.dim_after_s,
        shift=_shift(now) if screen is Screen.IDLE else (0, 0),
    )


def say(key: str, **values: object) -> Say:
    """Name the words of a key, and what stands in them."""
    return Say(key, tuple((name, str(value)) for name, value in values.items()))


def answers_a_scan(body: Body) -> bool:
    """Whether whoever has just held up a code sees what became of it."""
    return isinstance(body, Answered) or (isinstance(body, Steps) and (body.taken or body.urgent))


def answer_that_stands(view: View) -> Answer | None:
    """Return what the gate says. An admission is said only once the line is active: before that it may still fail."""
    match view.phase:
        case Phase.OPEN | Phase.PASSED:
            return Answer.ADMIT if view.answer is Answer.ADMIT else None
        case Phase.AWAITING_GUARD if view.answer is not None:
            # Whatever the rules said, the gate has not opened.
            return Answer.REFUSE if view.answer is Answer.REFUSE else Answer.HOLD
        case _:
            return None


def _shown(view: View, now: Monotonic, board: NoticeBoard, language: str) -> tuple[Screen, Body]:
    if view.guard is GuardCall.UNANSWERED or (view.guard is not None and answer_that_stands(view) is not Answer.HOLD):
        return Screen.GUARD, _guard(view, view.guard, now)
    if view.parked is not None and view.phase in {Phase.IDLE, Phase.PARKED, Phase.ENDED}:
        return Screen.PARKED, Parked(
            say("parked.title"),
            say("parked.line", minutes=max(1, ceil((view.parked.expires_at - now) / 60))),
            say("parked.code", code=view.parked.code),
            say("parked.how"),
            _ending(view, now),
        )
    answer = answer_that_stands(view)
    if answer is not None:
        return Screen.ANSWER, _answered(view, answer, now)
    if view.phase is Phase.AWAITING_GUARD:
        return Screen.GUARD, _guard(view, GuardCall.RINGING, now)
    if view.phase in {Phase.IDLE, Phase.ENDED, Phase.PARKED}:
        heading, notice = board.under(view.notices, view.own_notices).at(int(now // NOTICE_S), language)
        title, line = say("idle.title"), say("idle.line")
        if view.leaving:
            title, line = say("idle.leaving"), say("idle.leaving.line")
        elif view.next_of_group is not None:
            number, of = view.next_of_group
            title, line = say("group.next", number=number, of=of), say("group.next.line")
        return Screen.IDLE, Idle(title, line, Plain(heading), Plain(notice), say("privacy.line"), view.leaving)
    if view.phase is Phase.AWAITING_FORM:
        return Screen.FORM, _form(view, now)
    return Screen.STEPS, _steps(view, now)


def _moment(session: Session) -> Moment:
    """What is known without a core: what the gate asks for, as it stood there last, and whom to phone."""
    phone = (session.empty and session.empty.site_phone) or session.manner.guard_phone
    line = say("moment.line") if phone is None else say("moment.phone", phone=phone)
    return Moment(say("part.core.lost"), line, _tiles(() if session.empty is None else session.empty.steps))


def _tiles(steps: tuple[tuple[Step, StepState], ...]) -> tuple[Tile, ...]:
    return tuple(Tile(step, state, say(f"step.{step}"), say(f"step.{step}.{state}")) for step, state in steps)


def _steps(view: View, now: Monotonic) -> Steps:
    lost = Part.CAMERA in view.lost or Part.EYES in view.lost
    do, urgent = say(to_do(view) or "do.one_moment"), view.hint is not None
    if view.hint is not None:
        do = say(f"hint.{view.hint}")
    return Steps(
        _tiles(view.steps),
        do,
        urgent,
        _ending(view, now),
        gauge=None if view.measured is None else _gauge(view.measured),
        taken=view.code_taken_at is not None and now - view.code_taken_at < TAKEN_S,
        mirror=not lost,
        no_mirror=say("part.camera.lost" if Part.CAMERA in view.lost else "part.eyes.lost"),
    )


def _gauge(measured: Measured) -> Gauge:
    if not measured.settled:
        words = say("measured.settling")
    else:
        words = say("measured.value", value=f"{measured.body_c:.1f}", uncertainty=f"{measured.uncertainty_c:.1f}")
    return Gauge(words, measured.body_c - measured.uncertainty_c, measured.body_c + measured.uncertainty_c, measured.settled)


def _answered(view: View, answer: Answer, now: Monotonic) -> Answered:
    line: Words = Because(view.reasons[0], answer, view.own_words) if view.reasons else say(f"answer.{answer}.line")
    following = say("guard.ringing" if view.guard is GuardCall.RINGING else f"answer.{answer}.line")
    if view.guard_phone is not None:
        following = say("guard.unanswered.line", phone=view.guard_phone)
    title = say("answer.leaving" if view.leaving and answer is Answer.ADMIT else f"answer.{answer}")
    return Answered(answer, title, line, following, _ending(view, now))


def _form(view: View, now: Monotonic) -> Form:
    if view.form is None:
        return Form(say("step.form"), say("form.unavailable"), None, None, None)
    left = max(0, ceil(min(view.form.expires_at, view.ends_at or view.form.expires_at) - now))
    return Form(
        say("form.title"),
        say("form.line"),
        view.form.url,
        say("form.address", address=view.form.short),
        say("form.countdown", time=f"{left // 60}:{left % 60:02d}"),
    )


def _guard(view: View, call: GuardCall, now: Monotonic) -> Guard:
    unanswered, phone, ending = call is GuardCall.UNANSWERED, view.guard_phone, _ending(view, now)
    if phone is not None:
        # Without an answer, or where nobody hears it ring.
        title, line = ("guard.unanswered", "guard.unanswered.line") if unanswered else ("guard.phone", "guard.phone.line")
        return Guard(say(title), say(line, phone=phone), unanswered, phone, ending)
    title, line = ("guard.unanswered", "guard.unanswered.no_phone") if unanswered else ("guard.ringing", "guard.ringing.line")
    return Guard(say(title), say(line), unanswered, phone, ending)


def _ending(view: View, now: Monotonic) -> Say | None:
    """Announce that the kiosk will soon stop waiting."""
    left = _left(view, now)
    return say("time.running_out.line", seconds=ceil(left)) if left is not None and left <= ANNOUNCED_S else None


def _left(view: View, now: Monotonic) -> float | None:
    return None if view.ends_at is None else max(0.0, view.ends_at - now)


def _running_out(view: View, now: Monotonic) -> bool:
    return _ending(view, now) is not None


def _shift(now: Monotonic) -> tuple[int, int]:
    return SHIFTS[int(now // SHIFT_S) % len(SHIFTS)]
