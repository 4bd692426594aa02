"""What it means for a visit that somebody steps out of the thermometer's spot, or into it. Pure but for the evidence.

Whoever stands there next may be somebody else: nothing that vouched for the one before vouches for them.
"""

from kiosk.dossier import Dossier
from kiosk.model import Answer, Phase, Role
from kiosk.presence import ABSENCE
from kiosk.units import Monotonic, Seconds
from kiosk.visit import ASKING, LEAVABLE, Left, Visit

READS_FOR = Seconds(8.0)
"""Why somebody was refused stays on the screen for so long after nothing is seen of them: their phone is lowered."""
PHONES_FOR = Seconds(20.0)
"""Beyond the time in which the guard answers: the number to phone is read and dialled."""


def may_measure(dossier: Dossier) -> bool:
    """Whether a reading is taken in now."""
    # Whoever is held is not measured again and again until it suits; what was never measured still may be, unless it is
    # the guard who stands there.
    held = dossier.visit.phase is Phase.AWAITING_GUARD and not dossier.evidence.was_measured and not dossier.seen_to
    return held or dossier.visit.phase in ASKING


def stepped_out(dossier: Dossier, now: Monotonic, *, expected: bool) -> Left | None:
    """Whoever stood in the spot has gone, and the next one there is somebody else: a visit of their own.

    `expected`: they have called the guard, and are waited for. So is whoever was told to wait for the guard, or reads
    why they were refused, and steps aside meanwhile.
    """
    visit, evidence = dossier.visit, dossier.evidence
    if visit.phase not in LEAVABLE or _seen_by_a_guard(visit):
        return None
    # They have stepped aside, but hold up their code still; or wait for the guard, and left no code to come in on.
    aside = evidence.in_sight(now) or (expected and not evidence.seen)
    if visit.phase is not Phase.AWAITING_GUARD and not aside:
        return Left()
    evidence.unmeasured()
    return None


def stepped_in(dossier: Dossier, now: Monotonic, *, aside: bool, guard_there: bool) -> Left | None:
    """Whoever stands in the spot now may be somebody else: what was measured before does not vouch for them.

    `aside`: the visitor had stepped aside, and holds up no code. While a guard is there for them it is the guard, or they.
    """
    match dossier.visit.phase:
        case Phase.COMMITTING if _seen_by_a_guard(dossier.visit):
            return None
        case Phase.COMMITTING:
            return None if dossier.evidence.in_sight(now) else Left()
        case Phase.AWAITING_GUARD if aside and not (guard_there and dossier.seen_to):
            return Left()
        case _:
            dossier.evidence.unmeasured()
            return None


def _seen_by_a_guard(visit: Visit) -> bool:
    """Whether a person let them in, who sees or hears them: where they stand while it is written down says nothing."""
    return visit.phase is Phase.COMMITTING and visit.decision is not None and visit.decision.role is not Role.POLICY


def begins_anew(dossier: Dossier, *, again: bool, aside: bool) -> Left | None:
    """A code comes up while somebody waits for the guard: it is not theirs where they have stepped aside.

    `again`: it is a code of this visit's. Whoever comes back with it stays who they are, unless all that they lack is a
    record of their admission, and it is tried once more.
    """
    visit = dossier.visit
    if visit.phase is not Phase.AWAITING_GUARD:
        return None
    if again:
        unrecorded = visit.decision is not None and visit.decision.answer is Answer.ADMIT
        return Left() if aside and unrecorded else None
    return Left() if aside or dossier.seen_to or dossier.evidence.vouches_no_more else None


def waited_for(visit: Visit, guard_answers_s: Seconds) -> Seconds:
    """How long somebody of whom nothing is seen is waited for, from when they were seen last."""
    if visit.phase is not Phase.AWAITING_GUARD:
        return ABSENCE
    return READS_FOR if visit.called_at is None else Seconds(guard_answers_s + PHONES_FOR)
