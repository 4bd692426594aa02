"""The simulated world's process: one loop that answers bus and pins at once, and one thread that films.

Everything is owned by the loop. The filming thread reads who is there (a frozen value, replaced whole) and
hands back what it saw through a bounded queue.
"""

import os
import selectors
import socket
import stat
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Event

from drivers.simulated.board import Board
from drivers.simulated.filming import Filming, Postures, Studio, Whole, open_studio
from drivers.simulated.procession import Covered, Procession
from drivers.simulated.protocol import (
    AddVisitor,
    AnyRecord,
    Begin,
    Channel,
    DrivePin,
    Finish,
    Introduce,
    PinEdge,
    PinTaken,
    Role,
    SetPin,
    Transfer,
    Transferred,
    Welcome,
    shm_name,
)
from drivers.simulated.script import Script
from drivers.simulated.sensor import SensorChip
from drivers.simulated.visitor import HELD_UP
from kiosk.errors import DeviceLost, UsageError
from kiosk.lines import get_logger

VIEWS_KEPT = 4096
"""Pictures not yet looked at by the loop; when there are more, the oldest go."""

log = get_logger()


def run_world(
    script: Script,
    socket_path: Path,
    stop: Event,
    *,
    ready: Callable[[], None] | None = None,
    studio: Callable[[Script, Path], Studio] = open_studio,
    now: Callable[[], float] = time.monotonic,
) -> None:
    """Let the world turn until `stop`, then leave neither socket nor shared memory behind.

    `ready` is called once clients may connect. Raises UsageError when the socket is in use, and whatever ended the
    filming.
    """
    listener = _listen(socket_path)
    try:
        World(script, socket_path, listener, stop, now).run(studio(script, socket_path), ready)
    finally:
        listener.close()
        socket_path.unlink(missing_ok=True)


