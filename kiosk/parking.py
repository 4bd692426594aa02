"""Visits that wait for a form or a consent while the kiosk serves the next person. Pure."""

from kiosk import flow
from kiosk.dossier import Dossier
from kiosk.evidence import Credential, Verdict
from kiosk.model import VisitId
from kiosk.units import Monotonic, Seconds
from kiosk.visit import DeadlineReached, End, Ending

READING_GOOD_FOR = Seconds(300.0)
"""A temperature older than this is measured again."""


class ParkedVisits:
    """The parked visits of one gate, each until it resumes or expires."""

    def __init__(self) -> None:
        self._parked: dict[VisitId, Dossier] = {}

    def park(self, dossier: Dossier) -> None:
        """Keep a visit that the flow has parked."""
        self._parked[dossier.visit.id] = dossier

    def resumed_by(self, shown: Credential | None, now: Monotonic) -> Dossier | None:
        """Return the visit whose form has become this pass, to resume it; an old reading is taken out of its facts."""
        if shown is None or shown.verdict is not Verdict.VALID or shown.holder is None:
            return None
        found = self._parked.pop(VisitId(shown.holder), None)
        if found is not None:
            reading = found.evidence.facts.reading
            if reading is not None and now - reading.at > READING_GOOD_FOR:
                found.evidence.unmeasured()
                del found.evidence.times["reading"]
        return found

    def of(self, visit: VisitId) -> Dossier | None:
        """Return a parked visit, to tell it something; None when it is not parked here."""
        return self._parked.get(visit)

    def next_expiry(self) -> Monotonic | None:
        """When the next visit expires; None when none is parked."""
        deadlines = (parked.visit.deadline for parked in self._parked.values())
        return min((deadline for deadline in deadlines if deadline is not None), default=None)

    def expire(self, now: Monotonic) -> list[tuple[VisitId, Ending]]:
        """End the visits whose time is over."""
        ended = []
        for visit in [parked.visit for parked in self._parked.values()]:
            if visit.deadline is None or now < visit.deadline:
                continue
            _, effects = flow.step(visit, DeadlineReached(), now)
            ended += [(effect.visit, effect.ending) for effect in effects if isinstance(effect, End)]
            del self._parked[visit.id]
        return ended
