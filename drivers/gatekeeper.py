"""What the gate process owes the core: the pulses, their bounds, the passages, and what is noticed at the gate.

The next visitor may be let in while the one before is still on the way through: every admission has a pulse of its
own, one after the other, and passages are taken in the order of the admissions (`drivers.passages`). What the line may
do is the table in `drivers.gate_states`; nothing here makes it high but on a way of that table.
"""

from collections import deque
from collections.abc import Iterable
from typing import Literal

from drivers.gate import GateLine
from drivers.gate_states import LineEvent, LineState, step, takes
from drivers.gate_switches import Lamp, Switch
from drivers.passages import Passages
from kiosk.edge import Edge
from kiosk.errors import DeviceLost
from kiosk.link import (
    BEAT_EVERY,
    BEAT_LOST,
    AnyMessage,
    Beat,
    GateClosed,
    GateFailed,
    GateNoticed,
    GateOpened,
    OpenGate,
    Passed,
)
from kiosk.model import EventId
from kiosk.ports import Clock
from kiosk.units import Monotonic

ADMISSIONS_KEPT = 64
"""Admissions remembered so that a repeat is ignored."""

REST_S = 0.1
"""The line is inactive for so long between two pulses, so that the gate's own control sees two."""
WAIT_S = 1.5
"""An order waits for another's pulse no longer than this: the core gives up on it after 2 s (kiosk.flow)."""

BLOCKED_S = 15.0
"""Somebody, or something, is between the posts for so long: the gate is held open."""
BUZZ_S = 1.0
"""How long the buzzer sounds for somebody who came in behind another."""
Direction = Literal["in", "out", "both"]
"""Which way people go through here. Where they go both ways, whoever was not let in may be leaving."""


