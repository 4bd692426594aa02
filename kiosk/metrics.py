"""The core's figures for Prometheus, on loopback: counted from what passes the inbox, the recorder and the log.

No label carries anything that names a person, a visit or an event, and every label has few values that are known
beforehand; what a policy document does not name is `other`. The figures are described in `docs/metrics.md`.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, runtime_checkable

from prometheus_client import (
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from kiosk.errors import LogUnusable
from kiosk.events import Draft
from kiosk.exposition import Exposition
from kiosk.gate_mode import Kept, ModeOrder
from kiosk.held_to import NO_FORM, OTHER_VEHICLE
from kiosk.in_force import InForce, PolicyTurned, Renewed
from kiosk.inbox import Inbox, Item
from kiosk.lines import get_logger
from kiosk.link import PartHealth
from kiosk.model import Answer, Decision, EventId, GateOutcome, Part, ReasonCode, VisitId
from kiosk.overriding import Way
from kiosk.policy import NO_RULE_APPLIES, PolicyDocument
from kiosk.ports import Admission, Clock, Log, Recorder
from kiosk.rulebook import NOT_LISTED
from kiosk.spent import Spend
from kiosk.staleness import LIMITS, Now, age
from kiosk.visit import RecordGate
from kiosk.weighing import MISSING

OTHER = "other"
CLEAR_BUCKETS_S = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.2, 1.5, 2.0, 3.0, 5.0)
"""Close together where the promise is: 0.8 s for 95 visitors of 100, 1.2 s for 99, never over 2 s."""
APPEND_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5)

_log = get_logger()


@runtime_checkable
class Backlog(Protocol):
    """A log that knows how much of it the server lacks, and how much more it takes."""

    def unacknowledged(self) -> int:
        """How many events the server has not acknowledged. Raises LogUnusable."""

    def left(self) -> int:
        """How many bytes more it takes. Raises LogUnusable."""


class Refusing(Protocol):
    """What counts the documents of a kiosk."""

    refused: int
    ignored: int


class Hearing(Protocol):
    """What counts the messages to a kiosk."""

    foreign: int
    ignored: int


class Metrics(Exposition):
    """The figures of one core, in a registry of their own. Any thread may count."""

    def __init__(self, *, software: str, document: PolicyDocument, simulated: bool) -> None:
        super().__init__()
        registry = self.registry
        self.reasons = frozenset(
            {
                *MISSING.values(),
                NOT_LISTED,
                NO_FORM,
                OTHER_VEHICLE,
                *map(ReasonCode, Way),
                *(limit.reason for limit in LIMITS),
            }
        )
        self._in_force: InForce | None = None
        self._downward: _Downward | None = None
        self._decisions = Counter("gatepost_decisions", "Answers given to visitors.", ("answer", "reason"), registry=registry)
        self._clear_s = Histogram(
            "gatepost_observed_clear_seconds",
            "From first sight of a code or of presence, whichever is later, to the active gate line.",
            buckets=CLEAR_BUCKETS_S,
            registry=registry,
        )
        self._outcomes = Counter(
            "gatepost_gate_outcomes", "What became of admissions at the gate line.", ("outcome",), registry=registry
        )
        self._parts = Gauge(
            "gatepost_part_up",
            "1 while a part is well, 0 while it is lost; not there before it was heard of.",
            ("part",),
            registry=registry,
        )
        self._append_s = Histogram(
            "gatepost_log_append_seconds",
            "How long it took to make an event durable.",
            buckets=APPEND_BUCKETS_S,
            registry=registry,
        )
        ProcessCollector(namespace="gatepost", registry=registry)
        self._info = Info("gatepost", "What runs here.", registry=registry)
        self._labels = {"software": software, "simulated": str(simulated).lower()}
        self._go_by(document)
        # A series that only comes into being with its first event hides that event from a rate.
        self._decisions.labels(Answer.HOLD, NO_RULE_APPLIES)
        for outcome in GateOutcome:
            self._outcomes.labels(outcome)
        self._parts.labels(Part.CORE).set(1)

    def inbox(self) -> Inbox:
        """Return the core's inbox, whose depth and losses are seen from here on, and what it hears of parts."""
        inbox = MeteredInbox(self.part, self.renewed, self._go_by)
        Gauge("gatepost_inbox_depth", "Items that wait for the core's loop.", registry=self.registry).set_function(
            inbox.depth
        )
        self.registry.register(_Dropped(inbox))
        return inbox

    def downward(self, documents: Refusing, messages: Hearing, clock: Clock, in_force: InForce) -> None:
        """Show how old the documents are, and count what comes down and is not gone by."""
        self._in_force = in_force
        if self._downward is None:
            self._downward = _Downward(documents, messages, clock, lambda: self._in_force)
            self.registry.register(self._downward)
        else:
            self._downward.go_on_with(documents, messages)

    def renewed(self, in_force: InForce) -> None:
        """Take note of the documents that are in force from now on."""
        self._in_force = in_force
        self._go_by(in_force.document)

    def log(self, log: Log, clock: Clock) -> Log:
        """Return the log, timed from here on, and its outcomes counted: those that a crash left open too."""
        if isinstance(log, Backlog):
            Gauge(
                "gatepost_log_unacknowledged_events", "Events that the server has not acknowledged.", registry=self.registry
            ).set_function(lambda: _asked(log.unacknowledged))
            Gauge("gatepost_log_left_bytes", "How much more the log takes.", registry=self.registry).set_function(
                lambda: _asked(log.left)
            )
        return MeteredLog(log, clock, self)

    def recorder(self, recorder: Recorder) -> Recorder:
        """Return the recorder, which counts from here on."""
        return MeteredRecorder(recorder, self)

    def decision(self, decision: Decision) -> None:
        """Count an answer under its first reason."""
        reason = decision.reasons[0] if decision.reasons else OTHER
        self._decisions.labels(decision.answer, reason if reason in self.reasons else OTHER).inc()

    def outcome(self, outcome: GateOutcome, clear_s: float | None) -> None:
        """Count how an admission ended, and its clear time where the gate could see one."""
        self._outcomes.labels(outcome).inc()
        if clear_s is not None:
            self._clear_s.observe(clear_s)

    def appended(self, took_s: float) -> None:
        """Note how long a durable write took."""
        self._append_s.observe(took_s)

    def part(self, part: Part, well: bool) -> None:
        """Note that a part is well or lost."""
        self._parts.labels(part).set(int(well))

    def _go_by(self, document: PolicyDocument) -> None:
        self._info.info({**self._labels, "policy": document.name})
        self.reasons |= {*document.reasons}
        for rule in document.rules:
            if rule.then is not None:
                self._decisions.labels(rule.then, rule.reason)


