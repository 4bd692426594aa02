"""What a start owes to the log before anything else is written: the past settled, used passes known, the start noted."""

from contextlib import suppress

from kiosk.errors import LogUnusable
from kiosk.journal import stamp
from kiosk.model import EventId, GateOutcome, VisitId
from kiosk.ports import Clock, Log
from kiosk.records import Stamp, outcome_draft, started_draft
from kiosk.site import Site
from kiosk.spent import SpentPasses


class Settlement:
    """Settles once. The past can be read as soon as the disk can, which may be long after the start."""

    def __init__(self, log: Log, site: Site, clock: Clock, spent: SpentPasses) -> None:
        self._log = log
        self._site = site
        self._clock = clock
        self._spent = spent
        self._settled = False
        self._noted = False
        self._ours: set[EventId] = set()

    def settle(self) -> None:
        """Do what is owed still. Raises LogUnusable when not even the start can be noted.

        A disk that cannot be read keeps nobody waiting: the past is settled before a later entry.
        """
        with suppress(LogUnusable):
            self._settle_past()
        if not self._noted:
            document = self._site.document
            self._log.append(started_draft(self._now(), f"{document.id}@{document.version}"), visit="")
            self._noted = True

    def ours(self, admission: EventId) -> None:
        """Take note of an admission of this process: no crash has left it open."""
        if not self._settled:
            self._ours.add(admission)

    def _settle_past(self) -> None:
        """Record what a crash left open: nobody knows whether the gate opened."""
        if self._settled:
            return
        self._spent.learn(self._log.spent())
        for admission in self._log.unresolved():
            if admission.event not in self._ours:
                draft = outcome_draft(self._now(), VisitId(admission.visit), admission.event, GateOutcome.UNKNOWN, {}, None)
                self._log.record_outcome(admission.event, GateOutcome.UNKNOWN, draft)
        self._settled = True
        self._ours.clear()

    def _now(self) -> Stamp:
        return stamp(self._site, self._clock)
