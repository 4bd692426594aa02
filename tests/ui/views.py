"""Views and sessions to say something about."""

from collections.abc import Sequence
from typing import Any

from kiosk.model import Need, Phase, VisitId
from kiosk.units import Monotonic
from kiosk.view import Step, StepState, View
from ui.notices import NoticeBoard
from ui.picture import Picture
from ui.presenter import present
from ui.session import Manner, Session

NOW = Monotonic(1000.0)
NOTICES = NoticeBoard()
ACTIVE_CODE = (
    (Step.TEMPERATURE, StepState.DONE),
    (Step.CODE, StepState.ACTIVE),
    (Step.FORM, StepState.NOT_NEEDED),
)


def view(phase: Phase = Phase.COLLECTING, visit: str = "v1", **parts: Any) -> View:
    """Make a view of this moment."""
    return View(phase=phase, visit=VisitId(visit), at=NOW, **parts)


def collecting(wanted: Sequence[Need] = (Need.PASS,), **parts: Any) -> View:
    """Make the view of somebody who is to show a code."""
    return view(Phase.COLLECTING, steps=ACTIVE_CODE, wanted=tuple(wanted), **parts)


def session(shown: View | None, **parts: Any) -> Session:
    """Make the session of a site that speaks English."""
    return Session(Manner("en"), NOW, shown, **parts)


def picture(shown: View | None, now: float = NOW, **parts: Any) -> Picture:
    """Present a view."""
    return present(session(shown, **parts), Monotonic(now), lambda _: "14:05", NOTICES)
