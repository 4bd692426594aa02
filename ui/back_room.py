"""From the staff's door and the view to what is seen behind it: the pad, what is out of order, the guard's desk. Pure.

It is all in the site's own language: staff are at home there, whoever the visitor is.
"""

from dataclasses import replace
from math import ceil

from kiosk.cards import Said, card, shipped
from kiosk.model import Answer, Part, ReasonCode
from kiosk.policy import Contact
from kiosk.units import Monotonic
from kiosk.view import Lines, OwnCard, View
from ui import desk
from ui.banners import TimeOfDay, strip_of
from ui.desk import Desk, Page
from ui.picture import Action, Because, Body, Card, Choices, Picture, PinPad, Plain, Say, Screen, Status, Touch, Words
from ui.session import Session
from ui.staff import Door, Staff

ANNOUNCED_S = 10.0
"""So long before it closes by itself it says so; any touch keeps it open."""
SCREENS: dict[type, Screen] = {
    PinPad: Screen.PIN,
    Status: Screen.STATUS,
    Card: Screen.CARD,
    Choices: Screen.CHOICES,
}


def present_staff(
    session: Session, staff: Staff, device: str, version: str, now: Monotonic, time_of_day: TimeOfDay
) -> Picture | None:
    """Return what is to be seen while the staff's door is not shut, which hides all but the strip; None while it is."""
    if staff.door is Door.SHUT:
        return None
    language, view = session.at_home, session.view
    body: Body
    if staff.door is not Door.OPEN:
        body = _pad(staff, view, now)
    elif staff.desk is not None:
        body = _desk(staff.desk, view, language)
    else:
        body = _status(view, device, version)
    banners, simulation = strip_of(view, time_of_day)
    if isinstance(body, PinPad):
        said = banners if simulation is None else (*banners, simulation)
        body = replace(body, out_of_order=tuple(banner.words for banner in said if not banner.brief))
        banners, simulation = (), None
    else:
        body = replace(body, ending=_ending(staff, now))
    return Picture(
        SCREENS[type(body)],
        body,
        language,
        session.in_large_type,
        session.in_high_contrast,
        bar=_bar(staff, view, now),
        banners=banners,
        simulation=simulation,
    )


def _pad(staff: Staff, view: View | None, now: Monotonic) -> PinPad:
    pause = ceil(staff.attempts.wait_s(now))
    line = Say("staff.wrong") if staff.wrong else Say(_asks(staff, view))
    if pause > 0:
        line = Say("staff.wait", (("seconds", str(pause)),))
    return PinPad(Say("staff.title"), line, len(staff.entered), closed=pause > 0, keys=staff.pins)


def _asks(staff: Staff, view: View | None) -> str:
    if staff.desk is not None:
        return "staff.ask" if staff.desk.guard == desk.NOBODY_YET else "desk.second"
    seen = view is not None and view.badges and not {Part.CAMERA, Part.EYES} & set(view.lost)
    if not staff.pins:
        return "staff.ask.badge"
    return "staff.ask.either" if seen else "staff.ask"


def _status(view: View | None, device: str, version: str) -> Status:
    lost = ["core"] if view is None else [str(part) for part in view.lost]
    lines = [Say("staff.device", (("device", device),)), Say("staff.version", (("version", version),))]
    lines += [Say(f"part.{part}.lost") for part in lost] or [Say("staff.well")]
    return Status(Say("staff.title"), tuple(lines), well=not lost)


def _desk(found: Desk, view: View | None, language: str) -> Status | Card | Choices:
    match found.page:
        case Page.CARD:
            return _card(found, view, language)
        case Page.REASONS:
            choices = tuple(Touch(Action.REASON, Say(f"override.reason.{one}"), value=one) for one in desk.REASONS)
            return Choices(Say("override.why"), choices)
        case Page.DONE:
            opened = found.outcome is desk.Outcome.OPENED
            people = "override.by_two" if found.second else "override.by"
            names = (("guard", found.guard), *((("second", found.second),) if found.second else ()))
            lines = (Say(people, names), Say(f"override.reason.{found.reason}")) if opened else ()
            return Status(Say(f"override.{found.outcome}"), lines or (Say("override.button"),), well=opened)
        case _:
            return Status(Say("override.asked"), (Say(f"override.reason.{found.reason}"),), well=None)


def _card(found: Desk, view: View | None, language: str) -> Card:
    reasons = desk.reasons_of(view)
    who = Say(f"desk.takes.{desk.takes(view)}")
    if not reasons or view is None:
        return Card(Say("desk.nobody"), None, Say("card.nobody.say"), Say("card.nobody.do"), None, who)
    reason = reasons[found.turn % len(reasons)]
    title = Say("desk.title")
    if len(reasons) > 1:
        title = Say("desk.title.of", (("number", str(found.turn % len(reasons) + 1)), ("count", str(len(reasons)))))
    own = next((one for one in view.own_cards if one.reason == reason), None)
    cue = card(reason)
    told = _told(view, reason, own)
    if own is not None:
        return Card(title, told, _of(own.say, language), _of(own.do, language), _contact(Contact(own.call), language), who)
    if cue is None:
        # A site's own reason, of more than a view has room for.
        return Card(title, told, Say("card.other.say"), Say("card.other.do"), None, who)
    return Card(title, told, _in(cue.say, language), _in(cue.do, language), _contact(cue.call, language), who)


def _told(view: View, reason: ReasonCode, own: OwnCard | None) -> Words:
    answer = Answer.REFUSE if view.answer is Answer.REFUSE else Answer.HOLD
    return Because(reason, answer, () if own is None else own.visitor)


def _contact(contact: Contact, language: str) -> Words | None:
    return None if contact is Contact.NONE else Plain(shipped().contact[contact].in_language(language))


def _in(said: Said, language: str) -> Plain:
    return Plain(said.in_language(language))


def _of(lines: Lines, language: str) -> Plain:
    return Plain(dict(lines)[language])


def _bar(staff: Staff, view: View | None, now: Monotonic) -> tuple[Touch, ...]:
    close = Touch(Action.CLOSE, Say("button.close"), "cross", wide=2.0)
    more_time = Touch(Action.MORE_TIME, Say("button.more_time"), "time", prominent=_running_out(staff, now), wide=2.0)
    back = Touch(Action.BACK, Say("button.back"), "back", wide=2.0)
    if staff.desk is None:
        return (close, more_time) if staff.door is Door.OPEN else (close,)
    match staff.desk.page:
        case Page.CARD:
            let_in = Touch(Action.LET_IN, Say("button.let_in"), "enter", prominent=True, wide=2.0)
            more = Touch(Action.NEXT, Say("button.next"), "arrow", wide=2.0)
            # Where nobody has a PIN, a badge opens the desk for reading alone.
            bar = (let_in,) if desk.may_ask(view) and staff.pins else ()
            return (*bar, *((more,) if len(desk.reasons_of(view)) > 1 else ()), more_time, close)
        case Page.REASONS:
            return (back, more_time, close)
        case Page.ASKED:
            return (close,)
        case _:
            return (back, close)


def _ending(staff: Staff, now: Monotonic) -> Say | None:
    left = max(0, ceil(staff.until - now))
    return Say("staff.closes", (("seconds", str(left)),)) if _running_out(staff, now) else None


def _running_out(staff: Staff, now: Monotonic) -> bool:
    return staff.until - now <= ANNOUNCED_S
