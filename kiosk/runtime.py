"""The loop of the core: events in, `flow.step`, effects out. One thread; it never waits for disk or network.

At most one visit is at the kiosk. Once its gate is open it is on the way through (`kiosk.passing`), and the kiosk is
free for the next person; one who fills in the form elsewhere is parked (`kiosk.parking`).
"""

import secrets
from collections.abc import Callable

from kiosk import flow, overriding
from kiosk.attention import Attention
from kiosk.cases import causes_of
from kiosk.credentials import HealthToken
from kiosk.declared import ConsentAnswered, FormFilled
from kiosk.direction import Direction
from kiosk.display import Display
from kiosk.dossier import Dossier
from kiosk.errors import DeviceLost
from kiosk.evidence import ColourSeen, Observation, Scan
from kiosk.flow import FlowError
from kiosk.gate_mode import Kept, ModeOrder, ModeRecorded
from kiosk.in_force import DocumentRefused, PolicyTurned, Renewed
from kiosk.inbox import Inbox, Item, Recorded, TokenAnswered
from kiosk.journal import NO_VISIT, Journal
from kiosk.lines import get_logger
from kiosk.link import (
    BEAT_EVERY,
    Coloured,
    DoorMoved,
    Finished,
    FormAsked,
    GateClosed,
    GateFailed,
    GateNoticed,
    GateOpened,
    GuardAsked,
    Noticed,
    OverrideAsked,
    PartHealth,
    Passed,
    SceneMoved,
    TimeAsked,
)
from kiosk.losses import Losses, awaited
from kiosk.mode_keeping import ModeKeeping
from kiosk.model import Command, Decision, EventId, Part, Phase, VisitId
from kiosk.overriding import Way
from kiosk.parking import ParkedVisits
from kiosk.party import Parties, part
from kiosk.passing import PassingVisits
from kiosk.people import VisitorKind
from kiosk.ports import Clock, Gate, Recorder, Resolver
from kiosk.presence import Presence
from kiosk.remote import CommandRefused, RemoteOpen, Unfit
from kiosk.rulebook import Rulebook
from kiosk.site import Site
from kiosk.spent import SpentPasses, UsedElsewhere
from kiosk.spot import begins_anew, may_measure, stepped_in, stepped_out, waited_for
from kiosk.staff_door import StaffDoor, badge_of
from kiosk.units import Monotonic, Seconds
from kiosk.view import View
from kiosk.viewing import rung_out
from kiosk.visit import (
    ANSWERED,
    COMING,
    Approached,
    CallGuard,
    ConsentReceived,
    ConsentWanted,
    DeadlineReached,
    Decide,
    Decided,
    Effect,
    End,
    Ending,
    Event,
    FormReceived,
    FormWanted,
    GatePassed,
    GuardDecided,
    GuardWanted,
    Left,
    OpenGate,
    Park,
    Persist,
    Persisted,
    PersistFailed,
    RecordGate,
    RequestConsent,
    RequestForm,
    Resumed,
    TimeWanted,
    TurnedBack,
    Visit,
)
from kiosk.visit import GateClosed as GateHasClosed
from kiosk.visit import GateFailed as GateHasFailed
from kiosk.visit import GateOpened as GateHasOpened
from kiosk.waiting import WaitingVisit, gives_way, waits_for_guard
from kiosk.weighing import wants_host, weighed

OVERRIDE_COUNTS = Seconds(10.0)
"""A guard's touch that was held up longer on its way, or whose record was, opens nothing."""
SHOWN_WITHIN = Seconds(0.05)
"""A view waits so long at most: what opens the gate comes first."""
NOT_URGENT = Observation | Noticed | Coloured
"""Of what is seen so it is told a moment later: where several codes are in sight they follow at once."""

_log = get_logger()


