"""What is seen at the gate: codes, somebody in the thermometer's spot and their reading, and what it means for the visit."""

from kiosk.credentials import HealthToken
from kiosk.direction import Direction
from kiosk.display import Display
from kiosk.dossier import Dossier
from kiosk.evidence import Observation, Scan
from kiosk.inbox import Inbox
from kiosk.model import Phase, VisitId
from kiosk.people import VisitorKind
from kiosk.ports import Clock, Resolver
from kiosk.presence import Presence
from kiosk.rulebook import Rulebook
from kiosk.spent import SpentPasses
from kiosk.spot import begins_anew, may_measure, stepped_in, stepped_out
from kiosk.staff_door import StaffDoor, badge_of
from kiosk.units import Monotonic, Seconds
from kiosk.visit import ANSWERED, Approached
from kiosk.visits import Visits
from kiosk.waiting import waits_for_guard

ASKED_WITHIN = Seconds(0.05)
"""An issuer is asked so much later at most: the codes that were seen beside a health code come first."""


class Sightings:
    """What one gate's eyes and thermometer tell. Belongs to the loop's thread."""

    def __init__(
        self,
        *,
        visits: Visits,
        rules: Rulebook,
        clock: Clock,
        inbox: Inbox,
        resolver: Resolver,
        presence: Presence,
        spent: SpentPasses,
        door: StaffDoor,
        display: Display,
    ) -> None:
        """`inbox`: it alone knows whether more has been seen that is to be taken in first."""
        self._visits = visits
        self._rules = rules
        self._clock = clock
        self._inbox = inbox
        self._resolver = resolver
        self._presence = presence
        self._spent = spent
        self._door = door
        self._display = display
        self._unasked: list[tuple[VisitId, HealthToken]] = []
        self._ask_by = Monotonic(0.0)

    @property
    def _here(self) -> Dossier:
        return self._visits.here

    def seen(self, at: Monotonic, *, again: bool = False) -> None:
        """Take in a sign that somebody is there; `again`: it is a code of this visit's, so nobody else."""
        self._presence.seen(at)
        if self._visits.visit.phase is Phase.IDLE:
            self._visits.begin(at)
        elif self._visits.visit.left and again:
            self._visits.take(Approached())

    def scanned(self, scan: Scan) -> None:
        """Take in a code that was read: the staff door's, or somebody's who is there or comes."""
        if self._door.takes(scan, self._clock.monotonic(), lambda: self._badge_of(scan)):
            return
        again = scan.content in self._here.evidence.seen
        if not again and (self._visits.visit.phase in ANSWERED or self._presence.lingers(scan)):
            return
        now = self._clock.monotonic()
        if self._rules.site.direction is Direction.OUT:
            # A code is a sign of somebody like any other; what is in it is of no use to anybody here.
            self.seen(now)
            self._here.evidence.seen[scan.content] = scan.captured_at
            return
        self._visits.tell(begins_anew(self._here, again=again, aside=self._visits.aside(now)))
        self.seen(now, again=again)
        moment = self._rules.moment(self._here, now)
        before = self._here.evidence.facts
        token = self._here.evidence.scanned(scan, self._rules.site.trust, moment, self._spent.used)
        if self._visits.resumes():
            token = self._here.evidence.scanned(scan, self._rules.site.trust, moment, self._spent.used)
        times = self._here.evidence.times
        if times.get("code_verified") == now:
            # It has just been examined, and that took its time.
            times["code_verified"] = self._clock.monotonic()
        self._visits.parties.see_alone(self._here)
        if token is not None:
            self._unasked.append((self._visits.visit.id, token))
            self._ask_by = Monotonic(now + ASKED_WITHIN)
        self._display.scanned(self._here, scan, before)
        self._visits.weigh()
        self.ask_issuers(now)

    def observed(self, seen: Observation) -> None:
        """Take in what the thermometer sees: somebody who comes, stands there or goes, and their reading."""
        self._display.observed(seen)
        if self._presence.left_spot(seen):
            self._visits.tell(stepped_out(self._here, seen.at, expected=self._presence.expected(seen.at)))
        if self._presence.steps_in(seen):
            self._another_steps_in(seen.at)
        arrives = self._presence.arrives(seen)
        if not seen.present or (self._visits.visit.phase is Phase.IDLE and not arrives):
            return
        self.seen(seen.at)
        if seen.reading is not None and may_measure(self._here) and self._presence.fresh(seen.reading):
            self._here.evidence.measured(seen.reading)
            self._visits.weigh()

    def ask_issuers(self, now: Monotonic) -> None:
        """Ask about health codes once the codes that were seen beside them are taken in: asking takes the processor too.

        While something waits to be taken in the loop turns again, and comes by here: nobody is left unasked.
        """
        if self._inbox.depth() and now < self._ask_by:
            return
        asked, self._unasked = self._unasked, []
        for visit, token in asked:
            if self._visits.called(visit) is not None:
                self._resolver.ask(visit, token)

    def _another_steps_in(self, at: Monotonic) -> None:
        left = stepped_in(self._here, at, aside=self._visits.aside(at), guard_there=self._visits.guard_there)
        if left is not None and waits_for_guard(self._here):
            # The guard may still come for them.
            self._visits.set_aside(left)
        else:
            self._visits.tell(left)

    def _badge_of(self, scan: Scan) -> VisitorKind | None:
        moment = self._rules.moment(self._here, self._clock.monotonic())
        return badge_of(scan, self._rules.site, moment, self._spent.used)
