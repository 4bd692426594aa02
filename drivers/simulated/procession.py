"""The visitors of a simulated world, one after the other, and what is measured of each. Knows no clock.

One may still be on the way through the gate while the next one who queued walks up: the last to come is the one at the
gate, whoever came before has set off.
"""

import math
from collections import deque
from dataclasses import dataclass, field, replace

from drivers.simulated.protocol import AllDone, PinEdge, ScreenTouched, VisitorReport
from drivers.simulated.script import Script, VisitorScript
from drivers.simulated.visitor import AT_SENSOR_S, FOLLOW_S, HELD_UP, Posture, Visit, visit_of

AMBIENT_SWING_C = 0.2
AMBIENT_PERIOD_S = 900.0
SCENE_SWING_C = 0.3
SCENE_PERIOD_S = 240.0


@dataclass(frozen=True, slots=True)
class Covered:
    """The passage sensor is covered, or no longer."""

    level: bool


@dataclass(frozen=True, slots=True)
class Present:
    """Who is there, since when. Replaced whole, so that another thread may read it at any moment."""

    visit: Visit
    arrived_at: float


@dataclass(slots=True)
class Measured:
    """What was seen of a visitor who is there."""

    shown_at: dict[int, float] = field(default_factory=dict)
    relay_at: float | None = None
    passed_at: float | None = None
    passages: int = 0
    touched: bool = False
    trace: list[PinEdge] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Covering:
    """The passage sensor is covered, by whom, until when."""

    turn: int
    until: float


Told = Covered | ScreenTouched | VisitorReport | AllDone