class Gatekeeper:
    """What the gate owes the core over one connection. Driven by messages, passages, switches and the passing of time."""

    def __init__(
        self,
        line: GateLine,
        clock: Clock,
        given: deque[EventId] | None = None,
        core: Edge | None = None,
        *,
        direction: Direction = "in",
    ) -> None:
        """Begin with a connection just made. `given` are the admissions that had their pulse already."""
        now = clock.monotonic()
        self._line = line
        self._clock = clock
        self._given: deque[EventId] = deque(maxlen=ADMISSIONS_KEPT) if given is None else given
        self._direction = direction
        self._heard_at: Monotonic = now
        self._core = Edge("core") if core is None else core
        self._state = LineState.READY
        self._key = LineEvent.KEY_NORMAL
        self._beat_due: Monotonic = now
        self._passages = Passages()
        self._opening: EventId | None = None
        self._waiting: OpenGate | None = None
        self._rested_at: Monotonic = now
        self._buzzes_until: Monotonic = now
        self._blocked = False
        self.lost: DeviceLost | None = None
        """Why the line cannot be driven any more; the process then ends, to begin anew with its pins."""

    @property
    def state(self) -> LineState:
        """What the line is doing."""
        return self._state

    @property
    def lamps(self) -> frozenset[Lamp]:
        """What shall be lit, and whether the buzzer sounds."""
        lit = set()
        if self._line.active:
            lit.add(Lamp.GREEN)
        if self._state in (LineState.LOCKED, LineState.SILENT):
            lit.add(Lamp.RED)
        if self._blocked or self._clock.monotonic() < self._buzzes_until:
            lit.add(Lamp.BUZZER)
        return frozenset(lit)

    def handle(self, message: AnyMessage) -> list[AnyMessage]:
        """Do what the core says and return the answers."""
        match message:
            case Beat():
                self._heard_at = self._clock.monotonic()
                self._core.find(self._heard_at)
                was_silent = self._state is LineState.SILENT
                self._state = step(self._state, LineEvent.HEARD)
                # The guard's key may have been turned while nobody spoke.
                return self._turn_key() if was_silent else self._keep_held()
            case OpenGate():
                return self._open(message)
            case _:
                pass
        return []

    def passages(self, times: Iterable[Monotonic]) -> list[AnyMessage]:
        """Tell of passages: each is that of the first who was let in and is waited for, else nobody's."""
        told: list[AnyMessage] = []
        for at in times:
            whose = self._passages.seen(at)
            told.append(Passed(whose, at, self._direction))
            if whose is None and self._direction != "both" and self._state is not LineState.HELD_OPEN:
                self._buzzes_until = Monotonic(self._clock.monotonic() + BUZZ_S)
        return told

    def switched(self, edges: Iterable[tuple[Switch, bool, Monotonic]], *, held: bool, locked: bool) -> list[AnyMessage]:
        """Tell of switches, and go by the key switch as it stands now. Locked comes before held open."""
        told: list[AnyMessage] = [GateNoticed(switch, on, at) for switch, on, at in edges]
        key = LineEvent.KEY_LOCKED if locked else LineEvent.KEY_HELD_OPEN if held else LineEvent.KEY_NORMAL
        if key is not self._key:
            self._key = key
            told += self._turn_key()
        return told

    def advance(self) -> list[AnyMessage]:
        """Do what is due by now: silence of the core, the end of a pulse, the next one, of the time to pass, a beat."""
        now = self._clock.monotonic()
        told: list[AnyMessage] = []
        if self._state is not LineState.SILENT and now - self._heard_at >= BEAT_LOST:
            self._core.lose(now, detail="it is silent")
            told += self.cut("the core fell silent")
        if self._line.expire() and self._state is LineState.PULSE:
            self._opening = None
            self._rest(LineEvent.OVER, now)
        if self._state is LineState.REST and now >= self._rested_at:
            self._state = step(self._state, LineEvent.RESTED)
        if self._waiting is not None and takes(self._state, LineEvent.ADMITTED):
            waiting, self._waiting = self._waiting, None
            told += self._admit(waiting)
        told += [GateClosed(ended, passed, now) for ended, passed in self._passages.over(now, self._opening)]
        told += self._look_for_blocking(now)
        if now >= self._beat_due:
            told.append(Beat(now))
            self._beat_due = Monotonic(now + BEAT_EVERY)
        return told

    def next_deadline(self) -> Monotonic:
        """When `advance` has something to do again."""
        deadlines = [self._beat_due]
        if self._state is not LineState.SILENT:
            deadlines.append(Monotonic(self._heard_at + BEAT_LOST))
        if self._line.until is not None:
            deadlines.append(self._line.until)
        if self._state is LineState.REST:
            deadlines.append(self._rested_at)
        if (ends := self._passages.next_deadline(self._opening)) is not None:
            deadlines.append(ends)
        return min(deadlines)

    def cut(self, detail: str) -> list[AnyMessage]:
        """Make the line inactive at once. A pulse that was being given, or waited, has failed; otherwise nothing is said."""
        self._state = step(self._state, LineEvent.SILENCE)
        return self._drop(detail)

    def _drop(self, detail: str) -> list[AnyMessage]:
        failed = [] if self._opening is None else [self._opening]
        if self._waiting is not None:
            failed.append(self._waiting.admission)
        self._line.release()
        self._opening = self._waiting = None
        for admission in failed:
            self._passages.forget(admission)
        return [GateFailed(admission, detail, self._clock.monotonic()) for admission in failed]

    def _turn_key(self) -> list[AnyMessage]:
        """Go by the guard's key."""
        before, self._state = self._state, step(self._state, self._key)
        match self._state:
            case LineState.LOCKED:
                return self._drop("the gate was locked")
            case LineState.HELD_OPEN:
                self._opening = None
                return self._keep_held()
            case LineState.REST if before is LineState.HELD_OPEN:
                self._line.release()
                self._rested_at = Monotonic(self._clock.monotonic() + REST_S)
        return []

    def _keep_held(self) -> list[AnyMessage]:
        """While the guard holds the gate open the line is active for as long as the core may be silent, and no longer."""
        if self._state is LineState.HELD_OPEN:
            try:
                self._line.hold(Monotonic(self._heard_at + BEAT_LOST))
            except DeviceLost as error:
                self.lost = error
        return []

    def _rest(self, event: LineEvent, now: Monotonic) -> None:
        self._state = step(self._state, event)
        self._rested_at = Monotonic(now + REST_S)

    def _open(self, message: OpenGate) -> list[AnyMessage]:
        if message.admission in self._given:
            return []
        refusal = self._refusal(message)
        if refusal is not None:
            return [GateFailed(message.admission, refusal, self._clock.monotonic())]
        self._given.append(message.admission)
        if self._state is LineState.REST and self._clock.monotonic() >= self._rested_at:
            self._state = step(self._state, LineEvent.RESTED)
        if not takes(self._state, LineEvent.ADMITTED):
            self._waiting = message
            return []
        return self._admit(message)

    def _admit(self, message: OpenGate) -> list[AnyMessage]:
        now = self._clock.monotonic()
        if now - message.at > WAIT_S:
            return [GateFailed(message.admission, "the order is too old", now)]
        after = step(self._state, LineEvent.ADMITTED)
        if after is LineState.PULSE:
            try:
                now = self._line.pulse(message.pulse_s)
            except DeviceLost as error:
                self.lost = error
                return [GateFailed(message.admission, "the line cannot be driven", self._clock.monotonic())]
            self._opening = message.admission
        self._state = after
        self._passages.expect(message.admission, Monotonic(now + message.passage_s))
        return [GateOpened(message.admission, now)]

    def _look_for_blocking(self, now: Monotonic) -> list[AnyMessage]:
        covered = self._line.covered_since
        blocked = covered is not None and now - covered >= BLOCKED_S
        if blocked == self._blocked:
            return []
        self._blocked = blocked
        return [GateNoticed("blocked", blocked, now)]

    def _refusal(self, message: OpenGate) -> str | None:
        now = self._clock.monotonic()
        if self._state is LineState.SILENT:
            return "the core is silent"
        if self._state is LineState.LOCKED:
            return "the gate is locked"
        if now - message.at > BEAT_LOST:
            return "the order is too old"
        if not self._line.allows(message.pulse_s):
            return "the pulse is out of bounds"
        if self._waiting is not None:
            return "another order is waiting"
        until = self._line.until if self._state is LineState.PULSE else None
        if until is not None and until + REST_S - message.at > WAIT_S:
            return "a long pulse is being given"
        return None
