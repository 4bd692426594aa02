"""Typed messages between the processes, over Unix sockets that keep message boundaries.

The core listens; gate, eyes and screen connect and say Hello. One message is one SOCK_SEQPACKET record of
msgpack, so there is no framing to get wrong, and a vanished peer is seen at once as the end of the stream.
"""

import contextlib
import os
import select
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from kiosk.errors import DeviceLost, UsageError
from kiosk.evidence import Colour, Scan
from kiosk.gate_mode import GateMode
from kiosk.model import EventId, Part
from kiosk.units import Monotonic, Seconds
from kiosk.view import Hint, View

MAX_MESSAGE = 64 * 1024
Person = Annotated[str, Meta(min_length=1, max_length=200)]
Why = Annotated[str, Meta(min_length=1, max_length=400)]
BEAT_EVERY = Seconds(0.15)
"""How often core and gate tell each other that they live."""
BEAT_LOST = Seconds(0.5)
"""Silence after which the other side counts as lost (design: the line goes inactive)."""


RECONNECT_AFTER = Seconds(0.05)
"""Between two attempts to reach the core."""
TURNED_AWAY = Seconds(1.0)
"""A link that ends sooner was not wanted: another process has the place. Ask again only after as long."""


class Message(msgspec.Struct, frozen=True, tag=True):
    """The base of every message; the tag is the class's name."""


class Hello(Message, frozen=True):
    """The first message of a connection: which part speaks, from which process."""

    part: Part
    pid: int
    version: str


class HelloToo(Message, frozen=True):
    """The first message of a further screen: it is shown the same, its touches count, and its absence is no loss."""

    pid: int


class Beat(Message, frozen=True):
    """I am alive, and my loop turns. `direction`, to the gate: which way people go there, as this kiosk is enrolled."""

    at: Monotonic
    direction: str | None = None


class PartHealth(Message, frozen=True):
    """A device of the sender's was lost or is back. Sent on edges only."""

    part: Part
    well: bool
    detail: str
    at: Monotonic


class Attend(Message, frozen=True):
    """To the eyes: look at every frame (a visitor is here), or only now and then."""

    active: bool


class Scanned(Message, frozen=True):
    """From the eyes: a code, with the times of its frame and of its decoding."""

    scan: Scan


class Coloured(Message, frozen=True):
    """From the eyes, after a code was told: the colour around it in the frame of this time, and how sure that is, 0 to 1.

    Any screen can show a colour, so it decides nothing; and so no decision waits for it.
    """

    captured_at: Monotonic
    colour: Colour
    confidence: float


class SceneMoved(Message, frozen=True):
    """From the eyes: the picture began or ceased to move."""

    moving: bool
    at: Monotonic


class Noticed(Message, frozen=True):
    """From the eyes: what keeps them from reading the code that is held up. Repeated for as long as it holds."""

    hint: Hint
    at: Monotonic


class FormAsked(Message, frozen=True):
    """From the screen: whoever stands there has no code and asks for the visitor form."""

    at: Monotonic


class GuardAsked(Message, frozen=True):
    """From the screen: whoever stands there asks for the guard."""

    at: Monotonic


class TimeAsked(Message, frozen=True):
    """From the screen: whoever stands there needs more time."""

    at: Monotonic


class OverrideAsked(Message, frozen=True):
    """From the screen: a guard lets in whoever stands there, under their own name and for a reason in their own words.

    `second`: who agrees, where the rules want two people.
    """

    guard: Person
    reason: Why
    at: Monotonic
    second: Person | None = None

    def __repr__(self) -> str:
        return f"OverrideAsked(at={self.at})"


class DoorMoved(Message, frozen=True):
    """From the screen: how far the staff's door is open.

    A badge that is held up before `asks_until` is for the door; `guard`: one stands at the desk behind it.
    """

    asks_until: Monotonic | None
    guard: bool
    at: Monotonic


class Finished(Message, frozen=True):
    """From the screen: whoever stands there is done, or goes back from the form to the codes."""

    at: Monotonic


class OpenGate(Message, frozen=True):
    """To the gate: one bounded pulse for this durable admission. A repeat of the same admission is ignored.

    `at` is when the core asked: an order that was held up on its way is too old to be carried out. One that comes
    during another's pulse waits for its end.
    """

    admission: EventId
    pulse_s: Seconds
    passage_s: Seconds
    at: Monotonic


class SetMode(Message, frozen=True):
    """To the gate: the mode that somebody who may has ordered, and until when it is held open; repeated after a connection.

    The guard's key comes first where it is turned.
    """

    mode: GateMode
    until: Monotonic | None = None


class GateOpened(Message, frozen=True):
    """From the gate: the line is active."""

    admission: EventId
    at: Monotonic


class GateClosed(Message, frozen=True):
    """From the gate: the line is inactive again and the time for passing is over.

    `passed` as the sensor saw; None when somebody passed while several were on their way, and it may have been this
    one: then it was told of the one who was let in first.
    """

    admission: EventId
    passed: bool | None
    at: Monotonic


