"""The real screen process on a virtual display, with a core that shows what the test says."""

import json
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from queue import Empty, Queue
from typing import Any, TypeVar

from kiosk.errors import DeviceLost
from kiosk.link import BEAT_EVERY, AnyMessage, Beat, Connection, Hello, Listener, ViewChanged
from kiosk.model import Phase, VisitId
from kiosk.supervisor import Process, Program
from kiosk.units import Monotonic
from kiosk.view import View
from tests.end_to_end.x_display import WITHIN_S, XDisplay, until, x_display
from ui import theme
from ui.bar_layout import places
from ui.cache import personal_cache
from ui.metrics import measure
from ui.notices import NoticeBoard
from ui.picture import Action, Picture, Touch
from ui.presenter import present
from ui.session import Manner, Session, touched
from ui.theme import Palette

SIZE = (800, 480)
DIAGONAL_IN = 7.0
NOTICES = NoticeBoard()
PALETTE: Palette = theme.load().palette.normal
METRICS = measure(theme.load(), *SIZE, DIAGONAL_IN, large=False)
IDLE = View(Phase.IDLE, VisitId(""), Monotonic(0.0))

Heard = TypeVar("Heard")


class ScriptedCore:
    """Accepts screens, beats, shows the newest view to each that comes, and keeps what they say."""

    def __init__(self, socket: Path) -> None:
        self._listener = Listener(socket)
        self._guard = threading.Lock()
        self._links: list[Connection] = []
        self._view = IDLE
        self._over = threading.Event()
        self.hellos: Queue[Hello] = Queue()
        self.heard: Queue[AnyMessage] = Queue()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._accept, self._beat)]
        for thread in self._threads:
            thread.start()

    def show(self, view: View) -> None:
        """Show a view from now on."""
        with self._guard:
            self._view = view
            links = list(self._links)
        for link in links:
            self._tell(link, ViewChanged(view))

    def hear(self, kind: type[Heard]) -> Heard:
        """Return the next message of a kind."""
        deadline = time.monotonic() + WITHIN_S
        while True:
            try:
                message = self.heard.get(timeout=max(0.0, deadline - time.monotonic()))
            except Empty:
                raise AssertionError(f"no {kind.__name__} was heard") from None
            if isinstance(message, kind):
                return message

    def close(self) -> None:
        """Be gone, as a core that was killed."""
        self._over.set()
        self._listener.close()
        with self._guard:
            links = list(self._links)
        for link in links:
            link.close()
        for thread in self._threads:
            thread.join(WITHIN_S)

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                link = self._listener.accept()
            except DeviceLost:
                return
            threading.Thread(target=self._listen, args=(link,), daemon=True).start()

    def _listen(self, link: Connection) -> None:
        with closing(link):
            try:
                while True:
                    message = link.receive()
                    if isinstance(message, Hello):
                        self.hellos.put(message)
                        with self._guard:
                            self._links.append(link)
                            view = self._view
                        self._tell(link, ViewChanged(view))
                    elif message is not None:
                        self.heard.put(message)
            except DeviceLost:
                with self._guard:
                    if link in self._links:
                        self._links.remove(link)

    def _beat(self) -> None:
        while not self._over.wait(BEAT_EVERY):
            with self._guard:
                links = list(self._links)
            for link in links:
                self._tell(link, Beat(Monotonic(time.monotonic())))

    def _tell(self, link: Connection, message: AnyMessage) -> None:
        try:
            link.send(message)
        except DeviceLost:
            return


