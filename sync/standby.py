"""A log in memory for while the disk has failed: the server vouches for a decision in the disk's place.

It is a log of its own that names the disk's log. What is appended goes to the server at once, in order; an admission
counts only when the server has acknowledged everything up to it. Whatever it holds is taken over by the disk's log
(`sync.resilient`) as soon as there is a disk again.
"""

import secrets
import threading

from kiosk.errors import ServiceUnavailable, Unacknowledged
from kiosk.events import Draft, Head
from kiosk.lines import get_logger
from kiosk.model import Decision, EventId, GateOutcome
from kiosk.ports import Clock
from kiosk.spent import Spend
from sync.chain import DISK_FAILED, Carried, Decides, Ends, Entry, HeadDisputed, MemoryChain, Pending, opening
from sync.exchange import Exchange
from sync.wire import NotOnTheWire, Standing, decode_standing

PATIENCE_S = 1.5
"""How long a decision waits for the server; after that it opens nothing, whatever the server says later."""
RETRY_S = 5.0
"""So long after an attempt in vain the next one, unless something is appended: that is sent at once."""
BATCH = 200
ROOM = 16 * 1024 * 1024
"""Bytes held: a fortnight of a busy gate with its server, some thousand people without. When there is no more room,
the oldest events that the server has go first, and keep their notes; after that nothing is taken."""
JOIN_S = 2.0

_log = get_logger()