class Passed(Message, frozen=True):
    """From the gate: someone went through. `direction`: which way people go there, `in`, `out` or `both`."""

    admission: EventId | None
    at: Monotonic
    direction: str = "in"


class GateNoticed(Message, frozen=True):
    """From the gate: a switch there was switched, or the way is `blocked`. Nothing follows here but a record."""

    what: str
    on: bool
    at: Monotonic


class GateFailed(Message, frozen=True):
    """From the gate: the pulse was not given, or was cut short."""

    admission: EventId
    detail: str
    at: Monotonic


class ViewChanged(Message, frozen=True):
    """From the core: what whoever stands at the gate should see and hear now."""

    view: View


AnyMessage = (
    Hello
    | HelloToo
    | Beat
    | PartHealth
    | Attend
    | FormAsked
    | GuardAsked
    | TimeAsked
    | OverrideAsked
    | DoorMoved
    | Finished
    | Scanned
    | Coloured
    | SceneMoved
    | Noticed
    | OpenGate
    | SetMode
    | GateOpened
    | GateClosed
    | Passed
    | GateNoticed
    | GateFailed
    | ViewChanged
)


class Connection:
    """One end of a link. `send` from any thread, and it never waits; `receive` from one."""

    def __init__(self, endpoint: socket.socket) -> None:
        endpoint.setblocking(False)
        self._socket = endpoint
        self._readable = select.poll()
        self._readable.register(endpoint, select.POLLIN)
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(AnyMessage)

    def fileno(self) -> int:
        """Return the socket's descriptor, for a selector."""
        return self._socket.fileno()

    def send(self, message: AnyMessage) -> None:
        """Send one message. Raises DeviceLost when the peer is gone or does not read."""
        try:
            self._socket.send(self._encoder.encode(message), socket.MSG_NOSIGNAL)
        except OSError as error:
            raise DeviceLost("the other process is gone") from error

    def receive(self, timeout_s: float | None = None) -> AnyMessage | None:
        """Wait for a message; None when none came in time. Raises DeviceLost at the end of the stream.

        A record that is no message of ours ends the connection too: the peer is not who it says.
        """
        try:
            if not self._readable.poll(None if timeout_s is None else timeout_s * 1000):
                return None
            record = self._socket.recv(MAX_MESSAGE)
        except (TimeoutError, BlockingIOError):
            return None
        except OSError as error:
            raise DeviceLost("the other process is gone") from error
        if not record:
            raise DeviceLost("the other process closed the link")
        try:
            message: AnyMessage = self._decoder.decode(record)
        except msgspec.MsgspecError as error:
            raise DeviceLost("the other process sent something that is no message") from error
        return message

    def close(self) -> None:
        """Close the link; a thread that waits in `receive` wakes. Idempotent."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


class Listener:
    """Where the core waits for its parts."""

    def __init__(self, path: Path) -> None:
        """Bind `path`, replacing a socket that nobody serves any more. Raises UsageError when it is in use."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            _clear_stale(path)
            self._socket.bind(str(path))
            path.chmod(0o660)
            self._socket.listen(8)
        except OSError as error:
            self._socket.close()
            raise UsageError(f"{path}: cannot listen there: {error.strerror or error}") from error
        except UsageError:
            self._socket.close()
            raise

    def accept(self) -> Connection:
        """Wait for a part to connect. Raises DeviceLost once closed."""
        try:
            endpoint, _ = self._socket.accept()
        except OSError as error:
            raise DeviceLost("the listener is closed") from error
        return Connection(endpoint)

    def close(self) -> None:
        """Stop listening; a thread that waits in `accept` wakes. Idempotent."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def connect(path: Path) -> Connection:
    """Connect to the core. Raises DeviceLost when nobody listens yet."""
    endpoint = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        endpoint.connect(str(path))
    except OSError as error:
        endpoint.close()
        raise DeviceLost(f"{path}: nobody listens there") from error
    return Connection(endpoint)


def connect_patiently(path: Path, wait: Callable[[float], bool]) -> Connection | None:
    """Connect, trying again every RECONNECT_AFTER until `wait(seconds)` returns True (a stop event's `wait`)."""
    while True:
        try:
            return connect(path)
        except DeviceLost:
            if wait(RECONNECT_AFTER):
                return None


def reconnect_pause(lasted_s: float) -> Seconds:
    """How long to wait before connecting again after a link that lasted so long."""
    return RECONNECT_AFTER if lasted_s > TURNED_AWAY else TURNED_AWAY


def greet(connection: Connection, part: Part, version: str) -> None:
    """Introduce this process."""
    connection.send(Hello(part, os.getpid(), version))


def _clear_stale(path: Path) -> None:
    try:
        if not stat.S_ISSOCK(path.stat().st_mode):
            raise UsageError(f"{path}: is there already and is not a socket; name another run_dir in [gate]")
    except FileNotFoundError:
        return
    try:
        connect(path).close()
    except DeviceLost:
        path.unlink(missing_ok=True)
    else:
        raise UsageError(f"{path}: another kiosk is running there; stop it, or name another run_dir in [gate]")
