"""The loop of the core: events in, `flow.step`, effects out. One thread; it never waits for disk or network."""

import secrets
from collections.abc import Callable, Mapping

import structlog

from kiosk import flow
from kiosk.display import Display
from kiosk.errors import DeviceLost
from kiosk.facts import Evidence, Moment
from kiosk.flow import FlowError
from kiosk.inbox import Inbox, Item, Recorded, TokenAnswered
from kiosk.journal import Journal
from kiosk.link import (
    BEAT_EVERY,
    Finished,
    FormAsked,
    GateClosed,
    GateFailed,
    GateOpened,
    GuardAsked,
    Noticed,
    PartHealth,
    Passed,
    SceneMoved,
    TimeAsked,
)
from kiosk.model import (
    Answer,
    EventId,
    Monotonic,
    Observation,
    Part,
    Scan,
    VisitId,
)
from kiosk.parking import ParkedVisits
from kiosk.ports import Clock, Gate, Recorder, Resolver
from kiosk.presence import Presence
from kiosk.site import Site
from kiosk.spent import SpentPasses
from kiosk.view import View
from kiosk.viewing import rung_out
from kiosk.visit import (
    Approached,
    CallGuard,
    DeadlineReached,
    Decide,
    Decided,
    Effect,
    End,
    Ending,
    Event,
    FormWanted,
    GatePassed,
    GuardWanted,
    Left,
    OpenGate,
    Park,
    Persist,
    Persisted,
    PersistFailed,
    Phase,
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
from kiosk.weighing import ASKING, decide, weigh

COMING = frozenset({Phase.APPROACHING, Phase.COLLECTING})
UNANSWERED = frozenset({Ending.ABANDONED, Ending.EXPIRED})

_log = structlog.get_logger()


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
    ) -> None:
        self._site = site
        self._inbox = inbox
        self._clock = clock
        self._gate = gate
        self._journal = Journal(site, clock, recorder)
        self._resolver = resolver
        self._attend = attend
        self._display = Display(site, clock, show)
        self._lost: dict[Part, Monotonic] = {}
        self._next_beat = clock.monotonic()
        self._presence = Presence()
        self._spent = spent or SpentPasses()
        self._parked = ParkedVisits()
        self.visit = Visit(_new_id())
        self._evidence = Evidence()
        self._gate_times: dict[str, Monotonic] = {}
        self._unanswered: Monotonic | None = None
        self._refresh()

    @property
    def lost(self) -> frozenset[Part]:
        """The parts that are lost just now."""
        return frozenset(self._lost)

    def run(self, stopped: Callable[[], bool]) -> None:
        """Turn until `stopped`, which is asked at least at every heartbeat."""
        while not stopped():
            item = self._inbox.take(self.wait_s())
            if item is not None:
                self.handle(item)
            self.tick()

    def wait_s(self) -> float:
        """How long nothing needs doing unless something comes in."""
        due = [self._next_beat]
        if self.visit.deadline is not None:
            due.append(self.visit.deadline)
        if (expires := self._parked.next_expiry()) is not None:
            due.append(expires)
        if self._watching():
            due.append(self._presence.absent_at())
        return max(0.0, min(due) - self._clock.monotonic())

    def tick(self) -> None:
        """Do what time asks for: the heartbeat, absence, deadlines. Then tell the screen what has changed."""
        now = self._clock.monotonic()
        if now >= self._next_beat:
            self._next_beat = Monotonic(now + BEAT_EVERY)
            try:
                self._gate.heartbeat()
            except DeviceLost as error:
                self._part(PartHealth(Part.GATE, well=False, detail=str(error), at=now))
        for expired, ended in self._parked.expire(now):
            self._journal.ended(expired, ended)
        if self._watching() and self._presence.absent(now):
            self._take(Left())
        if self.visit.deadline is not None and now >= self.visit.deadline:
            if self.visit.phase is Phase.CHECKING:
                self._evidence.give_up_waiting()
            self._take(DeadlineReached())
        if rung_out(self._site, self.visit, now) and self._unanswered != self.visit.called_at:
            self._unanswered = self.visit.called_at
            self._journal.note("guard_unanswered", self.visit.id)
        self._refresh()

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
                if self._site.form_base is not None:
                    self._take(FormWanted())
            case GuardAsked():
                self._guard_asked()
            case TimeAsked():
                self._take(TimeWanted())
            case Finished():
                self._take(TurnedBack())
                self._weigh()
            case Noticed(hint, at):
                self._display.noticed(hint, at)
            case SceneMoved(moving):
                self._display.moved(moving)
            case TokenAnswered():
                if item.visit == self.visit.id:
                    self._evidence.answered(item.token, item.status, self._clock.monotonic())
                    self._weigh()
            case Recorded():
                self._recorded(item)
            case GateOpened():
                self._gate_times["opened"] = item.at
                self._take(GateHasOpened(item.admission))
            case Passed(admission, at):
                if admission is not None:
                    self._gate_times["passed"] = at
                    self._take(GatePassed(admission))
                else:
                    self._journal.note("passage", self.visit.id, admission=None)
            case GateClosed():
                self._take(GateHasClosed(item.admission))
            case GateFailed():
                self._take(GateHasFailed(item.admission))
            case PartHealth():
                self._part(item)

    # What comes in.

    def _guard_asked(self) -> None:
        now = self._clock.monotonic()
        self._seen(now)
        self._presence.called(now)
        self._weigh()
        if self.visit.called_at is None or rung_out(self._site, self.visit, now):
            self._take(GuardWanted())

    def _scanned(self, scan: Scan) -> None:
        now = self._clock.monotonic()
        if self.visit.phase is Phase.IDLE and self._presence.lingers(scan):
            return
        self._seen(now)
        moment = Moment(self._clock.wall(), self._clock.state(), now)
        before = self._evidence.facts
        token = self._evidence.scanned(scan, self._site.trust, moment, self._spent.used)
        if self._resumes():
            token = self._evidence.scanned(scan, self._site.trust, moment, self._spent.used)
        if token is not None:
            self._resolver.ask(self.visit.id, token)
        self._display.scanned(self.visit.id, scan, before, self._evidence.facts)
        self._weigh()

    def _observed(self, seen: Observation) -> None:
        self._display.observed(seen)
        if self._presence.spot_empty(seen):
            self._spot_emptied()
        arrives = self._presence.arrives(seen)
        if not seen.present or (self.visit.phase is Phase.IDLE and not arrives):
            return
        self._seen(seen.at)
        if seen.reading is not None and self._may_measure() and self._presence.fresh(seen.reading):
            self._evidence.measured(seen.reading)
            self._weigh()

    def _spot_emptied(self) -> None:
        if self.visit.phase in ASKING:
            self._evidence.unmeasured()
        elif self.visit.phase is Phase.AWAITING_GUARD and self._evidence.facts.reading is not None:
            # Whoever was measured and held has gone; the next in the spot is somebody else, and a visit of their own.
            self._take(Left())

    def _may_measure(self) -> bool:
        # Whoever is held is not measured again and again until it suits; what was never measured still may be.
        held = self.visit.phase is Phase.AWAITING_GUARD and self._evidence.facts.reading is None
        return held or self.visit.phase in ASKING

    def _seen(self, at: Monotonic) -> None:
        back = self._presence.seen(at)
        if self.visit.phase is Phase.IDLE:
            self._evidence.times["approached"] = at
            self._take(Approached())
            self._attend(True)
        elif back:
            self._take(Approached())

    def _recorded(self, item: Recorded) -> None:
        if item.event is None:
            event: Event = PersistFailed(item.decision)
        else:
            event = Persisted(item.event, item.decision)
        if item.event is not None and item.spends is not None:
            self._spent.admitted(item.event, item.spends)
        if item.visit == self.visit.id:
            self._gate_times["durable"] = item.at
            self._take(event)
        elif item.event is not None and item.decision.answer is Answer.ADMIT:
            # The visit is over: an ended visit's row of the table says what becomes of its admission.
            gone = Visit(item.visit, phase=Phase.ENDED, decision=item.decision)
            _, effects = flow.step(gone, event, self._clock.monotonic())
            for effect in effects:
                if isinstance(effect, RecordGate):
                    self._record_gate(effect, Evidence(), {})

    def _part(self, health: PartHealth) -> None:
        known = health.part in self._lost
        if health.well == (not known):
            return
        if health.well:
            del self._lost[health.part]
        else:
            self._lost[health.part] = health.at
        self._journal.health(self.visit.id, health)
        self._evidence.without(self.lost)
        if health.part is Part.GATE and not health.well and self.visit.phase in {Phase.OPENING, Phase.OPEN}:
            self._take(GateHasFailed())
        self._weigh()

    def _resumes(self) -> bool:
        """Bring a parked visit back when the pass that its form became is shown."""
        now = self._clock.monotonic()
        measured = self._evidence.facts.reading
        back = self._parked.returning(self._evidence.facts.admission_pass, now) if self.visit.phase in COMING else None
        if back is None:
            return False
        self.visit, self._evidence = back
        self._evidence.without(self.lost)
        if measured is not None:
            self._evidence.measured(measured)
        self._presence.seen(now)
        self._take(Resumed())
        return True

    # The rules.

    def _weigh(self) -> None:
        """Ask the rules what they make of the facts now, and tell the flow."""
        event = weigh(self._site.document, self.visit, self._evidence.facts)
        if event is not None:
            self._take(event)

    def _decide(self) -> None:
        answer = decide(self._site.document, self._evidence.facts)
        self._evidence.times["decided"] = self._clock.monotonic()
        self._take(Decided(answer))

    # The flow.

    def _take(self, event: Event) -> None:
        """Step the visit. What the table does not accept changes nothing and is logged."""
        try:
            after, effects = flow.step(self.visit, event, self._clock.monotonic())
        except FlowError as error:
            _log.debug("event not taken", reason=str(error))
            return
        self.visit = after
        for effect in effects:
            self._carry_out(effect)
        if self.visit.phase in {Phase.ENDED, Phase.PARKED}:
            self._refresh()
            self._end()

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case Decide():
                self._decide()
            case Persist(visit, decision):
                self._journal.decision(visit, decision, self._evidence)
            case OpenGate(_, admission):
                self._open(admission)
            case RecordGate():
                self._record_gate(effect, self._evidence, self._gate_times)
            case End(visit, ending):
                if ending in UNANSWERED or self.visit.called_at is not None:
                    self._journal.ended(visit, ending)
            case Park():
                self._parked.park(self.visit, self._evidence)
                self._journal.asked(effect)
            case CallGuard() | RequestForm() | RequestConsent():
                self._journal.asked(effect)

    def _record_gate(self, effect: RecordGate, evidence: Evidence, times: Mapping[str, Monotonic]) -> None:
        gives_back = self._spent.ended(effect.admission, effect.outcome)
        self._journal.outcome(effect, evidence, times, gives_back=gives_back)

    def _open(self, admission: EventId) -> None:
        try:
            self._gate.open(admission, self._site.pulse_s)
        except DeviceLost:
            # Nothing was delivered, so nothing can open late.
            self._take(GateHasFailed(admission))

    def _end(self) -> None:
        self._presence.answered(self._evidence.seen, self._evidence.facts.reading)
        self._attend(False)
        self.visit = Visit(_new_id())
        self._evidence = Evidence()
        self._evidence.without(self.lost)
        self._gate_times = {}

    def _refresh(self) -> None:
        self._display.refresh(self.visit, self._evidence, self._lost)

    def _watching(self) -> bool:
        return self.visit.phase not in {Phase.IDLE, Phase.ENDED} and not self._presence.left


def _new_id() -> VisitId:
    return VisitId(secrets.token_hex(8))
