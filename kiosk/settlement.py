"""What a start owes to the log before anything else is written: the past settled, used passes known, the start noted."""

from kiosk.journal import stamp
from kiosk.model import GateOutcome, VisitId
from kiosk.ports import Clock, Log
from kiosk.records import outcome_draft, started_draft
from kiosk.site import Site
from kiosk.spent import SpentPasses


class Settlement:
    """Settles once, as soon as the log can be used: at the start, or when its disk is back."""

    def __init__(self, log: Log, site: Site, clock: Clock, spent: SpentPasses) -> None:
        self._log = log
        self._site = site
        self._clock = clock
        self._spent = spent
        self._done = False

    def settle(self) -> None:
        """Record what a crash left open: nobody knows whether the gate opened. Raises LogUnusable, and is owed still."""
        if self._done:
            return
        self._spent.learn(self._log.spent())
        now = stamp(self._site, self._clock)
        for admission in self._log.unresolved():
            draft = outcome_draft(now, VisitId(admission.visit), admission.event, GateOutcome.UNKNOWN, {}, None)
            self._log.record_outcome(admission.event, GateOutcome.UNKNOWN, draft)
        document = self._site.document
        self._log.append(started_draft(now, f"{document.id}@{document.version}"), visit="")
        self._done = True