class MeteredInbox(Inbox):
    """An inbox that can be looked into, and that says what it hears of the health of parts and of new documents."""

    def __init__(
        self,
        heard: Callable[[Part, bool], None],
        renewed: Callable[[InForce], None],
        turned: Callable[[PolicyDocument], None],
    ) -> None:
        super().__init__()
        self._heard = heard
        self._renewed = renewed
        self._turned = turned

    def post(self, item: Item) -> None:
        """Put an item in. Never waits."""
        if isinstance(item, PartHealth):
            self._heard(item.part, item.well)
        elif isinstance(item, Renewed):
            self._renewed(item.in_force)
        elif isinstance(item, PolicyTurned):
            self._turned(item.document)
        super().post(item)


class MeteredRecorder:
    """A Recorder that counts what passes through it."""

    def __init__(self, recorder: Recorder, metrics: Metrics) -> None:
        self._recorder = recorder
        self._metrics = metrics

    def decision(self, visit: VisitId, decision: Decision, draft: Draft, spends: Spend | None) -> None:
        """Count an answer, and make it durable."""
        self._metrics.decision(decision)
        self._recorder.decision(visit, decision, draft, spends)

    def outcome(self, effect: RecordGate, draft: Draft, *, gives_back: bool) -> None:
        """Record an outcome, which counts once it is durable."""
        self._recorder.outcome(effect, draft, gives_back=gives_back)

    def mode(self, draft: Draft, kept: Kept, order: ModeOrder | None) -> None:
        """Record the gate's mode."""
        self._recorder.mode(draft, kept, order)

    def note(self, visit: VisitId, draft: Draft) -> None:
        """Take note of a part's health, which the loop may have found out by itself, and record the event."""
        if draft.kind == "part_health":
            self._metrics.part(Part(draft.body["part"]), bool(draft.body["well"]))
        self._recorder.note(visit, draft)


