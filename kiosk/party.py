"""People who come in on one form: each is measured and decided about alone, on what the first of them has told.

Whoever steps up within a while after one of them was let in, without a pass or a form of their own, is taken for the next.
There are as many places as the form told of people, and each admission takes one, unless nobody passed. Whoever is held or
refused ends it: neither a cooler forehead nor the guard who comes for them is the next, and the rest are the guard's. Pure
but for its own memory.
"""

from dataclasses import dataclass, replace

from kiosk import standing
from kiosk.dossier import Dossier
from kiosk.evidence import Verdict
from kiosk.model import Phase, VisitId
from kiosk.people import Consent, Declaration, Filing
from kiosk.units import Monotonic, Seconds

TOGETHER_S = Seconds(30.0)
"""Between two of them: whoever comes later has come alone."""


@dataclass(frozen=True, slots=True)
class Party:
    """What the first of a group has told, and what others have said of it; all but a temperature and a health code."""

    first: VisitId
    told: Declaration
    consent: Consent | None
    filing: Filing | None


class Parties:
    """Who of a group is still to come at one gate. Belongs to the loop's thread."""

    def __init__(self) -> None:
        self._party: Party | None = None
        self._admitted = 0
        self._until = Monotonic(0.0)

    def next(self, now: Monotonic) -> tuple[int, int] | None:
        """Return the number of whoever is to come next, and of how many; None where nobody is."""
        if self._party is None or now >= self._until or self._admitted >= self._party.told.group:
            return None
        return self._admitted + 1, self._party.told.group

    def began(self, dossier: Dossier, now: Monotonic) -> None:
        """Take whoever begins a visit for the next of the group, if one is to come."""
        awaited = self.next(now)
        if self._party is not None and awaited is not None:
            dossier.party, dossier.member = self._party.first, awaited[0]
            party = self._party
            dossier.evidence.came_along(party.told, party.consent, party.filing)

    def ended(self, dossier: Dossier, now: Monotonic) -> None:
        """Take note that the kiosk is done with a visit: after an admitted one the next may come, after any other nobody."""
        admitted = dossier.visit.phase is Phase.OPEN
        if dossier.party is not None:
            if self._party is None or dossier.party != self._party.first:
                return
            if admitted:
                self._until = Monotonic(now + TOGETHER_S)
                self._admitted += 1
            elif dossier.visit.decision is not None:
                self._party = None
            return
        if not admitted:
            return
        facts = dossier.evidence.facts
        told = facts.declaration
        if told is not None and told.group > 1:
            told = replace(told, person=None)
            self._party = Party(dossier.visit.id, told, standing.consent(facts), facts.filing)
            self._admitted, self._until = 1, Monotonic(now + TOGETHER_S)

    def not_passed(self, visit: VisitId, party: VisitId | None) -> None:
        """Take note that the gate opened for this visit and nobody went through: their place is free again.

        `party`: the first's visit, for one who came along. Where it was the first, nobody follows.
        """
        if self._party is None:
            return
        if party == self._party.first:
            self._admitted -= 1
        self.over(visit)

    def over(self, first: VisitId) -> None:
        """Nobody comes along any more on what was told in this visit."""
        if self._party is not None and self._party.first == first:
            self._party = None

    def see_alone(self, dossier: Dossier) -> None:
        """Whoever shows a pass of their own, once it is believed, is nobody's company."""
        shown = dossier.evidence.facts.admission_pass
        if shown is not None and shown.verdict is Verdict.VALID:
            part(dossier)


def part(dossier: Dossier) -> None:
    """Let whoever was taken for one of a group be themselves: they wish to tell for themselves."""
    if dossier.party is not None:
        dossier.party = dossier.member = None
        dossier.evidence.came_alone()
