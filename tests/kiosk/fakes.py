"""Hand-written fakes at the core's ports."""

from collections.abc import Sequence

from kiosk.credentials import HealthToken
from kiosk.errors import DeviceLost, LogUnusable
from kiosk.events import Draft
from kiosk.model import ClockState, Decision, EventId, GateOutcome, VisitId
from kiosk.ports import Admission, Sealed
from kiosk.spent import Spend
from kiosk.units import Monotonic, Seconds, WallTime
from kiosk.visit import RecordGate

NOON = WallTime(1_795_521_600_000_000)


class FakeClock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = Monotonic(1000.0)
        self.trusted = ClockState.SYNCHRONISED

    def advance(self, seconds: float) -> None:
        self.now = Monotonic(self.now + seconds)

    def monotonic(self) -> Monotonic:
        return self.now

    def wall(self) -> WallTime:
        return WallTime(NOON + round((self.now - 1000.0) * 1e6))

    def state(self) -> ClockState:
        return self.trusted

    def boot_id(self) -> str:
        return "boot"


class FakeSealer:
    """Shows what it was given, and when."""

    def seal(self, personal: bytes, at: WallTime) -> Sealed:
        return Sealed("fake-key", b"sealed at %d " % at + personal)


class FakeFormLinks:
    """Names a visit by itself, while it can vouch for one."""

    def __init__(self) -> None:
        self.vouches = True

    def token(self, visit: VisitId) -> str | None:
        return f"token-{visit}" if self.vouches else None


class FakeGate:
    """Remembers what it was asked."""

    def __init__(self) -> None:
        self.opened: list[EventId] = []
        self.beats = 0
        self.lost = False

    def open(self, admission: EventId, pulse_s: Seconds) -> None:
        if self.lost:
            raise DeviceLost("the gate process is not connected")
        self.opened.append(admission)

    def heartbeat(self) -> None:
        if self.lost:
            raise DeviceLost("the gate process is not connected")
        self.beats += 1


class FakeRecorder:
    """Remembers what is to be recorded; the test says when it is durable."""

    def __init__(self) -> None:
        self.decisions: list[tuple[VisitId, Decision, Draft]] = []
        self.outcomes: list[tuple[RecordGate, Draft]] = []
        self.notes: list[Draft] = []
        self.spends: list[Spend | None] = []
        self.given_back: list[bool] = []

    def decision(self, visit: VisitId, decision: Decision, draft: Draft, spends: Spend | None) -> None:
        self.spends.append(spends)
        self.decisions.append((visit, decision, draft))

    def outcome(self, effect: RecordGate, draft: Draft, *, gives_back: bool) -> None:
        self.given_back.append(gives_back)
        self.outcomes.append((effect, draft))

    def note(self, visit: VisitId, draft: Draft) -> None:
        self.notes.append(draft)


class FakeResolver:
    """Remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[VisitId, HealthToken]] = []

    def ask(self, visit: VisitId, token: HealthToken) -> None:
        self.asked.append((visit, token))


class FakeLog:
    """A log in memory that can fail."""

    def __init__(self, unresolved: Sequence[Admission] = ()) -> None:
        self.entries: list[tuple[Draft, str, Decision | None]] = []
        self.outcomes: list[tuple[EventId, GateOutcome]] = []
        self.failing = False
        self._unresolved = list(unresolved)

    def append(self, draft: Draft, *, visit: str, decision: Decision | None = None, spends: Spend | None = None) -> EventId:
        if self.failing:
            raise LogUnusable("the disk is full")
        self.entries.append((draft, visit, decision))
        return EventId(f"gate-1/log/{len(self.entries)}")

    def record_outcome(self, admission: EventId, outcome: GateOutcome, draft: Draft, *, gives_back: bool = False) -> EventId:
        self.outcomes.append((admission, outcome))
        return self.append(draft, visit="")

    def unresolved(self) -> Sequence[Admission]:
        return self._unresolved

    def spent(self) -> Sequence[str]:
        return []

    def close(self) -> None:
        pass
