"""The health of one part for which several threads speak: it is well while none of them calls it lost."""

import threading
from collections.abc import Callable

OnHealth = Callable[[bool, str], None]
"""`on_health(well, detail)`, called on edges."""


class JointHealth:
    """Makes one part's edges out of those of several voices; `report` hears only where the whole changes."""

    def __init__(self, report: OnHealth) -> None:
        self._report = report
        self._guard = threading.Lock()
        self._lost: set[str] = set()
        self._well: bool | None = None

    def voice(self, name: str) -> OnHealth:
        """One who speaks for the part, from any thread."""
        return lambda well, detail: self._heard(name, well, detail)

    def _heard(self, name: str, well: bool, detail: str) -> None:
        with self._guard:
            if well:
                self._lost.discard(name)
            else:
                self._lost.add(name)
            if (whole := not self._lost) is not self._well:
                self._well = whole
                self._report(whole, detail)
