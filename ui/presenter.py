"""From what the core shows and what the visitor touched to what each widget says. Pure; no decision is made here."""

from collections.abc import Callable
from dataclasses import replace
from math import ceil

from kiosk.model import Answer, Part, Phase
from kiosk.units import Monotonic
from kiosk.view import GuardCall, Measured, View
from ui.guidance import to_do
from ui.notices import NoticeBoard
from ui.picture import (
    Action,
    Answered,
    Banner,
    Because,
    Body,
    Form,
    Gauge,
    Guard,
    Idle,
    Moment,
    Parked,
    Picture,
    PinPad,
    Plain,
    Say,
    Screen,
    Steps,
    Tile,
    Touch,
    Words,
)
from ui.session import Session
from ui.staff import Staff, shown
from ui.touches import bar_of

ANNOUNCED_S = 10.0
"""So long before the kiosk stops waiting it says so."""
TAKEN_S = 1.5
"""How long a code that was taken in is said to be so."""
NOTICE_S = 12.0
"""How long a notice is shown while nobody is here."""
SHIFT_S = 60.0
SHIFTS = ((0, 0), (2, 1), (3, 3), (1, 2), (-1, 3), (-3, 1), (-2, -1), (-3, -3), (-1, -2), (1, -3), (3, -1))
"""Against burn-in, in pixels: far enough to move every edge, too little to be noticed."""
SAID_MOST = 3
"""So many banners have words each."""
SAID_OF_MORE = 2
"""Of more than that so many have: the gravest, and since when the kiosk is offline. The others have their pictograms."""
TimeOfDay = Callable[[Monotonic], str | None]
"""Names a moment as hours and minutes; None while the clock is not to be believed."""


def present(session: Session, now: Monotonic, time_of_day: TimeOfDay, board: NoticeBoard) -> Picture:
    """Return what is to be seen now."""
    view = session.view
    if view is None:
        moment = Moment(say("part.core.lost"))
        return Picture(
            Screen.MOMENT, moment, session.speaks, session.in_large_type, session.in_high_contrast, shift=_shift(now)
        )
    screen, body = _shown(view, now, board, session.speaks)
    banners, simulation = _strip(view, time_of_day)
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


def present_staff(
    session: Session, staff: Staff, device: str, version: str, now: Monotonic, time_of_day: TimeOfDay
) -> Picture | None:
    """Return what is to be seen while the staff's door is not shut, which hides all but the strip; None while it is."""
    body = shown(staff, session.view, device, version, now)
    if body is None:
        return None
    screen = Screen.PIN if isinstance(body, PinPad) else Screen.STATUS
    bar = (Touch(Action.CLOSE, say("button.close"), "cross"),)
    banners, simulation = _strip(session.view, time_of_day)
    if isinstance(body, PinPad):
        said = banners if simulation is None else (*banners, simulation)
        body = replace(body, out_of_order=tuple(banner.words for banner in said if not banner.brief))
        banners, simulation = (), None
    return Picture(
        screen,
        body,
        session.speaks,
        session.in_large_type,
        session.in_high_contrast,
        bar=bar,
        banners=banners,
        simulation=simulation,
    )


def say(key: str, **values: object) -> Say:
    """Name the words of a key, and what stands in them."""
    return Say(key, tuple((name, str(value)) for name, value in values.items()))


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
        )
    answer = answer_that_stands(view)
    if answer is not None:
        return Screen.ANSWER, _answered(view, answer, now)
    if view.phase is Phase.AWAITING_GUARD:
        return Screen.GUARD, _guard(view, GuardCall.RINGING, now)
    if view.phase in {Phase.IDLE, Phase.ENDED, Phase.PARKED}:
        heading, notice = board.under(view.notices).at(int(now // NOTICE_S), language)
        return Screen.IDLE, Idle(say("idle.title"), say("idle.line"), Plain(heading), Plain(notice), say("privacy.line"))
    if view.phase is Phase.AWAITING_FORM:
        return Screen.FORM, _form(view, now)
    return Screen.STEPS, _steps(view, now)


def _steps(view: View, now: Monotonic) -> Steps:
    tiles = tuple(Tile(step, state, say(f"step.{step}"), say(f"step.{step}.{state}")) for step, state in view.steps)
    lost = Part.CAMERA in view.lost or Part.EYES in view.lost
    do, urgent = say(to_do(view) or "do.one_moment"), view.hint is not None
    if view.hint is not None:
        do = say(f"hint.{view.hint}")
    return Steps(
        tiles,
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
    line: Words = Because(view.reasons[0], answer) if view.reasons else say(f"answer.{answer}.line")
    following = say("guard.ringing" if view.guard is GuardCall.RINGING else f"answer.{answer}.line")
    if view.guard_phone is not None:
        following = say("guard.unanswered.line", phone=view.guard_phone)
    return Answered(answer, say(f"answer.{answer}"), line, _ending(view, now) or following)


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
        # Without an answer, or where nobody hears it ring. The number stays, whatever else there is to say.
        title, line = ("guard.unanswered", "guard.unanswered.line") if unanswered else ("guard.phone", "guard.phone.line")
        return Guard(ending or say(title), say(line, phone=phone), unanswered, phone)
    title, line = ("guard.unanswered", "guard.unanswered.no_phone") if unanswered else ("guard.ringing", "guard.ringing.line")
    return Guard(say(title), ending or say(line), unanswered, phone)


def _banners(view: View, time_of_day: TimeOfDay) -> tuple[Banner, ...]:
    """Say honestly what is out of order, the gravest first."""
    found = [
        Banner(say(f"part.{part}.lost"), tone, pictogram)
        for part, tone, pictogram in (
            (Part.GATE, "refuse", "barrier"),
            (Part.LOG, "refuse", "warning"),
            (Part.CAMERA, "warning", "no_camera"),
            (Part.EYES, "warning", "no_camera"),
            (Part.THERMOMETER, "warning", "no_thermometer"),
            (Part.ISSUER, "warning", "warning"),
        )
        if part in view.lost and not (part is Part.EYES and Part.CAMERA in view.lost)
    ]
    offline = []
    if view.server_lost_at is not None:
        since = time_of_day(view.server_lost_at)
        words = say("part.server.lost") if since is None else say("offline.since", time=since)
        offline = [Banner(words, "warning", "offline")]
    said = len(found) if len(found) + len(offline) <= SAID_MOST else SAID_OF_MORE - len(offline)
    return (*found[:said], *(replace(banner, brief=True) for banner in found[said:]), *offline)


def _strip(view: View | None, time_of_day: TimeOfDay) -> tuple[tuple[Banner, ...], Banner | None]:
    """Return what is out of order, and that all is a simulation where it is. Without a view nobody knows."""
    if view is None:
        return (), None
    simulation = Banner(say("simulation"), "simulation", "warning") if view.simulated else None
    return _banners(view, time_of_day), simulation


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
