"""What the screen is told to show: one visit at a time, and only when something about it has changed."""

from collections.abc import Callable

import msgspec

from kiosk.dossier import Dossier
from kiosk.link import ViewChanged
from kiosk.model import Monotonic


class Display:
    """Tells `show` of each new view."""

    def __init__(self, show: Callable[[ViewChanged], None]) -> None:
        self._show = show
        self._shown: ViewChanged | None = None

    def show(self, dossier: Dossier, now: Monotonic) -> None:
        """Show a visit as it stands, unless it is shown already."""
        visit = dossier.visit
        view = ViewChanged(
            phase=visit.phase,
            visit=visit.id,
            answer=visit.decision.answer if visit.decision is not None else None,
            reasons=visit.decision.reasons if visit.decision is not None else (),
            wanted=tuple(sorted(visit.wanted)),
            notice="" if dossier.evidence.recognised else "not_recognised",
            at=now,
        )
        if self._shown is None or msgspec.structs.replace(self._shown, at=now) != view:
            self._shown = view
            self._show(view)
