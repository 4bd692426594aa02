"""The threads that do the core's slow work: one writes the log, one asks issuers. Neither holds up the loop."""

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, Full, Queue

from kiosk.credentials import HealthToken
from kiosk.errors import LogUnusable, ServiceUnavailable, Unacknowledged
from kiosk.events import Draft
from kiosk.evidence import IssuerAnswer
from kiosk.inbox import Inbox, Recorded, TokenAnswered
from kiosk.lines import get_logger
from kiosk.model import Decision, EventId, VisitId
from kiosk.ports import Clock, HealthIssuer, Log
from kiosk.settlement import Settlement
from kiosk.spent import AlreadySpent, Spend
from kiosk.units import Seconds
from kiosk.visit import RecordGate

BOUND = 512
TURN_WITHIN = Seconds(0.5)

_log = get_logger()


@dataclass(frozen=True, slots=True)
class _Entry:
    visit: VisitId
    draft: Draft
    decision: Decision | None = None
    spends: Spend | None = None
    outcome: RecordGate | None = None
    gives_back: bool = False


class LogRecorder:
    """Writes entries to the log in the order in which they came (a worker's job, and the runtime's Recorder).

    When the queue is full a decision fails at once, so that nothing opens on its account; a note is dropped, and
    an error logged. What `settlement` owes comes before the next entry, as soon as the log can be read.
    """

    def __init__(
        self, log: Log, inbox: Inbox, clock: Clock, written: Callable[[], None], settlement: Settlement | None = None
    ) -> None:
        self._settlement = settlement
        self._log = log
        self._inbox = inbox
        self._clock = clock
        self._written = written
        self._entries: Queue[_Entry] = Queue(BOUND)

    def decision(self, visit: VisitId, decision: Decision, draft: Draft, spends: Spend | None) -> None:
        """Make a decision durable; the answer comes as Recorded."""
        if not self._put(_Entry(visit, draft, decision=decision, spends=spends)):
            self._inbox.post(Recorded(visit, decision, None, self._clock.monotonic()))

    def outcome(self, effect: RecordGate, draft: Draft, *, gives_back: bool) -> None:
        """Record how an admission ended; should that fail, the next start finds it unresolved."""
        self._put(_Entry(effect.visit, draft, outcome=effect, gives_back=gives_back))

    def note(self, visit: VisitId, draft: Draft) -> None:
        """Record anything else."""
        self._put(_Entry(visit, draft))

    def set_up(self) -> None:
        """Settle the past, if the log can be used; otherwise it is tried again with the next entry."""
        with suppress(LogUnusable):
            self._settle()

    def turn(self, stop: threading.Event) -> bool:
        """Write the next entry. Raises LogUnusable when the log takes none; the entry's fate is told first."""
        del stop
        try:
            entry = self._entries.get(timeout=TURN_WITHIN)
        except Empty:
            return False
        try:
            self._write(entry)
        finally:
            self._entries.task_done()
        self._written()
        return True

    def tear_down(self) -> None:
        """Nothing to let go of."""

    def _settle(self) -> None:
        if self._settlement is not None:
            self._settlement.settle()

    def drain(self) -> None:
        """Write what is still queued: the core is closing and its worker has ended."""
        with suppress(LogUnusable):
            while not self._entries.empty():
                self._write(self._entries.get_nowait())
                self._written()

    def _write(self, entry: _Entry) -> None:
        """Write an entry and tell its fate. Raises LogUnusable when the log takes no entry, not for this one alone."""
        event = unacknowledged = None
        try:
            self._settle()
            event = self._recorded(entry)
        except Unacknowledged as error:
            # The log goes on without its disk, and says so itself; there is nothing to wait for.
            unacknowledged = error.event
        except AlreadySpent:
            pass
        finally:
            if entry.decision is not None:
                self._tell(entry, entry.decision, event, unacknowledged)

    def _tell(self, entry: _Entry, decision: Decision, event: EventId | None, unacknowledged: EventId | None) -> None:
        if self._settlement is not None and (admission := event or unacknowledged) is not None:
            self._settlement.ours(admission)
        now = self._clock.monotonic()
        self._inbox.post(Recorded(entry.visit, decision, event, now, entry.spends, unacknowledged))

    def _recorded(self, entry: _Entry) -> EventId:
        if entry.outcome is not None:
            ended = entry.outcome
            return self._log.record_outcome(ended.admission, ended.outcome, entry.draft, gives_back=entry.gives_back)
        return self._log.append(entry.draft, visit=entry.visit, decision=entry.decision, spends=entry.spends)

    def _put(self, entry: _Entry) -> bool:
        try:
            self._entries.put_nowait(entry)
        except Full:
            _log.error("log queue full", kind=entry.draft.kind)
            return False
        return True


class IssuerResolver:
    """Asks the issuers' gateways, by issuer id (a worker's job, and the runtime's Resolver).

    `on_health(well, detail)` is called on edges: one issuer gave no answer, or each that gave none has answered again.
    The next visitor's question does not wait because another's had no answer.
    """

    def __init__(
        self,
        issuers: Mapping[str, HealthIssuer],
        inbox: Inbox,
        timeout_s: Seconds,
        on_health: Callable[[bool, str], None] = lambda _well, _detail: None,
    ) -> None:
        self._issuers = issuers
        self._inbox = inbox
        self._timeout_s = timeout_s
        self._on_health = on_health
        self._asked: Queue[tuple[VisitId, HealthToken]] = Queue(16)
        self._visit: VisitId | None = None
        self._silent: set[str] = set()

    def use(self, issuers: Mapping[str, HealthIssuer]) -> None:
        """Ask these gateways from now on. Any thread may call this."""
        self._issuers = issuers

    def ask(self, visit: VisitId, token: HealthToken) -> None:
        """Ask about a token; the answer comes as TokenAnswered. When the queue is full there is none.

        Whoever asked before has gone: their questions are not put any more.
        """
        self._visit = visit
        try:
            self._asked.put_nowait((visit, token))
        except Full:
            self._inbox.post(TokenAnswered(visit, token.token, None))

    def set_up(self) -> None:
        """Nothing to acquire: a gateway keeps its own connection."""

    def turn(self, stop: threading.Event) -> bool:
        """Ask about the next token; True when there was one to ask about."""
        del stop
        try:
            visit, token = self._asked.get(timeout=TURN_WITHIN)
        except Empty:
            return False
        if visit != self._visit:
            return False
        answer: IssuerAnswer | None = None
        try:
            answer = self._gateway(token.issuer).resolve(token.token, self._timeout_s)
        except ServiceUnavailable as error:
            self._lose(token.issuer, str(error))
        else:
            self._find(token.issuer)
        if answer is None:
            self._inbox.post(TokenAnswered(visit, token.token, None))
        else:
            self._inbox.post(TokenAnswered(visit, token.token, answer.status, answer.person))
        return True

    def tear_down(self) -> None:
        """Nothing to let go of."""

    def _lose(self, issuer: str, detail: str) -> None:
        first = not self._silent
        self._silent.add(issuer)
        if first:
            self._on_health(False, f"{issuer}: {detail}")

    def _find(self, issuer: str) -> None:
        if issuer in self._silent:
            self._silent.discard(issuer)
            if not self._silent:
                self._on_health(True, "")

    def _gateway(self, issuer: str) -> HealthIssuer:
        try:
            return self._issuers[issuer]
        except KeyError:
            raise ServiceUnavailable("no gateway is configured for this issuer") from None
