"""Who was let in and is waited for at the passage sensor: first in, first through. Pure.

The sensor tells that somebody passes, not who. Where several are waited for, a passage is the oldest one's, and none
of the others can be said with certainty not to have been the one.
"""

from dataclasses import dataclass

from kiosk.model import EventId
from kiosk.units import Monotonic


@dataclass(slots=True)
class _Waited:
    """`passed`: the sensor saw them; None: it saw one passage while several were waited for, and another has it."""

    admission: EventId
    until: Monotonic
    passed: bool | None = False


class Passages:
    """The admissions whose passage is waited for, oldest first."""

    def __init__(self) -> None:
        self._waited: list[_Waited] = []

    def expect(self, admission: EventId, until: Monotonic) -> None:
        """Wait for somebody who was let in."""
        self._waited.append(_Waited(admission, until))

    def forget(self, admission: EventId) -> None:
        """Wait for them no longer."""
        self._waited = [one for one in self._waited if one.admission != admission]

    def seen(self, at: Monotonic) -> EventId | None:
        """Note a passage; return whose it is, None when nobody is waited for."""
        first = next((one for one in self._waited if one.passed is not True and at <= one.until), None)
        if first is None:
            return None
        for one in self._waited:
            if one.passed is False:
                one.passed = None
        first.passed = True
        return first.admission

    def over(self, now: Monotonic, opening: EventId | None) -> list[tuple[EventId, bool | None]]:
        """Return whose passage is waited for no longer, and whether they passed; not the one who is being opened for."""
        ended = [one for one in self._waited if one.admission != opening and (one.passed is True or now >= one.until)]
        self._waited = [one for one in self._waited if one not in ended]
        return [(one.admission, one.passed) for one in ended]

    def next_deadline(self, opening: EventId | None) -> Monotonic | None:
        """When waiting ends next; None when nobody is waited for, but for the one who is being opened for."""
        return min((one.until for one in self._waited if one.admission != opening), default=None)
