"""What a gate goes by now, asked for one visit: each ends under the rules under which it began. Pure but for its memory."""

from collections.abc import Mapping

from kiosk.credentials import Here
from kiosk.dossier import Dossier
from kiosk.facts import Moment
from kiosk.in_force import InForce
from kiosk.local_time import local_time
from kiosk.model import Answer, Decision, Needs, ReasonCode
from kiosk.policy import PolicyDocument
from kiosk.ports import Clock
from kiosk.site import Site
from kiosk.staleness import Kind, Now, age
from kiosk.units import Monotonic, Seconds
from kiosk.weighing import decided, judged

NOT_LISTED = ReasonCode("pass_not_listed")
LIST_RULE = "passes"
"""The rule named in a decision on a pass that is not among those that were issued."""


class Rulebook:
    """One gate's. Belongs to the loop's thread."""

    def __init__(self, site: Site, clock: Clock) -> None:
        self.site = site
        self._clock = clock

    def renew(self, in_force: InForce) -> None:
        """Go by these documents from now on."""
        self.site = self.site.going_by(in_force)

    def of(self, dossier: Dossier) -> PolicyDocument:
        """The rules that a visit is under."""
        return dossier.document or self.site.document

    def moment(self, dossier: Dossier, now: Monotonic) -> Moment:
        """The time at this gate, by the rules of a visit."""
        wall, state = self._clock.wall(), self._clock.state()
        return Moment(wall, state, now, Here(self.site.gate, local_time(wall, state, self.of(dossier).zone)))

    def judged(self, dossier: Dossier) -> Decision | Needs:
        """What the rules make of a visit's facts, now that some passes are taken back and some documents are old."""
        document = self._brought_up_to_date(dossier)
        answer = judged(document, dossier.evidence.facts, self._ages())
        return self._listed(answer, dossier) if isinstance(answer, Decision) else answer

    def decided(self, dossier: Dossier) -> Decision:
        """The answer that a visit gets in any case."""
        document = self._brought_up_to_date(dossier)
        return self._listed(decided(document, dossier.evidence.facts, self._ages()), dossier)

    def _brought_up_to_date(self, dossier: Dossier) -> PolicyDocument:
        """Let the facts be as they are at this moment; return the rules that they are held against."""
        document = self.of(dossier)
        dossier.evidence.heed(self.site.revocations)
        dossier.evidence.expect(self.site.arrivals)
        dossier.evidence.clocked(local_time(self._clock.wall(), self._clock.state(), document.zone))
        return document

    def _listed(self, answer: Decision, dossier: Dossier) -> Decision:
        """The answer, or a hold where it admits on the strength of a pass that is missing on the list of passes."""
        if answer.answer is Answer.ADMIT and self.site.issued.lacks(dossier.evidence.facts):
            return Decision(Answer.HOLD, (NOT_LISTED,), LIST_RULE, answer.policy)
        return answer

    def _ages(self) -> Mapping[Kind, Seconds | None]:
        """How old the documents are that can age."""
        if not self.site.confirmed:
            return {}
        now = Now(self._clock.wall(), self._clock.state(), self._clock.boot_id(), self._clock.monotonic())
        ages = {kind: age(confirmed, now) for kind, confirmed in self.site.confirmed.items()}
        if not self.site.issued.keys:
            # Nobody keeps a list of passes here: there is nothing to grow old.
            ages.pop(Kind.PASSES, None)
        return ages
