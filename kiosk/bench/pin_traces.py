"""`gatepost bench line`: random histories of the gate process, and whether the pin was ever high when it must not be.

The gatekeeper and the line are the gate's own, over mock pins that keep every level they had; time is virtual. What the
pin may do is written down here once more and in another way: not by states, but by what has been ordered and heard.
"""

import random
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from gpiozero.pins.mock import MockFactory, MockPin

from drivers.gate import MAX_PULSE_S, GateLine
from drivers.gatekeeper import Gatekeeper
from kiosk.link import BEAT_LOST, AnyMessage, Beat, GateOpened, OpenGate
from kiosk.model import ClockState, EventId
from kiosk.units import Monotonic, Seconds, WallTime

RELAY, SENSOR = 17, 27
STEPS = 40
SLACK_S = 1e-6
"""What adding up seconds in floating point may differ by."""


class VirtualClock:
    """Time that moves only when it is moved."""

    def __init__(self) -> None:
        self.at = 1000.0

    def monotonic(self) -> Monotonic:
        """Seconds."""
        return Monotonic(self.at)

    def wall(self) -> WallTime:
        """The same, as microseconds."""
        return WallTime(round(self.at * 1e6))

    def state(self) -> ClockState:
        """Nobody set it."""
        return ClockState.NEVER_SET

    def boot_id(self) -> str:
        """It is always the same boot."""
        return "virtual"


@dataclass(slots=True)
class Violation:
    """The pin was high, and should not have been."""

    history: int
    at: float
    why: str


