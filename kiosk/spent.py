"""Passes for a single use that have had it. Pure: the log brings them back after a start."""

import hashlib
from collections.abc import Iterable

from kiosk.errors import GatepostError
from kiosk.evidence import Credential
from kiosk.frozen import frozen
from kiosk.model import EventId, GateOutcome
from kiosk.units import WallTime

ANNULS = frozenset({GateOutcome.NOT_PASSED, GateOutcome.NOT_OPENED, GateOutcome.FAILED})
"""Outcomes that mean that nobody came in. `unknown` is not among them."""


class AlreadySpent(GatepostError, ValueError):
    """The log knows a use of this pass already: no second admission is recorded on it."""


@frozen
class Spend:
    """The one use of a pass: its mark, which nobody can turn back into the pass, and when the pass ends."""

    mark: str
    until: WallTime


@frozen
class UsedElsewhere:
    """To the loop: the pass of this mark was used at another gate, or was not and keeps its use."""

    mark: str
    used: bool


ELSEWHERE_AT_MOST = 4096
"""So many passes that were used at other gates are remembered: those of a day, far and wide."""


def spend_of(credential: Credential | None) -> Spend | None:
    """What an admission on this credential uses up; None for what may be shown again and again."""
    if credential is None or not credential.single_use or credential.serial is None or credential.expires_at is None:
        return None
    return Spend(hashlib.sha256(credential.serial.encode()).hexdigest()[:32], credential.expires_at)


class SpentPasses:
    """The single uses made at this gate, and those heard of from others, in memory, so that no scan waits for the disk."""

    def __init__(self, known: Iterable[str] = (), *, gives_back: bool = True) -> None:
        """Begin with these marks.

        `gives_back`: where nobody came in, the pass keeps its use. A gate without a passage sensor never knows.
        """
        self._spent = set(known)
        self._gives_back = gives_back
        self._of_admission: dict[EventId, str] = {}
        self._given_back: set[str] = set()
        self._elsewhere: dict[str, None] = {}

    def hear(self, told: UsedElsewhere) -> None:
        """Take in what another gate has done. What was used here stays used, whatever others say."""
        self._elsewhere.pop(told.mark, None)
        if told.used:
            self._elsewhere[told.mark] = None
            if len(self._elsewhere) > ELSEWHERE_AT_MOST:
                del self._elsewhere[next(iter(self._elsewhere))]

    def learn(self, marks: Iterable[str]) -> None:
        """Take in what the log remembers, once it can be read. Any thread may call this.

        A use that was given back here counts no more, though the log may not know of it yet.
        """
        self._spent = self._spent | (set(marks) - self._given_back)

    def used(self, credential: Credential) -> bool:
        """Whether a pass has had its single use."""
        spend = spend_of(credential)
        return spend is not None and (spend.mark in self._spent or spend.mark in self._elsewhere)

    def admitted(self, admission: EventId, spend: Spend) -> None:
        """Note a durable admission on a pass."""
        self._spent.add(spend.mark)
        self._given_back.discard(spend.mark)
        self._of_admission[admission] = spend.mark

    def ended(self, admission: EventId, outcome: GateOutcome) -> bool:
        """Note what became of an admission; True when the use of its pass is given back."""
        mark = self._of_admission.pop(admission, None)
        if mark is None or not self._gives_back or outcome not in ANNULS:
            return False
        self._spent.discard(mark)
        self._given_back.add(mark)
        return True
