"""The loop of the core: events in, `flow.step`, effects out. One thread; it never waits for disk or network.

What is seen goes to `kiosk.sightings`, what people say to `kiosk.hearings`, what the gate and the recorder say of an
admission to `kiosk.admissions`; what becomes of visits is in `kiosk.visits`.
"""

import secrets
from collections.abc import Callable

from kiosk.admissions import Admissions
from kiosk.attention import Attention
from kiosk.declared import ConsentAnswered, FormFilled
from kiosk.display import Display
from kiosk.dossier import Dossier
from kiosk.errors import DeviceLost
from kiosk.evidence import ColourSeen, Observation, Scan
from kiosk.gate_mode import Kept, ModeOrder, ModeRecorded
from kiosk.hearings import Hearings
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
from kiosk.model import Command, Part, Phase
from kiosk.overriding import Way
from kiosk.ports import Clock, Gate, Recorder, Resolver
from kiosk.presence import Presence
from kiosk.remote import CommandRefused, RemoteOpen
from kiosk.rulebook import Rulebook
from kiosk.sightings import Sightings
from kiosk.site import Site
from kiosk.spent import SpentPasses, UsedElsewhere
from kiosk.staff_door import StaffDoor
from kiosk.units import Monotonic, Seconds
from kiosk.view import View
from kiosk.visit import TimeWanted, TurnedBack, Visit
from kiosk.visits import Visits

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
        self._hearings = Hearings(
            visits=self._visits,
            sightings=self._sightings,
            rules=self._rules,
            clock=clock,
            journal=self._journal,
            presence=self._presence,
            display=self._display,
        )
        self._admissions = Admissions(visits=self._visits, journal=self._journal, presence=self._presence, spent=self._spent)
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
                self._hearings.form_asked()
            case GuardAsked():
                self._hearings.guard_asked()
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
                if (asked := self._visits.called(item.visit)) is not None:
                    asked.evidence.answered(item.token, item.status, self._clock.monotonic(), item.person)
                    if asked is self._here:
                        self._visits.weigh()
            case Recorded():
                self._admissions.recorded(item)
            case GateOpened() | Passed() | GateClosed() | GateFailed():
                self._admissions.gate_says(item)
            case GateNoticed(what, on):
                self._journal.note("gate_noticed", self.visit.id, what=what, on="on" if on else "off")
            case PartHealth():
                self._part(item)
            case ModeOrder():
                self._modes.order(item)
            case ModeRecorded():
                self._modes.recorded(item)
            case RemoteOpen():
                self._hearings.let_in(item.command, Way.REMOTE, item.until)
            case OverrideAsked(guard, reason, at, second):
                command = Command(secrets.token_hex(16), guard, reason, second)
                self._hearings.let_in(command, Way.AT_GATE, Monotonic(at + OVERRIDE_COUNTS))
            case DoorMoved():
                self._door_moved(item)
            case FormFilled():
                self._hearings.form_filled(item)
            case ConsentAnswered():
                self._hearings.consent_answered(item)
            case CommandRefused() | DocumentRefused():
                self._journal.refused(item)
            case Renewed():
                self._renewed(item)
            case PolicyTurned():
                self._display.go_by(self._site)
            case UsedElsewhere():
                self._spent.hear(item)

    # What comes in.

    def _door_moved(self, told: DoorMoved) -> None:
        now = self._clock.monotonic()
        self._door.asks(told.asks_until, now)
        if told.guard:
            self._visits.guard_comes(now)
        else:
            self._visits.guard_goes()

    def _part(self, health: PartHealth) -> None:
        if health.part is Part.GATE and health.well:
            self._modes.gate_is_there()
        if not self._losses.changes(health):
            return
        self._journal.health(self.visit.id, health)
        self._visits.know_losses()
        if health.part is Part.SCREEN and not health.well:
            # With it goes its door: nobody can be at the desk.
            self._door_moved(DoorMoved(None, False, health.at))
        if health.part is Part.GATE and not health.well:
            self._admissions.gate_lost()
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
