"""The loop of the core: events in, `flow.step`, effects out. One thread; it never waits for disk or network.

What happens to visits is in `kiosk.visits`.
"""

import secrets
from collections.abc import Callable

from kiosk import flow, overriding
from kiosk.attention import Attention
from kiosk.credentials import HealthToken
from kiosk.declared import ConsentAnswered, FormFilled
from kiosk.direction import Direction
from kiosk.display import Display
from kiosk.dossier import Dossier
from kiosk.errors import DeviceLost
from kiosk.evidence import ColourSeen, Observation, Scan
from kiosk.gate_mode import Kept, ModeOrder, ModeRecorded
from kiosk.in_force import DocumentRefused, PolicyTurned, Renewed
from kiosk.inbox import Inbox, Item, Recorded, TokenAnswered
from kiosk.journal import NO_VISIT, Journal
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
from kiosk.party import part
from kiosk.people import VisitorKind
from kiosk.ports import Clock, Gate, Recorder, Resolver
from kiosk.presence import Presence
from kiosk.remote import CommandRefused, RemoteOpen, Unfit
from kiosk.rulebook import Rulebook
from kiosk.site import Site
from kiosk.spent import SpentPasses, UsedElsewhere
from kiosk.spot import begins_anew, may_measure, stepped_in, stepped_out
from kiosk.staff_door import StaffDoor, badge_of
from kiosk.units import Monotonic, Seconds
from kiosk.view import View
from kiosk.viewing import rung_out
from kiosk.visit import (
    ANSWERED,
    Approached,
    ConsentReceived,
    ConsentWanted,
    DeadlineReached,
    FormReceived,
    FormWanted,
    GatePassed,
    GuardDecided,
    GuardWanted,
    Persisted,
    PersistFailed,
    TimeWanted,
    TurnedBack,
    Visit,
)
from kiosk.visit import GateClosed as GateHasClosed
from kiosk.visit import GateFailed as GateHasFailed
from kiosk.visit import GateOpened as GateHasOpened
from kiosk.visits import Visits
from kiosk.waiting import waits_for_guard
from kiosk.weighing import wants_host