class ShownScreen:
    """A screen that runs, what it shows, and a hand on it."""

    def __init__(self, display: XDisplay) -> None:
        self.display = display

    def press(self, session: Session, action: Action, value: str = "") -> Session:
        """Press a button where a person would, once it is there; return the session as the screen has it then."""
        self.press_on(pictured(session), action, value)
        return touched(session, action, value, now())[0]

    def press_on(self, picture: Picture, action: Action, value: str = "") -> None:
        """Press a button of a picture that is shown."""
        self.display.press(*self._place(picture, action, value))

    def enter(self, pin: str) -> None:
        """Enter a PIN on the staff's pad, which is shown, and wait for each digit's dot."""
        for digit in pin:
            before = self._dots()
            row, column = divmod((int(digit) - 1) % 10, 3) if digit != "0" else (3, 1)
            self.display.press(*pad_key(column, row))
            until(lambda before=before: self._dots() > before + 0.001)  # type: ignore[misc]  # mypy wants no default
        self.display.press(*pad_key(2, 3))

    def _dots(self) -> float:
        """How much of the screen's left half the dots of the PIN take."""
        return self.display.share(PALETTE["accent"], left_of=SIZE[0] // 2)

    def shows(self, colour: str, share: float) -> None:
        """Wait until a colour of the palette covers so much of the screen."""
        until(lambda: self.display.share(PALETTE[colour]) > share)

    def button_is(self, session: Session, action: Action, value: str, colour: str, within_s: float = WITHIN_S) -> None:
        """Wait until a button has a colour."""
        left, top = self._corner(pictured(session), action, value)
        wanted = tuple(int(PALETTE[colour][at : at + 2], 16) for at in (1, 3, 5))
        until(lambda: bool(abs(self.display.look()[top, left].astype(int) - wanted).max() < 8), within_s)

    def _place(self, picture: Picture, action: Action, value: str) -> tuple[int, int]:
        place = next(place for place in places(picture.bar, METRICS) if _is(place.touch, action, value))
        return place.x + place.width // 2, SIZE[1] - place.y - place.height // 2

    def _corner(self, picture: Picture, action: Action, value: str) -> tuple[int, int]:
        """A point of the button that its words do not reach."""
        place = next(place for place in places(picture.bar, METRICS) if _is(place.touch, action, value))
        return place.x + place.width // 2, SIZE[1] - place.y - 8


class ShownKiosk(ShownScreen):
    """A screen whose core says what the test has it say."""

    def __init__(self, folder: Path, display: XDisplay, core: ScriptedCore, process: Process) -> None:
        super().__init__(display)
        self.folder = folder
        self.core = core
        self.process = process

    def show(self, view: View) -> None:
        """Have the core show a view."""
        self.core.show(view)


def pad_key(column: int, row: int) -> tuple[int, int]:
    """Where a key of the staff's pad is, from the upper left of the screen."""
    gap = METRICS.gap
    bar = METRICS.target + 2 * gap
    pad_left = 2 * gap + (SIZE[0] - 6 * gap) // 2 + 2 * gap
    width = (SIZE[0] - 2 * gap - pad_left - 2 * gap) // 3
    height = (SIZE[1] - bar - gap - 3 * gap) // 4
    return pad_left + column * (width + gap) + width // 2, gap // 2 + row * (height + gap) + height // 2


def _is(touch: Touch, action: Action, value: str) -> bool:
    return touch.action is action and touch.value == value


def now() -> Monotonic:
    """Return this moment of the machine's clock."""
    return Monotonic(time.monotonic())


def session(view: View, language: str = "zh") -> Session:
    """Return the session of a site that speaks a language."""
    return Session(Manner(language), now(), view)


def pictured(shown: Session) -> Picture:
    """Return what the screen shows of a session."""
    return present(shown, now(), lambda _: "14:05", NOTICES)


def program() -> list[str]:
    """Return how gatepost is called."""
    return [sys.executable, str(Path(sys.executable).with_name("gatepost"))]


def configured(folder: Path, **screen: Any) -> Path:
    """Write a kiosk's configuration."""
    (folder / "run").mkdir(mode=0o700, exist_ok=True)
    keys = {"cache": str(personal_cache()), "statistics": str(folder / "screen.json"), **screen}
    lines = [f"{key} = {json.dumps(value)}" for key, value in keys.items()]
    path = folder / "kiosk.toml"
    path.write_text(
        f'[gate]\ncompound = "riverside"\ndevice = "gate-1"\nrun_dir = "{folder / "run"}"\n'
        '[policy]\nfile = "shipped:response-level-2"\n[screen]\n' + "\n".join(lines) + "\n",
        encoding="utf-8",
    )
    return path


@contextmanager
def shown_kiosk(folder: Path, **screen: Any) -> Iterator[ShownKiosk]:
    """Start a screen on a display of its own; [screen] has these keys besides."""
    assert shutil.which("xdotool"), "make test installs it"
    config = configured(folder, **screen)
    with ExitStack() as stack:
        display = stack.enter_context(x_display(folder, *SIZE))
        core = stack.enter_context(closing(ScriptedCore(folder / "run" / "core.sock")))
        argv = [*program(), "kiosk", "--config", str(config), "--part", "screen"]
        # Without the variables of a desktop that the test may run on.
        environment = {"DISPLAY": display.name, "WAYLAND_DISPLAY": ""}
        process = Process(Program("screen", argv, folder / "screen.log", environment=environment))
        stack.callback(process.end)
        process.start()
        assert process.wait_ready(4 * WITHIN_S) == "screen"
        core.hellos.get(timeout=WITHIN_S)
        kiosk = ShownKiosk(folder, display, core, process)
        kiosk.shows("ground", 0.3)
        yield kiosk


def kill(process: Process) -> None:
    """Kill a process as nothing would in good order."""
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
