"""The guard's desk behind the staff's door: the cue card, letting somebody in all the same, and what came of it. Pure.

Nothing is decided here: what a guard asks for goes to the core, which answers with its next views.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from kiosk.model import Phase, ReasonCode, VisitId
from kiosk.remote import Unfit
from kiosk.units import Monotonic, Seconds
from kiosk.view import View
from ui.picture import Action

REASONS = ("measured_again", "document_seen", "host_agreed", "code_seen", "on_paper", "emergency")
"""Why a guard lets somebody in, in the order in which they are offered; the words are `override.reason.NAME`."""
GOING_IN = frozenset({Phase.COMMITTING, Phase.OPENING, Phase.OPEN, Phase.PASSED})
ANSWERED_WITHIN = Seconds(12.0)
"""A touch counts for 10 s in the core; whoever has no answer by then gets none."""


NOBODY_YET = ""
"""Whose desk it is that a badge opened: letting somebody in takes the guard's own PIN first."""


class Page(StrEnum):
    """What lies on the desk."""

    CARD = "card"
    REASONS = "reasons"
    SECOND = "second"
    """Another person's PIN is asked for; before that the guard's own, where a badge has opened the door."""
    ASKED = "asked"
    DONE = "done"


class Outcome(StrEnum):
    """What came of it, beside what the core gives as its reason."""

    OPENED = "opened"
    NOT_OPENED = "not_opened"
    """The record failed, or the gate."""
    NO_ANSWER = "no_answer"


@dataclass(frozen=True, slots=True)
class Desk:
    """One guard's desk. `turn` counts the cards that were looked at; `visit` is the one that was asked for.

    `under_way`: the core has begun to let them in.
    """

    guard: str
    page: Page = Page.CARD
    turn: int = 0
    reason: str = ""
    second: str | None = None
    asked_at: Monotonic | None = None
    visit: VisitId | None = None
    under_way: bool = False
    outcome: Outcome | Unfit | None = None

    def __repr__(self) -> str:
        return f"Desk({self.page})"


def reasons_of(view: View | None) -> tuple[ReasonCode, ...]:
    """Return what stops whoever stands there, by the rules."""
    stopped = view is not None and view.phase is Phase.AWAITING_GUARD and view.answer is not None
    return view.reasons if view is not None and stopped else ()


def takes(view: View | None) -> int:
    """Return how many people let in whoever stands there; 0: nobody may."""
    return 0 if view is None else view.override_takes


def may_ask(view: View | None) -> bool:
    """Whether the core can be asked to let somebody in just now: not while it is letting somebody in."""
    return takes(view) > 0 and view is not None and view.phase not in GOING_IN


def touched(desk: Desk, action: Action, value: str, view: View | None, now: Monotonic) -> Desk:
    """A button of the desk was pressed."""
    match desk.page, action:
        case Page.CARD, Action.NEXT:
            return replace(desk, turn=desk.turn + 1)
        case Page.CARD, Action.LET_IN if may_ask(view):
            return replace(desk, page=Page.REASONS)
        case ((Page.REASONS | Page.SECOND), Action.BACK):
            return replace(desk, page=Page.CARD, reason="")
        case Page.REASONS, Action.REASON if value in REASONS and may_ask(view):
            desk = replace(desk, reason=value)
            asks = takes(view) > 1 or desk.guard == NOBODY_YET
            return replace(desk, page=Page.SECOND) if asks else _asked(desk, view, now)
        case Page.DONE, Action.BACK:
            return Desk(desk.guard)
        case _:
            return desk


def agreed(desk: Desk, second: str, view: View | None, now: Monotonic) -> Desk | None:
    """A PIN was right, and may be the guard's own; None: it is theirs a second time, and nobody agrees with themselves."""
    if desk.guard == NOBODY_YET:
        known = replace(desk, guard=second)
        return known if takes(view) > 1 else _asked(known, view, now)
    return None if second.casefold() == desk.guard.casefold() else _asked(replace(desk, second=second), view, now)


def seen(desk: Desk, view: View | None) -> Desk:
    """The core shows something else: perhaps the answer to what was asked."""
    if desk.page is not Page.ASKED or desk.asked_at is None or view is None:
        return desk
    declined = view.declined
    if declined is not None and declined.at >= desk.asked_at:
        if declined.why is Unfit.SECOND_PERSON and desk.second is None:
            return replace(desk, page=Page.SECOND, asked_at=None)
        return replace(desk, page=Page.DONE, outcome=declined.why)
    if view.visit != desk.visit:
        # It ended, and the gate was never seen to open.
        return replace(desk, page=Page.DONE, outcome=Outcome.NOT_OPENED)
    match view.phase:
        case Phase.OPEN | Phase.PASSED:
            return replace(desk, page=Page.DONE, outcome=Outcome.OPENED)
        case Phase.COMMITTING | Phase.OPENING:
            return replace(desk, under_way=True)
        case Phase.AWAITING_GUARD if desk.under_way:
            return replace(desk, page=Page.DONE, outcome=Outcome.NOT_OPENED)
        case Phase.ENDED:
            return replace(desk, page=Page.DONE, outcome=Outcome.NOT_OPENED)
        case _:
            return desk


def waited(desk: Desk, now: Monotonic) -> Desk:
    """Time has passed."""
    late = desk.page is Page.ASKED and desk.asked_at is not None and now >= desk.asked_at + ANSWERED_WITHIN
    return replace(desk, page=Page.DONE, outcome=Outcome.NO_ANSWER) if late else desk


def _asked(desk: Desk, view: View | None, now: Monotonic) -> Desk:
    visit = None if view is None else view.visit
    return replace(desk, page=Page.ASKED, asked_at=now, visit=visit, under_way=False, outcome=None)