OVERRIDE_COUNTS = Seconds(10.0)
"""A guard's touch that was held up longer on its way, or whose record was, opens nothing."""
SHOWN_WITHIN = Seconds(0.05)
"""A view waits so long at most: what opens the gate comes first."""
NOT_URGENT = Observation | Noticed | Coloured
"""Of what is seen so it is told a moment later: where several codes are in sight they follow at once."""


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
        self._display = Display(site, clock, show)
        self._losses = Losses(awaited(expected, clock.monotonic()))
        self._next_beat = clock.monotonic()
        self._presence = Presence()
        self._spent = spent or SpentPasses()
        self._door = StaffDoor()
        self._visits = Visits(
            rules=self._rules,
            clock=clock,
            gate=gate,
            journal=self._journal,
            presence=self._presence,
            spent=self._spent,
            losses=self._losses,
            attention=self._attention,
            attend=attend,
            refresh=self._refresh,
        )
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
        return self._visits.visit

    @property
    def _here(self) -> Dossier:
        return self._visits.here

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
        others = (self._visits.next_deadline(), self._modes.next_deadline(), self._show_by)
        due = [self._next_beat, *(at for at in others if at is not None)]
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
        self._visits.keep_time(now)

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
                    self._visits.take(FormWanted())
            case GuardAsked():
                self._guard_asked()
            case TimeAsked():
                if self.visit.phase is not Phase.IDLE or not self._display.kept_longer():
                    self._visits.take(TimeWanted())
            case Finished():
                self._display.put_away()
                self._visits.take(TurnedBack())
                self._visits.weigh()
            case Coloured(captured_at, colour, confidence):
                if self._here.evidence.coloured(captured_at, ColourSeen(colour, confidence)):
                    self._visits.weigh()
            case Noticed(hint, at):
                self._display.noticed(hint, at)
            case SceneMoved(moving):
                self._attention.moving = moving
                self._display.moved(moving)
            case TokenAnswered():
                if item.visit == self.visit.id:
                    self._here.evidence.answered(item.token, item.status, self._clock.monotonic(), item.person)
                    self._visits.weigh()
            case Recorded():
                self._recorded(item)
            case GateOpened(admission, at):
                self._gate_says(GateHasOpened(admission), opened=at)
            case Passed(None, _, direction):
                # Whoever it was came in behind the last one for whom the gate was opened, or left where people may.
                last = (self._visits.passing.newest() or self._here).visit.id
                self._journal.note("passage", last, admission=None, direction=direction)
            case GateNoticed(what, on):
                self._journal.note("gate_noticed", self.visit.id, what=what, on="on" if on else "off")
            case Passed(admission, at) if admission is not None:
                if self._visits.passing.of(admission) is self._visits.passing.newest():
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
        self._visits.weigh()
        if self.visit.called_at is None or rung_out(self._site, self.visit, now):
            self._visits.take(GuardWanted())

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
                self._visits.take(event)
                return
        self._journal.refused(CommandRefused(command.id, why))
        if way is Way.AT_GATE:
            self._display.declined(why)

    def _form_filled(self, filled: FormFilled) -> None:
        """Give what was told on a phone to its visit, at the kiosk or parked; one that has ended has no use for it."""
        dossier = self._visits.called(filled.visit)
        if dossier is None:
            return
        now = self._clock.monotonic()
        dossier.evidence.declared(filled.declaration, now)
        if filled.filing is not None:
            dossier.evidence.filed(filled.filing, now)
        self._journal.note("form_received", filled.visit)
        if dossier is self._here:
            self._visits.take(FormReceived())
            self._visits.weigh()
        elif wants_host(self._rules.judged(dossier), dossier.evidence.facts):
            # Whoever went away to fill it in need not come back before their host is asked.
            self._visits.take(ConsentWanted(), dossier)

    def _consent_answered(self, answered: ConsentAnswered) -> None:
        """Give what a resident said to its visit, at the kiosk or parked."""
        dossier = self._visits.called(answered.visit)
        if dossier is None:
            return
        if answered.answer is None:
            dossier.evidence.unreached()
        else:
            dossier.evidence.consented(answered.answer, self._clock.monotonic())
        self._journal.note("consent_received", answered.visit, answer=answered.answer or "unreached")
        if dossier is self._here:
            self._visits.take(ConsentReceived())
            self._visits.weigh()

    def _door_moved(self, told: DoorMoved) -> None:
        now = self._clock.monotonic()
        self._door.asks(told.asks_until, now)
        if told.guard:
            self._visits.guard_comes(now)

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
        self._visits.tell(begins_anew(self._here, again=again, aside=self._visits.aside(now)))
        self._seen(now, again=again)
        moment = self._rules.moment(self._here, now)
        before = self._here.evidence.facts
        token = self._here.evidence.scanned(scan, self._site.trust, moment, self._spent.used)
        if self._visits.resumes():
            token = self._here.evidence.scanned(scan, self._site.trust, moment, self._spent.used)
        times = self._here.evidence.times
        if times.get("code_verified") == now:
            # It has just been examined, and that took its time.
            times["code_verified"] = self._clock.monotonic()
        self._visits.parties.see_alone(self._here)
        if token is not None:
            self._unasked.append((self.visit.id, token))
            self._ask_by = Monotonic(now + SHOWN_WITHIN)
        self._display.scanned(self._here, scan, before)
        self._visits.weigh()
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
            self._visits.tell(stepped_out(self._here, seen.at, expected=self._presence.expected(seen.at)))
        if self._presence.steps_in(seen):
            self._another_steps_in(seen.at)
        arrives = self._presence.arrives(seen)
        if not seen.present or (self.visit.phase is Phase.IDLE and not arrives):
            return
        self._seen(seen.at)
        if seen.reading is not None and may_measure(self._here) and self._presence.fresh(seen.reading):
            self._here.evidence.measured(seen.reading)
            self._visits.weigh()

    def _badge_of(self, scan: Scan) -> VisitorKind | None:
        moment = self._rules.moment(self._here, self._clock.monotonic())
        return badge_of(scan, self._site, moment, self._spent.used)

    def _another_steps_in(self, at: Monotonic) -> None:
        left = stepped_in(self._here, at, aside=self._visits.aside(at))
        if left is not None and waits_for_guard(self._here):
            # The guard may still come for them.
            self._visits.set_aside(left)
        else:
            self._visits.tell(left)

    def _seen(self, at: Monotonic, *, again: bool = False) -> None:
        """Take in a sign that somebody is there; `again`: it is a code of this visit's, so nobody else."""
        self._presence.seen(at)
        if self.visit.phase is Phase.IDLE:
            self._visits.begin(at)
        elif self.visit.left and again:
            self._visits.take(Approached())

    def _recorded(self, item: Recorded) -> None:
        admission = item.event or item.unacknowledged
        if admission is not None and item.spends is not None:
            self._spent.admitted(admission, item.spends)
        if item.visit == self.visit.id:
            if self.visit.deadline is not None and item.at >= self.visit.deadline:
                self._visits.take(DeadlineReached())
            self._here.gate_times["durable"] = item.at
            self._visits.take(PersistFailed(item.decision) if item.event is None else Persisted(item.event, item.decision))
        elif item.event is not None:
            self._too_late(item.visit, item.event, item.decision)
        if item.unacknowledged is not None:
            # It is no visit's any more: whoever comes to know it later learns that nothing opened.
            self._too_late(item.visit, item.unacknowledged, item.decision)

    def _too_late(self, visit: VisitId, admission: EventId, decision: Decision) -> None:
        """An ended visit's row of the table says what becomes of an admission that nobody waits for."""
        self._visits.take(Persisted(admission, decision), Dossier(Visit(visit, phase=Phase.ENDED, decision=decision)))

    def _gate_says(self, event: GateHasOpened | GatePassed | GateHasClosed | GateHasFailed, **times: Monotonic) -> None:
        """Take in what the gate says of an admission, whose visit is on its way through or still here."""
        dossier = None if event.admission is None else self._visits.passing.of(event.admission)
        if dossier is None:
            dossier = self._here
        if dossier.visit.admission == event.admission:
            dossier.gate_times |= times
        self._visits.take(event, dossier)

    def _part(self, health: PartHealth) -> None:
        if health.part is Part.GATE and health.well:
            self._modes.gate_is_there()
        if not self._losses.changes(health):
            return
        self._journal.health(self.visit.id, health)
        self._visits.know_losses()
        if health.part is Part.GATE and not health.well:
            for passing in self._visits.passing.all():
                self._visits.take(GateHasFailed(), passing)
            if self.visit.phase is Phase.OPENING:
                self._visits.take(GateHasFailed())
        self._visits.weigh()

    def _renewed(self, renewed: Renewed) -> None:
        """Go by other documents. A visit that has begun ends under the rules under which it began."""
        self._rules.renew(renewed.in_force)
        self._journal.renewed(renewed, self._site)
        self._display.go_by(self._site)
        if (document := self._site.document) is not renewed.in_force.document:
            self._inbox.post(PolicyTurned(document))
        self._visits.weigh()

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
        next_of = self._visits.parties.next(self._clock.monotonic())
        self._display.refresh(self._here, self._visits.passing.newest(), self._losses.since, self._door.badge, next_of)
