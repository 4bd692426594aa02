"""The sender: brings the durable log to the central server, in order, for as long as it takes.

Nothing it does deletes an event. What the server does not take is sent again later; a log that the server cannot
take at all (a fork, a refused event) is tried again with growing pauses while newer logs go ahead. A server that was
restored from a backup holds less than it acknowledged: found out in one log, it is asked about the earlier ones.
"""

import random
import threading
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from typing import Protocol

from kiosk.errors import LogUnusable, ServiceUnavailable
from kiosk.events import Head
from kiosk.lines import get_logger
from sync import wire
from sync.chain import HeadDisputed, Pending
from sync.enrolment_wire import Why, decode_refusal
from sync.exchange import Exchange, Reply
from sync.obstacles import SENTENCES, Obstacle, Obstructed
from sync.wire import BEGIN_NEW, Standing

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
IDLE_S = 60.0
"""Without news the sender looks at the log this often all the same, and prunes it."""
GATE_FIRST_S = 0.1
"""After an event the sender holds back for so long: it must not take the processor from the opening that follows."""
FORBIDDEN = 403
REFUSED = frozenset({400, 413, 422})
"""Answers that speak of the content: sending the same again will not help, sending less may."""

_log = get_logger()


class Outbox(Protocol):
    """What the sender needs of the log (sync.log.SqliteLog). Every method raises LogUnusable."""

    def pending(self, limit: int, *, skip: Collection[str] = ()) -> Pending | None:
        """Consecutive unacknowledged events of one log, oldest log first."""

    def earlier(self) -> Sequence[Head]:
        """Every log but the current one, where the server's copy ends."""

    def acknowledge(self, log_id: str, next_seq: int, head: bytes) -> None:
        """Note what the server holds. Raises HeadDisputed."""

    def kept_aside(self, log_id: str, kept_to: int) -> None:
        """Note what the server keeps aside of a forked log."""

    def send_again(self, log_id: str, next_seq: int) -> None:
        """Have all that is held of a log pending, if that begins no later than at `next_seq`."""

    def begin_new(self, reason: str, *, after: str) -> str:
        """Begin a new log if `after` is the current one."""

    def unacknowledged(self) -> int:
        """How many events are not acknowledged."""

    def prune(self) -> int:
        """Delete what may go."""


class _Stuck(Exception):
    """The server will not take this log further, for a reason that time alone does not mend."""


