"""The loop of the core: events in, `flow.step`, effects out. One thread; it never waits for disk or network.

What is seen goes to `kiosk.sightings`; what becomes of visits is in `kiosk.visits`.
"""

import secrets
from collections.abc import Callable

from kiosk import flow, overriding
from kiosk.attention import Attention
from kiosk.declared import ConsentAnswered, FormFilled
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
from kiosk.ports import Clock, Gate, Recorder, Resolver
from kiosk.presence import Presence
from kiosk.remote import CommandRefused, RemoteOpen, Unfit
from kiosk.rulebook import Rulebook
from kiosk.sightings import Sightings
from kiosk.site import Site
from kiosk.spent import SpentPasses, UsedElsewhere
from kiosk.staff_door import StaffDoor
from kiosk.units import Monotonic, Seconds
from kiosk.view import View
from kiosk.viewing import rung_out
from kiosk.visit import (
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
        self._sightings = Sightings(
            visits=self._visits,
            rules=self._rules,
            clock=clock,
            inbox=inbox,
            resolver=resolver,
            presence=self._presence,
            spent=self._spent,
            door=self._door,
            display=self._display,
        )
        self._show_by: Monotonic | None = None
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
        self._sightings.ask_issuers(now)
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
                self._sightings.scanned(item)
            case Observation():
                self._sightings.observed(item)
            case FormAsked():
                # A touch is a sign of the visitor, and begins a visit. Without a server there is no form to wait for.
                self._sightings.seen(self._clock.monotonic())
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
        self._sightings.seen(now)
        self._presence.called(now)
        self._visits.weigh()
        if self.visit.called_at is None or rung_out(self._site, self.visit, now):
            self._visits.take(GuardWanted())

    def _let_in(self, command: Command, way: Way, until: Monotonic) -> None:
        """Let in whoever is there, seen or not, where the rules leave it to a person: who commands it sees or hears them."""
        now = self._clock.monotonic()
        why = Unfit.LATE if now >= until else None
        if why is None:
            self._sightings.seen(now)
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