class Runtime:
    """One gate's loop. `handle`, `tick` and `run` belong to one thread; all else reaches it by the inbox."""

    def __init__(
        self,
        site: Site,
        *,
        inbox: Inbox,
        clock: Clock,
        gate: Gate,
        recorder: Recorder,
        resolver: Resolver,
        attend: Callable[[bool], None],
        show: Callable[[View], None],
        spent: SpentPasses | None = None,
        attention: Attention | None = None,
        expected: frozenset[Part] = frozenset(),
        kept: Kept | None = None,
    ) -> None:
        """`expected`: the processes that this kiosk consists of, beside core and gate; their absence is a loss.

        `kept`: the gate's mode, as the core before this one was ordered.
        """
        self._rules = Rulebook(site, clock)
        self._attention = attention or Attention()
        self._inbox = inbox
        self._clock = clock
        self._gate = gate
        self._journal = Journal(site, clock, recorder)
        self._modes = ModeKeeping(gate, self._journal, clock, kept or Kept())
        self._resolver = resolver
        self._attend = attend
        self._display = Display(site, clock, show)
        self._losses = Losses(awaited(expected, clock.monotonic()))
        self._next_beat = clock.monotonic()
        self._presence = Presence()
        self._spent = spent or SpentPasses()
        self._parked = ParkedVisits()
        self._passing = PassingVisits()
        self._waiting = WaitingVisit()
        self._door = StaffDoor()
        self._parties = Parties()
        self._here = self._nobody()
        self._unanswered: Monotonic | None = None
        self._show_by: Monotonic | None = None
        self._unasked: list[tuple[VisitId, HealthToken]] = []
        self._ask_by = Monotonic(0.0)
        self._refresh()

    @property
    def _site(self) -> Site:
        return self._rules.site

    @property
    def visit(self) -> Visit:
        """The visit at the kiosk."""
        return self._here.visit

    def run(self, stopped: Callable[[], bool]) -> None:
        """Turn until `stopped`, which is asked at least at every heartbeat."""
        while not stopped():
            item = self._inbox.take(self.wait_s())
            if item is not None:
                self.handle(item)
            self._keep_time()
            self._show_when_free(urgent=not isinstance(item, NOT_URGENT))

    def wait_s(self) -> float:
        """How long nothing needs doing unless something comes in."""
        due = [self._next_beat]
        if self.visit.deadline is not None:
            due.append(self.visit.deadline)
        kept = (self._parked.next_expiry(), self._waiting.next_expiry())
        others = (*kept, self._passing.next_deadline(), self._modes.next_deadline(), self._show_by)
        due += [at for at in others if at is not None]
        if self._watching():
            due.append(self._presence.absent_at(self._waited()))
        return max(0.0, min(due) - self._clock.monotonic())

    def tick(self) -> None:
        """Do what time asks for: the heartbeat, absence, deadlines. Then tell the screen what has changed."""
        self._keep_time()
        self._refresh()

    def _keep_time(self) -> None:
        now = self._clock.monotonic()
        self._ask_issuers(now)
        if now >= self._next_beat:
            self._next_beat = Monotonic(now + BEAT_EVERY)
            try:
                self._gate.heartbeat()
            except DeviceLost as error:
                self._part(PartHealth(Part.GATE, well=False, detail=str(error), at=now))
        self._modes.due(now)
        if (due := self._rules.turned()) is not None:
            self._journal.note("policy_turned", NO_VISIT, policy=due.name)
            self._inbox.post(PolicyTurned(due))
        for never_came in self._losses.unheard(now):
            self._part(never_came)
        for expired, ended in self._parked.expire(now):
            self._journal.ended(expired, ended)
        if (gone := self._waiting.expired(now)) is not None:
            self._take(Left(), gone)
        if self._watching() and self._presence.absent(now, self._waited()):
            self._take(Left())
        if self.visit.deadline is not None and now >= self.visit.deadline:
            if self.visit.phase is Phase.CHECKING:
                self._here.evidence.give_up_waiting()
            self._take(DeadlineReached())
        for passing in self._passing.overdue(now):
            self._take(DeadlineReached(), passing)
        if rung_out(self._site, self.visit, now) and self._unanswered != self.visit.called_at:
            self._unanswered = self.visit.called_at
            self._journal.note("guard_unanswered", self.visit.id)

    def handle(self, item: Item) -> None:
        """Take in one item; the screen hears of it with the next tick."""
        match item:
            case Scan():
                self._scanned(item)
            case Observation():
                self._observed(item)
            case FormAsked():
                # A touch is a sign of the visitor, and begins a visit. Without a server there is no form to wait for.
                self._seen(self._clock.monotonic())
                if self._site.form_url(self.visit.id) is not None:
                    part(self._here)
                    self._take(FormWanted())
            case GuardAsked():
                self._guard_asked()
            case TimeAsked():
                if self.visit.phase is not Phase.IDLE or not self._display.kept_longer():
                    self._take(TimeWanted())
            case Finished():
                self._display.put_away()
                self._take(TurnedBack())
                self._weigh()
            case Coloured(captured_at, colour, confidence):
                if self._here.evidence.coloured(captured_at, ColourSeen(colour, confidence)):
                    self._weigh()
            case Noticed(hint, at):
                self._display.noticed(hint, at)
            case SceneMoved(moving):
                self._attention.moving = moving
                self._display.moved(moving)
            case TokenAnswered():
                if item.visit == self.visit.id:
                    self._here.evidence.answered(item.token, item.status, self._clock.monotonic(), item.person)
                    self._weigh()
            case Recorded():
                self._recorded(item)
            case GateOpened(admission, at):
                self._gate_says(GateHasOpened(admission), opened=at)
            case Passed(None, _, direction):
                # Whoever it was came in behind the last one for whom the gate was opened, or left where people may.
                last = (self._passing.newest() or self._here).visit.id
                self._journal.note("passage", last, admission=None, direction=direction)
            case GateNoticed(what, on):
                self._journal.note("gate_noticed", self.visit.id, what=what, on="on" if on else "off")
            case Passed(admission, at) if admission is not None:
                if self._passing.of(admission) is self._passing.newest():
                    self._presence.passed()
                self._gate_says(GatePassed(admission), passed=at)
            case GateClosed(admission, passed):
                self._gate_says(GateHasClosed(admission, passed))
            case GateFailed(admission):
                self._gate_says(GateHasFailed(admission))
            case PartHealth():
                self._part(item)
            case ModeOrder():
                self._modes.order(item)
            case ModeRecorded():
                self._modes.recorded(item)
            case RemoteOpen():
                self._let_in(item.command, Way.REMOTE, item.until)
            case OverrideAsked(guard, reason, at, second):
                command = Command(secrets.token_hex(16), guard, reason, second)
                self._let_in(command, Way.AT_GATE, Monotonic(at + OVERRIDE_COUNTS))
            case DoorMoved():
                self._door_moved(item)
            case FormFilled():
                self._form_filled(item)
            case ConsentAnswered():
                self._consent_answered(item)
            case CommandRefused() | DocumentRefused():
                self._journal.refused(item)
            case Renewed():
                self._renewed(item)
            case PolicyTurned():
                self._display.go_by(self._site)
            case UsedElsewhere():
                self._spent.hear(item)

    # What comes in.

    def _guard_asked(self) -> None:
        now = self._clock.monotonic()
        self._seen(now)
        self._presence.called(now)
        self._weigh()
        if self.visit.called_at is None or rung_out(self._site, self.visit, now):
            self._take(GuardWanted())

    def _let_in(self, command: Command, way: Way, until: Monotonic) -> None:
        """Let in whoever is there, seen or not, where the rules leave it to a person: who commands it sees or hears them."""
        now = self._clock.monotonic()
        why = Unfit.LATE if now >= until else None
        if why is None:
            self._seen(now)
            self._presence.called(now)
            document = self._rules.of(self._here)
            reasons = overriding.in_the_way(self.visit.decision, self._rules.decided(self._here))
            event = GuardDecided(overriding.decision_of(command, way, document, reasons), until)
            if not flow.takes(self.visit, event):
                why = Unfit.UNDER_WAY
            elif (why := overriding.unfit(document, command, reasons)) is None:
                self._here.evidence.times["decided"] = now
                self._take(event)
                return
        self._journal.refused(CommandRefused(command.id, why))
        if way is Way.AT_GATE:
            self._display.declined(why)

    def _form_filled(self, filled: FormFilled) -> None:
        """Give what was told on a phone to its visit, at the kiosk or parked; one that has ended has no use for it."""
        dossier = self._called(filled.visit)
        if dossier is None:
            return
        now = self._clock.monotonic()
        dossier.evidence.declared(filled.declaration, now)
        if filled.filing is not None:
            dossier.evidence.filed(filled.filing, now)
        self._journal.note("form_received", filled.visit)
        if dossier is self._here:
            self._take(FormReceived())
            self._weigh()
        elif wants_host(self._rules.judged(dossier), dossier.evidence.facts):
            # Whoever went away to fill it in need not come back before their host is asked.
            self._take(ConsentWanted(), dossier)

    def _consent_answered(self, answered: ConsentAnswered) -> None:
        """Give what a resident said to its visit, at the kiosk or parked."""
        dossier = self._called(answered.visit)
        if dossier is None:
            return
        if answered.answer is None:
            dossier.evidence.unreached()
        else:
            dossier.evidence.consented(answered.answer, self._clock.monotonic())
        self._journal.note("consent_received", answered.visit, answer=answered.answer or "unreached")
        if dossier is self._here:
            self._take(ConsentReceived())
            self._weigh()

    def _called(self, visit: VisitId) -> Dossier | None:
        """The visit of this name, at the kiosk or parked; None for one that has ended or is on its way through."""
        return self._here if visit == self.visit.id else self._parked.of(visit)

    def _door_moved(self, told: DoorMoved) -> None:
        """A guard at the desk has come for whoever waits for one, here or a few steps away, and stands there instead."""
        now = self._clock.monotonic()
        self._door.asks(told.asks_until, now)
        if not told.guard:
            return
        waits = self._waiting.called_back() if gives_way(self._here) else None
        if waits is not None:
            self._tell(None if self.visit.phase is Phase.IDLE else Left())
            self._here = waits
            self._here.evidence.without(self._site.without(self._losses.parts))
            self._presence.called(now)
            self._attention.visit = True
            self._attend(True)
        if waits_for_guard(self._here):
            self._here.seen_to = True

    def _scanned(self, scan: Scan) -> None:
        if self._door.takes(scan, self._clock.monotonic(), lambda: self._badge_of(scan)):
            return
        again = scan.content in self._here.evidence.seen
        if not again and (self.visit.phase in ANSWERED or self._presence.lingers(scan)):
            return
        now = self._clock.monotonic()
        if self._site.direction is Direction.OUT:
            # A code is a sign of somebody like any other; what is in it is of no use to anybody here.
            self._seen(now)
            self._here.evidence.seen[scan.content] = scan.captured_at
            return
        self._tell(begins_anew(self._here, again=again, aside=self._aside(now)))
        self._seen(now, again=again)
        moment = self._rules.moment(self._here, now)
        before = self._here.evidence.facts
        token = self._here.evidence.scanned(scan, self._site.trust, moment, self._spent.used)
        if self._resumes():
            token = self._here.evidence.scanned(scan, self._site.trust, moment, self._spent.used)
        times = self._here.evidence.times
        if times.get("code_verified") == now:
            # It has just been examined, and that took its time.
            times["code_verified"] = self._clock.monotonic()
        self._parties.see_alone(self._here)
        if token is not None:
            self._unasked.append((self.visit.id, token))
            self._ask_by = Monotonic(now + SHOWN_WITHIN)
        self._display.scanned(self._here, scan, before)
        self._weigh()
        self._ask_issuers(now)

    def _ask_issuers(self, now: Monotonic) -> None:
        """Ask about health codes once the codes that were seen beside them are taken in: asking takes the processor too."""
        if self._inbox.depth() and now < self._ask_by:
            return
        asked, self._unasked = self._unasked, []
        for visit, token in asked:
            if visit == self.visit.id:
                self._resolver.ask(visit, token)

    def _observed(self, seen: Observation) -> None:
        self._display.observed(seen)
        if self._presence.left_spot(seen):
            self._tell(stepped_out(self._here, seen.at, expected=self._presence.expected(seen.at)))
        if self._presence.steps_in(seen):
            self._another_steps_in(seen.at)
        arrives = self._presence.arrives(seen)
        if not seen.present or (self.visit.phase is Phase.IDLE and not arrives):
            return
        self._seen(seen.at)
        if seen.reading is not None and may_measure(self._here) and self._presence.fresh(seen.reading):
            self._here.evidence.measured(seen.reading)
            self._weigh()

    def _badge_of(self, scan: Scan) -> VisitorKind | None:
        moment = self._rules.moment(self._here, self._clock.monotonic())
        return badge_of(scan, self._site, moment, self._spent.used)

    def _another_steps_in(self, at: Monotonic) -> None:
        left = stepped_in(self._here, at, aside=self._aside(at))
        if left is None or not waits_for_guard(self._here):
            self._tell(left)
            return
        # The guard may still come for them.
        before = self._waiting.set_aside(self._here, self._presence.absent_at(self._waited()))
        self._free(left)
        if before is not None:
            self._take(left, before)

    def _seen(self, at: Monotonic, *, again: bool = False) -> None:
        """Take in a sign that somebody is there; `again`: it is a code of this visit's, so nobody else."""
        self._presence.seen(at)
        if self.visit.phase is Phase.IDLE:
            self._rules.begin(self._here)
            self._parties.began(self._here, at)
            self._here.evidence.times["approached"] = at
            self._take(Approached())
            self._attention.visit = True
            self._attend(True)
            if self._site.direction is Direction.OUT:
                self._weigh()
        elif self.visit.left and again:
            self._take(Approached())

    def _recorded(self, item: Recorded) -> None:
        admission = item.event or item.unacknowledged
        if admission is not None and item.spends is not None:
            self._spent.admitted(admission, item.spends)
        if item.visit == self.visit.id:
            if self.visit.deadline is not None and item.at >= self.visit.deadline:
                self._take(DeadlineReached())
            self._here.gate_times["durable"] = item.at
            self._take(PersistFailed(item.decision) if item.event is None else Persisted(item.event, item.decision))
        elif item.event is not None:
            self._too_late(item.visit, item.event, item.decision)
        if item.unacknowledged is not None:
            # It is no visit's any more: whoever comes to know it later learns that nothing opened.
            self._too_late(item.visit, item.unacknowledged, item.decision)

    def _too_late(self, visit: VisitId, admission: EventId, decision: Decision) -> None:
        """An ended visit's row of the table says what becomes of an admission that nobody waits for."""
        self._take(Persisted(admission, decision), Dossier(Visit(visit, phase=Phase.ENDED, decision=decision)))

    def _gate_says(self, event: GateHasOpened | GatePassed | GateHasClosed | GateHasFailed, **times: Monotonic) -> None:
        """Take in what the gate says of an admission, whose visit is on its way through or still here."""
        dossier = None if event.admission is None else self._passing.of(event.admission)
        if dossier is None:
            dossier = self._here
        if dossier.visit.admission == event.admission:
            dossier.gate_times |= times
        self._take(event, dossier)

    def _part(self, health: PartHealth) -> None:
        if health.part is Part.GATE and health.well:
            self._modes.gate_is_there()
        if not self._losses.changes(health):
            return
        self._journal.health(self.visit.id, health)
        self._here.evidence.without(self._site.without(self._losses.parts))
        if health.part is Part.GATE and not health.well:
            for passing in self._passing.all():
                self._take(GateHasFailed(), passing)
            if self.visit.phase is Phase.OPENING:
                self._take(GateHasFailed())
        self._weigh()

    def _resumes(self) -> bool:
        """Bring a parked visit back when the pass that its form became is shown."""
        now = self._clock.monotonic()
        facts = self._here.evidence.facts
        back = self._parked.resumed_by(facts.admission_pass, now) if self.visit.phase in COMING else None
        if back is None:
            return False
        before, self._here = self._here.visit, back
        self._here.evidence.without(self._site.without(self._losses.parts))
        if facts.reading is not None:
            self._here.evidence.measured(facts.reading)
        self._presence.seen(now)
        self._take(Resumed())
        if before.called_at is not None:
            # They called before they showed who they are: the guard comes to the visit that goes on.
            self._take(GuardWanted())
            self._journal.ended(before.id, Ending.ABANDONED)
        return True

    # The rules.

    def _weigh(self) -> None:
        """Ask the rules what they make of the facts now, and tell the flow."""
        stopped = self.visit.phase is Phase.AWAITING_GUARD
        if stopped and (self._here.seen_to or self._aside(self._clock.monotonic())):
            return  # the gate opens for nobody who is not before it, nor for the guard who is
        answer = self._rules.judged(self._here)
        self._tell(weighed(self.visit, answer, self._here.evidence.facts))

    def _renewed(self, renewed: Renewed) -> None:
        """Go by other documents. A visit that has begun ends under the rules under which it began."""
        self._rules.renew(renewed.in_force)
        self._journal.renewed(renewed, self._site)
        self._display.go_by(self._site)
        if (document := self._site.document) is not renewed.in_force.document:
            self._inbox.post(PolicyTurned(document))
        self._weigh()

    # The flow.

    def _tell(self, event: Event | None) -> None:
        if event is not None:
            self._take(event)

    def _take(self, event: Event, of: Dossier | None = None) -> None:
        """Step the visit at the kiosk, or another. What the table does not accept changes nothing and is logged."""
        dossier = self._here if of is None else of
        try:
            after, effects = flow.step(dossier.visit, event, self._clock.monotonic())
        except FlowError as error:
            _log.debug("event not taken", reason=str(error))
            return
        dossier.visit = after
        for effect in effects:
            self._carry_out(effect, dossier)
        if dossier.visit is not after:
            return  # an effect has taken it further
        if dossier is self._here and after.phase is Phase.OPEN:
            # The kiosk is free for the next person.
            self._passing.add(dossier)
            self._free(event)
        if after.phase in {Phase.ENDED, Phase.PARKED}:
            self._refresh()
            if dossier in self._passing:
                self._passing.remove(dossier)
            elif dossier is self._here:
                self._free(event)

    def _carry_out(self, effect: Effect, dossier: Dossier) -> None:
        match effect:
            case Decide():
                answer = self._rules.decided(dossier)
                dossier.evidence.times["decided"] = self._clock.monotonic()
                self._take(Decided(answer), dossier)
            case Persist(visit, decision):
                # First, so that no decision is on disk whose case a crash has lost; an admission opens none.
                if fresh := causes_of(decision) - dossier.causes:
                    dossier.causes |= fresh
                    self._journal.case(visit, fresh, dossier.evidence)
                self._journal.decision(visit, decision, dossier)
            case OpenGate(_, admission):
                try:
                    self._gate.open(admission, self._site.pulse_s)
                except DeviceLost:
                    # Nothing was delivered, so nothing can open late.
                    self._take(GateHasFailed(admission), dossier)
            case RecordGate(_, admission, outcome):
                gives_back = self._spent.ended(admission, outcome)
                self._journal.outcome(effect, dossier.evidence, dossier.gate_times, gives_back=gives_back)
            case Park():
                self._parked.park(dossier)
                self._journal.asked(effect)
            case CallGuard() | RequestForm() | RequestConsent():
                self._journal.asked(effect)
            case End():
                self._journal.over(effect, called=dossier.visit.called_at is not None)

    def _free(self, event: Event) -> None:
        """Make the kiosk ready for the next person, after what ended the visit or took it from here."""
        seen, reading, now = self._here.evidence.seen, self._here.evidence.facts.reading, self._clock.monotonic()
        self._parties.ended(self._here, now)
        match event:
            case Left():
                # Codes that were not answered may be shown again at once, by whoever comes.
                self._presence.gone({} if self.visit.decision is None else seen, reading)
            case TurnedBack():
                self._presence.turned_back(seen, reading, now)
            case _:
                self._presence.answered(seen, reading, now)
        self._attention.visit = False
        self._attend(False)
        self._here = self._nobody()

    def _nobody(self) -> Dossier:
        dossier = Dossier(Visit(VisitId(secrets.token_hex(8))))
        dossier.evidence.without(self._site.without(self._losses.parts))
        return dossier

    def _aside(self, now: Monotonic) -> bool:
        return self._presence.aside(now) and not self._here.evidence.in_sight(now)

    def _waited(self) -> Seconds:
        return waited_for(self.visit, self._site.guard_answers_s)

    def _watching(self) -> bool:
        return self.visit.phase not in {Phase.IDLE, Phase.ENDED} and not self._presence.left

    def _show_when_free(self, *, urgent: bool) -> None:
        """Tell the screen what has changed; a little later while something waits, or an admission is written down."""
        now = self._clock.monotonic()
        if not urgent or self._inbox.depth() or self.visit.phase is Phase.COMMITTING:
            if self._show_by is None:
                self._show_by = Monotonic(now + SHOWN_WITHIN)
            if now < self._show_by:
                return
        self._refresh()

    def _refresh(self) -> None:
        self._show_by = None
        next_of = self._parties.next(self._clock.monotonic())
        self._display.refresh(self._here, self._passing.newest(), self._losses.since, self._door.badge, next_of)