class Client:
    """A process that lives in this world."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.role: Role | None = None


class World:
    """All that is in a world, and the loop that makes it turn."""

    def __init__(
        self, script: Script, socket_path: Path, listener: socket.socket, stop: Event, now: Callable[[], float]
    ) -> None:
        self._script = script
        self._shm = shm_name(socket_path)
        self._listener = listener
        self._stop = stop
        self._now = now
        self._procession = Procession(script)
        self._chip = SensorChip(
            script.sensor,
            script.seed,
            scene=self._procession.scene_c,
            ambient=self._procession.ambient_c,
            unplugged=partial(self._procession.unplugged, "thermometer"),
        )
        # The line's pull is to its inactive level, as the wiring asks for.
        self._board = Board(frozenset() if script.relay_active_high else frozenset({script.relay_pin}))
        self._clients: dict[int, Client] = {}
        self._views: deque[tuple[float, Postures, Whole]] = deque(maxlen=VIEWS_KEPT)
        self._wakeup = -1
        self._failure: BaseException | None = None

    def run(self, studio: Studio, ready: Callable[[], None] | None) -> None:
        """Turn until stopped."""
        self._wakeup = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        filming = Filming(
            studio,
            fps=self._script.fps,
            now=self._now,
            postures=self._procession.postures,
            unplugged=partial(self._procession.unplugged, "camera"),
            seen=self._note_view,
            ended=self._note_end,
            stop=self._stop,
        )
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._wakeup, selectors.EVENT_READ)
            filming.start()
            try:
                if ready is not None:
                    ready()
                self._turn(selector)
            finally:
                self._stop.set()
                filming.join()
                for client in self._clients.values():
                    client.channel.close()
                os.close(self._wakeup)
        if self._failure is not None:
            raise self._failure

    def _turn(self, selector: selectors.BaseSelector) -> None:
        # The filming thread wakes the loop when it ends, and it ends when `stop` is set.
        while not self._stop.is_set():
            self._advance(selector)
            deadline = self._procession.next_deadline()
            timeout = None if deadline == float("inf") else max(0.0, deadline - self._now())
            for key, _ in selector.select(timeout):
                if key.fileobj is self._listener:
                    self._accept(selector)
                elif isinstance(key.data, Client):
                    self._hear(selector, key.data)

    def _advance(self, selector: selectors.BaseSelector) -> None:
        while self._views:
            self._procession.frame_seen(*self._views.popleft())
        for told in self._procession.advance(self._now()):
            if isinstance(told, Covered):
                self._cover(selector, told.level)
            else:
                self._tell(selector, "observer", told)

    def _cover(self, selector: selectors.BaseSelector, level: bool) -> None:
        """Let the passage sensor say what it sees."""
        pin = self._script.passage_pin
        edge = None if pin is None else self._board.feed(pin, level, self._now())
        if edge is not None:
            self._tell(selector, "edges", DrivePin(edge.pin, edge.level, edge.at))
            self._tell(selector, "observer", edge)

    def _accept(self, selector: selectors.BaseSelector) -> None:
        endpoint, _ = self._listener.accept()
        client = Client(Channel(endpoint))
        self._clients[endpoint.fileno()] = client
        selector.register(endpoint.fileno(), selectors.EVENT_READ, client)

    def _hear(self, selector: selectors.BaseSelector, client: Client) -> None:
        try:
            record = client.channel.receive(0.0)
            answer = None if record is None else self._answer(selector, client, record)
            if answer is not None:
                client.channel.send(answer, wait=False)
        except DeviceLost:
            self._lose(selector, client)

    def _answer(self, selector: selectors.BaseSelector, client: Client, record: AnyRecord) -> AnyRecord | None:
        """Do what a client asks and return the answer. Raises DeviceLost for what its role does not allow."""
        match client.role, record:
            case None, Introduce(role=role):
                client.role = role
                return Welcome(self._shm)
            case "bus", Transfer(segments=segments):
                try:
                    return Transferred(self._chip.transfer(segments, self._now()))
                except OSError as error:
                    return Transferred(errno=error.errno or 0)
            case "pins", SetPin():
                return self._set_pin(selector, client, record)
            case "observer", Begin():
                self._procession.begin(self._now())
            case "observer", AddVisitor(visitor=visitor):
                self._procession.add(visitor, self._now())
            case "observer", Finish():
                self._procession.finish()
            case _:
                raise DeviceLost("that is not for this client to say")
        return None

    def _set_pin(self, selector: selectors.BaseSelector, client: Client, change: SetPin) -> PinTaken:
        at = self._now()
        if change.function == "output" and change.level is not None:
            edge = self._board.drive(change.pin, change.level, client, at)
        else:
            edge = self._board.let_go(change.pin, client, at)
        self._note_edge(selector, edge)
        return PinTaken(change.pin, self._board.level(change.pin), at)

    def _note_edge(self, selector: selectors.BaseSelector, edge: PinEdge | None) -> None:
        if edge is None:
            return
        if edge.pin == self._script.relay_pin:
            self._procession.line_changed(edge, edge.level == self._script.relay_active_high)
        self._tell(selector, "observer", edge)

    def _tell(self, selector: selectors.BaseSelector, role: Role, record: AnyRecord) -> None:
        """Tell all clients of a role. One that does not read is let go: nobody holds up the world."""
        for client in [client for client in self._clients.values() if client.role == role]:
            try:
                client.channel.send(record, wait=False)
            except DeviceLost:
                log.warning("world client lost", role=role)
                self._lose(selector, client)

    def _lose(self, selector: selectors.BaseSelector, client: Client) -> None:
        descriptor = client.channel.fileno()
        if self._clients.pop(descriptor, None) is None:
            return
        selector.unregister(descriptor)
        client.channel.close()
        for edge in self._board.lose(client, self._now()):
            self._note_edge(selector, edge)

    def _note_view(self, at: float, postures: Postures, whole: Whole) -> None:
        """Take over what a picture showed; called on the filming thread."""
        if any(card.raised >= HELD_UP for posture in postures for card in posture.cards):
            self._views.append((at, postures, whole))

    def _note_end(self, failure: BaseException | None) -> None:
        """Wake the loop at the filming thread's end; called on that thread."""
        self._failure = failure
        self._stop.set()
        os.eventfd_write(self._wakeup, 1)


def _listen(path: Path) -> socket.socket:
    """Listen at `path`, replacing a socket that nobody serves any more. Raises UsageError."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        if path.exists() and stat.S_ISSOCK(path.stat().st_mode) and not _served(path):
            path.unlink()
        listener.bind(str(path))
        listener.listen(16)
    except OSError as error:
        listener.close()
        raise UsageError(f"{path}: the world cannot listen there: {error.strerror or error}") from error
    return listener


def _served(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True