class Standby:
    """The log in memory, and the thread that brings it to the server over `exchange`, which is its own.

    `begin` and `end` bracket each failure of the disk. One thread at a time may append; any may call the rest.
    """

    def __init__(
        self,
        exchange: Exchange,
        *,
        compound: str,
        device: str,
        clock: Clock,
        patience_s: float = PATIENCE_S,
        retry_s: float = RETRY_S,
        room: int = ROOM,
    ) -> None:
        self._exchange = exchange
        self._compound = compound
        self._device = device
        self._clock = clock
        self._patience_s = patience_s
        self._retry_s = retry_s
        self._room = room
        self._news = threading.Condition()
        self._chain: MemoryChain | None = None
        self._wanted = False
        self._attempts = 0
        self._in_vain = 0  # the number of the last attempt that failed
        self._well = True
        self._closed = False
        self._thread: threading.Thread | None = None

    def begin(self, predecessor: str | None) -> None:
        """Begin a log that names the one before it, when that is known; it is sent with its first event."""
        with self._news:
            head = Head(self._compound, self._device, secrets.token_hex(8))
            self._chain = MemoryChain(head, DISK_FAILED, self._clock)
            self._chain.extend(opening(self._clock, DISK_FAILED, predecessor))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="standby", daemon=True)
                self._thread.start()

    def end(self) -> None:
        """Let go of the log: it has been taken over. Idempotent."""
        with self._news:
            self._chain = None
            self._news.notify_all()

    def append(self, draft: Draft, *, visit: str, decision: Decision | None = None, spends: Spend | None = None) -> EventId:
        """Record an event. A decision's id means that the server has it, and everything before it.

        Raises Unacknowledged: a decision that may or may not reach the server later, or an event for which no room is.
        Raises NotCanonical.
        """
        decides = None if decision is None else Decides(visit, decision.answer)
        with self._news:
            entry = self._extend(draft, decides=decides, spends=spends)
            if decision is not None:
                self._await(entry)
        return entry.id

    def record_outcome(self, admission: EventId, outcome: GateOutcome, draft: Draft, *, gives_back: bool = False) -> EventId:
        """Record how an admission ended. Raises Unacknowledged when there is no room for it, and NotCanonical."""
        with self._news:
            return self._extend(draft, ends=Ends(admission, outcome, gives_back)).id

    def carried(self) -> Carried | None:
        """The log as it is now; None while there is none."""
        with self._news:
            return None if self._chain is None else self._chain.carried()

    def unacknowledged(self) -> int:
        """How many events the server has not acknowledged."""
        with self._news:
            return 0 if self._chain is None else self._chain.head.next_seq - self._chain.acknowledged

    def flush(self, within_s: float) -> int:
        """Try once more to send what is unacknowledged; return how many events still are."""
        with self._news:
            before = self._attempts
            self._ask()
            self._news.wait_for(lambda: self.unacknowledged() == 0 or self._in_vain > before, within_s)
            return self.unacknowledged()

    def close(self) -> None:
        """End the thread and close the connections. Idempotent."""
        with self._news:
            self._closed = True
            self._news.notify_all()
        if self._thread is not None:
            self._thread.join(JOIN_S)
        self._exchange.close()

    def _extend(
        self, draft: Draft, *, decides: Decides | None = None, spends: Spend | None = None, ends: Ends | None = None
    ) -> Entry:
        if self._chain is None or self._closed:
            raise Unacknowledged("there is no log to stand by")
        self._chain.forget(self._room)
        if self._chain.size > self._room:
            raise Unacknowledged("the disk has failed, and the memory is full of events that the server lacks")
        entry = self._chain.extend(draft, decides=decides, spends=spends, ends=ends)
        self._ask()
        return entry

    def _ask(self) -> None:
        self._wanted = True
        self._news.notify_all()

    def _await(self, entry: Entry) -> None:
        """Wait until the server has an entry. Raises Unacknowledged when an attempt failed, or after `patience_s`."""
        chain, before = self._chain, self._attempts
        # An attempt under way may have been made without it: what counts is one that began after it was appended.
        self._news.wait_for(lambda: _has(chain, entry) or self._in_vain > before or self._closed, self._patience_s)
        if not _has(chain, entry):
            raise Unacknowledged("the disk has failed, and the server has not acknowledged the event", entry.id)

    def _run(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: self._wanted or self._closed, self._retry_s if self.unacknowledged() else None)
                if self._closed:
                    return
                self._wanted = False
                self._attempts += 1
                number = self._attempts
            well = self._attempt()
            with self._news:
                if not well:
                    self._in_vain = number
                self._news.notify_all()

    def _attempt(self) -> bool:
        """Send everything that is pending; whether the server has acknowledged it."""
        again = rewound = False
        while True:
            with self._news:
                chain = self._chain
                pending = None if chain is None else chain.pending(BATCH)
            if chain is None or pending is None:
                return True
            try:
                standing = self._send(chain, pending)
            except ServiceUnavailable as error:
                if again:
                    return self._told(str(error))
                # The connection may have been an old one, which the server has let go of.
                again = True
                continue
            except (NotOnTheWire, HeadDisputed) as error:
                return self._told(str(error))
            except Exception as error:  # noqa: BLE001 - the boundary of a thread, without which nothing would open
                _log.exception("standby fault")
                return self._told(type(error).__name__)
            if standing.next_seq > pending.after.next_seq:
                self._told("")
            elif rewound:
                return self._told("the server took nothing of what was sent")
            else:
                # It holds less than it once acknowledged, such as after a restored backup: sent again from there.
                rewound = True

    def _send(self, chain: MemoryChain, pending: Pending) -> Standing:
        """One exchange, and a note of what the server holds since."""
        reply = self._exchange.upload(pending)
        if reply.status not in (200, 409):
            raise ServiceUnavailable(f"the server answers with status {reply.status}")
        standing = decode_standing(reply.body)
        with self._news:
            chain.acknowledge(standing.next_seq, bytes.fromhex(standing.head))
            self._news.notify_all()
        return standing

    def _told(self, lost: str) -> bool:
        """Log the edges of the server's being there for us; whether it is."""
        if bool(lost) is self._well:
            self._well = not lost
            if lost:
                _log.warning("standby log not acknowledged", reason=lost)
            else:
                _log.info("standby log acknowledged again")
        return not lost


def _has(chain: MemoryChain | None, entry: Entry) -> bool:
    return chain is not None and chain.acknowledged > entry.seq
