"""When a visitor is told what keeps their code from being read: not at once, not at every frame, and only when it is sure."""

from drivers import hints
from drivers.pictures import Picture
from kiosk.view import Hint

UNREAD_S = 0.5
"""Whoever has just come, or has just been read, needs no advice yet."""
JUDGED_EVERY_S = 0.25
"""Judging costs about as much as a frame that every decoder has tried in vain."""


class Adviser:
    """Judges frames in the order of time. One thread."""

    def __init__(self) -> None:
        self.hint: Hint | None = None
        """What stands until the next judgement."""
        self._before: Hint | None = None
        self._quiet_until = 0.0

    def advise(self, image: Picture, at: float, *, read: bool) -> Hint | None:
        """Take a BGR frame captured at `at`; return what is to be told with it. `read`: a code was read in it.

        A card that is being raised is blurred for a moment: only what two judgements agree on is told.
        """
        if read:
            self.rest(at)
        if at < self._quiet_until:
            return None
        self._quiet_until = at + JUDGED_EVERY_S
        before, self._before = self._before, hints.judge(image)
        self.hint = self._before if self._before == before else None
        return self.hint

    def rest(self, at: float) -> None:
        """Nobody needs advice at this time."""
        self.hint = self._before = None
        self._quiet_until = at + UNREAD_S
