"""What it means for a visit that somebody steps out of the thermometer's spot, or into it. Pure but for the evidence.

Whoever stands there next may be somebody else: nothing that vouched for the one before vouches for them.
"""

from kiosk.dossier import Dossier
from kiosk.model import Monotonic, Phase
from kiosk.visit import ASKING, LEAVABLE, Left


def may_measure(dossier: Dossier) -> bool:
    """Whether a reading is taken in now."""
    # Whoever is held is not measured again and again until it suits; what was never measured still may be.
    held = dossier.visit.phase is Phase.AWAITING_GUARD and not dossier.evidence.was_measured
    return held or dossier.visit.phase in ASKING


def stepped_out(dossier: Dossier, now: Monotonic, *, expected: bool) -> Left | None:
    """Whoever stood in the spot has gone, and the next one there is somebody else: a visit of their own.

    `expected`: they have called the guard, and are waited for.
    """
    visit, evidence = dossier.visit, dossier.evidence
    if visit.phase not in LEAVABLE:
        return None
    # They have stepped aside, but hold up their code still; or wait for the guard, and left no code to come in on.
    aside = evidence.in_sight(now) or (expected and not evidence.seen)
    if visit.phase is Phase.AWAITING_GUARD or not aside:
        return Left()
    evidence.unmeasured()
    return None


def stepped_in(dossier: Dossier, now: Monotonic) -> Left | None:
    """Whoever stands in the spot now may be somebody else: what was measured before does not vouch for them."""
    if dossier.visit.phase is not Phase.COMMITTING:
        dossier.evidence.unmeasured()
    elif not dossier.evidence.in_sight(now):
        return Left()
    return None
