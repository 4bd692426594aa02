"""What the loop writes down: each entry stamped with this gate, this boot and both clocks, and sent to the recorder."""

from collections.abc import Mapping

from kiosk.cases import Cause
from kiosk.dossier import Dossier
from kiosk.facts import Evidence
from kiosk.gate_mode import GateMode, Kept, ModeOrder, ModeSince
from kiosk.in_force import DocumentRefused, Renewed
from kiosk.link import PartHealth
from kiosk.model import Answer, Decision, VisitId
from kiosk.ports import Clock, Recorder
from kiosk.records import (
    Stamp,
    case_draft,
    decision_draft,
    ended_draft,
    health_draft,
    mode_draft,
    note_draft,
    outcome_draft,
)
from kiosk.remote import CommandRefused
from kiosk.site import Site
from kiosk.spent import spend_of
from kiosk.units import Monotonic
from kiosk.visit import UNANSWERED, CallGuard, End, Ending, Park, RecordGate, RequestConsent, RequestForm

NO_VISIT = VisitId("")
"""What happens to the gate, and to nobody at it."""


class Journal:
    """Writes a gate's entries. Never waits: the recorder has a thread of its own."""

    def __init__(self, site: Site, clock: Clock, recorder: Recorder) -> None:
        self._site = site
        self._clock = clock
        self._recorder = recorder

    def decision(self, visit: VisitId, decision: Decision, dossier: Dossier) -> None:
        """Make a decision durable, and with an admission the use of its pass; the answer comes as Recorded."""
        evidence = dossier.evidence
        # A person may let somebody in whose pass has had its use; it cannot have it twice.
        admitted = decision.answer is Answer.ADMIT and not evidence.facts.pass_used
        spends = spend_of(evidence.facts.admission_pass) if admitted else None
        along = None if dossier.party is None or dossier.member is None else (dossier.party, dossier.member)
        facts, times = evidence.facts, evidence.times
        draft = decision_draft(self._stamp(), visit, decision, facts, times, self._site.sealer, spends, along)
        self._recorder.decision(visit, decision, draft, spends)

    def case(self, visit: VisitId, causes: frozenset[Cause], evidence: Evidence) -> None:
        """Record that a case is opened, with the reading that it is about."""
        self._recorder.note(visit, case_draft(self._stamp(), visit, causes, evidence.facts))

    def outcome(
        self, effect: RecordGate, evidence: Evidence, gate_times: Mapping[str, Monotonic], *, gives_back: bool
    ) -> None:
        """Record how an admission ended, and the clear time as the gate itself can see it."""
        clear_s = _observed_clear_s(evidence, gate_times.get("opened"))
        draft = outcome_draft(
            self._stamp(), effect.visit, effect.admission, effect.outcome, gate_times, clear_s, gives_back=gives_back
        )
        self._recorder.outcome(effect, draft, gives_back=gives_back)

    def ended(self, visit: VisitId, ending: Ending) -> None:
        """Record a visit that ended without an answer, or after the guard was called."""
        self._recorder.note(visit, ended_draft(self._stamp(), visit, ending))

    def over(self, effect: End, *, called: bool) -> None:
        """Record the end of a visit, where no answer has told of it, or the guard was `called` and the call ends too."""
        if called or effect.ending in UNANSWERED:
            self.ended(effect.visit, effect.ending)

    def health(self, visit: VisitId, health: PartHealth) -> None:
        """Record that a part was lost or is back."""
        self._recorder.note(visit, health_draft(self._stamp(), health.part, well=health.well, detail=health.detail))

    def asked(self, effect: CallGuard | RequestForm | RequestConsent | Park) -> None:
        """Record that a visit waits for somebody else."""
        match effect:
            case CallGuard(visit):
                self.note("guard_called", visit)
            case RequestForm(visit):
                self.note("form_requested", visit)
            case RequestConsent(visit):
                self.note("consent_requested", visit)
            case Park(visit):
                self.note("visit_parked", visit)

    def renewed(self, renewed: Renewed, site: Site) -> None:
        """Record what has come into force, and write for the gate as it is from now on."""
        self._site = site
        for one in renewed.applied:
            if one.withdrawn:
                self.note("document_withdrawn", NO_VISIT, document=one.kind, version=one.version)
            else:
                self.note("document_applied", NO_VISIT, document=one.kind, version=one.version, digest=one.digest)

    def refused(self, item: CommandRefused | DocumentRefused) -> None:
        """Record what came down and is not gone by."""
        match item:
            case CommandRefused(command, why):
                self.note("command_refused", NO_VISIT, command=command, why=why)
            case DocumentRefused(kind, version, digest, reason):
                self.note("document_refused", NO_VISIT, document=kind, version=version, digest=digest, reason=reason)

    def ordered(self, order: ModeOrder) -> None:
        """Record the mode that somebody has ordered; the answer comes as ModeRecorded."""
        draft = mode_draft(self._stamp(), order, self._site.sealer)
        self._recorder.mode(draft, Kept(order.mode, order.command.id), order)

    def mode(self, mode: GateMode, since: ModeSince, command: str | None) -> None:
        """Record the mode in which the gate is for another reason; `command`: the one that counts no more."""
        body = {"visit": NO_VISIT, "mode": mode, "since": since, "command": command}
        self._recorder.mode(note_draft(self._stamp(), "gate_mode", body), Kept(mode), None)

    def note(self, kind: str, visit: VisitId, **body: str | int | None) -> None:
        """Record anything else that happened, during a visit or to the gate."""
        self._recorder.note(visit, note_draft(self._stamp(), kind, {"visit": visit, **body}))

    def _stamp(self) -> Stamp:
        return stamp(self._site, self._clock)


def stamp(site: Site, clock: Clock) -> Stamp:
    """When and by what an event is made, now."""
    return Stamp(
        site.gate,
        clock.boot_id(),
        site.software,
        clock.monotonic(),
        clock.wall(),
        clock.state(),
        site.simulated,
        site.direction,
    )


def _observed_clear_s(evidence: Evidence, opened: Monotonic | None) -> float | None:
    """From first sight of a code or of presence, whichever is later, to the active line."""
    first = [evidence.times[name] for name in ("code_captured", "presence") if name in evidence.times]
    return None if opened is None or not first else opened - max(first)
