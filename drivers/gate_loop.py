"""The gate process: gives the core's pulses, bounds them, and closes the line when the core falls silent.

The next visitor may be let in while the one before is still on the way through: every admission has a pulse of its
own, one after the other, and passages are taken in the order of the admissions (`drivers.passages`).
"""

import selectors
from collections import deque
from collections.abc import Callable, Iterable
from threading import Event

from drivers.gate import GateLine
from drivers.passages import Passages
from kiosk.edge import Edge
from kiosk.errors import DeviceLost
from kiosk.link import (
    BEAT_EVERY,
    BEAT_LOST,
    AnyMessage,
    Beat,
    Connection,
    GateClosed,
    GateFailed,
    GateOpened,
    OpenGate,
    Passed,
    greet,
    reconnect_pause,
)
from kiosk.model import EventId, Monotonic, Part
from kiosk.ports import Clock

ADMISSIONS_KEPT = 64
"""Admissions remembered so that a repeat is ignored."""

REST_S = 0.1
"""The line is inactive for so long between two pulses, so that the gate's own control sees two."""
WAIT_S = 1.5
"""An order waits for another's pulse no longer than this: the core gives up on it after 2 s (kiosk.flow)."""

HEARD_AT_ONCE = 64
"""Messages handled before deadlines are looked at again: no flood may lengthen a pulse."""


class Gatekeeper:
    """What the gate owes the core over one connection. Driven by messages, passages and the passing of time."""

    def __init__(self, line: GateLine, clock: Clock, given: deque[EventId] | None = None, core: Edge | None = None) -> None:
        """Begin with a connection just made. `given` are the admissions that had their pulse already."""
        now = clock.monotonic()
        self._line = line
        self._clock = clock
        self._given: deque[EventId] = deque(maxlen=ADMISSIONS_KEPT) if given is None else given
        self._heard_at: Monotonic = now
        self._core = Edge("core") if core is None else core
        self._core_well = True
        self._beat_due: Monotonic = now
        self._passages = Passages()
        self._opening: EventId | None = None
        self._waiting: OpenGate | None = None
        self._rested_at: Monotonic = now
        self.lost: DeviceLost | None = None
        """Why the line cannot be driven any more; the process then ends, to begin anew with its pins."""

    def handle(self, message: AnyMessage) -> list[AnyMessage]:
        """Do what the core says and return the answers."""
        match message:
            case Beat():
                self._heard_at = self._clock.monotonic()
                self._core_well = True
                self._core.find(self._heard_at)
            case OpenGate():
                return self._open(message)
            case _:
                pass
        return []

    def passages(self, times: Iterable[Monotonic]) -> list[AnyMessage]:
        """Tell of passages: each is that of the first who was let in and is waited for, else nobody's."""
        return [Passed(self._passages.seen(at), at) for at in times]

    def advance(self) -> list[AnyMessage]:
        """Do what is due by now: silence of the core, the end of a pulse, the next one, of the time to pass, a beat."""
        now = self._clock.monotonic()
        told: list[AnyMessage] = []
        if self._core_well and now - self._heard_at >= BEAT_LOST:
            self._core_well = False
            self._core.lose(now, detail="it is silent")
            told += self.cut("the core fell silent")
        if self._line.expire():
            self._opening = None
            self._rested_at = Monotonic(now + REST_S)
        if self._waiting is not None and not self._line.active and now >= self._rested_at:
            waiting, self._waiting = self._waiting, None
            told += self._pulse(waiting)
        told += [GateClosed(ended, passed, now) for ended, passed in self._passages.over(now, self._opening)]
        if now >= self._beat_due:
            told.append(Beat(now))
            self._beat_due = Monotonic(now + BEAT_EVERY)
        return told

    def next_deadline(self) -> Monotonic:
        """When `advance` has something to do again."""
        deadlines = [self._beat_due]
        if self._core_well:
            deadlines.append(Monotonic(self._heard_at + BEAT_LOST))
        if self._line.until is not None:
            deadlines.append(self._line.until)
        elif self._waiting is not None:
            deadlines.append(self._rested_at)
        if (ends := self._passages.next_deadline(self._opening)) is not None:
            deadlines.append(ends)
        return min(deadlines)

    def cut(self, detail: str) -> list[AnyMessage]:
        """Make the line inactive at once. A pulse that was being given, or waited, has failed; otherwise nothing is said."""
        failed = [] if self._opening is None else [self._opening]
        if self._waiting is not None:
            failed.append(self._waiting.admission)
        self._line.release()
        self._opening = self._waiting = None
        for admission in failed:
            self._passages.forget(admission)
        return [GateFailed(admission, detail, self._clock.monotonic()) for admission in failed]

    def _open(self, message: OpenGate) -> list[AnyMessage]:
        if message.admission in self._given:
            return []
        refusal = self._refusal(message)
        if refusal is not None:
            return [GateFailed(message.admission, refusal, self._clock.monotonic())]
        self._given.append(message.admission)
        if self._line.active or self._clock.monotonic() < self._rested_at:
            self._waiting = message
            return []
        return self._pulse(message)

    def _pulse(self, message: OpenGate) -> list[AnyMessage]:
        if self._clock.monotonic() - message.at > WAIT_S:
            return [GateFailed(message.admission, "the order is too old", self._clock.monotonic())]
        try:
            opened_at = self._line.pulse(message.pulse_s)
        except DeviceLost as error:
            self.lost = error
            return [GateFailed(message.admission, "the line cannot be driven", self._clock.monotonic())]
        self._opening = message.admission
        self._passages.expect(message.admission, Monotonic(opened_at + message.passage_s))
        return [GateOpened(message.admission, opened_at)]

    def _refusal(self, message: OpenGate) -> str | None:
        now = self._clock.monotonic()
        if not self._core_well:
            return "the core is silent"
        if now - message.at > BEAT_LOST:
            return "the order is too old"
        if not self._line.allows(message.pulse_s):
            return "the pulse is out of bounds"
        if self._waiting is not None:
            return "another order is waiting"
        if self._line.until is not None and self._line.until + REST_S - message.at > WAIT_S:
            return "a long pulse is being given"
        return None


