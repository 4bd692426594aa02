"""What a gate goes by now, asked for one visit: each ends under the rules under which it began. Pure but for its memory."""

from collections.abc import Mapping
from dataclasses import replace

from kiosk.credentials import Here
from kiosk.dossier import Dossier
from kiosk.facts import TOLERANCE, Moment
from kiosk.held_to import held_to
from kiosk.in_force import InForce
from kiosk.local_time import local_time, time_told
from kiosk.model import Answer, Decision, Needs, ReasonCode
from kiosk.policy import PolicyDocument, chosen, out_of_force
from kiosk.policy.timetable import TIME_RULE
from kiosk.ports import Clock
from kiosk.site import Site
from kiosk.staleness import Kind, Now, age
from kiosk.units import Monotonic, Seconds, WallTime
from kiosk.weighing import decided, judged, unanswered

NOT_LISTED = ReasonCode("pass_not_listed")
LIST_RULE = "passes"
"""The rule named in a decision on a pass that is not among those that were issued."""


class Rulebook:
    """One gate's. Belongs to the loop's thread."""

    def __init__(self, site: Site, clock: Clock) -> None:
        self.site = site
        self._clock = clock
        self.turned()

    def renew(self, in_force: InForce) -> None:
        """Go by these documents from now on."""
        self.site = self.site.going_by(in_force)
        self.turned()

    def turned(self) -> PolicyDocument | None:
        """Go by the document whose time has come, where the date chooses one; return it if it is another than before."""
        if not self.site.timetable:
            return None
        due = chosen(self.site.timetable, self._time())
        if due is self.site.document:
            return None
        self.site = replace(self.site, document=due)
        return due

    def begin(self, dossier: Dossier) -> None:
        """Let a visit begin under the rules of now."""
        document = self.site.document
        dossier.document = document
        dossier.out_of_force = out_of_force(document, self._time(), TOLERANCE[self._clock.state()])

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
        return self._counted(answer, dossier) if isinstance(answer, Decision) else answer

    def decided(self, dossier: Dossier) -> Decision:
        """The answer that a visit gets in any case."""
        document = self._brought_up_to_date(dossier)
        answer = self._counted(decided(document, dossier.evidence.facts, self._ages()), dossier)
        return answer if isinstance(answer, Decision) else unanswered(answer, dossier.evidence.facts, document)

    def _brought_up_to_date(self, dossier: Dossier) -> PolicyDocument:
        """Let the facts be as they are at this moment; return the rules that they are held against."""
        document = self.of(dossier)
        dossier.evidence.heed(self.site.revocations)
        dossier.evidence.expect(self.site.arrivals)
        dossier.evidence.clocked(local_time(self._clock.wall(), self._clock.state(), document.zone))
        return document

    def _counted(self, answer: Decision, dossier: Dossier) -> Decision | Needs:
        """The answer, or a hold where it admits by rules that are not in force, or on a pass that is not listed or differs.

        Where the pass itself asks for something that is not known yet, that is wanted.
        """
        if answer.answer is not Answer.ADMIT:
            return answer
        if dossier.out_of_force is not None:
            return Decision(Answer.HOLD, (dossier.out_of_force,), TIME_RULE, answer.policy)
        if self.site.issued.lacks(dossier.evidence.facts):
            return Decision(Answer.HOLD, (NOT_LISTED,), LIST_RULE, answer.policy)
        return held_to(answer, dossier.evidence.facts)

    def _time(self) -> WallTime | None:
        """What time it is, if anybody can say."""
        return time_told(self._clock.wall(), self._clock.state())

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
