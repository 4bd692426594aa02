"""The staff's door as the core knows it: a badge that is held up while it asks is for the door. Pure but for its memory.

A badge is a pass for a guard or a technician. It opens the door and nothing else: a code can be photographed, so letting
somebody in takes a PIN behind it.
"""

from collections.abc import Callable

from kiosk.evidence import Credential, Scan, Verdict
from kiosk.facts import Evidence, Moment
from kiosk.model import ClockState
from kiosk.people import BADGES, VisitorKind
from kiosk.presence import SAME_CODE_AGAIN
from kiosk.site import Site
from kiosk.units import Monotonic, Seconds
from kiosk.view import Badge

ASKS_AT_MOST = Seconds(30.0)
"""However long the screen says: a door that nobody stands at takes no badge for itself."""


class StaffDoor:
    """One gate's. Belongs to the loop's thread."""

    def __init__(self) -> None:
        self.badge: Badge | None = None
        """What opened the door just now; the screen says when it has seen it."""
        self._asks_until = Monotonic(0.0)
        self._taken: tuple[bytes, Monotonic] | None = None

    def asks(self, until: Monotonic | None, now: Monotonic) -> None:
        """Take in until when the screen says that it asks for a badge; None: it does not, or not any more."""
        if until is None:
            self._asks_until, self.badge = Monotonic(0.0), None
        else:
            self._asks_until = min(until, Monotonic(now + ASKS_AT_MOST))

    def takes(self, scan: Scan, now: Monotonic, badge_of: Callable[[], VisitorKind | None]) -> bool:
        """Whether a code is for the door, and so for no visit: a badge, also while it is held up on afterwards."""
        if self._taken is not None and scan.content == self._taken[0]:
            if scan.captured_at - self._taken[1] < SAME_CODE_AGAIN:
                self._taken = scan.content, max(scan.captured_at, self._taken[1])
                return True
            self._taken = None
        if now >= self._asks_until:
            return False
        kind = badge_of()
        if kind is None:
            return False
        self.badge, self._taken = Badge(kind, now), (scan.content, scan.captured_at)
        self._asks_until = Monotonic(0.0)
        return True


def badge_of(scan: Scan, site: Site, moment: Moment, used: Callable[[Credential], bool]) -> VisitorKind | None:
    """Return whose badge a code is: a pass that would be believed of a visitor, now and here. None: it is none."""
    if moment.clock is ClockState.NEVER_SET:
        return None  # nobody knows whether its time is over
    looked_at = Evidence()
    looked_at.scanned(scan, site.trust, moment, used)
    looked_at.heed(site.revocations)
    facts = looked_at.facts
    shown = facts.admission_pass
    if shown is None or shown.verdict is not Verdict.VALID or facts.pass_used or site.issued.lacks(facts):
        return None
    return shown.visitor if shown.visitor in BADGES else None
