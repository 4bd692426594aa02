"""The log that goes on when its disk fails: the disk where there is one, else the server (`sync.standby`).

After a failure the disk is tried again on a thread of its own, every few seconds and never on a visitor's account:
to open the file is to check all of it. When it has taken what was recorded meanwhile, in one transaction, it is the
log again, and the sender goes on from where the standby log's own thread had got.

A disk that hangs instead of failing holds up whoever waits for it: that is the recorder's thread once, for the event
that meets it (the flow gives that decision up after its limit for `committing`), and then only the threads of the
sender and of the repair.
"""

import threading
from collections.abc import Callable, Sequence

from kiosk.errors import LogUnusable, Unacknowledged
from kiosk.events import Draft
from kiosk.lines import get_logger
from kiosk.model import Decision, EventId, GateOutcome
from kiosk.ports import Admission
from kiosk.spent import AlreadySpent, Spend
from sync.chain import Carried
from sync.log import SqliteLog
from sync.standby import Standby

TRY_EVERY_S = 5.0
FLUSH_WITHIN_S = 3.0
JOIN_S = 2.0

_log = get_logger()


class ResilientLog:
    """`kiosk.ports.Log` over a disk and a standby log. Any thread may call any method.

    `on_health(well, detail)` is called on each edge: the disk has failed, or is the log again.
    """

    def __init__(
        self,
        disk: SqliteLog,
        standby: Standby,
        *,
        on_health: Callable[[bool, str], None] = lambda _well, _detail: None,
        try_every_s: float = TRY_EVERY_S,
    ) -> None:
        self._disk = disk
        self._standby = standby
        self._on_health = on_health
        self._try_every_s = try_every_s
        self._turn = threading.Lock()
        self._failed = False
        self._spent: dict[str, EventId | None] | None = None
        self._stop = threading.Event()
        self._repair: threading.Thread | None = None
        with self._turn:
            try:
                if disk.fault is not None:
                    raise LogUnusable(disk.fault)
                self._spent = dict.fromkeys(disk.spent())
            except LogUnusable as error:
                self._fail(str(error))

    def append(self, draft: Draft, *, visit: str, decision: Decision | None = None, spends: Spend | None = None) -> EventId:
        """Record the event, the decision and the use of a pass, on the disk or at the server.

        Raises Unacknowledged when neither is sure to have it, AlreadySpent when the pass has had its use, NotCanonical.
        """
        with self._turn:
            if not self._failed:
                try:
                    event = self._disk.append(draft, visit=visit, decision=decision, spends=spends)
                except LogUnusable as error:
                    self._fail(str(error))
                else:
                    self._note_use(spends, event)
                    return event
            self._see_unspent(spends)
            try:
                event = self._standby.append(draft, visit=visit, decision=decision, spends=spends)
            except Unacknowledged as error:
                # It has its place, and the pass its use, until its outcome says that nothing opened.
                self._note_use(spends, error.event)
                raise
            self._note_use(spends, event)
            return event

    def record_outcome(self, admission: EventId, outcome: GateOutcome, draft: Draft, *, gives_back: bool = False) -> EventId:
        """Record how an admission ended, and whether its pass keeps its use. Raises LogUnusable."""
        with self._turn:
            if gives_back and self._spent is not None:
                self._spent = {mark: event for mark, event in self._spent.items() if event != admission}
            if not self._failed:
                try:
                    return self._disk.record_outcome(admission, outcome, draft, gives_back=gives_back)
                except LogUnusable as error:
                    self._fail(str(error))
            return self._standby.record_outcome(admission, outcome, draft, gives_back=gives_back)

    def unresolved(self) -> Sequence[Admission]:
        """Admissions without an outcome, oldest first. Raises LogUnusable, also while the disk has failed."""
        return self._readable().unresolved()

    def spent(self) -> Sequence[str]:
        """The marks of the passes whose single use was made here. Raises LogUnusable, also while the disk has failed."""
        return self._readable().spent()

    def unacknowledged(self) -> int:
        """How many events the server has not acknowledged. Raises LogUnusable when the disk's cannot be counted."""
        return self._disk.unacknowledged() + self._standby.unacknowledged()

    def left(self) -> int:
        """How many bytes more the disk's log takes. Raises LogUnusable."""
        return self._disk.left()

    def mend(self) -> bool:
        """Try the disk once; whether it is the log again, with everything that was recorded meanwhile."""
        try:
            if (carried := self._standby.carried()) is not None:
                # The file is opened, checked and written to here, where nobody waits for it.
                self._disk.adopt(carried)
                self._go_back(carried)
        except LogUnusable:
            return False
        return True

    def close(self) -> None:
        """Bring what only the memory holds to the server, and let go of it and of the disk. Idempotent."""
        if self._stop.is_set():
            return
        self._stop.set()
        if self._failed and (lost := self._standby.flush(FLUSH_WITHIN_S)):
            _log.error("events lost with memory", events=lost)
        self._standby.close()
        if self._repair is not None:
            self._repair.join(JOIN_S)
            if self._repair.is_alive():
                return  # in a disk that hangs, and will not be let go of either
        self._disk.close()

    def _readable(self) -> SqliteLog:
        if self._failed:
            raise LogUnusable("the disk has failed, and what it holds is not known until it is back")
        return self._disk

    def _fail(self, reason: str) -> None:
        """Go on without the disk, and begin to try it again. The caller has the turn."""
        self._failed = True
        aside = self._disk.set_aside
        self._standby.begin(self._disk.log_id or (None if aside is None else aside.log_id))
        self._on_health(False, reason)
        self._repair = threading.Thread(target=self._mend_in_time, name="log-repair", daemon=True)
        self._repair.start()

    def _go_back(self, adopted: Carried) -> None:
        """Make the disk the log again, once it has what came since it adopted this much. Raises LogUnusable."""
        with self._turn:
            newest = self._standby.carried()
            if newest is None:
                return
            if newest.head != adopted.head:
                self._disk.adopt(newest)
            self._spent = {**dict.fromkeys(self._disk.spent()), **(self._spent or {})}
            self._standby.end()
            self._failed = False
            _log.info("log adopted", log_id=newest.head.log_id, events=newest.head.next_seq - 1)
            self._on_health(True, "")

    def _mend_in_time(self) -> None:
        while not self._stop.wait(self._try_every_s):
            try:
                if self.mend():
                    return
            except Exception:  # noqa: BLE001 - the boundary of a thread, without which the disk would not be tried again
                _log.exception("repair fault")

    def _see_unspent(self, spends: Spend | None) -> None:
        if spends is None:
            return
        if self._spent is None:
            raise Unacknowledged("the disk has failed before it could be known which single uses were made")
        if spends.mark in self._spent:
            raise AlreadySpent("the pass is for a single use, which it has had")

    def _note_use(self, spends: Spend | None, event: EventId | None) -> None:
        if spends is not None and event is not None and self._spent is not None:
            self._spent[spends.mark] = event