def run_gate(
    connection_factory: Callable[[], Connection | None],
    line: GateLine,
    clock: Clock,
    stop: Event,
    *,
    version: str = "unknown",
) -> None:
    """Serve the core until `stop`, connecting again whenever it is gone. The line is inactive without a core.

    `connection_factory` waits for a connection, or returns None once `stop` is set: `connect_patiently(path,
    stop.wait)`. The loop turns at every beat, so `stop` is seen within BEAT_EVERY. Raises DeviceLost when the line
    itself is lost; the line is released in any case, and closed by its owner.
    """
    given: deque[EventId] = deque(maxlen=ADMISSIONS_KEPT)
    core = Edge("core")
    try:
        while not stop.is_set():
            connection = connection_factory()
            if connection is None:
                return
            began = clock.monotonic()
            try:
                _serve(connection, Gatekeeper(line, clock, given, core), line, clock, stop, version)
            except CoreGone as error:
                core.lose(clock.monotonic(), detail=str(error))
            finally:
                connection.close()
            stop.wait(reconnect_pause(clock.monotonic() - began))
    finally:
        line.release()


def _serve(connection: Connection, keeper: Gatekeeper, line: GateLine, clock: Clock, stop: Event, version: str) -> None:
    """Serve one connection until `stop`. Raises CoreGone when it ends; the line is then inactive."""
    try:
        greet(connection, Part.GATE, version)
    except DeviceLost as error:
        raise CoreGone(str(error)) from error
    with selectors.DefaultSelector() as selector:
        selector.register(connection, selectors.EVENT_READ)
        selector.register(line, selectors.EVENT_READ)
        while not stop.is_set():
            try:
                _send(connection, keeper.passages(line.take_passages()))
                # What has come is heard before silence is judged: this process may itself have been held up.
                for _ in range(HEARD_AT_ONCE):
                    message = _waiting(connection)
                    if message is None:
                        break
                    _send(connection, keeper.handle(message))
                if keeper.lost is not None:
                    raise keeper.lost
                _send(connection, keeper.advance())
            except CoreGone:
                keeper.cut("the core is gone")
                raise
            selector.select(max(0.0, keeper.next_deadline() - clock.monotonic()))
    keeper.cut("the gate stops")


class CoreGone(DeviceLost):
    """The link to the core has ended; the line is as it was."""


def _waiting(connection: Connection) -> AnyMessage | None:
    try:
        return connection.receive(0.0)
    except DeviceLost as error:
        raise CoreGone(str(error)) from error


def _send(connection: Connection, messages: Iterable[AnyMessage]) -> None:
    for message in messages:
        try:
            connection.send(message)
        except DeviceLost as error:
            raise CoreGone(str(error)) from error
