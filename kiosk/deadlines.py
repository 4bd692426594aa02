"""How long a visit may stay in a phase. Pure."""

from collections.abc import Mapping

from kiosk.model import Phase
from kiosk.units import Monotonic, Seconds
from kiosk.visit import Visit

LIMITS: Mapping[Phase, Seconds] = {
    Phase.APPROACHING: Seconds(20.0),
    Phase.COLLECTING: Seconds(30.0),
    Phase.CHECKING: Seconds(10.0),
    Phase.DECIDING: Seconds(2.0),
    Phase.COMMITTING: Seconds(10.0),
    Phase.OPENING: Seconds(2.0),
    Phase.OPEN: Seconds(70.0),
    Phase.PASSED: Seconds(5.0),
    Phase.AWAITING_FORM: Seconds(45.0),
    Phase.AWAITING_CONSENT: Seconds(45.0),
    Phase.AWAITING_GUARD: Seconds(120.0),
    Phase.PARKED: Seconds(600.0),
}
"""How long a visit may stay in a phase. Every phase but idle and ended has a limit, so every visit ends."""
PATIENT = frozenset({Phase.APPROACHING, Phase.COLLECTING, Phase.AWAITING_FORM, Phase.AWAITING_CONSENT, Phase.AWAITING_GUARD})
"""Where the kiosk waits for people. Whoever has called the guard may wait there as long as for a guard."""
EXTENSIONS = 2
"""How often a phase's limit may begin anew because the visitor needs more time."""


def deadline_of(visit: Visit, phase: Phase, now: Monotonic) -> Monotonic | None:
    """Until when a visit may stay in a phase that begins now, or begins anew; None where there is no limit."""
    limit = LIMITS.get(phase)
    if limit is None:
        return None
    if visit.called_at is not None and phase in PATIENT:
        limit = max(limit, LIMITS[Phase.AWAITING_GUARD])
    return Monotonic(now + limit)