class MeteredLog:
    """A Log whose durable writes are timed and whose outcomes are counted; what fails is neither."""

    def __init__(self, log: Log, clock: Clock, metrics: Metrics) -> None:
        self._log = log
        self._clock = clock
        self._metrics = metrics

    def append(self, draft: Draft, *, visit: str, decision: Decision | None = None, spends: Spend | None = None) -> EventId:
        """Record the event durably. Raises LogUnusable."""
        began = self._clock.monotonic()
        event = self._log.append(draft, visit=visit, decision=decision, spends=spends)
        self._metrics.appended(self._clock.monotonic() - began)
        return event

    def record_outcome(self, admission: EventId, outcome: GateOutcome, draft: Draft, *, gives_back: bool = False) -> EventId:
        """Record how an admission ended. Raises LogUnusable."""
        began = self._clock.monotonic()
        event = self._log.record_outcome(admission, outcome, draft, gives_back=gives_back)
        self._metrics.appended(self._clock.monotonic() - began)
        clear_us = draft.body.get("observed_clear_us")
        self._metrics.outcome(outcome, None if clear_us is None else clear_us / 1e6)
        return event

    def unresolved(self) -> Sequence[Admission]:
        """Admissions without an outcome. Raises LogUnusable."""
        return self._log.unresolved()

    def spent(self) -> Sequence[str]:
        """The marks of the passes that were used up. Raises LogUnusable."""
        return self._log.spent()

    def close(self) -> None:
        """Close the database. Idempotent."""
        self._log.close()


class _Downward(Collector):
    """What is known of the documents when somebody asks: an age that nobody knows is NaN."""

    def __init__(self, documents: Refusing, messages: Hearing, clock: Clock, in_force: Callable[[], InForce | None]) -> None:
        self._documents = documents
        self._messages = messages
        self._clock = clock
        self._in_force = in_force

    def go_on_with(self, documents: Refusing, messages: Hearing) -> None:
        """Count what these count from now on: a kiosk that was enrolled listens anew."""
        self._documents, self._messages = documents, messages

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        ages = GaugeMetricFamily(
            "gatepost_document_age_seconds", "Since the server last vouched for a document.", labels=["document"]
        )
        now = Now(self._clock.wall(), self._clock.state(), self._clock.boot_id(), self._clock.monotonic())
        in_force = self._in_force()
        for kind, confirmed in sorted(((in_force and in_force.confirmed) or {}).items()):
            known = age(confirmed, now)
            ages.add_metric([kind], math.nan if known is None else known)
        yield ages
        for name, said, value in (
            ("documents_refused", "Documents that came down and do not hold.", self._documents.refused),
            ("documents_ignored", "Documents of kinds that are not known here.", self._documents.ignored),
            ("messages_ignored", "Messages of kinds that are not known here.", self._messages.ignored),
            ("messages_foreign", "Messages that the site did not send to this gate.", self._messages.foreign),
        ):
            yield CounterMetricFamily(f"gatepost_{name}", said, value=value)


class _Dropped(Collector):
    """The inbox's own count of what gave way, read when somebody asks."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    def collect(self) -> Iterator[CounterMetricFamily]:
        yield CounterMetricFamily(
            "gatepost_inbox_dropped", "Sights that gave way since the inbox was full.", value=self._inbox.dropped
        )


def _asked(figure: Callable[[], int]) -> float:
    try:
        return float(figure())
    except LogUnusable:
        return math.nan