class Procession:
    """Whose turn it is. `postures`, `scene_c` and `unplugged` may be called from any thread, everything else from one."""

    def __init__(self, script: Script) -> None:
        self._seed = script.seed
        self._ambient_c = script.sensor.ambient_c
        self._waiting: deque[VisitorScript] = deque(script.visitors)
        self._open_ended = script.open_ended
        self._present: tuple[Present, ...] = ()
        self._measured: dict[int, Measured] = {}
        self._next_at: float | None = None
        self._begun = False
        self._done = False
        self._covering: Covering | None = None
        self._passage_at = -math.inf
        self._opened_for = 0
        self._count = 0
        self._reported = 0

    def begin(self, now: float) -> None:
        """Let the first visitor come, after his gap. Idempotent."""
        self._begun = True
        self._call_next(now)

    def add(self, visitor: VisitorScript, now: float) -> None:
        """Put one more visitor at the end."""
        self._waiting.append(visitor)
        self._done = False
        self._call_next(now)

    def finish(self) -> None:
        """Say that no more are added: after the last one all is done."""
        self._open_ended = False

    def line_changed(self, edge: PinEdge, active: bool) -> None:
        """Take note of an edge of the relay line: it is for whoever is at the gate, and so is its end."""
        if not self._present:
            return
        if active:
            self._opened_for = self._present[-1].visit.turn
        measured = self._measured.get(self._opened_for)
        if measured is None:
            return
        measured.trace.append(edge)
        if active and measured.relay_at is None:
            measured.relay_at = edge.at
            self._notice(self._present[-1], edge.at)

    def frame_seen(self, at: float, postures: tuple[Posture, ...], whole: tuple[bool, ...]) -> None:
        """Take note of a picture: of each visitor in it, whether every card held up was wholly inside."""
        for posture, all_inside in zip(postures, whole, strict=True):
            measured = self._measured.get(posture.turn)
            if measured is None or not all_inside:
                continue
            for card in posture.cards:
                if card.raised >= HELD_UP:
                    measured.shown_at.setdefault(card.number, at)

    def advance(self, now: float) -> list[Told]:
        """Do all that is due by `now`, in order."""
        told: list[Told] = []
        self._call_next(now)
        if self._next_at is not None and now >= self._next_at:
            self._arrive(self._next_at)
        told += self._touch_screen(now)
        told += self._pass_sensor(now)
        told += [self._leave(one, now) for one in self._present if self._gone(one, now)]
        self._call_next(now)
        nobody = not self._present and self._next_at is None
        if nobody and self._begun and not self._done and not self._open_ended:
            self._done = True
            told.append(AllDone(self._reported))
        return told

    def next_deadline(self) -> float:
        """When `advance` has something to do again; infinity when only others can change that."""
        due = [math.inf if self._next_at is None else self._next_at]
        if self._covering is not None:
            due.append(self._covering.until)
        elif (passage := self._next_passage()) is not None:
            due.append(passage[1])
        for one in self._present:
            if not self._passing(one):
                due.append(one.arrived_at + one.visit.gone_s)
            if (touches_at := self._touches_at(one)) is not None:
                due.append(touches_at)
        if self._present and self._waiting and self._next_at is None and self._waiting[0].queues:
            due.append(_sets_off_at(self._present[-1]))
        return min(due)

    def unplugged(self, part: str, at: float) -> bool:
        """Whether a part of the kiosk is unplugged just now. Any thread may ask."""
        return any(one.visit.unplugged(part, at - one.arrived_at) for one in self._present)

    def postures(self, at: float) -> tuple[Posture, ...]:
        """Return what the camera can see of each visitor who is there, in the order in which they came."""
        return tuple(one.visit.posture(at - one.arrived_at) for one in self._present)

    def ambient_c(self, at: float) -> float:
        """Return the air's temperature: it drifts slowly."""
        return self._ambient_c + AMBIENT_SWING_C * math.sin(math.tau * at / AMBIENT_PERIOD_S)

    def scene_c(self, at: float) -> float:
        """Return the mean temperature in the thermometer's field: the empty scene, foreheads, or part of each.

        Whoever came first hides what is behind: two foreheads never fill more than the field.
        """
        ambient = self.ambient_c(at)
        empty = ambient + SCENE_SWING_C * math.sin(math.tau * at / SCENE_PERIOD_S)
        mean, left = empty, 1.0
        for one in self._present:
            share = min(left, one.visit.in_field(at - one.arrived_at))
            mean += share * (one.visit.skin_c(ambient) - empty)
            left -= share
        return mean

    def _call_next(self, now: float) -> None:
        """Say when the next visitor comes, once that is certain."""
        if not self._begun or not self._waiting or self._next_at is not None:
            return
        coming = self._waiting[0]
        if not self._present:
            self._next_at = now + coming.gap_s
        elif coming.queues and now >= (set_off_at := _sets_off_at(self._present[-1])):
            self._next_at = max(now, set_off_at + coming.gap_s)

    def _arrive(self, at: float) -> None:
        self._count += 1
        visit = visit_of(self._waiting.popleft(), self._seed, self._count)
        self._measured[visit.turn] = Measured()
        self._present = (*self._present, Present(visit, at))
        self._next_at = None

    def _notice(self, one: Present, at: float) -> None:
        """Let the visitor at the gate see the line open. Whoever has turned away does not look back."""
        seen_s = at - one.arrived_at
        if seen_s < one.visit.turns_s:
            opened = replace(one, visit=replace(one.visit, opened_s=seen_s))
            self._present = tuple(opened if other is one else other for other in self._present)

    def _touch_screen(self, now: float) -> list[ScreenTouched]:
        told = []
        for one in self._present:
            touches_at = self._touches_at(one)
            if touches_at is not None and now >= touches_at:
                self._measured[one.visit.turn].touched = True
                told.append(ScreenTouched(one.visit.script.name, touches_at))
        return told

    def _touches_at(self, one: Present) -> float | None:
        touches_s = None if self._measured[one.visit.turn].touched else one.visit.touches_s
        return None if touches_s is None else one.arrived_at + touches_s

    def _pass_sensor(self, now: float) -> list[Covered]:
        told = []
        passage = self._next_passage()
        if self._covering is None and passage is not None and now >= passage[1]:
            one, _ = passage
            measured = self._measured[one.visit.turn]
            measured.passages += 1
            measured.passed_at = measured.passed_at or now
            self._passage_at = now
            self._covering = Covering(one.visit.turn, now + AT_SENSOR_S)
            told.append(Covered(True))
        if self._covering is not None and now >= self._covering.until:
            self._covering = None
            told.append(Covered(False))
        return told

    def _next_passage(self) -> tuple[Present, float] | None:
        """Who is next at the passage sensor, and when: nobody overtakes, and nobody is on another's heels."""
        for one in self._present:
            number = self._measured[one.visit.turn].passages
            if number < len(one.visit.passages_s):
                return one, max(one.arrived_at + one.visit.passages_s[number], self._passage_at + FOLLOW_S)
        return None

    def _passing(self, one: Present) -> bool:
        """Whether somebody, or who slips in behind, is still on the way through."""
        covers = self._covering is not None and self._covering.turn == one.visit.turn
        return covers or self._measured[one.visit.turn].passages < len(one.visit.passages_s)

    def _gone(self, one: Present, now: float) -> bool:
        return now >= one.arrived_at + one.visit.gone_s and not self._passing(one)

    def _leave(self, one: Present, now: float) -> VisitorReport:
        measured, visit = self._measured.pop(one.visit.turn), one.visit
        needed = range(len(visit.script.cards))
        shown = [measured.shown_at.get(number) for number in needed]
        seen = [at for at in shown if at is not None]
        code_at = max(seen) if seen and len(seen) == len(shown) else None
        forehead_at = one.arrived_at + visit.forehead_s
        in_position_at = max(code_at or forehead_at, forehead_at) if code_at is not None or not shown else None
        self._present = tuple(other for other in self._present if other is not one)
        self._reported += 1
        return VisitorReport(
            name=visit.script.name,
            arrived_at=one.arrived_at,
            code_in_frame_at=code_at,
            forehead_at=forehead_at,
            in_position_at=in_position_at,
            relay_at=measured.relay_at,
            passed_at=measured.passed_at,
            set_off_at=_sets_off_at(one),
            left_at=now,
            line_trace=tuple(measured.trace),
        )


def _sets_off_at(one: Present) -> float:
    return one.arrived_at + one.visit.turns_s
