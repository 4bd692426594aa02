"""What the core's loop waits for: one bounded queue from many threads to one."""

import threading
from collections import deque
from dataclasses import field

from kiosk.declared import ConsentAnswered, FormFilled
from kiosk.evidence import HealthStatus, Observation, Scan
from kiosk.frozen import frozen
from kiosk.gate_mode import ModeOrder, ModeRecorded
from kiosk.holder import Holder
from kiosk.in_force import DocumentRefused, PolicyTurned, Renewed
from kiosk.link import (
    Coloured,
    DoorMoved,
    Finished,
    FormAsked,
    GateClosed,
    GateFailed,
    GateNoticed,
    GateOpened,
    GuardAsked,
    Noticed,
    OverrideAsked,
    PartHealth,
    Passed,
    SceneMoved,
    TimeAsked,
)
from kiosk.model import Decision, EventId, VisitId
from kiosk.remote import CommandRefused, RemoteOpen
from kiosk.spent import Spend, UsedElsewhere
from kiosk.units import Monotonic


@frozen
class TokenAnswered:
    """The issuer's answer about a health code; None when there was none in time. `person`: whose it is, masked."""

    visit: VisitId
    token: str = field(repr=False)
    status: HealthStatus | None
    person: Holder | None = field(default=None, repr=False)


@frozen
class Recorded:
    """The log's answer to a decision: where it stands, or None when it could not be made durable.

    `spends` is the use of a pass that was recorded with it. `unacknowledged`: the event has its place in the log all
    the same, though nobody vouched for it in time; it is no ground to open.
    """

    visit: VisitId
    decision: Decision
    event: EventId | None
    at: Monotonic
    spends: Spend | None = None
    unacknowledged: EventId | None = None


Sight = Scan | Observation | Noticed | Coloured
"""What is seen again a moment later: under pressure the oldest of these go, and nothing else ever does."""
Asked = FormAsked | GuardAsked | TimeAsked | OverrideAsked | DoorMoved | Finished
"""What was touched on the screen."""
Downward = Renewed | DocumentRefused | RemoteOpen | ModeOrder | CommandRefused | FormFilled | ConsentAnswered | UsedElsewhere
"""What came down from the server."""
GateSaid = GateOpened | GateClosed | GateFailed | GateNoticed | Passed
Item = Sight | TokenAnswered | Recorded | ModeRecorded | Asked | Downward | PolicyTurned | SceneMoved | GateSaid | PartHealth


class Inbox:
    """A queue with a bound and a policy: when it is full the oldest sight gives way.

    Answers and the gate's messages are few, come once, and are never dropped: the bound is on sights alone.
    """

    def __init__(self, bound: int = 256) -> None:
        self._bound = bound
        self._items: deque[Item] = deque()
        self._arrived = threading.Condition()
        self.dropped = 0

    def post(self, item: Item) -> None:
        """Put an item in. Never waits."""
        with self._arrived:
            if len(self._items) >= self._bound:
                stale = next((held for held in self._items if isinstance(held, Sight)), None)
                if stale is not None:
                    self._items.remove(stale)
                    self.dropped += 1
            self._items.append(item)
            self._arrived.notify()

    def depth(self) -> int:
        """How many items wait."""
        return len(self._items)

    def take(self, timeout_s: float) -> Item | None:
        """Wait for the oldest item; None when none came in time."""
        with self._arrived:
            if not self._items:
                self._arrived.wait(max(0.0, timeout_s))
            return self._items.popleft() if self._items else None
