"""Who waits for the guard a few steps away while somebody else stands at the kiosk. Pure but for its memory.

Whoever steps into the spot of one who stepped aside may be the next visitor, who must see nothing of them, or the guard
who comes for them. So that visit is neither shown nor ended: it goes on when a guard opens the desk.
"""

from kiosk.dossier import Dossier
from kiosk.model import Phase, VisitId
from kiosk.units import Monotonic
from kiosk.visit import COMING


class WaitingVisit:
    """The last one at most: a guard comes for one visitor after the other."""

    def __init__(self) -> None:
        self._waits: tuple[Dossier, Monotonic] | None = None

    def set_aside(self, dossier: Dossier, until: Monotonic) -> Dossier | None:
        """Keep a visit until then; return the one that was kept before, which nobody comes for any more."""
        before = self.called_back()
        deadline = dossier.visit.deadline
        self._waits = dossier, until if deadline is None else min(until, deadline)
        return before

    def called_back(self) -> Dossier | None:
        """Return the visit, to go on with it; None where nobody waits."""
        waits, self._waits = self._waits, None
        return None if waits is None else waits[0]

    def of(self, visit: VisitId) -> Dossier | None:
        """Return the visit of this name, if it is the one that waits."""
        return self._waits[0] if self._waits is not None and self._waits[0].visit.id == visit else None

    def next_expiry(self) -> Monotonic | None:
        """Until when it is kept; None where nobody waits."""
        return None if self._waits is None else self._waits[1]

    def expired(self, now: Monotonic) -> Dossier | None:
        """Return the visit whose time is over."""
        return self.called_back() if self._waits is not None and now >= self._waits[1] else None


def waits_for_guard(dossier: Dossier) -> bool:
    """Whether a guard was called to somebody whom the rules stop."""
    return dossier.visit.phase is Phase.AWAITING_GUARD and dossier.visit.called_at is not None


def gives_way(dossier: Dossier) -> bool:
    """Whether nothing has been shown or asked yet by whoever stands at the kiosk: it may as well be the guard."""
    visit, evidence = dossier.visit, dossier.evidence
    # What came with whoever was taken for one of a group they have not told here.
    told = evidence.facts.declaration is not None and dossier.party is None
    begun = evidence.seen or told or visit.called_at is not None
    return visit.phase in COMING | {Phase.IDLE} and not begun
