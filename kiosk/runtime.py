"""The loop of the core: events in, `flow.step`, effects out. One thread; it never waits for disk or network."""

import secrets
from collections.abc import Callable

import structlog

from kiosk import flow, policy
from kiosk.errors import DeviceLost
from kiosk.events import Draft
from kiosk.facts import Evidence
from kiosk.flow import FlowError
from kiosk.inbox import Inbox, Item, Recorded, Resume, TokenAnswered
from kiosk.link import BEAT_EVERY, GateClosed, GateFailed, GateOpened, PartHealth, Passed, SceneMoved, ViewChanged
from kiosk.model import (
    Answer,
    Decision,
    EventId,
    Monotonic,
    Observation,
    Part,
    ReasonCode,
    Scan,
    Seconds,
    VisitId,
)
from kiosk.parking import ParkedVisits
from kiosk.ports import Clock, Gate, Recorder, Resolver
from kiosk.records import Stamp, decision_draft, ended_draft, health_draft, outcome_draft
from kiosk.site import Site
from kiosk.visit import (
    AnswerAwaited,
    Approached,
    CallGuard,
    DeadlineReached,
    Decide,
    Decided,
    Effect,
    End,
    Ending,
    Event,
    FactsComplete,
    FactsWanted,
    GatePassed,
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
    Visit,
)
from kiosk.visit import GateClosed as GateHasClosed
from kiosk.visit import GateFailed as GateHasFailed
from kiosk.visit import GateOpened as GateHasOpened

