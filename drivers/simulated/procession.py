"""The visitors of a simulated world, one after the other, and what is measured of each. Knows no clock."""

import math
from collections import deque
from dataclasses import dataclass, field, replace

from drivers.simulated.protocol import AllDone, PinEdge, VisitorReport
from drivers.simulated.script import Script, VisitorScript
from drivers.simulated.visitor import AT_SENSOR_S, HELD_UP, Posture, Visit, visit_of

AMBIENT_SWING_C = 0.2
AMBIENT_PERIOD_S = 900.0
SCENE_SWING_C = 0.3
SCENE_PERIOD_S = 240.0


@dataclass(frozen=True, slots=True)
class Covered:
    """The passage sensor is covered, or no longer."""

    level: bool


@dataclass(frozen=True, slots=True)
class Current:
    """Who stands there, since when. Replaced whole, so that another thread may read it at any moment."""

    visit: Visit
    arrived_at: float


@dataclass(slots=True)
class Measured:
    """What was seen of the current visitor."""

    shown_at: dict[int, float] = field(default_factory=dict)
    relay_at: float | None = None
    passed_at: float | None = None
    covered_at: float | None = None
    passages: int = 0
    trace: list[PinEdge] = field(default_factory=list)


class Procession:
    """Whose turn it is. `posture` and `unplugged` may be called from any thread, everything else from one."""

    def __init__(self, script: Script) -> None:
        self._seed = script.seed
        self._ambient_c = script.sensor.ambient_c
        self._waiting: deque[VisitorScript] = deque(script.visitors)
        self._open_ended = script.open_ended
        self._current: Current | None = None
        self._measured = Measured()
        self._next_at: float | None = None
        self._begun = False
        self._done = False
        self._covered = False
        self._count = 0
        self._reported = 0

    def begin(self, now: float) -> None:
        """Let the first visitor come, after his gap. Idempotent."""
        if not self._begun:
            self._begun = True
            self._call_next(now)

    def add(self, visitor: VisitorScript, now: float) -> None:
        """Put one more visitor at the end."""
        self._waiting.append(visitor)
        self._done = False
        if self._begun and self._current is None and self._next_at is None:
            self._call_next(now)

    def finish(self) -> None:
        """Say that no more are added: after the last one all is done."""
        self._open_ended = False

    def line_changed(self, edge: PinEdge, active: bool) -> None:
        """Take note of an edge of the relay line; whoever stands there sees an active one."""
        if self._current is None:
            return
        self._measured.trace.append(edge)
        if active and self._measured.relay_at is None:
            self._measured.relay_at = edge.at
            seen_s = edge.at - self._current.arrived_at
            # Whoever has turned away does not look back.
            if seen_s < self._current.visit.turns_s:
                self._current = replace(self._current, visit=replace(self._current.visit, opened_s=seen_s))

    def frame_seen(self, at: float, posture: Posture, whole: bool) -> None:
        """Take note of a picture: `whole` if every card held up was wholly inside."""
        if not whole or self._current is None or at < self._current.arrived_at:
            return
        for card in posture.cards:
            if card.raised >= HELD_UP:
                self._measured.shown_at.setdefault(card.number, at)

    def advance(self, now: float) -> list[Covered | VisitorReport | AllDone]:
        """Do all that is due by `now`, in order."""
        told: list[Covered | VisitorReport | AllDone] = []
        if self._current is None and self._next_at is not None and now >= self._next_at:
            self._arrive(self._next_at)
        if self._current is not None:
            told += self._pass_sensor(self._current, now)
            if now >= self._current.arrived_at + self._current.visit.gone_s and not self._covered:
                told.append(self._leave(self._current, now))
        nobody = self._current is None and self._next_at is None
        if nobody and self._begun and not self._done and not self._open_ended:
            self._done = True
            told.append(AllDone(self._reported))
        return told

    def _pass_sensor(self, current: Current, now: float) -> list[Covered]:
        told = []
        due = self._next_passage(current)
        if not self._covered and due is not None and now >= due:
            self._covered = True
            self._measured.covered_at = now
            self._measured.passages += 1
            self._measured.passed_at = self._measured.passed_at or now
            told.append(Covered(True))
        covered_at = self._measured.covered_at
        if self._covered and covered_at is not None and now >= covered_at + AT_SENSOR_S:
            self._covered = False
            told.append(Covered(False))
        return told

    def _next_passage(self, current: Current) -> float | None:
        passages_s = current.visit.passages_s
        number = self._measured.passages
        return current.arrived_at + passages_s[number] if number < len(passages_s) else None

    def next_deadline(self) -> float:
        """When `advance` has something to do again; infinity when only others can change that."""
        if self._current is None:
            return math.inf if self._next_at is None else self._next_at
        covered_at = self._measured.covered_at
        if self._covered and covered_at is not None:
            return covered_at + AT_SENSOR_S
        due = self._next_passage(self._current)
        return self._current.arrived_at + self._current.visit.gone_s if due is None else due

    def unplugged(self, part: str, at: float) -> bool:
        """Whether a part of the kiosk is unplugged just now. Any thread may ask."""
        current = self._current
        return current is not None and current.visit.unplugged(part, at - current.arrived_at)

    def posture(self, at: float) -> Posture:
        """Return what the camera can see."""
        current = self._current
        return Posture() if current is None else current.visit.posture(at - current.arrived_at)

    def ambient_c(self, at: float) -> float:
        """Return the air's temperature: it drifts slowly."""
        return self._ambient_c + AMBIENT_SWING_C * math.sin(math.tau * at / AMBIENT_PERIOD_S)

    def scene_c(self, at: float) -> float:
        """Return the mean temperature in the thermometer's field: the empty scene, a forehead, or part of each."""
        ambient = self.ambient_c(at)
        empty = ambient + SCENE_SWING_C * math.sin(math.tau * at / SCENE_PERIOD_S)
        current = self._current
        if current is None:
            return empty
        share = current.visit.in_field(at - current.arrived_at)
        return empty + share * (current.visit.skin_c(ambient) - empty)

    def _call_next(self, now: float) -> None:
        self._next_at = now + self._waiting[0].gap_s if self._waiting else None

    def _arrive(self, at: float) -> None:
        self._count += 1
        self._current = Current(visit_of(self._waiting.popleft(), self._seed, self._count), at)
        self._measured = Measured()
        self._next_at = None

    def _leave(self, current: Current, now: float) -> VisitorReport:
        measured, visit = self._measured, current.visit
        needed = range(len(visit.script.cards))
        shown = [measured.shown_at.get(number) for number in needed]
        seen = [at for at in shown if at is not None]
        code_at = max(seen) if seen and len(seen) == len(shown) else None
        forehead_at = current.arrived_at + visit.forehead_s
        in_position_at = max(code_at or forehead_at, forehead_at) if code_at is not None or not shown else None
        self._current = None
        self._reported += 1
        self._call_next(now)
        return VisitorReport(
            name=visit.script.name,
            arrived_at=current.arrived_at,
            code_in_frame_at=code_at,
            forehead_at=forehead_at,
            in_position_at=in_position_at,
            relay_at=measured.relay_at,
            passed_at=measured.passed_at,
            left_at=now,
            line_trace=tuple(measured.trace),
        )
