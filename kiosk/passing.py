"""Visits whose gate is open: they are on their way through while the kiosk serves the next person. Pure."""

from kiosk.dossier import Dossier
from kiosk.model import EventId
from kiosk.units import Monotonic


class PassingVisits:
    """The visits on their way through one gate, in the order in which it was opened for them."""

    def __init__(self) -> None:
        self._passing: list[Dossier] = []

    def __contains__(self, dossier: Dossier) -> bool:
        return dossier in self._passing

    def add(self, dossier: Dossier) -> None:
        """Keep a visit whose gate has opened, until `remove`."""
        self._passing.append(dossier)

    def remove(self, dossier: Dossier) -> None:
        """Let go of a visit that has ended."""
        self._passing.remove(dossier)

    def of(self, admission: EventId) -> Dossier | None:
        """The visit that was let in on this admission; None when it is not on its way."""
        return next((one for one in self._passing if one.visit.admission == admission), None)

    def all(self) -> tuple[Dossier, ...]:
        """Every visit, as they are now."""
        return tuple(self._passing)

    def newest(self) -> Dossier | None:
        """The visit for which the gate opened last."""
        return self._passing[-1] if self._passing else None

    def overdue(self, now: Monotonic) -> tuple[Dossier, ...]:
        """The visits whose phase has lasted as long as it may."""
        return tuple(one for one in self._passing if one.visit.deadline is not None and now >= one.visit.deadline)

    def next_deadline(self) -> Monotonic | None:
        """When the next visit is overdue; None when none is on its way."""
        return min((one.visit.deadline for one in self._passing if one.visit.deadline is not None), default=None)
