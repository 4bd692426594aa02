"""The bar of buttons at the lower edge: which there are on each screen. Pure."""

from kiosk.model import Phase
from kiosk.view import GuardCall
from ui.picture import Action, Say, Screen, Touch
from ui.session import Session

LANGUAGES = ("zh", "en", "ja", "ko")


def bar_of(screen: Screen, session: Session, *, running_out: bool) -> tuple[Touch, ...]:
    """Return the buttons, from left to right. `running_out`: the kiosk will soon stop waiting."""
    view = session.view
    if view is None or (screen is Screen.ANSWER and view.phase is not Phase.AWAITING_GUARD):
        return ()
    if session.chooser_until is not None:
        return (*_choices(session), Touch(Action.CLOSE, pictogram="cross"))
    if screen is Screen.IDLE:
        return (*_choices(session), Touch(Action.GUARD, Say("button.guard"), "phone", wide=1.9))
    # Nobody is to overlook it: its words are no smaller than those beside it.
    guard = Touch(Action.GUARD, Say("button.guard"), "phone", wide=2.2)
    bar = [Touch(Action.CHOOSE, pictogram="globe")]
    match screen:
        case Screen.STEPS if view.phase in {Phase.APPROACHING, Phase.COLLECTING}:
            bar += [Touch(Action.FORM, Say("button.form"), "form", wide=2.0), guard]
        case Screen.STEPS:
            bar += [guard]
        case Screen.FORM:
            bar += [Touch(Action.START_OVER, Say("button.back"), "back", wide=2.0), guard]
        case Screen.ANSWER:
            # Also while it rings: the reasons speak of this button.
            bar += [guard, Touch(Action.START_OVER, Say("button.start_over"), "back", wide=2.0)]
        case Screen.PARKED:
            bar += [Touch(Action.START_OVER, Say("button.close"), "tick", prominent=True, wide=3.0)]
        case Screen.GUARD if view.guard is GuardCall.UNANSWERED:
            bar += [guard, Touch(Action.START_OVER, Say("button.start_over"), "back", wide=2.0)]
        case _:
            bar += [Touch(Action.START_OVER, Say("button.start_over"), "back", wide=2.0)]
    if view.extendable:
        prominent = running_out and screen is not Screen.PARKED
        bar.append(Touch(Action.MORE_TIME, Say("button.more_time"), "time", prominent=prominent, wide=2.0))
    return tuple(bar)


def _choices(session: Session) -> tuple[Touch, ...]:
    """Each language by its own name, and how the words look."""
    languages = (
        Touch(Action.LANGUAGE, Say(f"language.{language}"), value=language, on=language == session.speaks, wide=1.25)
        for language in LANGUAGES
    )
    return (
        *languages,
        Touch(Action.LARGE_TYPE, pictogram="large_type", on=session.in_large_type),
        Touch(Action.HIGH_CONTRAST, pictogram="contrast", on=session.in_high_contrast),
    )
