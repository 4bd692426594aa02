"""What the world and its clients say to each other over one SOCK_SEQPACKET socket, one msgpack record a message.

A client introduces itself first and hears Welcome:

    bus       Transfer -> Transferred            one combined I2C transaction, byte for byte
    pins      SetPin -> PinTaken                 outputs written, inputs prepared
    edges     <- DrivePin                        levels that the world puts on the pins
    camera    nothing: pictures come through the shared memory that Welcome names
    observer  Begin, AddVisitor, Finish; <- PinEdge, ScreenTouched, VisitorReport, AllDone
"""

import hashlib
import os
import socket
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from drivers.simulated.script import VisitorScript
from kiosk.errors import DeviceLost

MAX_RECORD = 256 * 1024
ANSWER_WITHIN_S = 2.0
"""A world that has not answered by then is held up or gone."""

Role = Literal["bus", "pins", "edges", "camera", "observer"]
Cause = Literal["driven", "floating", "world"]


class Record(msgspec.Struct, frozen=True, tag=True):
    """The base of every message; the tag is the class's name."""


class Introduce(Record, frozen=True):
    """The first message of a client."""

    role: Role
    pid: int


class Welcome(Record, frozen=True):
    """The world's answer to Introduce. `shm` names the shared memory with the camera's pictures."""

    shm: str


class Segment(msgspec.Struct, frozen=True, array_like=True):
    """One message of an I2C transaction: bytes to write, or how many to read."""

    address: int
    write: bytes = b""
    read: int = 0


class Transfer(Record, frozen=True):
    """One combined I2C transaction."""

    segments: tuple[Segment, ...]


class Transferred(Record, frozen=True):
    """The bytes of every reading segment in order, or the errno of a transaction that failed."""

    answers: tuple[bytes, ...] = ()
    errno: int = 0


class SetPin(Record, frozen=True):
    """A pin's function and, for an output, the level it drives. Pins are BCM numbers."""

    pin: int
    function: Literal["input", "output"]
    level: bool | None = None


class PinTaken(Record, frozen=True):
    """The world has seen it: the level now on the pin, and when."""

    pin: int
    level: bool
    at: float


class DrivePin(Record, frozen=True):
    """The world puts a level on an input pin."""

    pin: int
    level: bool
    at: float


class PinEdge(Record, frozen=True):
    """A pin changed: driven by its owner, floating to its pull since the owner is gone, or driven by the world."""

    pin: int
    level: bool
    at: float
    cause: Cause


class Begin(Record, frozen=True):
    """The first visitor may come. Until then none does."""


class AddVisitor(Record, frozen=True):
    """One more visitor, after all others."""

    visitor: VisitorScript


class Finish(Record, frozen=True):
    """No more visitors are added: after the last, AllDone."""


class ScreenTouched(Record, frozen=True):
    """A visitor touches 'form' on the kiosk's screen."""

    name: str
    at: float


class VisitorReport(Record, frozen=True):
    """One visitor's way, in monotonic seconds; None for what did not happen.

    `code_in_frame_at`: by then every card had been wholly in the frame, held up. `forehead_at`: the forehead
    fills the sensor's field. `in_position_at`: the later of the two. `relay_at`: the line became active.
    `set_off_at`: from then on the place before the kiosk is free. `left_at`: nothing of them is left at the gate.
    """

    name: str
    arrived_at: float
    code_in_frame_at: float | None
    forehead_at: float | None
    in_position_at: float | None
    relay_at: float | None
    passed_at: float | None
    set_off_at: float
    left_at: float
    line_trace: tuple[PinEdge, ...] = ()


class AllDone(Record, frozen=True):
    """The last visitor has left and no more are to come."""

    visitors: int


AnyRecord = (
    Introduce
    | Welcome
    | Transfer
    | Transferred
    | SetPin
    | PinTaken
    | DrivePin
    | PinEdge
    | Begin
    | AddVisitor
    | Finish
    | ScreenTouched
    | VisitorReport
    | AllDone
)
Expected = TypeVar("Expected", bound=Record)


def shm_name(socket_path: Path | str) -> str:
    """Return the name of the shared memory that belongs to the world at this socket."""
    return "gatepost-" + hashlib.sha256(str(Path(socket_path).absolute()).encode()).hexdigest()[:16]


class Channel:
    """One end of a conversation. `send` and `receive` may be used by different threads."""

    def __init__(self, endpoint: socket.socket) -> None:
        self._socket = endpoint
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(AnyRecord)

    def fileno(self) -> int:
        """Return the socket's descriptor, for a selector."""
        return self._socket.fileno()

    def send(self, record: AnyRecord, *, wait: bool = True) -> None:
        """Send one record. Raises DeviceLost when the other end is gone, or, without `wait`, does not read."""
        flags = socket.MSG_NOSIGNAL | (0 if wait else socket.MSG_DONTWAIT)
        try:
            self._socket.send(self._encoder.encode(record), flags)
        except OSError as error:
            raise DeviceLost("the simulated world does not listen") from error

    def receive(self, timeout_s: float | None = None) -> AnyRecord | None:
        """Wait for a record; None when none came in time. Raises DeviceLost at the end."""
        try:
            self._socket.settimeout(timeout_s)
            data = self._socket.recv(MAX_RECORD)
        except (TimeoutError, BlockingIOError):
            return None
        except OSError as error:
            raise DeviceLost("the simulated world is gone") from error
        if not data:
            raise DeviceLost("the simulated world closed the link")
        try:
            record: AnyRecord = self._decoder.decode(data)
        except msgspec.MsgspecError as error:
            raise DeviceLost("the simulated world speaks another language") from error
        return record

    def ask(self, question: AnyRecord, answer: type[Expected]) -> Expected:
        """Send a record and wait for its answer. Raises DeviceLost, and ends the link, when none comes."""
        self.send(question)
        reply = self.receive(ANSWER_WITHIN_S)
        if not isinstance(reply, answer):
            # An answer that comes late must not be taken for that to another question.
            self.close()
            raise DeviceLost("the simulated world gave no answer")
        return reply

    def close(self) -> None:
        """End the conversation; a thread that waits in `receive` wakes. Idempotent."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        finally:
            self._socket.close()


def enter(socket_path: Path | str, role: Role) -> tuple[Channel, Welcome]:
    """Connect to the world and introduce this client. Raises DeviceLost when there is no world."""
    endpoint = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    endpoint.settimeout(ANSWER_WITHIN_S)
    channel = Channel(endpoint)
    try:
        endpoint.connect(str(socket_path))
        return channel, channel.ask(Introduce(role, os.getpid()), Welcome)
    except OSError as error:
        channel.close()
        raise DeviceLost(f"there is no simulated world at {socket_path}") from error
