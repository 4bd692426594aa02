"""The core's end of the links: who is connected, what they say, and who has fallen silent."""

import threading
from collections.abc import Callable
from pathlib import Path

from kiosk.errors import DeviceLost
from kiosk.gate_mode import GateMode
from kiosk.inbox import Inbox
from kiosk.lines import get_logger
from kiosk.link import (
    BEAT_LOST,
    AnyMessage,
    Attend,
    Beat,
    Coloured,
    Connection,
    DoorMoved,
    Finished,
    FormAsked,
    GateClosed,
    GateFailed,
    GateNoticed,
    GateOpened,
    GuardAsked,
    Hello,
    HelloToo,
    Listener,
    Noticed,
    OpenGate,
    OverrideAsked,
    PartHealth,
    Passed,
    Scanned,
    SceneMoved,
    SetMode,
    TimeAsked,
    ViewChanged,
)
from kiosk.model import EventId, Part
from kiosk.ports import Clock
from kiosk.units import Monotonic, Seconds
from kiosk.view import View

HELLO_WITHIN = Seconds(2.0)
BEATING = frozenset({Part.GATE, Part.EYES})
"""The parts whose silence counts as loss; a screen may be busy drawing."""

_log = get_logger()


class Switchboard:
    """Accepts the parts and passes what they say to the inbox. Also the core's Gate port."""

    def __init__(
        self,
        socket: Path,
        *,
        inbox: Inbox,
        clock: Clock,
        passage_s: Seconds,
        direction: str | None = None,
        greeted: Callable[[Part], None] | None = None,
    ) -> None:
        """Listen at `socket`. Raises UsageError when another kiosk does."""
        self._inbox = inbox
        self._clock = clock
        self._passage_s = passage_s
        self._direction = direction
        self._greeted = greeted
        self._guard = threading.Lock()
        self._links: dict[Part, Connection] = {}
        self._further: set[Connection] = set()
        """Screens beside the one that is the kiosk's own."""
        self._silent: set[Connection] = set()
        self._threads: list[threading.Thread] = []
        self._closing = False
        self._view: View | None = None
        self._attending = False
        self._listener = Listener(socket)
        self._acceptor = threading.Thread(target=self._accept, name="accept", daemon=True)

    def start(self) -> None:
        """Begin to accept."""
        self._acceptor.start()

    def open(self, admission: EventId, pulse_s: Seconds) -> None:
        """Ask the gate for one pulse. Raises DeviceLost."""
        self._send(Part.GATE, OpenGate(admission, pulse_s, self._passage_s, self._clock.monotonic()))

    def set_mode(self, mode: GateMode, until: Monotonic | None) -> None:
        """Tell the gate of the mode that was ordered. Raises DeviceLost."""
        self._send(Part.GATE, SetMode(mode, until))

    def heartbeat(self) -> None:
        """Tell the parts that the core's loop turns. Raises DeviceLost when the gate is not there."""
        beat = Beat(self._clock.monotonic())
        try:
            self._send(Part.GATE, Beat(beat.at, self._direction))
        finally:
            for part in (Part.EYES, Part.SCREEN):
                self._tell(part, beat)

    def attend(self, active: bool) -> None:
        """Tell the eyes whether a visitor is here."""
        self._attending = active
        self._tell(Part.EYES, Attend(active))

    def show(self, view: View) -> None:
        """Tell the screen what to show; one that comes later is told at once."""
        self._view = view
        self._tell(Part.SCREEN, ViewChanged(view))
        with self._guard:
            further = list(self._further)
        for link in further:
            _tell(link, ViewChanged(view))

    def close(self) -> None:
        """Hang up on everyone. Idempotent."""
        self._closing = True
        self._listener.close()
        with self._guard:
            links = [*self._links.values(), *self._further]
            threads = [*self._threads, self._acceptor]
        for link in links:
            link.close()
        for thread in threads:
            if thread.is_alive() and thread is not threading.current_thread():
                thread.join(1.0)

    def _send(self, part: Part, message: AnyMessage) -> None:
        with self._guard:
            link = self._links.get(part)
        if link is None:
            raise DeviceLost(f"the {part} process is not connected")
        link.send(message)

    def _tell(self, part: Part, message: AnyMessage) -> None:
        """Send to a part that may be absent."""
        with self._guard:
            link = self._links.get(part)
        if link is not None:
            _tell(link, message)

    def _accept(self) -> None:
        while not self._closing:
            try:
                link = self._listener.accept()
            except DeviceLost:
                return
            reader = threading.Thread(target=self._read, args=(link,), name="link", daemon=True)
            with self._guard:
                self._threads = [thread for thread in self._threads if thread.is_alive()] + [reader]
            reader.start()

    def _read(self, link: Connection) -> None:
        try:
            hello = link.receive(HELLO_WITHIN)
            if isinstance(hello, HelloToo):
                self._listen_too(link)
                return
            if not isinstance(hello, Hello):
                _log.warning("stranger turned away")
                return
            if not self._connected(hello.part, link):
                _log.warning("second process turned away", part=hello.part, pid=hello.pid)
                return
            try:
                self._listen(hello.part, link)
            finally:
                self._disconnected(hello.part, link)
        except DeviceLost as error:
            _log.debug("link ended", reason=str(error))
        finally:
            link.close()

    def _listen_too(self, link: Connection) -> None:
        """Hear a further screen until it goes."""
        with self._guard:
            self._further.add(link)
        try:
            if self._view is not None:
                _tell(link, ViewChanged(self._view))
            while True:
                message = link.receive()
                # A guard's override comes from the kiosk's own screen alone.
                if isinstance(message, FormAsked | GuardAsked | TimeAsked | Finished):
                    self._pass_on(message, Part.SCREEN)
        finally:
            with self._guard:
                self._further.discard(link)

    def _connected(self, part: Part, link: Connection) -> bool:
        """Give a part its place. One that is there and speaks keeps it: two would take it from each other for ever."""
        with self._guard:
            old = self._links.get(part)
            if old is not None and part in BEATING and old not in self._silent:
                return False
            self._links[part] = link
            self._health(part, well=True, detail="")
        if old is not None:
            old.close()
        if part is Part.EYES:
            self._tell(part, Attend(self._attending))
        if part is Part.SCREEN and self._view is not None:
            self._tell(part, ViewChanged(self._view))
        if self._greeted is not None:
            self._greeted(part)
        return True

    def _disconnected(self, part: Part, link: Connection) -> None:
        with self._guard:
            self._silent.discard(link)
            if self._links.get(part) is not link:
                return  # a newer connection has taken its place
            del self._links[part]
            if not self._closing:
                self._health(part, well=False, detail="the process is gone")

    def _listen(self, part: Part, link: Connection) -> None:
        while True:
            message = link.receive(BEAT_LOST if part in BEATING else None)
            self._heard(part, link, well=message is not None)
            if message is not None:
                self._pass_on(message, part)

    def _heard(self, part: Part, link: Connection, *, well: bool) -> None:
        """Report a part that falls silent, or speaks again, once; in the order in which links come and go."""
        with self._guard:
            if well == (link not in self._silent) or self._links.get(part) is not link:
                return
            if well:
                self._silent.discard(link)
            else:
                self._silent.add(link)
            self._health(part, well=well, detail="" if well else "the process is silent")

    def _pass_on(self, message: AnyMessage, part: Part) -> None:
        match message:
            case OverrideAsked() | DoorMoved() if part is Part.SCREEN:
                self._inbox.post(message)
            case Scanned(scan):
                self._inbox.post(scan)
            case FormAsked() | GuardAsked() | TimeAsked() | Finished() | SceneMoved() | Noticed() | Coloured():
                self._inbox.post(message)
            case GateOpened() | GateClosed() | GateFailed() | GateNoticed() | Passed() | PartHealth():
                self._inbox.post(message)
            case _:
                return

    def _health(self, part: Part, *, well: bool, detail: str) -> None:
        self._inbox.post(PartHealth(part, well, detail, Monotonic(self._clock.monotonic())))


def _tell(link: Connection, message: AnyMessage) -> None:
    """Send to a part that may be gone. One that does not read is let go; its reader reports the loss."""
    try:
        link.send(message)
    except DeviceLost:
        link.close()