class Sender:
    """Sends a log's events over `exchange`, which is its own, and notes what the server acknowledged.

    One thread calls `run`; `flush` may be called from any thread, also afterwards. `on_health(well, detail)` is
    called on edges only: the server was lost, is back, or disputes the log.
    """

    def __init__(
        self,
        log: Outbox,
        exchange: Exchange,
        *,
        batch: int = 200,
        on_health: Callable[[bool, str], None] = lambda _well, _detail: None,
        monotonic: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._log = log
        self._exchange = exchange
        self._batch = batch
        self._on_health = on_health
        self._monotonic = monotonic
        self._jitter = jitter
        self._turn = threading.Lock()
        self._well: bool | None = None
        self._obstacle: Obstacle | None = None
        self._failures = 0
        self._limit = batch
        self._stuck: set[str] = set()
        self._rewound: set[str] = set()
        self._forked: set[str] = set()
        self._introduced: set[str] = set()
        self._doubtful = True

    def run(self, stop: threading.Event, wake: threading.Event) -> None:
        """Send until `stop`. `wake` announces new events; whoever sets `stop` sets `wake` after it."""
        while True:
            wake.clear()
            if stop.is_set():
                return
            try:
                delivered = self._deliver(stop.is_set)
            except Exception as error:  # noqa: BLE001 - the boundary of a thread: the events are safe, so try again
                if self._well is not False:
                    _log.exception("sender fault")
                delivered = self._failed(type(error).__name__)
            if delivered:
                if wake.wait(IDLE_S):
                    stop.wait(GATE_FIRST_S)
            else:
                stop.wait(self._pause_s())
            with suppress(LogUnusable):
                self._log.prune()

    def flush(self, deadline_s: float) -> int:
        """Send what can be sent within `deadline_s` seconds; return how many events stay unacknowledged.

        Raises LogUnusable when the log cannot even be counted.
        """
        ends = self._monotonic() + deadline_s
        while self._monotonic() < ends:
            if self._deliver(lambda: self._monotonic() >= ends, ends) or self._log.unacknowledged() == 0:
                break
            threading.Event().wait(min(self._pause_s(), max(0.0, ends - self._monotonic())))
        return self._log.unacknowledged()

    def close(self) -> None:
        """Close the connections. Idempotent."""
        self._exchange.close()

    def _deliver(self, interrupted: Callable[[], bool], ends: float | None = None) -> bool:
        """Send until nothing is pending. True when that was reached, False when to pause first."""
        if not self._turn.acquire(timeout=-1 if ends is None else max(0.0, ends - self._monotonic())):
            return False
        try:
            self._stuck.clear()
            self._rewound.clear()
            self._introduced.clear()
            reached = in_vain = False
            while not interrupted():
                if self._doubtful and not in_vain:
                    in_vain = not self._ask(ends)
                    continue
                pending = self._log.pending(self._limit, skip=tuple(self._stuck))
                if pending is None:
                    break
                if pending.after.next_seq == 1 and pending.after.log_id not in self._introduced:
                    # A log that the server sees for the first time does not show what it has forgotten of the others.
                    self._introduced.add(pending.after.log_id)
                    self._doubtful = True
                    continue
                self._send(pending, ends)
                reached = True
            if self._stuck:
                return self._failed(f"the server does not take {len(self._stuck)} log(s); they are kept")
            self._failures = 0
            self._limit = self._batch
            if reached:
                self._healthy(True, "")
            return True
        except ServiceUnavailable as error:
            self._name(error.obstacle if isinstance(error, Obstructed) else None)
            return self._failed(str(error))
        except LogUnusable:
            # The log tells of its own faults: the server has no part in them.
            self._failures += 1
            return False
        finally:
            self._turn.release()

    def _send(self, pending: Pending, ends: float | None) -> None:
        """One exchange, to its end. Raises ServiceUnavailable (pause, then again) or LogUnusable."""
        after = pending.after
        reply = self._exchange.upload(pending, ends)
        try:
            if reply.status == 200:
                self._acknowledged(pending, reply)
            elif reply.status == 409:
                self._conflict(after, reply)
            elif reply.status == FORBIDDEN and decode_refusal(reply.body).reason == Why.NOT_YOURS:
                raise _Stuck("another device's")
            elif reply.status in REFUSED and reply.events > 1:
                self._limit = max(1, reply.events // 2)
            elif reply.status in REFUSED:
                raise _Stuck(f"refused with status {reply.status}")
            else:
                raise ServiceUnavailable(f"the server answers with status {reply.status}")
        except wire.NotOnTheWire as error:
            raise ServiceUnavailable(str(error)) from error
        except (HeadDisputed, _Stuck) as error:
            self._give_way(after.log_id, str(error))

    def _ask(self, ends: float | None) -> bool:
        """Ask where the server's copies of the earlier logs end, so that what they lack is pending again first.

        False when it did not say so of each: it is asked again another time.
        """
        answered = True
        for known in self._log.earlier():
            reply = self._exchange.standing(known, ends)
            try:
                standing = wire.decode_standing(reply.body if reply.status == 200 else b"")
            except wire.NotOnTheWire:
                answered = False
                continue
            try:
                self._log.acknowledge(known.log_id, standing.next_seq, bytes.fromhex(standing.head))
            except HeadDisputed:
                # Another branch of the log. What it kept aside of ours it may have forgotten: it is sent once more.
                self._log.send_again(known.log_id, standing.next_seq)
        self._doubtful = not answered
        return answered

    def _acknowledged(self, pending: Pending, reply: Reply) -> None:
        after, standing = pending.after, wire.decode_standing(reply.body)
        try:
            self._note(after, standing)
        except HeadDisputed:
            sent_to = after.next_seq + reply.events
            if standing.kept_to != sent_to:
                raise
            # It has all that was sent, and more of this log than we know: our card is an older copy of itself.
            self._log.acknowledge(after.log_id, sent_to, pending.events[reply.events - 1].hash)
            self._log.begin_new("fork", after=after.log_id)
            return
        if standing.next_seq <= after.next_seq:
            raise ServiceUnavailable("the server took nothing of what was sent")
        self._limit = min(self._batch, self._limit * 2)

    def _conflict(self, after: Head, reply: Reply) -> None:
        standing = wire.decode_standing(reply.body)
        if not standing.fork:
            self._note(after, standing)
            if standing.next_seq >= after.next_seq:
                raise ServiceUnavailable("the server reports a gap where there is none")
            if after.log_id in self._rewound:
                raise ServiceUnavailable("the server forgets what it has just acknowledged")
            self._rewound.add(after.log_id)
            return
        if standing.log == BEGIN_NEW:
            self._log.begin_new("fork", after=after.log_id)
        if after.log_id not in self._forked:
            self._forked.add(after.log_id)
            _log.error("log forked", log_id=after.log_id, at=standing.next_seq)
        kept_to = min(standing.kept_to or 0, after.next_seq + reply.events)
        if kept_to <= after.next_seq:
            raise _Stuck("forked")
        self._log.kept_aside(after.log_id, kept_to)

    def _note(self, after: Head, standing: Standing) -> None:
        """Note what the server holds. Less than it once acknowledged: such as after a restored backup."""
        self._log.acknowledge(after.log_id, standing.next_seq, bytes.fromhex(standing.head))
        if standing.next_seq < after.next_seq:
            self._doubtful = True

    def _give_way(self, log_id: str, reason: str) -> None:
        """Let the other logs pass: this one is kept and tried again after a pause; new events go to a new one."""
        if not self._stuck and self._failures == 0:
            _log.error("log not taken by the server", log_id=log_id, reason=reason)
        self._stuck.add(log_id)
        self._limit = self._batch
        self._log.begin_new("not_taken", after=log_id)

    def _name(self, obstacle: Obstacle | None) -> None:
        """Note what stands in the way. The edge is the core's to log; what else comes while the server is lost is ours."""
        if obstacle is not self._obstacle:
            self._obstacle = obstacle
            if obstacle is not None and self._well is False:
                get_logger().warning("server obstructed", obstacle=obstacle, reason=SENTENCES[obstacle])

    def _failed(self, detail: str) -> bool:
        self._failures += 1
        self._healthy(False, detail)
        return False

    def _pause_s(self) -> float:
        longest = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(self._failures - 1, 16))
        return longest * (0.5 + self._jitter() / 2)

    def _healthy(self, well: bool, detail: str) -> None:
        if well:
            self._name(None)
        if well is not self._well:
            self._well = well
            self._on_health(well, detail)
