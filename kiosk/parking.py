"""Visits that wait for a form or a consent while the kiosk serves the next person. Pure."""

from dataclasses import replace

from kiosk import flow
from kiosk.facts import Evidence
from kiosk.model import Credential, Monotonic, Seconds, Verdict, VisitId
from kiosk.visit import DeadlineReached, End, Ending, Visit

READING_GOOD_FOR = Seconds(300.0)
"""A temperature older than this is measured again."""


class ParkedVisits:
    """The parked visits of one gate, each until it resumes or expires."""

    def __init__(self) -> None:
        self._parked: dict[VisitId, tuple[Visit, Evidence]] = {}

    def park(self, visit: Visit, evidence: Evidence) -> None:
        """Keep a visit that the flow has parked."""
        self._parked[visit.id] = (visit, evidence)

    def returning(self, shown: Credential | None, now: Monotonic) -> tuple[Visit, Evidence] | None:
        """Return the visit whose form has become this pass, to resume it; an old reading is taken out of its facts."""
        if shown is None or shown.verdict is not Verdict.VALID or shown.holder is None:
            return None
        found = self._parked.pop(VisitId(shown.holder), None)
        if found is None:
            return None
        parked, evidence = found
        reading = evidence.facts.reading
        if reading is not None and now - reading.at > READING_GOOD_FOR:
            evidence.facts = replace(evidence.facts, reading=None)
        return parked, evidence

    def next_expiry(self) -> Monotonic | None:
        """When the next visit expires; None when none is parked."""
        return min((visit.deadline for visit, _ in self._parked.values() if visit.deadline is not None), default=None)

    def expire(self, now: Monotonic) -> list[tuple[VisitId, Ending]]:
        """End the visits whose time is over."""
        ended = []
        for visit, _ in list(self._parked.values()):
            if visit.deadline is None or now < visit.deadline:
                continue
            _, effects = flow.step(visit, DeadlineReached(), now)
            ended += [(effect.visit, effect.ending) for effect in effects if isinstance(effect, End)]
            del self._parked[visit.id]
        return ended
