"""The visits of one gate: each is stepped by `kiosk.flow`, and what that asks for is carried out here.

At most one visit is at the kiosk. Once its gate is open it is on the way through (`kiosk.passing`), and the kiosk is
free for the next person; one who fills in the form elsewhere is parked (`kiosk.parking`); one who waits for the guard and
makes room for another is set aside (`kiosk.waiting`).
"""

import secrets
from collections.abc import Callable

from kiosk import flow
from kiosk.attention import Attention
from kiosk.cases import causes_of
from kiosk.direction import Direction
from kiosk.dossier import Dossier
from kiosk.errors import DeviceLost
from kiosk.flow import FlowError
from kiosk.journal import Journal
from kiosk.lines import get_logger
from kiosk.losses import Losses
from kiosk.model import GateOutcome, Phase, VisitId
from kiosk.parking import ParkedVisits
from kiosk.party import Parties
from kiosk.passing import PassingVisits
from kiosk.ports import Clock, Gate
from kiosk.presence import Presence
from kiosk.rulebook import Rulebook
from kiosk.spent import SpentPasses
from kiosk.spot import waited_for
from kiosk.units import Monotonic, Seconds
from kiosk.viewing import rung_out
from kiosk.visit import (
    COMING,
    Approached,
    CallGuard,
    DeadlineReached,
    Decide,
    Decided,
    Effect,
    End,
    Ending,
    Event,
    GateFailed,
    GuardWanted,
    Left,
    OpenGate,
    Park,
    Persist,
    RecordGate,
    RequestConsent,
    RequestForm,
    Resumed,
    TurnedBack,
    Visit,
)
from kiosk.waiting import WaitingVisit, gives_way, waits_for_guard
from kiosk.weighing import weighed

_log = get_logger()


