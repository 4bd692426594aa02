"""What becomes of admissions: written down first, then the gate opens, somebody passes, and it closes or fails."""

from kiosk.dossier import Dossier
from kiosk.inbox import Recorded
from kiosk.journal import Journal
from kiosk.link import GateClosed, GateFailed, GateOpened, Passed
from kiosk.model import Decision, EventId, Phase, VisitId
from kiosk.presence import Presence
from kiosk.spent import SpentPasses
from kiosk.units import Monotonic
from kiosk.visit import DeadlineReached, GatePassed, Persisted, PersistFailed, Visit
from kiosk.visit import GateClosed as GateHasClosed
from kiosk.visit import GateFailed as GateHasFailed
from kiosk.visit import GateOpened as GateHasOpened
from kiosk.visits import Visits


class Admissions:
    """One gate's, as the recorder and the gate tell of them. Belongs to the loop's thread."""

    def __init__(self, *, visits: Visits, journal: Journal, presence: Presence, spent: SpentPasses) -> None:
        self._visits = visits
        self._journal = journal
        self._presence = presence
        self._spent = spent

    def recorded(self, item: Recorded) -> None:
        """Take in that a decision is durable, or could not be written down."""
        admission = item.event or item.unacknowledged
        if admission is not None and item.spends is not None:
            self._spent.admitted(admission, item.spends)
        if item.visit == self._visits.visit.id:
            if self._visits.visit.deadline is not None and item.at >= self._visits.visit.deadline:
                self._visits.take(DeadlineReached())
            self._visits.here.gate_times["durable"] = item.at
            self._visits.take(PersistFailed(item.decision) if item.event is None else Persisted(item.event, item.decision))
        elif item.event is not None:
            self._too_late(item.visit, item.event, item.decision)
        if item.unacknowledged is not None:
            # It is no visit's any more: whoever comes to know it later learns that nothing opened.
            self._too_late(item.visit, item.unacknowledged, item.decision)

    def gate_says(self, told: GateOpened | Passed | GateClosed | GateFailed) -> None:
        """Take in what the gate says: of an admission, or of a passage that is nobody's."""
        match told:
            case GateOpened(admission, at):
                self._moved(GateHasOpened(admission), opened=at)
            case Passed(None, _, direction):
                # Whoever it was came in behind the last one for whom the gate was opened, or left where people may.
                last = (self._visits.passing.newest() or self._visits.here).visit.id
                self._journal.note("passage", last, admission=None, direction=direction)
            case Passed(admission, at) if admission is not None:
                if self._visits.passing.of(admission) is self._visits.passing.newest():
                    self._presence.passed()
                self._moved(GatePassed(admission), passed=at)
            case GateClosed(admission, passed):
                self._moved(GateHasClosed(admission, passed))
            case GateFailed(admission):
                self._moved(GateHasFailed(admission))

    def gate_lost(self) -> None:
        """Take in that nothing is heard of the gate: nobody knows what becomes of those for whom it opens or is open."""
        for passing in self._visits.passing.all():
            self._visits.take(GateHasFailed(), passing)
        if self._visits.visit.phase is Phase.OPENING:
            self._visits.take(GateHasFailed())

    def _too_late(self, visit: VisitId, admission: EventId, decision: Decision) -> None:
        """An ended visit's row of the table says what becomes of an admission that nobody waits for."""
        self._visits.take(Persisted(admission, decision), Dossier(Visit(visit, phase=Phase.ENDED, decision=decision)))

    def _moved(self, event: GateHasOpened | GatePassed | GateHasClosed | GateHasFailed, **times: Monotonic) -> None:
        """Take in what the gate says of an admission, whose visit is on its way through or still here."""
        dossier = None if event.admission is None else self._visits.passing.of(event.admission)
        if dossier is None:
            dossier = self._visits.here
        if dossier.visit.admission == event.admission:
            dossier.gate_times |= times
        self._visits.take(event, dossier)
