"""The gate process: serves the core over its link, and makes the line inactive when the link or the process ends."""

import selectors
from collections import deque
from collections.abc import Callable, Iterable
from threading import Event

from drivers.gate import GateLine
from drivers.gate_switches import Lamps, Switch, Switches
from drivers.gatekeeper import ADMISSIONS_KEPT, Direction, Gatekeeper
from kiosk.edge import Edge
from kiosk.errors import DeviceLost
from kiosk.link import AnyMessage, Connection, greet, reconnect_pause
from kiosk.model import EventId, Part
from kiosk.ports import Clock

HEARD_AT_ONCE = 64
"""Messages handled before deadlines are looked at again: no flood may lengthen a pulse."""


def run_gate(
    connection_factory: Callable[[], Connection | None],
    line: GateLine,
    clock: Clock,
    stop: Event,
    *,
    version: str = "unknown",
    switches: Switches | None = None,
    lamps: Lamps | None = None,
    direction: Direction = "in",
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
                keeper = Gatekeeper(line, clock, given, core, direction=direction)
                _serve(connection, keeper, line, clock, stop, version, switches, lamps)
            except CoreGone as error:
                core.lose(clock.monotonic(), detail=str(error))
            finally:
                connection.close()
            stop.wait(reconnect_pause(clock.monotonic() - began))
    finally:
        line.release()


def _serve(
    connection: Connection,
    keeper: Gatekeeper,
    line: GateLine,
    clock: Clock,
    stop: Event,
    version: str,
    switches: Switches | None,
    lamps: Lamps | None,
) -> None:
    """Serve one connection until `stop`. Raises CoreGone when it ends; the line is then inactive."""
    try:
        greet(connection, Part.GATE, version)
    except DeviceLost as error:
        raise CoreGone(str(error)) from error
    with selectors.DefaultSelector() as selector:
        for source in (connection, line, switches):
            if source is not None:
                selector.register(source, selectors.EVENT_READ)
        try:
            while not stop.is_set():
                _turn(connection, keeper, line, switches)
                if lamps is not None:
                    lamps.show(keeper.lamps)
                selector.select(max(0.0, keeper.next_deadline() - clock.monotonic()))
        except CoreGone:
            keeper.cut("the core is gone")
            raise
        finally:
            if lamps is not None:
                lamps.show(frozenset())
    keeper.cut("the gate stops")


def _turn(connection: Connection, keeper: Gatekeeper, line: GateLine, switches: Switches | None) -> None:
    """Take in all that has come, and do what is due. Raises CoreGone, or DeviceLost when the line itself is lost."""
    _send(connection, keeper.passages(line.take_passages()))
    if switches is not None:
        edges = switches.take()
        held, locked = switches.on(Switch.HOLD_OPEN), switches.on(Switch.LOCK)
        _send(connection, keeper.switched(edges, held=held, locked=locked))
    # What has come is heard before silence is judged: this process may itself have been held up.
    for _ in range(HEARD_AT_ONCE):
        message = _waiting(connection)
        if message is None:
            break
        _send(connection, keeper.handle(message))
    if keeper.lost is not None:
        raise keeper.lost
    _send(connection, keeper.advance())


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