@dataclass(slots=True)
class Checked:
    """What many histories came to."""

    histories: int = 0
    edges: int = 0
    done: Counter[str] = field(default_factory=Counter)
    deaths: Counter[str] = field(default_factory=Counter)
    violations: list[Violation] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The counts, and the first violations in words."""
        return {
            "histories": self.histories,
            "edges": self.edges,
            "done": dict(sorted(self.done.items())),
            "deaths": dict(sorted(self.deaths.items())),
            "violations": [f"history {one.history}, {one.at:.3f} s: {one.why}" for one in self.violations[:20]],
        }


class History:
    """One gate process, what happens to it, and what its pin may do meanwhile."""

    def __init__(self, number: int, lot: random.Random, checked: Checked) -> None:
        self._number = number
        self._lot = lot
        self._checked = checked
        self._clock = VirtualClock()
        self._given: deque[EventId] = deque(maxlen=64)
        self._orders: dict[EventId, OpenGate] = {}
        self._may_until = 0.0
        self._may_from = 0.0
        self._opened: set[EventId] = set()
        self._heard_at = self._clock.at
        self._held = self._locked = False
        self._begin()

    def live(self) -> None:
        """Let things happen, and end in one of the ways in which a process ends."""
        for _ in range(STEPS):
            self._lot.choices(
                (self._order, self._repeat, self._wait, self._pass, self._turn_key, self._die),
                weights=(8, 2, 12, 4, 3, 1),
            )[0]()
        self._die()
        self._end()

    def _begin(self) -> None:
        """Start the process anew: the pins are its own, whatever they were before."""
        self._levels: list[tuple[float, bool]] = []
        history, clock = self._levels, self._clock

        class TracedPin(MockPin):  # type: ignore[misc]  # gpiozero ships no types
            """Keeps every level that it had."""

            def _change_state(self, value: bool) -> bool:
                changed = bool(super()._change_state(value))
                if changed and self.info.name == f"GPIO{RELAY}":
                    history.append((clock.at, bool(value)))
                return changed

        self._factory = MockFactory(pin_class=TracedPin)
        self._line = GateLine(self._clock, pin=RELAY, passage_pin=SENSOR, pin_factory=self._factory)
        self._connect()
        self._look("after the start")

    def _connect(self) -> None:
        self._keeper = Gatekeeper(self._line, self._clock, self._given)
        self._heard_at = self._clock.at
        self._key()

    def _end(self) -> None:
        self._line.close()
        self._look("after closing", low=True)
        self._checked.edges += len(self._levels)
        self._factory.reset()

    def _order(self) -> None:
        number = EventId(f"gate/log/{len(self._orders) + 1}")
        pulse_s = self._lot.choice((0.2, 0.8, 0.8, 2.0, MAX_PULSE_S, MAX_PULSE_S + 1, 0.0, -1.0, float("nan")))
        late_s = self._lot.choice((0.0, 0.0, 0.1, 0.6, 3.0))
        order = OpenGate(number, Seconds(pulse_s), Seconds(3.0), Monotonic(self._clock.at - late_s))
        self._orders[number] = order
        self._say(order)
        self._checked.done["ordered"] += 1

    def _repeat(self) -> None:
        if self._orders:
            self._say(self._lot.choice(list(self._orders.values())))
            self._checked.done["ordered again"] += 1

    def _say(self, order: OpenGate) -> None:
        self._take(self._keeper.handle(order))
        self._look("after an order")

    def _wait(self) -> None:
        """Time passes from deadline to deadline, as in the gate's loop; the core may be silent."""
        end = self._clock.at + self._lot.choice((0.05, 0.3, 0.49, 0.51, 1.0, 4.0))
        beating = self._lot.random() < 0.75
        self._checked.done["waited" if beating else "waited in silence"] += 1
        while self._clock.at < end:
            self._clock.at = min(end, max(self._keeper.next_deadline(), self._clock.at + 0.001))
            if beating:
                self._heard_at = self._clock.at
                self._take(self._keeper.handle(Beat(self._clock.monotonic())))
            self._take(self._keeper.passages(self._line.take_passages()))
            self._take(self._keeper.advance())
            self._look("after waiting")

    def _pass(self) -> None:
        sensor = self._factory.pin(SENSOR)
        sensor.drive_high()
        if self._lot.random() < 0.9:
            sensor.drive_low()
        self._checked.done["passed"] += 1

    def _turn_key(self) -> None:
        self._held, self._locked = self._lot.random() < 0.4, self._lot.random() < 0.2
        self._key()
        self._look("after the key")
        self._checked.done["key turned"] += 1

    def _key(self) -> None:
        self._take(self._keeper.switched((), held=self._held, locked=self._locked))
        if self._locked:
            self._may_until = 0.0

    def _die(self) -> None:
        death = self._lot.choice(("core gone", "stopped", "killed"))
        self._checked.deaths[death] += 1
        self._may_until = 0.0
        if death == "core gone":
            self._keeper.cut("the core is gone")
            self._look("after the core was gone", low=True)
            self._connect()
        elif death == "stopped":
            self._keeper.cut("the gate stops")
            self._end()
            self._begin()
        else:
            # Nobody tidies up: the pin stays as it was until hardware or the next start lets it go.
            self._checked.edges += len(self._levels)
            self._begin()

    def _take(self, told: list[AnyMessage]) -> None:
        """Note what the gate says that it has opened: only once for each order, and only for one."""
        for message in told:
            if not isinstance(message, GateOpened):
                continue
            self._checked.done["opened"] += 1
            order = self._orders.get(message.admission)
            if order is None or message.admission in self._opened:
                self._violates("it opened without an order, or twice")
            elif not self._held:
                self._may_from, self._may_until = self._clock.at, self._clock.at + order.pulse_s
            self._opened.add(message.admission)

    def _look(self, when: str, *, low: bool = False) -> None:
        """Compare the pin with what it may do."""
        if not bool(self._factory.pin(RELAY).state):
            return
        now = self._clock.at
        ordered = now < self._may_until + SLACK_S and self._may_until - self._may_from <= MAX_PULSE_S + SLACK_S
        held = self._held and not self._locked
        heard = now - self._heard_at < BEAT_LOST
        if low or not heard or not (ordered or held):
            self._violates(f"high {when}: ordered {ordered}, held {held}, core heard {heard}")

    def _violates(self, why: str) -> None:
        self._checked.violations.append(Violation(self._number, self._clock.at - 1000.0, why))


def check(histories: int, seed: int) -> Checked:
    """Let so many random histories happen."""
    checked = Checked()
    for number in range(histories):
        History(number, random.Random(f"{seed}/{number}"), checked).live()  # noqa: S311  # the same seed, the same lives
        checked.histories += 1
    return checked