ABSENCE = Seconds(1.5)
"""Nobody and no code for so long: the visitor has left."""
SAME_CODE_AGAIN = Seconds(3.0)
"""A code still held up after its visit ended begins a new one only after it was out of sight for so long."""
ASKING = frozenset({Phase.APPROACHING, Phase.COLLECTING, Phase.CHECKING, Phase.AWAITING_FORM, Phase.AWAITING_CONSENT})
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
        show: Callable[[ViewChanged], None],
    ) -> None:
        self._site = site
        self._inbox = inbox
        self._clock = clock
        self._gate = gate
        self._recorder = recorder
        self._resolver = resolver
        self._attend = attend
        self._show = show
        self._lost: dict[Part, str] = {}
        self._next_beat = clock.monotonic()
        self._just_used: dict[bytes, Monotonic] = {}
        self._same_person = False
        self._parked = ParkedVisits()
        self.visit = Visit(_new_id())
        self._evidence = Evidence()
        self._gate_times: dict[str, Monotonic] = {}
        self._last_seen = Monotonic(0.0)
        self._left = False

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
            due.append(Monotonic(self._last_seen + ABSENCE))
        return max(0.0, min(due) - self._clock.monotonic())

    def tick(self) -> None:
        """Do what time asks for: the heartbeat, absence, deadlines."""
        now = self._clock.monotonic()
        if now >= self._next_beat:
            self._next_beat = Monotonic(now + BEAT_EVERY)
            try:
                self._gate.heartbeat()
            except DeviceLost as error:
                self._part(PartHealth(Part.GATE, well=False, detail=str(error), at=now))
        for expired, ended in self._parked.expire(now):
            self._recorder.note(expired, ended_draft(self._stamp(), expired, ended))
        if self._watching() and now >= self._last_seen + ABSENCE:
            self._left = True
            self._take(Left())
        if self.visit.deadline is not None and now >= self.visit.deadline:
            if self.visit.phase is Phase.CHECKING:
                self._evidence.give_up_waiting()
            self._take(DeadlineReached())

    def handle(self, item: Item) -> None:
        """Take in one item."""
        match item:
            case Scan():
                self._scanned(item)
            case Observation():
                self._observed(item)
            case Resume():
                self._resume(item.visit)
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
                    self._note(Draft("passage", {**self._stamp().body(), "admission": None}))
            case GateClosed():
                self._take(GateHasClosed(item.admission))
            case GateFailed():
                self._take(GateHasFailed())
            case PartHealth():
                self._part(item)
            case SceneMoved():
                pass

    # What comes in.

    def _scanned(self, scan: Scan) -> None:
        now = self._clock.monotonic()
        if self.visit.phase is Phase.IDLE and self._used_just_now(scan):
            return
        self._seen(now)
        token = self._evidence.scanned(scan, self._site.trust, self._clock.wall(), now)
        if token is not None:
            self._resolver.ask(self.visit.id, token)
        self._weigh()

    def _used_just_now(self, scan: Scan) -> bool:
        last = self._just_used.get(scan.content)
        if last is None:
            return False
        if scan.captured_at - last >= SAME_CODE_AGAIN:
            del self._just_used[scan.content]
            return False
        self._just_used[scan.content] = scan.captured_at
        return True

    def _observed(self, seen: Observation) -> None:
        if not seen.present:
            self._same_person = False
            return
        if self._same_person and self.visit.phase is Phase.IDLE:
            return  # whoever has just been answered is still walking off
        self._seen(seen.at)
        if seen.reading is not None and self.visit.phase in ASKING:
            self._evidence.measured(seen.reading)
            self._weigh()

    def _seen(self, at: Monotonic) -> None:
        self._last_seen = max(self._last_seen, at)
        if self.visit.phase is Phase.IDLE:
            self._evidence.times["approached"] = at
            for part in self._lost:
                self._note_lost(part, lost=True)
            self._take(Approached())
            self._attend(True)
        elif self._left:
            self._left = False
            self._take(Approached())

    def _recorded(self, item: Recorded) -> None:
        if item.event is None:
            event: Event = PersistFailed(item.decision)
        else:
            event = Persisted(item.event, item.decision)
        if item.visit == self.visit.id:
            self._gate_times["durable"] = item.at
            self._take(event)
        elif item.event is not None and item.decision.answer is Answer.ADMIT:
            # The visit is over: an ended visit's row of the table says what becomes of its admission.
            gone = Visit(item.visit, phase=Phase.ENDED, decision=item.decision)
            _, effects = flow.step(gone, event, self._clock.monotonic())
            for effect in effects:
                self._carry_out(effect)

    def _part(self, health: PartHealth) -> None:
        known = health.part in self._lost
        if health.well == (not known):
            return
        if health.well:
            del self._lost[health.part]
        else:
            self._lost[health.part] = health.detail
        self._note(health_draft(self._stamp(), health.part, well=health.well, detail=health.detail))
        self._note_lost(health.part, lost=not health.well)
        if health.part is Part.GATE and not health.well and self.visit.phase in {Phase.OPENING, Phase.OPEN}:
            self._take(GateHasFailed())
        self._weigh()
        self._publish()

    def _note_lost(self, part: Part, *, lost: bool) -> None:
        if part is Part.THERMOMETER:
            self._evidence.thermometer(lost=lost)

    def _resume(self, visit: VisitId) -> None:
        """Bring a parked visitor back to a kiosk that is free."""
        if self.visit.phase not in {Phase.IDLE, Phase.APPROACHING}:
            return
        now = self._clock.monotonic()
        back = self._parked.take(visit, now)
        if back is None:
            return
        parked, evidence = back
        self.visit = parked
        self._evidence = evidence
        self._last_seen = now
        self._take(Resumed())
        self._attend(True)
        self._weigh()

    # The rules.

    def _weigh(self) -> None:
        """Ask the rules what they make of the facts now, and tell the flow."""
        if self.visit.phase not in ASKING and self.visit.phase is not Phase.AWAITING_GUARD:
            return
        answer = policy.evaluate(self._site.document, self._evidence.facts)
        if self.visit.phase is Phase.AWAITING_GUARD:
            # A better code may still be shown; the same answer is not given twice.
            if isinstance(answer, Decision) and answer != self.visit.decision:
                self._take(FactsComplete())
            return
        pending = self._evidence.facts.pending
        if isinstance(answer, Decision):
            self._take(FactsComplete())
        elif wanted := answer.wanted - pending:
            if self.visit.phase is not Phase.COLLECTING or wanted != self.visit.wanted:
                self._take(FactsWanted(wanted))
        elif self.visit.phase is not Phase.CHECKING:
            self._take(AnswerAwaited(pending))

    def _decide(self) -> None:
        answer = policy.evaluate(self._site.document, self._evidence.facts)
        if not isinstance(answer, Decision):
            document = self._site.document
            answer = Decision(Answer.HOLD, (ReasonCode("facts_missing"),), "default", f"{document.id}@{document.version}")
        self._evidence.times["decided"] = self._clock.monotonic()
        self._take(Decided(answer))

    # The flow.

    def _take(self, event: Event) -> None:
        """Step the visit. What the table does not accept changes nothing and is logged."""
        before = (self.visit.phase, self.visit.wanted)
        try:
            after, effects = flow.step(self.visit, event, self._clock.monotonic())
        except FlowError as error:
            _log.debug("event not taken", reason=str(error))
            return
        self.visit = after
        for effect in effects:
            self._carry_out(effect)
        if (self.visit.phase, self.visit.wanted) != before:
            self._publish()
        if self.visit.phase in {Phase.ENDED, Phase.PARKED}:
            self._end()

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case Decide():
                self._decide()
            case Persist(visit, decision):
                draft = decision_draft(self._stamp(), visit, decision, self._evidence.facts, self._evidence.times)
                self._recorder.decision(visit, decision, draft)
            case OpenGate(_, admission):
                self._open(admission)
            case RecordGate(visit, admission, outcome):
                draft = outcome_draft(self._stamp(), visit, admission, outcome, self._gate_times, self._observed_clear_s())
                self._recorder.outcome(visit, effect, draft)
            case CallGuard(visit):
                self._note(Draft("guard_called", {**self._stamp().body(), "visit": visit}))
            case End(visit, ending):
                if ending in UNANSWERED:
                    self._recorder.note(visit, ended_draft(self._stamp(), visit, ending))
            case RequestForm(visit):
                self._note(Draft("form_requested", {**self._stamp().body(), "visit": visit}))
            case RequestConsent(visit):
                self._note(Draft("consent_requested", {**self._stamp().body(), "visit": visit}))
            case Park():
                self._parked.park(self.visit, self._evidence)

    def _open(self, admission: EventId) -> None:
        try:
            self._gate.open(admission, self._site.pulse_s)
        except DeviceLost:
            self._take(GateHasFailed())

    def _observed_clear_s(self) -> float | None:
        """From first sight of a code or of presence, whichever is later, to the active line."""
        first = [self._evidence.times[name] for name in ("code_captured", "presence") if name in self._evidence.times]
        opened = self._gate_times.get("opened")
        return None if opened is None or not first else opened - max(first)

    def _end(self) -> None:
        self._just_used = dict(self._evidence.seen)
        self._same_person = True
        self._attend(False)
        self._begin()
        self._publish()

    def _begin(self) -> None:
        self.visit = Visit(_new_id())
        self._evidence = Evidence()
        self._gate_times = {}
        self._last_seen = Monotonic(0.0)
        self._left = False

    def _watching(self) -> bool:
        return self.visit.phase not in {Phase.IDLE, Phase.ENDED} and not self._left

    def _publish(self) -> None:
        visit = self.visit
        self._show(
            ViewChanged(
                phase=visit.phase,
                answer=visit.decision.answer if visit.decision is not None else None,
                reasons=visit.decision.reasons if visit.decision is not None else (),
                wanted=tuple(sorted(visit.wanted)),
                notice="" if self._evidence.recognised else "not_recognised",
                at=self._clock.monotonic(),
            )
        )

    def _note(self, draft: Draft) -> None:
        self._recorder.note(self.visit.id, draft)

    def _stamp(self) -> Stamp:
        clock = self._clock
        return Stamp(
            self._site.gate,
            clock.boot_id(),
            self._site.software,
            clock.monotonic(),
            clock.wall(),
            clock.state(),
            self._site.simulated,
        )


def _new_id() -> VisitId:
    return VisitId(secrets.token_hex(8))