class Visits:
    """Who is at the kiosk, and who is a few steps away. Belongs to the loop's thread."""

    def __init__(
        self,
        *,
        rules: Rulebook,
        clock: Clock,
        gate: Gate,
        journal: Journal,
        presence: Presence,
        spent: SpentPasses,
        losses: Losses,
        attention: Attention,
        attend: Callable[[bool], None],
        refresh: Callable[[], None],
    ) -> None:
        """`refresh`: tell the screen what has changed, before the kiosk is somebody else's."""
        self._rules = rules
        self._clock = clock
        self._gate = gate
        self._journal = journal
        self._presence = presence
        self._spent = spent
        self._losses = losses
        self._attention = attention
        self._attend = attend
        self._refresh = refresh
        self._parked = ParkedVisits()
        self._waiting = WaitingVisit()
        self._unanswered: Monotonic | None = None
        self.guard_there = False
        self.passing = PassingVisits()
        self.parties = Parties()
        self.here = self._nobody()

    @property
    def visit(self) -> Visit:
        """The visit at the kiosk."""
        return self.here.visit

    def called(self, visit: VisitId) -> Dossier | None:
        """The visit of this name, at the kiosk, parked or set aside; None for one that has ended or is on its way through."""
        return self.here if visit == self.visit.id else self._parked.of(visit) or self._waiting.of(visit)

    def aside(self, now: Monotonic) -> bool:
        """Whether the visitor has stepped aside, and holds up no code."""
        return self._presence.aside(now) and not self.here.evidence.in_sight(now)

    # Time.

    def next_deadline(self) -> Monotonic | None:
        """When time does something to one of them, if nothing comes in before."""
        kept = (self._parked.next_expiry(), self._waiting.next_expiry())
        absent = self._presence.absent_at(self._waited()) if self._watching() else None
        due = (self.visit.deadline, *kept, self.passing.next_deadline(), absent)
        return min((at for at in due if at is not None), default=None)

    def keep_time(self, now: Monotonic) -> None:
        """Do what time asks for: those who did not come back, absence, deadlines, a call that nobody answers."""
        for expired, ended in self._parked.expire(now):
            self._journal.ended(expired, ended)
        if (gone := self._waiting.expired(now)) is not None:
            self.take(Left(), gone)
        if self._watching() and self._presence.absent(now, self._waited()):
            self.take(Left())
        if self.visit.deadline is not None and now >= self.visit.deadline:
            if self.visit.phase is Phase.CHECKING:
                self.here.evidence.give_up_waiting()
            self.take(DeadlineReached())
        for passing in self.passing.overdue(now):
            self.take(DeadlineReached(), passing)
        if rung_out(self._rules.site, self.visit, now) and self._unanswered != self.visit.called_at:
            self._unanswered = self.visit.called_at
            self._journal.note("guard_unanswered", self.visit.id)

    def _waited(self) -> Seconds:
        return waited_for(self.visit, self._rules.site.guard_answers_s)

    def _watching(self) -> bool:
        return self.visit.phase not in {Phase.IDLE, Phase.ENDED} and not self._presence.left

    # Who is at the kiosk.

    def begin(self, at: Monotonic) -> None:
        """Somebody has come to the free kiosk."""
        self._rules.begin(self.here)
        self.parties.began(self.here, at)
        self.here.evidence.times["approached"] = at
        self.take(Approached())
        self._somebody_here(True)
        if self._rules.site.direction is Direction.OUT:
            self.weigh()

    def resumes(self) -> bool:
        """Bring a parked visit back when the pass that its form became is shown."""
        now = self._clock.monotonic()
        facts = self.here.evidence.facts
        back = self._parked.resumed_by(facts.admission_pass, now) if self.visit.phase in COMING else None
        if back is None:
            return False
        before, self.here = self.here.visit, back
        self.know_losses()
        if facts.reading is not None:
            self.here.evidence.measured(facts.reading)
        self._presence.seen(now)
        self.take(Resumed())
        if before.called_at is not None:
            # They called before they showed who they are: the guard comes to the visit that goes on.
            self.take(GuardWanted())
            self._journal.ended(before.id, Ending.ABANDONED)
        return True

    def set_aside(self, left: Left) -> None:
        """Make room for another person while somebody waits for the guard, who may still come for them."""
        before = self._waiting.set_aside(self.here, self._presence.absent_at(self._waited()))
        self._free(left)
        if before is not None:
            self.take(left, before)

    def guard_comes(self, now: Monotonic) -> None:
        """A guard at the desk has come for whoever waits for one, here or a few steps away, and stands there instead."""
        waits = self._waiting.called_back() if gives_way(self.here) else None
        if waits is not None:
            self.tell(None if self.visit.phase is Phase.IDLE else Left())
            self.here = waits
            self.know_losses()
            self._presence.called(now)
            self._somebody_here(True)
        self.guard_there = True
        self._guarded(self.here)

    def guard_goes(self) -> None:
        """Nobody stands at the desk any more: whoever steps into the spot next may be anybody."""
        self.guard_there = False

    def _guarded(self, dossier: Dossier) -> None:
        if self.guard_there and waits_for_guard(dossier):
            dossier.seen_to = True

    def know_losses(self) -> None:
        """Let the visit at the kiosk do without what is lost now."""
        self.here.evidence.without(self._rules.site.without(self._losses.parts))

    def _free(self, event: Event) -> None:
        """Make the kiosk ready for the next person, after what ended the visit or took it from here."""
        seen, reading, now = self.here.evidence.seen, self.here.evidence.facts.reading, self._clock.monotonic()
        self.parties.ended(self.here, now)
        match event:
            case Left():
                # Codes that were not answered may be shown again at once, by whoever comes.
                self._presence.gone({} if self.visit.decision is None else seen, reading)
            case TurnedBack():
                self._presence.turned_back(seen, reading, now)
            case _:
                self._presence.answered(seen, reading, now)
        self._somebody_here(False)
        self.here = self._nobody()

    def _nobody(self) -> Dossier:
        dossier = Dossier(Visit(VisitId(secrets.token_hex(8))))
        dossier.evidence.without(self._rules.site.without(self._losses.parts))
        return dossier

    def _somebody_here(self, there: bool) -> None:
        self._attention.visit = there
        self._attend(there)

    # The rules and the flow.

    def weigh(self) -> None:
        """Ask the rules what they make of the facts now, and tell the flow."""
        stopped = self.visit.phase is Phase.AWAITING_GUARD
        if stopped and (self.here.seen_to or self.aside(self._clock.monotonic())):
            return  # the gate opens for nobody who is not before it, nor for the guard who is
        answer = self._rules.judged(self.here)
        self.tell(weighed(self.visit, answer, self.here.evidence.facts))

    def tell(self, event: Event | None) -> None:
        """Step the visit at the kiosk, if there is anything to tell it."""
        if event is not None:
            self.take(event)

    def take(self, event: Event, of: Dossier | None = None) -> None:
        """Step the visit at the kiosk, or another. What the table does not accept changes nothing and is logged."""
        dossier = self.here if of is None else of
        try:
            after, effects = flow.step(dossier.visit, event, self._clock.monotonic())
        except FlowError as error:
            _log.debug("event not taken", reason=str(error))
            return
        dossier.visit = after
        if dossier is self.here:
            self._guarded(dossier)
        for effect in effects:
            self._carry_out(effect, dossier)
        if dossier.visit is not after:
            return  # an effect has taken it further
        if dossier is self.here and after.phase is Phase.OPEN:
            # The kiosk is free for the next person.
            self.passing.add(dossier)
            self._free(event)
        if after.phase in {Phase.ENDED, Phase.PARKED}:
            self._refresh()
            if dossier in self.passing:
                self.passing.remove(dossier)
            elif dossier is self.here:
                self._free(event)

    def _carry_out(self, effect: Effect, dossier: Dossier) -> None:
        match effect:
            case Decide():
                answer = self._rules.decided(dossier)
                dossier.evidence.times["decided"] = self._clock.monotonic()
                self.take(Decided(answer), dossier)
            case Persist(visit, decision):
                # First, so that no decision is on disk whose case a crash has lost; an admission opens none.
                if fresh := causes_of(decision) - dossier.causes:
                    dossier.causes |= fresh
                    self._journal.case(visit, fresh, dossier.evidence)
                self._journal.decision(visit, decision, dossier)
            case OpenGate(_, admission):
                try:
                    self._gate.open(admission, self._rules.site.pulse_s)
                except DeviceLost:
                    # Nothing was delivered, so nothing can open late.
                    self.take(GateFailed(admission), dossier)
            case RecordGate(_, admission, outcome):
                gives_back = self._spent.ended(admission, outcome)
                if outcome in {GateOutcome.NOT_PASSED, GateOutcome.NOT_OPENED}:
                    self.parties.not_passed(dossier.visit.id, dossier.party)
                self._journal.outcome(effect, dossier.evidence, dossier.gate_times, gives_back=gives_back)
            case Park():
                self._parked.park(dossier)
                self._journal.asked(effect)
            case CallGuard() | RequestForm() | RequestConsent():
                self._journal.asked(effect)
            case End():
                self._journal.over(effect, called=dossier.visit.called_at is not None)
